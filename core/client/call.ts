/**
 * One call of a client, from its verb to its one answer. The records are made once and used again.
 */
import { assert } from "../assert";
import { copy } from "../bytes";
import { UNREACHABLE } from "../reasons";
import type { ClientMessage } from "../wire/requests";
import {
	READ_RESPONSE,
	READ_RESPONSE_AGE_MS,
	READ_RESPONSE_INDEX,
	RESPONSE_CREATE_REVISION,
	RESPONSE_LEADER,
	RESPONSE_MOD_REVISION,
	RESPONSE_MORE,
	RESPONSE_REVISION,
	RESPONSE_SESSION,
	RESPONSE_TERM,
	RESPONSE_VERSION,
} from "../wire/requests";

/** The record is free. */
export const FREE = 0;
/** A write that waits for the one before it; nothing of it was sent. */
export const QUEUED = 1;
/** Its datagram is to be sent now. */
export const DUE = 2;
/** Its datagram was sent, and its answer is awaited until `timerMs`. */
export const WAITING = 3;
/** It was refused for now, and is sent again at `timerMs`. */
export const RESTING = 4;
/** It has its answer, which the driver has not taken yet. */
export const ANSWERED = 5;

export class Call {
	phase = FREE;
	/** The caller's own number, which comes back with the answer. */
	call = 0;

	/** What is sent: an operation of the client protocol. */
	operation = 0;
	/** What a write does: an operation of `core/command`, or REGISTER when the caller asked for a session alone. */
	command = 0;
	/** The key (or start of a range) and the value (or end of a range), one after the other. */
	readonly bytes: Uint8Array;
	firstLength = 0;
	secondLength = 0;
	/** The modification revision that a compare-and-put expects. */
	expected = 0;
	/** Most pairs of a range; the id of a transfer's target; whether a drain begins. */
	limit = 0;
	/** Revision that a member must have reached before it serves a read itself. */
	notBefore = 0;

	/** Position among all calls of the client: the queue is first in, first out. */
	order = 0;
	/** Names the request to the nodes: the same in every attempt, so an answer to any of them counts. */
	request = 0;
	/** Sequence number of a write in its session. */
	sequence = 0;

	/** Place of the member that is asked. */
	target = 0;
	/** Attempts of the request under `request`. */
	attempts = 0;
	/** Leader hints followed since the last rest. */
	hops = 0;
	/** How long the next attempt waits, or the next rest lasts, before jitter. */
	retryMs = 0;
	timerMs = 0;
	deadlineMs = 0;

	/** Attempts that went unanswered, and a bit by place of the members that were silent, and said nothing since. */
	silences = 0;
	silent = 0;
	/** A bit by place of those that have answered a question for their status meanwhile. */
	echoed = 0;
	/** That question was sent with this attempt. */
	hasAskedStatus = false;

	/**
	 * The answer, a number of `core/reasons`; until then what the answer is if the time runs out
	 * and nothing of the call can have happened.
	 */
	reason = UNREACHABLE;
	/** Id of the member that answered, 0 when none did. */
	member = 0;
	/** Id of the leader as the answering node knows it, 0 when it knows none. */
	leader = 0;
	/** The leader's term and the store's revision, as the answering node saw them. */
	term = 0;
	revision = 0;
	session = 0;
	createRevision = 0;
	modRevision = 0;
	version = 0;
	/** Of a read that a member served itself: milliseconds since it heard a leader, and the last log index in its state. */
	ageMs = 0;
	index = 0;
	/** A range was cut: the next page starts after its last key. */
	more = false;
	/** The value or page, `answer[answerOffset, +answerLength)`: the driver's datagram, until it is used again. */
	answer: Uint8Array;
	answerOffset = 0;
	answerLength = 0;

	/** @param requestBytes of key and value together */
	constructor(requestBytes: number) {
		this.bytes = new Uint8Array(requestBytes);
		this.answer = this.bytes;
	}

	/** @returns true while the call waits for the network or the clock, under its request number */
	isUnderWay(): boolean {
		return this.phase === DUE || this.phase === WAITING || this.phase === RESTING;
	}

	/** Takes the record for a new call; nothing of the last one's answer may be left. */
	take(call: number, operation: number, command: number, deadlineMs: number): void {
		this.call = call;
		this.operation = operation;
		this.command = command;
		this.deadlineMs = deadlineMs;
		this.expected = 0;
		this.limit = 0;
		this.notBefore = 0;
		this.ageMs = 0;
		this.index = 0;
		this.sequence = 0;
		this.attempts = 0;
		this.member = 0;
		this.leader = 0;
		this.term = 0;
		this.revision = 0;
		this.session = 0;
		this.createRevision = 0;
		this.modRevision = 0;
		this.version = 0;
		this.more = false;
		this.answerOffset = 0;
		this.answerLength = 0;
	}

	/** Copies what the call says. @returns false when there is no room for it */
	load(
		first: Uint8Array,
		firstOffset: number,
		firstLength: number,
		second: Uint8Array,
		secondOffset: number,
		secondLength: number,
	): boolean {
		if (firstLength + secondLength > this.bytes.length) return false;
		copy(this.bytes, 0, first, firstOffset, firstLength);
		copy(this.bytes, firstLength, second, secondOffset, secondLength);
		this.firstLength = firstLength;
		this.secondLength = secondLength;
		return true;
	}

	/** Keeps what a RESPONSE says; its bytes stay in the datagram. */
	keep(response: ClientMessage): void {
		const fields = response.fields;
		this.leader = fields[RESPONSE_LEADER];
		this.term = fields[RESPONSE_TERM];
		this.revision = fields[RESPONSE_REVISION];
		const isNodeRead = fields[0] === READ_RESPONSE;
		this.session = isNodeRead ? 0 : fields[RESPONSE_SESSION];
		this.ageMs = isNodeRead ? fields[READ_RESPONSE_AGE_MS] : 0;
		this.index = isNodeRead ? fields[READ_RESPONSE_INDEX] : 0;
		this.createRevision = fields[RESPONSE_CREATE_REVISION];
		this.modRevision = fields[RESPONSE_MOD_REVISION];
		this.version = fields[RESPONSE_VERSION];
		this.more = fields[RESPONSE_MORE] === 1;
		this.answerOffset = response.offset;
		this.answerLength = response.length;
	}

	/** Gives the call its one answer. */
	finish(reason: number): void {
		assert(this.phase !== FREE && this.phase !== ANSWERED, "a call is answered twice");
		this.reason = reason;
		this.phase = ANSWERED;
	}
}
