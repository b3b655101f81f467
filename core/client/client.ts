/**
 * A client without I/O: verbs and datagrams go in, datagrams and answers come out. The same on a
 * board and on a host; the driver owns the socket and the clock.
 *
 * Before each input (a verb, `receive`) the driver says the time with `tick`; after it, it drains both outputs:
 *
 *   while (client.nextDatagram()) network.send(client.sendAddress, client.sendPort, client.datagram, client.datagramLength);
 *   while ((answered = client.nextAnswer()) !== null) …
 *
 * A verb returns DONE, and then its call is answered exactly once; or it returns the reason why it
 * was refused at once, and then there is no other answer.
 */
import { assert } from "../assert";
import { CLOSE, COMPARE_AND_PUT, DELETE, PUT, REGISTER, U48_MAX } from "../command";
import { BAD_REQUEST, BUSY, DONE, REQUEST_TOO_LARGE, UNREACHABLE } from "../reasons";
import { CLIENT_ID } from "../wire/frame";
import {
	OPERATION_GET,
	OPERATION_RANGE,
	OPERATION_REGISTER,
	OPERATION_STATUS,
	OPERATION_WRITE,
	REQUEST_NUMBER,
	responseKind,
	STATUS_RESPONSE,
} from "../wire/requests";
import { ANSWERED, Call, DUE, FREE, QUEUED, RESTING, WAITING } from "./call";
import { Datagrams } from "./datagrams";
import { Leader } from "./leader";
import type { ClientLimits } from "./limits";
import { Members, NOBODY } from "./members";
import { Paths } from "./paths";
import { onDeadline, onResponse, onSilence, onStatus } from "./responses";
import { Session } from "./session";
import { Jitter, RETRY_MS_MIN, TIMEOUT_MS } from "./timing";

/** The limit of a range is a u16 on the wire. */
const RANGE_LIMIT_MAX = 0xffff;

export class Client {
	readonly members: Members;
	/** From a verb to its answer, for the calls that begin from now on. */
	timeoutMs = TIMEOUT_MS;

	/** What `nextDatagram` found: `datagram[0, datagramLength)`, for an address as `Network` has it. */
	readonly datagram: Uint8Array;
	datagramLength = 0;
	sendAddress = 0;
	sendPort = 0;

	/** The encoding of datagrams, with its count of those dropped by reason. */
	readonly datagrams: Datagrams;
	/** Valid answers to no call under way: doubled, late, or to an attempt that was given up. */
	lateAnswers = 0;

	readonly leader: Leader;
	readonly paths: Paths;
	readonly session: Session;
	readonly jitter: Jitter;
	nowMs = 0;
	/** The first `writes` are for writes, so that a full queue leaves room for reads. */
	private readonly calls: Call[] = [];
	private readonly writes: number;
	private order = 0;
	private request = 0;

	/**
	 * @param clusterHigh of the cluster's 64-bit id, which seeds the check of every datagram; likewise `clusterLow`
	 * @param nonceHigh of 64 random bits, other ones for each client and each start; likewise `nonceLow`
	 * @param seed of the pseudo-random choice of members and of the jitter
	 */
	constructor(
		limits: ClientLimits,
		clusterHigh: number,
		clusterLow: number,
		nonceHigh: number,
		nonceLow: number,
		seed: number,
	) {
		assert(limits.members >= 1 && limits.writes >= 1 && limits.reads >= 1, "a client without room for a call");
		this.members = new Members(limits.members);
		this.paths = new Paths(limits.members);
		this.jitter = new Jitter(seed);
		this.leader = new Leader(this.members, this.jitter);
		this.session = new Session((nonceLow + 1) % 0x100000000);
		this.datagrams = new Datagrams(clusterHigh, clusterLow, nonceHigh, nonceLow, limits.requestBytes);
		this.datagram = this.datagrams.datagram;
		this.writes = limits.writes;
		for (let i = 0; i < limits.writes + limits.reads; i++) this.calls.push(new Call(limits.requestBytes));
	}

	/** Registers a session if there is none; the first write does so unasked. The answer carries `session`. */
	register(call: number): number {
		return this.write(call, REGISTER, 0, this.datagram, 0, 0, this.datagram, 0, 0);
	}

	/** Sets a key. The answer carries `revision`, `createRevision` and `version`. */
	put(
		call: number,
		key: Uint8Array,
		keyOffset: number,
		keyLength: number,
		value: Uint8Array,
		valueOffset: number,
		valueLength: number,
	): number {
		return this.write(call, PUT, 0, key, keyOffset, keyLength, value, valueOffset, valueLength);
	}

	/** Deletes a key; KEY_NOT_FOUND when there is none. */
	delete(call: number, key: Uint8Array, keyOffset: number, keyLength: number): number {
		return this.write(call, DELETE, 0, key, keyOffset, keyLength, key, 0, 0);
	}

	/**
	 * Sets a key if its modification revision is `expected`, 0 for a key that must not exist; else
	 * CONFLICT, and the answer's `modRevision` is the one found.
	 */
	compareAndPut(
		call: number,
		expected: number,
		key: Uint8Array,
		keyOffset: number,
		keyLength: number,
		value: Uint8Array,
		valueOffset: number,
		valueLength: number,
	): number {
		if (!(Number.isInteger(expected) && expected >= 0 && expected <= U48_MAX)) return BAD_REQUEST;
		return this.write(call, COMPARE_AND_PUT, expected, key, keyOffset, keyLength, value, valueOffset, valueLength);
	}

	/** Closes the session, if there is one, after the writes before it, so that its place is free at once. */
	close(call: number): number {
		return this.write(call, CLOSE, 0, this.datagram, 0, 0, this.datagram, 0, 0);
	}

	/** Reads a key, linearizably. The answer carries the value, `createRevision`, `modRevision` and `version`. */
	get(call: number, key: Uint8Array, keyOffset: number, keyLength: number): number {
		return this.read(call, OPERATION_GET, this.leader.first(), 0, key, keyOffset, keyLength, key, 0, 0);
	}

	/**
	 * Reads the keys from `from` to `to` exclusive, linearizably; an empty `to` means no end.
	 * @param limit of the pairs in the answer, 0 for as many as one datagram holds; the answer's `more` says that it was cut
	 */
	range(
		call: number,
		limit: number,
		from: Uint8Array,
		fromOffset: number,
		fromLength: number,
		to: Uint8Array,
		toOffset: number,
		toLength: number,
	): number {
		if (!(Number.isInteger(limit) && limit >= 0 && limit <= RANGE_LIMIT_MAX)) return BAD_REQUEST;
		return this.read(
			call,
			OPERATION_RANGE,
			this.leader.first(),
			limit,
			from,
			fromOffset,
			fromLength,
			to,
			toOffset,
			toLength,
		);
	}

	/** Asks the member with that id how it is, whoever leads. */
	status(call: number, member: number): number {
		const place = this.members.placeOf(member);
		if (place === NOBODY) return BAD_REQUEST;
		return this.read(call, OPERATION_STATUS, place, 0, this.datagram, 0, 0, this.datagram, 0, 0);
	}

	/** Time goes on: answers may run out and rests may end. */
	tick(nowMs: number): void {
		assert(nowMs >= this.nowMs, "the clock went back");
		this.nowMs = nowMs;
		for (let i = 0; i < this.calls.length; i++) {
			const call = this.calls[i];
			if (call.phase === FREE || call.phase === ANSWERED) continue;
			if (nowMs >= call.deadlineMs) onDeadline(this, call);
			else if (call.phase === WAITING && nowMs >= call.timerMs) onSilence(this, call);
			else if (call.phase === RESTING && nowMs >= call.timerMs) call.phase = DUE;
		}
	}

	/** @returns when `tick` is next needed, Infinity when no call is under way */
	nextDeadlineMs(): number {
		let next = Infinity;
		for (let i = 0; i < this.calls.length; i++) {
			const call = this.calls[i];
			if (call.phase === FREE || call.phase === ANSWERED) continue;
			next = Math.min(next, call.deadlineMs);
			if (call.phase === WAITING || call.phase === RESTING) next = Math.min(next, call.timerMs);
		}
		return next;
	}

	/**
	 * Takes `bytes[0, length)`, a datagram; what is not for us or answers nothing is dropped and
	 * counted. The bytes of an answer stay in it, so the driver keeps it until `nextAnswer` is drained.
	 *
	 * Where it came from does not matter: the nonce, 64 random bits, says whom it answers.
	 */
	receive(bytes: Uint8Array, length: number): void {
		const kind = this.datagrams.read(bytes, length);
		if (kind < 0) return;
		const response = this.datagrams.response;
		const call = this.underWay(response.fields[REQUEST_NUMBER]);
		// A node that was never formatted has no id: whoever was asked has answered.
		const { sender } = this.datagrams.frame;
		const place = sender === CLIENT_ID && call !== null ? call.target : this.members.placeOf(sender);
		if (place === NOBODY || call === null || kind !== responseKind(call.operation)) {
			if (call !== null && kind === STATUS_RESPONSE && this.paths.echoed(call, place)) return;
			// Mark: a client hears an answer to a call that has ended
			this.lateAnswers++;
			return;
		}
		this.paths.heard(call, place);
		call.answer = bytes;
		call.member = this.members.ids[place];
		if (kind === STATUS_RESPONSE) onStatus(this, call, response);
		else onResponse(this, call, response, place);
	}

	/** @returns true when there was a datagram to send; call again until there is none */
	nextDatagram(): boolean {
		for (let i = 0; i < this.calls.length; i++) {
			const call = this.calls[i];
			if (call.phase !== DUE) continue;
			const receiver = this.members.ids[call.target];
			this.sendAddress = this.members.addresses[call.target];
			this.sendPort = this.members.ports[call.target];
			if (!call.hasAskedStatus && this.paths.asksStatus(call)) {
				call.hasAskedStatus = true;
				this.datagramLength = this.datagrams.writeStatus(call, receiver);
				return true;
			}
			this.datagramLength = this.datagrams.write(call, this.session, receiver, this.paths.bytesFor(call));
			call.hasAskedStatus = false;
			call.phase = WAITING;
			call.attempts++;
			call.timerMs = this.nowMs + this.jitter.around(call.retryMs);
			return true;
		}
		return false;
	}

	/** @returns a call that has its answer, to be read before the next input, or null; call again until there is none */
	nextAnswer(): Call | null {
		for (let i = 0; i < this.calls.length; i++) {
			const call = this.calls[i];
			if (call.phase !== ANSWERED) continue;
			call.phase = FREE;
			return call;
		}
		return null;
	}

	/** Sends the call's request for the first time, to the member at `place`. */
	begin(call: Call, place: number): void {
		assert(this.members.count > 0, "a client without members");
		this.request = (this.request + 1) % 0x100000000;
		call.request = this.request;
		call.silences = 0;
		call.silent = 0;
		call.echoed = 0;
		call.target = place;
		call.attempts = 0;
		call.hops = 0;
		call.retryMs = RETRY_MS_MIN;
		call.reason = UNREACHABLE;
		call.phase = DUE;
	}

	/** Asks the member at `place` at once. */
	ask(call: Call, place: number): void {
		call.target = place;
		call.phase = DUE;
	}

	/** Waits before the member at `place` is asked. */
	rest(call: Call, place: number, ms: number): void {
		call.target = place;
		call.hops = 0;
		call.timerMs = this.nowMs + this.jitter.around(ms);
		call.phase = RESTING;
	}

	/** Gives the call its one answer; the next write, if it was one, has its turn. */
	answer(call: Call, reason: number): void {
		call.finish(reason);
		if (call.command !== 0) this.beginNextWrite();
	}

	private write(
		call: number,
		command: number,
		expected: number,
		key: Uint8Array,
		keyOffset: number,
		keyLength: number,
		value: Uint8Array,
		valueOffset: number,
		valueLength: number,
	): number {
		const record = this.free(0, this.writes);
		if (record === null) return BUSY;
		if (!record.load(key, keyOffset, keyLength, value, valueOffset, valueLength)) return REQUEST_TOO_LARGE;
		record.take(call, OPERATION_WRITE, command, this.nowMs + this.timeoutMs);
		record.expected = expected;
		record.order = ++this.order;
		record.phase = QUEUED;
		record.reason = BUSY;
		this.beginNextWrite();
		return DONE;
	}

	/** Begins a call that is no write, with the member at `place`; the verbs say what they mean. */
	read(
		call: number,
		operation: number,
		place: number,
		limit: number,
		first: Uint8Array,
		firstOffset: number,
		firstLength: number,
		second: Uint8Array,
		secondOffset: number,
		secondLength: number,
		notBefore = 0,
	): number {
		const record = this.free(this.writes, this.calls.length);
		if (record === null) return BUSY;
		if (!record.load(first, firstOffset, firstLength, second, secondOffset, secondLength)) return REQUEST_TOO_LARGE;
		record.take(call, operation, 0, this.nowMs + this.timeoutMs);
		record.limit = limit;
		record.notBefore = notBefore;
		this.begin(record, place);
		return DONE;
	}

	/** @returns a free record of `calls[from, to)`, or null */
	private free(from: number, to: number): Call | null {
		for (let i = from; i < to; i++) if (this.calls[i].phase === FREE) return this.calls[i];
		return null;
	}

	/** @returns the call under way with that request number, or null */
	private underWay(request: number): Call | null {
		for (let i = 0; i < this.calls.length; i++) {
			const call = this.calls[i];
			if (call.request === request && call.isUnderWay()) return call;
		}
		return null;
	}

	/** Begins the oldest queued write, unless one is under way. */
	private beginNextWrite(): void {
		for (let turns = 0; turns < this.writes; turns++) {
			let oldest: Call | null = null;
			for (let i = 0; i < this.writes; i++) {
				const call = this.calls[i];
				if (call.isUnderWay()) return;
				if (call.phase === QUEUED && (oldest === null || call.order < oldest.order)) oldest = call;
			}
			if (oldest === null) return;
			this.beginWrite(oldest);
		}
	}

	/** A queued write has its turn: it may need a session first, or nothing to be sent at all. */
	private beginWrite(call: Call): void {
		const session = this.session;
		if (session.isSpent()) session.gone();
		const isOpen = session.isOpen();
		if (this.nowMs >= call.deadlineMs) call.finish(call.reason);
		else if (isOpen ? call.command === REGISTER : call.command === CLOSE) {
			call.session = session.id;
			call.finish(DONE);
		} else if (isOpen) this.beginCommand(call, this.leader.first());
		else {
			call.operation = OPERATION_REGISTER;
			this.begin(call, this.leader.first());
		}
	}

	/** Sends the call's command, now that there is a session, to the member at `place`. */
	beginCommand(call: Call, place: number): void {
		call.operation = OPERATION_WRITE;
		call.session = this.session.id;
		call.sequence = this.session.nextSequence();
		this.begin(call, place);
	}
}
