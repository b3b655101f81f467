/**
 * A client in the simulated world: the client that ships, asked for random things, and everything
 * that it asks and is told goes into the history.
 */

import type { Call } from "../core/client/call";
import { Client } from "../core/client/client";
import { DATAGRAM_BYTES } from "../core/limits";
import { DONE } from "../core/reasons";
import type { History, Question } from "./history/history";
import type { SimulatedNetwork } from "./network";
import type { World } from "./world";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT } from "./world";

const LIMITS = Object.freeze({ members: 7, writes: 4, reads: 4, requestBytes: 512 });
const EMPTY = new Uint8Array(0);

/** @returns where client `number` lives, from 0 */
export function clientAddress(number: number): number {
	return BASE_ADDRESS + 0x100 + number;
}

export class SimulatedClient {
	/** In the history. Each life of a client is another one. */
	name: number;
	/** Told of each call that ends. */
	onAnswer: ((operation: number, call: Call) => void) | null = null;
	/** Called after the client's turn. */
	private client: Client;
	private readonly world: World;
	private readonly history: History;
	private readonly network: SimulatedNetwork;
	private readonly inbox = new Uint8Array(DATAGRAM_BYTES);
	/** Operations of the history that are under way in this life. */
	private readonly open = new Set<number>();
	private wakeMs = Infinity;

	/** @param number its place in the network, from 0 */
	constructor(world: World, history: History, number: number) {
		this.world = world;
		this.history = history;
		this.name = number;
		this.network = world.addStranger(clientAddress(number), PORT, () => this.turn());
		this.client = this.newClient();
	}

	private newClient(): Client {
		const { random } = this.world;
		const client = new Client(LIMITS, CLUSTER_HIGH, CLUSTER_LOW, random.next(), random.next(), random.next());
		for (const node of this.world.nodes) client.members.set(node.id, node.address, PORT);
		return client;
	}

	/** It forgets everything: what was under way stays without an answer for ever. */
	restart(name: number): void {
		this.name = name;
		this.open.clear();
		this.network.clear();
		this.client = this.newClient();
	}

	/** True when no call is under way. */
	get isIdle(): boolean {
		return this.open.size === 0;
	}

	get underWay(): number {
		return this.open.size;
	}

	/** @param timeoutMs from a call to its answer, for the calls to come */
	set timeoutMs(timeoutMs: number) {
		this.client.timeoutMs = timeoutMs;
	}

	/** Asks. @returns the operation of the history, or -1 when the client has no room for another call */
	ask(question: Question): number {
		const { client, world } = this;
		client.tick(world.nowMs);
		const operation = this.history.operations.length;
		if (this.call(operation, question) !== DONE) return -1;
		this.history.begin(this.name, question, world.nowMs);
		this.open.add(operation);
		this.turn();
		return operation;
	}

	private call(operation: number, question: Question): number {
		const { client } = this;
		const key = bytesOf(question.key);
		const value = question.value === undefined ? EMPTY : bytesOf(question.value);
		switch (question.operation) {
			case "put":
				return client.put(operation, key, 0, key.length, value, 0, value.length);
			case "delete":
				return client.delete(operation, key, 0, key.length);
			case "compareAndPut":
				return client.compareAndPut(operation, question.expected ?? 0, key, 0, key.length, value, 0, value.length);
			case "get":
				return client.get(operation, key, 0, key.length);
			case "range": {
				const to = bytesOf(question.to ?? "");
				return client.range(operation, question.limit ?? 0, key, 0, key.length, to, 0, to.length);
			}
		}
	}

	private turn(): void {
		const { client, inbox, network, world } = this;
		client.tick(world.nowMs);
		for (let length = network.receive(inbox); length > 0; length = network.receive(inbox)) {
			client.receive(inbox, length);
			this.drain();
		}
		this.drain();
		this.sleep();
	}

	private drain(): void {
		const { client } = this;
		while (client.nextDatagram())
			this.network.send(client.sendAddress, client.sendPort, client.datagram, client.datagramLength);
		for (let call = client.nextAnswer(); call !== null; call = client.nextAnswer()) {
			if (!this.open.delete(call.call)) throw new Error(`operation ${call.call} was answered twice`);
			this.history.answered(call.call, call, this.world.nowMs);
			this.onAnswer?.(call.call, call);
		}
	}

	private sleep(): void {
		const next = this.client.nextDeadlineMs();
		if (next === Infinity || next >= this.wakeMs) return;
		this.wakeMs = next;
		this.world.after(Math.max(1, Math.ceil(next - this.world.nowMs)), () => {
			this.wakeMs = Infinity;
			this.turn();
		});
	}
}

/** @param hex two digits a byte */
function bytesOf(hex: string): Uint8Array {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(hex, 2 * i) + digit(hex, 2 * i + 1);
	return bytes;
}

/** @returns the value of a lower-case hexadecimal digit */
function digit(hex: string, at: number): number {
	const code = hex.charCodeAt(at);
	return code < 0x61 ? code - 0x30 : code - 0x61 + 10;
}
