/** One client, a fake cluster and a network whose every datagram the test decides on; the time is the test's. */
import { strict as assert } from "node:assert";
import { Client } from "../../../core/client/client";
import type { ClientLimits } from "../../../core/client/limits";
import { DONE } from "../../../core/reasons";
import { CLUSTER_HIGH, CLUSTER_LOW, FakeCluster, type Override } from "./fake-cluster";

export const LIMITS: ClientLimits = Object.freeze({ members: 9, writes: 4, reads: 4, requestBytes: 640 });

export interface Answered {
	call: number;
	reason: number;
	at: number;
	value: string;
	revision: number;
	modRevision: number;
	session: number;
	member: number;
	more: boolean;
}

/** When the copies of a datagram arrive, in milliseconds from now; none when it is lost. */
export type Delivery = (member: number) => number[];

/** So high that the nonces of sessions wrap. */
const NONCE_LOW = 0xfffffff0;

interface Event {
	at: number;
	order: number;
	run: () => void;
}

export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

export class World {
	now = 0;
	readonly cluster = new FakeCluster();
	readonly client: Client;
	readonly answers: Answered[] = [];
	/** Every datagram that the client sent. */
	readonly sent: { at: number; member: number; bytes: Uint8Array }[] = [];
	onRequest: Delivery = () => [5];
	onReply: Delivery = () => [5];
	readonly #events: Event[] = [];
	#order = 0;
	#calls = 0;

	constructor(members = 5, seed = 1) {
		this.client = new Client(LIMITS, CLUSTER_HIGH, CLUSTER_LOW, 0xfeedbee5, NONCE_LOW + seed, seed);
		for (let id = 1; id <= members; id++) this.client.members.set(id, 0x0a000000 + id, 7000 + id);
	}

	/** @returns the call's number */
	call(verb: (client: Client, call: number) => number): number {
		const call = ++this.#calls;
		this.client.tick(this.now);
		assert.equal(verb(this.client, call), DONE);
		this.#drain();
		return call;
	}

	put(key: string, value: string): number {
		const [k, v] = [bytes(key), bytes(value)];
		return this.call((client, call) => client.put(call, k, 0, k.length, v, 0, v.length));
	}

	get(key: string): number {
		const k = bytes(key);
		return this.call((client, call) => client.get(call, k, 0, k.length));
	}

	/** Runs until `ms` from now. */
	run(ms: number): void {
		const end = this.now + ms;
		for (;;) {
			this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
			const event = this.#events[0];
			const deadline = this.client.nextDeadlineMs();
			const next = Math.min(event?.at ?? Number.POSITIVE_INFINITY, deadline);
			if (next > end) break;
			this.now = Math.max(this.now, next);
			this.cluster.now = this.now;
			if (event !== undefined && event.at <= this.now) {
				this.#events.shift();
				event.run();
			} else this.client.tick(this.now);
			this.#drain();
		}
		this.now = end;
	}

	/** Runs something `ms` from now. */
	after(ms: number, run: () => void): void {
		this.#events.push({ at: this.now + ms, order: this.#order++, run });
	}

	/** Delivers a datagram to the client. */
	receive(datagram: Uint8Array): void {
		this.client.tick(this.now);
		this.client.receive(datagram, datagram.length);
		this.#drain();
	}

	/** @returns the one answer of a call */
	answerOf(call: number): Answered {
		const found = this.answers.filter((answer) => answer.call === call);
		assert.equal(found.length, 1, `call ${call} was answered ${found.length} times`);
		return found[0];
	}

	isAnswered(call: number): boolean {
		return this.answers.some((answer) => answer.call === call);
	}

	#drain(): void {
		const client = this.client;
		while (client.nextDatagram()) {
			const member = client.sendPort - 7000;
			assert.equal(client.sendAddress, 0x0a000000 + member);
			this.#send(member, client.datagram.slice(0, client.datagramLength));
		}
		for (let call = client.nextAnswer(); call !== null; call = client.nextAnswer())
			this.answers.push({
				call: call.call,
				reason: call.reason,
				at: this.now,
				value: Buffer.from(call.answer.slice(call.answerOffset, call.answerOffset + call.answerLength)).toString(),
				revision: call.revision,
				modRevision: call.modRevision,
				session: call.session,
				member: call.member,
				more: call.more,
			});
	}

	#send(member: number, datagram: Uint8Array): void {
		this.sent.push({ at: this.now, member, bytes: datagram });
		for (const delay of this.onRequest(member))
			this.after(delay, () => {
				const reply = this.cluster.handle(member, datagram);
				if (reply === undefined) return;
				for (const back of this.onReply(member)) this.after(back, () => this.receive(reply));
			});
	}
}

/** A world whose client has a session and knows that member 1 leads. */
export function warm(): World {
	const world = new World();
	world.put("key", "cold");
	world.put("key", "warm");
	world.run(3000);
	world.cluster.applied.length = 0;
	world.cluster.requests.length = 0;
	world.sent.length = 0;
	return world;
}

/** What members make of requests of one operation, one reply after the other; the rest are served. */
export function replies(operation: number, ...list: ReturnType<Override>[]): Override {
	return (_, request) => (request.operation === operation ? list.shift() : undefined);
}
