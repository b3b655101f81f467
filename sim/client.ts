/**
 * A client in the simulated world, and its ledger: what it was told is done must stay done, and
 * what was done must have been asked for.
 */
import { Client } from "../core/client/client";
import { DONE, OUTCOME_UNKNOWN } from "../core/reasons";
import type { SimulatedNetwork } from "./network";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT, type World } from "./world";

const LIMITS = { members: 7, writes: 4, reads: 4, requestBytes: 64 };

export class SimulatedClient {
	readonly client: Client;
	/** Writes that were answered DONE: the value, in the order of the calls. */
	readonly acknowledged: number[] = [];
	/** Writes that may have happened or not. */
	readonly unknown: number[] = [];
	answered = 0;
	asked = 0;
	private readonly world: World;
	private readonly network: SimulatedNetwork;
	private readonly key: Uint8Array;
	private readonly inbox = new Uint8Array(1472);
	private readonly values = new Map<number, number>();
	private wakeMs = Infinity;

	constructor(world: World, number: number) {
		this.world = world;
		this.key = Uint8Array.of(99, number);
		this.network = world.addStranger(BASE_ADDRESS + 200 + number, PORT + number, () => this.turn());
		const { random } = world;
		this.client = new Client(LIMITS, CLUSTER_HIGH, CLUSTER_LOW, random.next(), random.next(), random.next());
		for (const node of world.nodes) this.client.members.set(node.id, BASE_ADDRESS + node.id, PORT);
	}

	/** Writes `value`, an integer below 2^32, to the client's own key. */
	put(value: number): void {
		this.client.tick(this.world.nowMs);
		const bytes = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
		if (this.client.put(value, this.key, 0, this.key.length, bytes, 0, 4) !== DONE) return;
		this.asked++;
		this.values.set(value, value);
		this.turn();
	}

	/** True when no call is under way. */
	get isIdle(): boolean {
		return this.answered === this.asked;
	}

	private turn(): void {
		const { client, world } = this;
		client.tick(world.nowMs);
		for (let length = this.network.receive(this.inbox); length > 0; length = this.network.receive(this.inbox)) {
			client.receive(this.inbox, length);
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
			if (!this.values.delete(call.call)) throw new Error("a call was answered twice");
			this.answered++;
			if (call.reason === DONE) this.acknowledged.push(call.call);
			else if (call.reason === OUTCOME_UNKNOWN) this.unknown.push(call.call);
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
