/** The client that ships at its end of the simulated network: its turns, its datagrams, its one answer for each call. */
import type { Call } from "../core/client/call";
import { Client } from "../core/client/client";
import { DATAGRAM_BYTES } from "../core/limits";
import { DONE } from "../core/reasons";
import type { SimulatedNetwork } from "./network";
import type { World } from "./world";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT } from "./world";

const LIMITS = Object.freeze({ members: 7, writes: 4, reads: 4, requestBytes: 512 });

/** @returns where client `number` lives, from 0 */
export function clientAddress(number: number): number {
	return BASE_ADDRESS + 0x100 + number;
}

export class ClientEnd {
	client: Client;
	private readonly world: World;
	private readonly onAnswer: (call: Call) => void;
	private readonly network: SimulatedNetwork;
	private readonly inbox = new Uint8Array(DATAGRAM_BYTES);
	/** Calls that are under way in this life. */
	private readonly open = new Set<number>();
	private wakeMs = Infinity;
	/** How often the router had dealt addresses when this client was told them. */
	private toldDeals = 0;

	/**
	 * @param number its place in the network, from 0
	 * @param onAnswer told of each call that ends
	 */
	constructor(world: World, number: number, onAnswer: (call: Call) => void) {
		this.world = world;
		this.onAnswer = onAnswer;
		this.network = world.addStranger(clientAddress(number), PORT, () => this.turn());
		this.client = this.newClient();
	}

	private newClient(): Client {
		const { random } = this.world;
		const client = new Client(LIMITS, CLUSTER_HIGH, CLUSTER_LOW, random.next(), random.next(), random.next());
		this.tellAddresses(client);
		return client;
	}

	/** A person looks up where the nodes are and tells the client. */
	private tellAddresses(client: Client): void {
		this.toldDeals = this.world.router.deals;
		for (const node of this.world.nodes) client.members.set(node.id, node.address, PORT);
	}

	/** It forgets everything: what was under way stays without an answer for ever. */
	restart(): void {
		this.open.clear();
		this.network.clear();
		this.client = this.newClient();
	}

	/** Calls under way. */
	get underWay(): number {
		return this.open.size;
	}

	/**
	 * Begins a call, whose number comes back with its answer.
	 * @param verb of the client: asks under that number
	 * @param begun called before anything is sent, if the client takes the call
	 * @returns false when the client has no room for it
	 */
	begin(call: number, verb: (client: Client) => number, begun?: () => void): boolean {
		this.client.tick(this.world.nowMs);
		if (verb(this.client) !== DONE) return false;
		begun?.();
		this.open.add(call);
		this.turn();
		return true;
	}

	private turn(): void {
		const { client, inbox, network, world } = this;
		if (this.toldDeals !== world.router.deals) this.tellAddresses(client);
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
			if (!this.open.delete(call.call)) throw new Error(`call ${call.call} was answered twice`);
			this.onAnswer(call);
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
export function bytesOf(hex: string): Uint8Array {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(hex, 2 * i) + digit(hex, 2 * i + 1);
	return bytes;
}

/** @returns the value of a lower-case hexadecimal digit */
function digit(hex: string, at: number): number {
	const code = hex.charCodeAt(at);
	return code < 0x61 ? code - 0x30 : code - 0x61 + 10;
}
