/**
 * Gives equal states of a node equal fields. What no line of the core can tell apart is made the
 * same: the age of the clock, how often something was written, where in a ring something stands,
 * what dead room still holds.
 *
 * Timers are made coarser on purpose: a deadline that is set counts as set just now. Whether and when
 * it fires is a choice of the exploration, as if clocks and schedulers were arbitrarily fast and slow:
 * Raft's safety may not depend on them. Of stickiness (Raft §6, end) is left whether the leader was
 * heard within the shortest election timeout.
 *
 * What a node keeps from an earlier role stays: that the core resets it is a thing to be tested.
 */
import { assert } from "../../core/assert";
import type { Log } from "../../core/raft/log";
import {
	APPEND_REQUEST,
	APPEND_REQUEST_COLUMNS,
	APPEND_RESPONSE,
	APPEND_RESPONSE_COLUMNS,
	COLUMNS_MAX,
	PRE_VOTE_REQUEST,
	PRE_VOTE_REQUEST_COLUMNS,
	PRE_VOTE_RESPONSE,
	PRE_VOTE_RESPONSE_COLUMNS,
	TIMEOUT_NOW,
	TIMEOUT_NOW_COLUMNS,
	TRANSFER_VOTE_REQUEST,
	TRANSFER_VOTE_REQUEST_COLUMNS,
	VOTE_REQUEST,
	VOTE_REQUEST_COLUMNS,
	VOTE_RESPONSE,
	VOTE_RESPONSE_COLUMNS,
} from "../../core/raft/messages";
import type { Raft } from "../../core/raft/raft";

/** Fields that the core keeps to itself. */
interface Ring {
	head: number;
	count: number;
}
interface Sequences {
	hardStateSequence: number;
}
interface Flights {
	flightCount: Uint8Array;
	flightHead: Uint8Array;
	flights: Float64Array;
	window: number;
}

/** Columns of each kind of message that is explored. */
export const COLUMNS: { readonly [kind: number]: number } = Object.freeze({
	[PRE_VOTE_REQUEST]: PRE_VOTE_REQUEST_COLUMNS,
	[PRE_VOTE_RESPONSE]: PRE_VOTE_RESPONSE_COLUMNS,
	[VOTE_REQUEST]: VOTE_REQUEST_COLUMNS,
	[VOTE_RESPONSE]: VOTE_RESPONSE_COLUMNS,
	[APPEND_REQUEST]: APPEND_REQUEST_COLUMNS,
	[APPEND_RESPONSE]: APPEND_RESPONSE_COLUMNS,
	[TIMEOUT_NOW]: TIMEOUT_NOW_COLUMNS,
	[TRANSFER_VOTE_REQUEST]: TRANSFER_VOTE_REQUEST_COLUMNS,
});

/** What is left out on purpose: how long ago anything was, and what nobody looks at within the bounds. */
export function coarsen(raft: Raft, knowsOrders: boolean): void {
	clocks(raft);
	orders(raft, knowsOrders);
}

/** All effects that need not wait were taken. */
export function canonicalize(raft: Raft, knowsOrders: boolean): void {
	coarsen(raft, knowsOrders);
	persistence(raft);
	outbox(raft);
	log(raft.log);
	progress(raft);
	rotate(raft.proposals, ["call", "index"]);
	rotate(raft.reads, ["call", "index", "round", "token"]);
	change(raft);
	const { answers } = raft;
	assert(answers.count === 0, "answers were not taken");
	rotate(answers, ["calls", "reasons", "indices"]);
	answers.call = 0;
	answers.reason = 0;
	answers.index = 0;
	raft.counters.fill(0);
}

function clocks(raft: Raft): void {
	const { configuration } = raft;
	raft.leaderHeardMs = raft.nowMs - raft.leaderHeardMs < configuration.electionMsMin ? 0 : -Infinity;
	raft.nowMs = 0;
	if (raft.electionTimeoutMs !== Infinity) raft.electionTimeoutMs = configuration.electionMsMax - 1;
	if (raft.electionDeadlineMs !== Infinity) raft.electionDeadlineMs = raft.electionTimeoutMs;
	if (raft.heartbeatDeadlineMs !== Infinity) raft.heartbeatDeadlineMs = configuration.heartbeatMs;
	if (raft.quorumDeadlineMs !== Infinity) raft.quorumDeadlineMs = configuration.electionMsMin;
	if (raft.incoming.heardMs !== -Infinity) raft.incoming.heardMs = 0;
	raft.progress.contactMs.fill(0);
	raft.change.committedMs = 0;
	raft.change.askedMs = 0;
	// A learner has caught up as soon as it has answered with all that was there when its round began.
	const { startMs, tookMs } = raft.progress.catchUp;
	startMs.fill(0);
	for (let place = 0; place < tookMs.length; place++) if (tookMs[place] !== Infinity) tookMs[place] = 0;
	const random = raft.random as unknown as { state: number; step: number };
	random.state = 0;
	random.step = 1;
}

/** Of transfers and leases, what is explored: nobody waits for the end of a transfer, and nothing is read under a lease. */
function orders(raft: Raft, isKnown: boolean): void {
	const { configuration, followerReads, lease, transfer } = raft;
	lease.reset();
	(lease as unknown as { head: number }).head = 0;
	(lease as unknown as { openedMs: Float64Array }).openedMs.fill(0);
	const unused = followerReads as unknown as { token: number; askedMs: number; acceptedMs: Float64Array };
	unused.token = 0;
	unused.acceptedMs.fill(0);
	unused.askedMs = 0;
	raft.stepDownReason = 0;
	if (transfer.deadlineMs !== Infinity) transfer.deadlineMs = configuration.electionMsMax;
	transfer.retryMs = 0;
	transfer.failed = 0;
	transfer.vainSinceMs = 0;
	transfer.calmSinceMs = 0;
	(raft.reads as unknown as { watchedHead: number }).watchedHead = -1;
	if (isKnown) return;
	raft.answeredTerm = 0;
	raft.answeredRound = 0;
}

/** What a change was made or read with is not looked at again, unless it waits to be appended. */
function change({ change, log }: Raft): void {
	change.bytes.fill(0);
	if (!change.isWaiting) change.draft.clear();
	change.draft.index = 0;
	log.firstConfiguration = 0;
}

/** Writes are counted from the last one that is durable. */
function persistence(raft: Raft): void {
	const { persistence, write } = raft;
	const sequences = persistence as unknown as Sequences;
	const base = persistence.durableSequence;
	sequences.hardStateSequence = Math.max(0, sequences.hardStateSequence - base);
	write.sequence -= base;
	persistence.durableSequence = 0;
	for (let slot = 0; slot < raft.outbox.after.length; slot++) {
		// Waiting or taken: only those that wait are looked at, below.
		if (raft.outbox.after[slot] !== Infinity) raft.outbox.after[slot] -= base;
	}
	if (write.sequence > 0) return;
	write.hardState = false;
	write.term = 0;
	write.votedFor = 0;
	write.firstIndex = 0;
	write.lastIndex = 0;
	write.lastTerm = 0;
}

/** Sends that wait, in an order of their own: the network keeps none. */
function outbox(raft: Raft): void {
	const { outbox } = raft;
	const ring = outbox as unknown as Ring;
	const capacity = outbox.after.length;
	const rows: number[][] = [];
	for (let i = 0; i < ring.count; i++) {
		const slot = (ring.head + i) % capacity;
		if (outbox.after[slot] === Infinity) continue;
		const kind = outbox.kind[slot];
		const row = [kind, outbox.receiver[slot], outbox.after[slot], outbox.firstIndex[slot], outbox.lastIndex[slot]];
		for (let column = 0; column < COLUMNS[kind]; column++) row.push(outbox.fields[slot * COLUMNS_MAX + column]);
		rows.push(row);
	}
	rows.sort(compareRows);
	outbox.kind.fill(0);
	outbox.receiver.fill(0);
	outbox.after.fill(0);
	outbox.firstIndex.fill(0);
	outbox.lastIndex.fill(0);
	outbox.fields.fill(0);
	outbox.slot = 0;
	ring.head = 0;
	ring.count = rows.length;
	for (let slot = 0; slot < rows.length; slot++) {
		const [kind, receiver, after, firstIndex, lastIndex, ...fields] = rows[slot];
		outbox.kind[slot] = kind;
		outbox.receiver[slot] = receiver;
		outbox.after[slot] = after;
		outbox.firstIndex[slot] = kind === APPEND_REQUEST ? firstIndex : 0;
		outbox.lastIndex[slot] = kind === APPEND_REQUEST ? lastIndex : 0;
		outbox.fields.set(fields, slot * COLUMNS_MAX);
	}
}

export function compareRows(a: readonly number[], b: readonly number[]): number {
	for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
	return a.length - b.length;
}

/** The ring of bytes is never full here, so that it begins at its start. */
function log(log: Log): void {
	const inside = log as unknown as { tail: number; head: number; wrapEnd: number };
	assert(inside.head === 0 && inside.wrapEnd === 0, "the explored log went round");
	log.bytes.fill(0, inside.tail);
	const starts = Array.from(log.starts);
	log.starts.fill(0);
	for (let index = log.firstCached; index <= log.lastIndex; index++) {
		log.starts[index % log.capacity] = starts[index % log.capacity];
	}
	const terms = (log as unknown as { terms: { count: number; first: Float64Array; term: Uint32Array } }).terms;
	terms.first.fill(0, terms.count);
	terms.term.fill(0, terms.count);
}

function progress(raft: Raft): void {
	// No explored entry is too long for any path.
	const { paths } = raft.progress;
	for (let place = 0; place < paths.bytes.length; place++) paths.reset(place);
	raft.progress.hasPaths = false;
	paths.round = 0;
	const { flightCount, flightHead, flights, window } = raft.progress as unknown as Flights;
	for (let place = 0; place < flightCount.length; place++) {
		const base = place * window;
		const live: number[] = [];
		for (let i = 0; i < flightCount[place]; i++) live.push(flights[base + ((flightHead[place] + i) % window)]);
		flights.fill(0, base, base + window);
		flights.set(live, base);
		flightHead[place] = 0;
	}
}

/** A ring of several columns begins at its start, and is zero behind its end. */
function rotate(ring: object, columns: readonly string[]): void {
	const { head, count } = ring as Ring;
	for (const name of columns) {
		const column = (ring as { [name: string]: unknown })[name] as Float64Array;
		const live: number[] = [];
		for (let i = 0; i < count; i++) live.push(column[(head + i) % column.length]);
		column.fill(0);
		column.set(live);
	}
	(ring as Ring).head = 0;
}
