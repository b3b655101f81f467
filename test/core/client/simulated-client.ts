/** The client as a stranger in the world of whole replicas: what ships on both ends, over the simulated network. */
import { Client } from "../../../core/client/client";
import type { ClientLimits } from "../../../core/client/limits";
import { isTooLong } from "../../../core/client/paths";
import { DATAGRAM_BYTES } from "../../../core/limits";
import type { SimulatedNetwork } from "../../../sim/network";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT, type World } from "../../../sim/world";

const LIMITS: ClientLimits = Object.freeze({ members: 7, writes: 8, reads: 8, requestBytes: 640 });
const STRANGERS = BASE_ADDRESS + 0x100;

export interface SimulatedAnswer {
	reason: number;
	value: string;
	revision: number;
	modRevision: number;
	/** Id of the member that answered. */
	member: number;
	ageMs: number;
	index: number;
	more: boolean;
	/** A member answers short datagrams, and not this one. */
	isTooLong: boolean;
	bytes: Uint8Array;
	atMs: number;
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

export class SimulatedClient {
	readonly client: Client;
	readonly #world: World;
	readonly #network: SimulatedNetwork;
	readonly #waiting = new Map<number, (answer: SimulatedAnswer) => void>();
	readonly #inbox = new Uint8Array(DATAGRAM_BYTES);
	#calls = 0;
	#wakeMs = Number.POSITIVE_INFINITY;

	/** @param number of the client, from 1: its address, and with the world's seed its nonce */
	constructor(world: World, number: number, seed: number) {
		this.#world = world;
		this.client = new Client(LIMITS, CLUSTER_HIGH, CLUSTER_LOW, seed, number << 16, seed + number);
		for (const node of world.nodes) this.client.members.set(node.id, BASE_ADDRESS + node.id, PORT);
		this.#network = world.addStranger(STRANGERS + number, PORT, () => this.#turn());
	}

	put(key: string, value: string, answered: (answer: SimulatedAnswer) => void): boolean {
		const [k, v] = [bytesOf(key), bytesOf(value)];
		return this.#call((call) => this.client.put(call, k, 0, k.length, v, 0, v.length), answered);
	}

	compareAndPut(key: string, expected: number, value: string, answered: (answer: SimulatedAnswer) => void): boolean {
		const [k, v] = [bytesOf(key), bytesOf(value)];
		return this.#call((call) => this.client.compareAndPut(call, expected, k, 0, k.length, v, 0, v.length), answered);
	}

	get(key: string, answered: (answer: SimulatedAnswer) => void): boolean {
		const k = bytesOf(key);
		return this.#call((call) => this.client.get(call, k, 0, k.length), answered);
	}

	/** Any verb of core/client/node-calls.ts. */
	call(verb: (client: Client, call: number) => number, answered: (answer: SimulatedAnswer) => void): boolean {
		return this.#call((call) => verb(this.client, call), answered);
	}

	close(answered: (answer: SimulatedAnswer) => void): boolean {
		return this.#call((call) => this.client.close(call), answered);
	}

	/** @returns false when the call was refused at once; else `answered` is called once */
	#call(verb: (call: number) => number, answered: (answer: SimulatedAnswer) => void): boolean {
		const call = ++this.#calls;
		this.client.tick(this.#world.nowMs);
		if (verb(call) !== 0) return false;
		this.#waiting.set(call, answered);
		this.#turn();
		return true;
	}

	#turn(): void {
		const { client } = this;
		client.tick(this.#world.nowMs);
		this.#drain();
		for (let length = this.#network.receive(this.#inbox); length > 0; length = this.#network.receive(this.#inbox)) {
			client.receive(this.#inbox, length);
			this.#drain();
		}
		const wakeMs = client.nextDeadlineMs();
		if (wakeMs === Number.POSITIVE_INFINITY || (wakeMs >= this.#wakeMs && this.#wakeMs > this.#world.nowMs)) return;
		this.#wakeMs = wakeMs;
		this.#world.after(Math.max(0, wakeMs - this.#world.nowMs), () => this.#turn());
	}

	#drain(): void {
		const { client } = this;
		while (client.nextDatagram())
			this.#network.send(client.sendAddress, client.sendPort, client.datagram, client.datagramLength);
		for (let call = client.nextAnswer(); call !== null; call = client.nextAnswer()) {
			const answered = this.#waiting.get(call.call);
			if (answered === undefined) throw new Error("a call was answered twice");
			this.#waiting.delete(call.call);
			answered({
				reason: call.reason,
				value: Buffer.from(call.answer.slice(call.answerOffset, call.answerOffset + call.answerLength)).toString(),
				revision: call.revision,
				modRevision: call.modRevision,
				member: call.member,
				ageMs: call.ageMs,
				index: call.index,
				more: call.more,
				isTooLong: isTooLong(call),
				bytes: call.answer.slice(call.answerOffset, call.answerOffset + call.answerLength),
				atMs: this.#world.nowMs,
			});
		}
	}
}
