/**
 * The client on a host: promises over core/client and a UDP socket. Every call resolves, also when
 * it was refused or its outcome is unknown: the reason is a part of the answer.
 */
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { performance } from "node:perf_hooks";
import { change, MembersPage, members, membersOfAny } from "../../core/client/administration";
import type { Call } from "../../core/client/call";
import { Client } from "../../core/client/client";
import type { ClientLimits } from "../../core/client/limits";
import { drain, getFrom, peers, transfer } from "../../core/client/node-calls";
import type { Configuration } from "../../core/configuration";
import { nextDrainOrder } from "../../core/raft/drain";
import { DONE } from "../../core/reasons";
import {
	type Answer,
	addressNumber,
	addressText,
	answerOf,
	type MembersAnswer,
	membersOf,
	type Pair,
	type PeersAnswer,
	pairsOf,
	peersOf,
	type RangeAnswer,
	refusal,
	type StatusAnswer,
	statusOf,
} from "./answers";

export type { Answer, MembersAnswer, Pair, Peer, PeersAnswer, RangeAnswer, Status, StatusAnswer } from "./answers";

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
	/**
	 * Says where a member is that was not given but leads by now, if it can be known from here. Left out,
	 * the members themselves are asked, whose addresses for each other must then hold here too.
	 */
	readonly locate?: (id: number) => HostMember | undefined;
}

const LIMITS: ClientLimits = Object.freeze({ members: 15, writes: 256, reads: 256, requestBytes: 1280 });
/** For the question where a leader is that nobody named. */
const MEET_MS = 1000;
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
	readonly #locate: HostClientOptions["locate"];
	#isLearning = false;

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
		this.#locate = options.locate;
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

	/** The calls under way try again anyway; the next hint finds the leader listed. */
	async #meet(stranger: number): Promise<void> {
		this.#client.leader.stranger = 0;
		if (this.#isLearning) return;
		const found = this.#locate?.(stranger);
		if (found !== undefined) this.learn(found);
		if (this.#locate !== undefined) return;
		this.#isLearning = true;
		const { membership } = await this.#call(MEET_MS, (call) => membersOfAny(this.#client, call), membersOf);
		this.#isLearning = false;
		for (const { address, id, port } of membership?.rows ?? [])
			if (address !== 0 && !this.#members.some((member) => member.id === id))
				this.learn({ id, address: addressText(address), port });
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

	/** Asks the leader who the members are. */
	async members(timeoutMs?: number): Promise<MembersAnswer> {
		return this.#call(timeoutMs, (call) => members(this.#client, call), membersOf);
	}

	/**
	 * Has the leader change the configuration, and waits until the change is committed.
	 * @param next members in ascending order, with the index of the configuration that the caller has seen
	 */
	async change(next: Configuration, timeoutMs?: number): Promise<MembersAnswer> {
		const bytes = new Uint8Array(LIMITS.requestBytes);
		const length = new MembersPage(0).write(bytes, next);
		return this.#call(timeoutMs, (call) => change(this.#client, call, bytes, 0, length), membersOf);
	}

	/** From now on this member may be asked too, or is reached there; one more than there is room for is left out. */
	learn(member: HostMember): void {
		const { members } = this.#client;
		if (members.placeOf(member.id) < 0 && members.count === LIMITS.members) return;
		members.set(member.id, addressNumber(member.address), member.port);
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

	/** What a member knows of the others: as much as a leader does, if it leads. */
	async peers(member: number, timeoutMs?: number): Promise<PeersAnswer> {
		return this.#call(
			timeoutMs,
			(call) => peers(this.#client, call, member),
			(call) => ({ peers: call?.reason === DONE ? peersOf(call) : [] }),
		);
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
		if (client.leader.stranger !== 0 && this.#isOpen) void this.#meet(client.leader.stranger);
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
