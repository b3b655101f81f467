/**
 * The client on a host: promises over core/client and a UDP socket. Every call resolves, also when
 * it was refused or its outcome is unknown: the reason is a part of the answer.
 */
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { performance } from "node:perf_hooks";
import { readIntegers } from "../../core/bytes";
import type { Call } from "../../core/client/call";
import { Client } from "../../core/client/client";
import type { ClientLimits } from "../../core/client/limits";
import { drain, getFrom, transfer } from "../../core/client/node-calls";
import { nextDrainOrder } from "../../core/raft/drain";
import { DONE } from "../../core/reasons";
import { STATUS_NAMES } from "../../core/status";
import { PAGE_BROKEN, PAGE_PAIR, PageReader } from "../../core/wire/page";

/** A member as the socket reaches it. */
export interface HostMember {
	readonly id: number;
	/** IPv4, dotted. */
	readonly address: string;
	readonly port: number;
}

export interface HostClientOptions {
	readonly clusterHigh: number;
	readonly clusterLow: number;
	readonly members: readonly HostMember[];
	/** From a call to its answer, 10,000 unless given. */
	readonly timeoutMs?: number;
}

/** What a call came to. Numbers that the call does not have are 0. */
export interface Answer {
	/** A number of core/reasons.ts. */
	readonly reason: number;
	/** Id of the member that answered, 0 when none did. */
	readonly member: number;
	readonly term: number;
	readonly revision: number;
	readonly session: number;
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;
	/** The value of a get. */
	readonly value: Uint8Array;
	/** Id of the leader as the answering node knows it, 0 when it knows none. */
	readonly leader: number;
	/** Of a read that a member served itself: milliseconds since it heard a leader, and the last log index in its state. */
	readonly ageMs: number;
	readonly index: number;
}

/** A pair of a range. */
export interface Pair {
	readonly key: Uint8Array;
	readonly value: Uint8Array;
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;
}

export interface RangeAnswer extends Answer {
	readonly pairs: readonly Pair[];
	/** There are more pairs than the limit let through. */
	readonly more: boolean;
}

/** A member's status by the names of core/status.ts. */
export type Status = { readonly [name: string]: number };

export interface StatusAnswer extends Answer {
	readonly status?: Status;
}

const LIMITS: ClientLimits = Object.freeze({ members: 15, writes: 256, reads: 256, requestBytes: 1280 });
const NOTHING = new Uint8Array(0);
/** Pairs of one page at most; a datagram holds fewer, unless they are tiny. */
const PAGE_PAIRS_MAX = 0xffff;

export class HostClient {
	readonly #client: Client;
	readonly #socket: Socket;
	readonly #members: readonly HostMember[];
	readonly #waiting = new Map<number, (call: Call) => void>();
	readonly #defaultTimeoutMs: number;
	#timer: NodeJS.Timeout | undefined;
	#calls = 0;
	#isOpen = true;

	/** Use `HostClient.open`. */
	private constructor(options: HostClientOptions, socket: Socket) {
		const random = randomBytes(12);
		this.#client = new Client(
			LIMITS,
			options.clusterHigh,
			options.clusterLow,
			random.readUInt32LE(0),
			random.readUInt32LE(4),
			random.readUInt32LE(8),
		);
		this.#members = options.members;
		for (const member of options.members)
			this.#client.members.set(member.id, addressNumber(member.address), member.port);
		this.#defaultTimeoutMs = options.timeoutMs ?? this.#client.timeoutMs;
		this.#socket = socket;
		socket.on("message", (datagram) => this.#hear(datagram));
		// A datagram that could not be sent is lost, as any may be: the attempt after it makes it good.
		socket.on("error", () => {});
	}

	/** @returns a client with its socket bound; `destroy` frees it */
	static async open(options: HostClientOptions): Promise<HostClient> {
		const socket = createSocket("udp4");
		await new Promise<void>((resolve, reject) => {
			socket.once("error", reject);
			socket.bind(0, () => {
				socket.removeListener("error", reject);
				resolve();
			});
		});
		return new HostClient(options, socket);
	}

	/** Opens the session that the first write would open. */
	async register(timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => this.#client.register(call));
	}

	async put(key: Uint8Array, value: Uint8Array, timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => this.#client.put(call, key, 0, key.length, value, 0, value.length));
	}

	async delete(key: Uint8Array, timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => this.#client.delete(call, key, 0, key.length));
	}

	/** @param expected the modification revision that the key must have, 0 when it must not exist */
	async compareAndPut(key: Uint8Array, expected: number, value: Uint8Array, timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) =>
			this.#client.compareAndPut(call, expected, key, 0, key.length, value, 0, value.length),
		);
	}

	async get(key: Uint8Array, timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => this.#client.get(call, key, 0, key.length));
	}

	/**
	 * Reads a key from one member.
	 * @param how FOLLOWER: linearizably; LOCAL: whatever it has applied, and the answer says how old
	 * @param notBefore revision that the member must have reached, 0 for any
	 */
	async getFrom(member: number, how: number, key: Uint8Array, notBefore: number, timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => getFrom(this.#client, call, member, how, notBefore, key, 0, key.length));
	}

	/** Has the leader hand over. @param target id of the member that shall lead, 0 for any */
	async transfer(target: number, timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => transfer(this.#client, call, target));
	}

	/** Has a member refuse leadership from now on, or take it again. */
	async drain(member: number, isDraining: boolean, timeoutMs?: number): Promise<Answer> {
		const asked = await this.status(member, timeoutMs);
		if (asked.status === undefined) return asked;
		const order = nextDrainOrder(asked.status["drainOrder"], isDraining);
		return this.#call(timeoutMs, (call) => drain(this.#client, call, member, order));
	}

	/**
	 * One page of the keys from `from` to `to` exclusive (empty: no end), at one revision.
	 * @param limit most pairs, 0 for as many as a datagram holds
	 */
	async rangePage(from: Uint8Array, to: Uint8Array, limit: number, timeoutMs?: number): Promise<RangeAnswer> {
		return this.#call(
			timeoutMs,
			(call) => this.#client.range(call, limit, from, 0, from.length, to, 0, to.length),
			(call) => ({ pairs: call === undefined ? [] : pairsOf(call), more: call?.more ?? false }),
		);
	}

	/**
	 * All keys from `from` to `to` exclusive, page by page: each page is linearizable, but a write
	 * between two pages shows in the later one alone. The answer's revision is the last page's.
	 * @param limit most pairs, 0 for all
	 */
	async range(from: Uint8Array, to: Uint8Array, limit = 0, timeoutMs?: number): Promise<RangeAnswer> {
		const pairs: Pair[] = [];
		let start = from;
		for (;;) {
			const wanted = limit === 0 ? 0 : Math.min(limit - pairs.length, PAGE_PAIRS_MAX);
			const page = await this.rangePage(start, to, wanted, timeoutMs);
			if (page.reason !== DONE) return page;
			pairs.push(...page.pairs);
			const isCut = page.more && page.pairs.length > 0;
			if (!isCut || (limit !== 0 && pairs.length >= limit)) return { ...page, pairs };
			const last = page.pairs[page.pairs.length - 1].key;
			start = new Uint8Array(last.length + 1);
			start.set(last);
		}
	}

	/** @param member id of the member that is asked */
	async status(member: number, timeoutMs?: number): Promise<StatusAnswer> {
		return this.#call(
			timeoutMs,
			(call) => this.#client.status(call, member),
			(call) => (call?.reason === DONE ? { status: statusOf(call) } : {}),
		);
	}

	/** The status of every member that was given to `open`, in that order. */
	async statuses(timeoutMs?: number): Promise<StatusAnswer[]> {
		return Promise.all(this.#members.map((member) => this.status(member.id, timeoutMs)));
	}

	/** Closes the session, if there is one, so that its place in the cluster's table is free at once. */
	async closeSession(timeoutMs?: number): Promise<Answer> {
		return this.#call(timeoutMs, (call) => this.#client.close(call));
	}

	/** Closes the socket. Calls that still wait are answered as if their time had run out. */
	destroy(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		this.#client.tick(Number.POSITIVE_INFINITY);
		this.#drain();
		this.#socket.close();
	}

	/** @param extra what this kind of call answers besides; of a call that was refused at once there is no record */
	#call(timeoutMs: number | undefined, verb: (call: number) => number): Promise<Answer>;
	#call<Extra extends object>(
		timeoutMs: number | undefined,
		verb: (call: number) => number,
		extra: (call: Call | undefined) => Extra,
	): Promise<Answer & Extra>;
	#call(
		timeoutMs: number | undefined,
		verb: (call: number) => number,
		extra: (call: Call | undefined) => object = () => ({}),
	): Promise<Answer> {
		if (!this.#isOpen) return Promise.reject(new Error("the client is closed"));
		return new Promise((resolve, reject) => {
			const number = ++this.#calls;
			this.#input(() => {
				this.#client.timeoutMs = timeoutMs ?? this.#defaultTimeoutMs;
				const reason = verb(number);
				if (reason !== DONE) {
					resolve({ ...refusal(reason), ...extra(undefined) });
					return;
				}
				this.#waiting.set(number, (call) => {
					try {
						resolve({ ...answerOf(call), ...extra(call) });
					} catch (error) {
						reject(error);
					}
				});
			});
		});
	}

	/**
	 * What lay in the socket while this process was busy is heard before any timer is judged, so
	 * the time stops short of the next one here.
	 */
	#hear(datagram: Buffer): void {
		if (!this.#isOpen) return;
		const client = this.#client;
		client.tick(Math.max(client.nowMs, Math.min(now(), client.nextDeadlineMs() - 1)));
		client.receive(datagram, datagram.length);
		this.#drain();
	}

	/** One input of the client: the time first, and afterwards both of its outputs. */
	#input(input: () => void): void {
		if (!this.#isOpen) return;
		this.#client.tick(now());
		input();
		this.#drain();
	}

	#drain(): void {
		const client = this.#client;
		while (client.nextDatagram()) {
			const datagram = Buffer.from(client.datagram.subarray(0, client.datagramLength));
			this.#socket.send(datagram, client.sendPort, addressText(client.sendAddress), () => {});
		}
		for (let call = client.nextAnswer(); call !== null; call = client.nextAnswer()) {
			const answered = this.#waiting.get(call.call);
			this.#waiting.delete(call.call);
			answered?.(call);
		}
		clearTimeout(this.#timer);
		const deadlineMs = client.nextDeadlineMs();
		if (deadlineMs === Number.POSITIVE_INFINITY) return;
		// Node.js looks at its sockets between a timer and an immediate.
		this.#timer = setTimeout(() => setImmediate(() => this.#input(() => {})), Math.max(0, deadlineMs - now()));
	}
}

/** Milliseconds since the process began, whole. */
function now(): number {
	return Math.floor(performance.now());
}

function addressNumber(address: string): number {
	const [a, b, c, d] = address.split(".").map(Number);
	return ((a * 256 + b) * 256 + c) * 256 + d;
}

function addressText(address: number): string {
	return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

function refusal(reason: number): Answer {
	return {
		reason,
		member: 0,
		term: 0,
		revision: 0,
		session: 0,
		createRevision: 0,
		modRevision: 0,
		version: 0,
		value: NOTHING,
		leader: 0,
		ageMs: 0,
		index: 0,
	};
}

/** Copies a call's answer, because its record and datagram are used again. */
function answerOf(call: Call): Answer {
	return {
		reason: call.reason,
		member: call.member,
		term: call.term,
		revision: call.revision,
		session: call.session,
		createRevision: call.createRevision,
		modRevision: call.modRevision,
		version: call.version,
		leader: call.leader,
		ageMs: call.ageMs,
		index: call.index,
		value: call.answer.slice(call.answerOffset, call.answerOffset + call.answerLength),
	};
}

function pairsOf(call: Call): Pair[] {
	const reader = new PageReader();
	const bytes = call.answer;
	reader.begin(call.answerOffset, call.answerLength);
	const pairs: Pair[] = [];
	let found = reader.next(bytes);
	for (; found === PAGE_PAIR; found = reader.next(bytes))
		pairs.push({
			key: bytes.slice(reader.keyOffset, reader.keyOffset + reader.keyLength),
			value: bytes.slice(reader.valueOffset, reader.valueOffset + reader.valueLength),
			createRevision: reader.createRevision,
			modRevision: reader.modRevision,
			version: reader.version,
		});
	if (found === PAGE_BROKEN) throw new Error("a node sent a page of a range that is not in its one encoding");
	return pairs;
}

/** Numbers that this version does not know are left out; a node of an older version has fewer. */
function statusOf(call: Call): Status {
	const status: { [name: string]: number } = {};
	const number = new DataView(new ArrayBuffer(8));
	const end = call.answerOffset + call.answerLength;
	let at = call.answerOffset;
	for (let column = 0; column < STATUS_NAMES.length && at < end; column++) {
		at = readIntegers(call.answer, at, end, number, 0, 1);
		if (at < 0) break;
		status[STATUS_NAMES[column]] = number.getFloat64(0, true);
	}
	return status;
}
