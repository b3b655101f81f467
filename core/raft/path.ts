/**
 * How long a datagram to each peer may be. A path that reassembles no fragments loses what is longer than
 * its MTU, and nobody says so: the peer answers heartbeats, and takes no entries. So the leader looks for
 * the size itself, by what is answered, as Packetization Layer Path MTU Discovery does (RFC 8899 §5):
 *
 *   heartbeat k      entries are unanswered
 *   heartbeat k + 1  the peer has answered heartbeat k, and those entries not: one loss
 *   heartbeat k + 2  again: the peer is sent half as many bytes from now on
 *
 * One loss may be chance, as may two: a size is doubled again after some of its datagrams have arrived and
 * some time has passed. A size that was doubled is on trial: one loss ends it, and the next trial comes
 * after twice the time. So a path that is small for good costs a loss in each minute or so.
 *
 * An entry cannot be divided, so it is sent alone whatever its length; a chunk is never below a floor.
 */
import { ENTRY_HEADER_BYTES } from "../entry";
import { EVENT_PATH } from "../events";
import { APPEND_OVERHEAD_BYTES, DATAGRAM_BYTES } from "../limits";
import { PROBE, SNAPSHOT } from "./progress";
import type { Raft } from "./raft";
import { chunkLength } from "./snapshot";

/** Bytes of entries in one append: it is one datagram, never fragmented. */
export const ENTRIES_BYTES_MAX = DATAGRAM_BYTES - APPEND_OVERHEAD_BYTES;
/** At this size an append holds one entry. */
const ENTRIES_BYTES_MIN = ENTRY_HEADER_BYTES;
/** A chunk is not divided further: every path of IPv4 carries that much (RFC 791, 576 bytes). */
export const CHUNK_BYTES_MIN = 256;

/** Losses after which a size is given up: one of them may well be chance. */
const LOSSES = 2;
/** Datagrams of more than half the size that must have arrived before the size is doubled. */
const ARRIVALS = 8;
/** A trial waits for the longest election timeout, and for up to 2^5 times as long after trials that failed. */
const BACK_OFF_MAX = 5;
/** `unanswered` counts no further. */
const UNANSWERED_MAX = 255;

/** Columns of a place's row. The datagram that is watched: its last entry, 0 for none, and its bytes. */
const TRIED_LAST = 0;
const TRIED_BYTES = 1;
/** 1: it holds more than one entry, or may. */
const TRIED_DIVISIBLE = 2;
/** Bytes that were unanswered at the last heartbeat, 0 for none; and whether they could be divided. */
const LATE_BYTES = 3;
const LATE_DIVISIBLE = 4;
/** Losses since something arrived, or since the size was changed. */
const LOST = 5;
/** Datagrams of more than half the size that have arrived since it was changed. */
const ARRIVED = 6;
/** From then on the size may be doubled; and how many trials have failed. */
const GROW_MS = 7;
const BACK_OFF = 8;
/** 1: the size was doubled last, and is on trial. */
const ON_TRIAL = 9;
const COLUMNS = 10;

export class Paths {
	/** By place: bytes of entries or of a chunk that one datagram holds at most. */
	readonly bytes: Uint16Array;
	/** By place: heartbeats in a row that the peer has answered, and entries before them not. */
	readonly unanswered: Uint8Array;
	/** Round of the last heartbeat. */
	round = 0;
	private readonly rows: Float64Array;

	constructor(places: number) {
		this.bytes = new Uint16Array(places);
		this.unanswered = new Uint8Array(places);
		this.rows = new Float64Array(places * COLUMNS);
		for (let place = 0; place < places; place++) this.reset(place);
	}

	/** Nothing is known of the path. */
	reset(place: number): void {
		this.bytes[place] = ENTRIES_BYTES_MAX;
		this.unanswered[place] = 0;
		this.rows.fill(0, place * COLUMNS, (place + 1) * COLUMNS);
	}

	/** Watches a datagram with entries up to `last`. */
	tried(place: number, last: number, bytes: number, isDivisible: boolean): void {
		const row = place * COLUMNS;
		this.rows[row + TRIED_LAST] = last;
		this.rows[row + TRIED_BYTES] = bytes;
		this.rows[row + TRIED_DIVISIBLE] = isDivisible ? 1 : 0;
	}

	/** As `tried`, of one that follows others: one at a time is watched, and only if it says something of the size. */
	follows(place: number, last: number, bytes: number): void {
		if (this.rows[place * COLUMNS + TRIED_LAST] === 0 && 2 * bytes > this.bytes[place])
			this.tried(place, last, bytes, true);
	}

	/** What was unanswered has been answered, or is of no use now: it was no loss. */
	calm(place: number): void {
		const row = place * COLUMNS;
		this.rows[row + TRIED_LAST] = 0;
		this.rows[row + LATE_BYTES] = 0;
		this.rows[row + LOST] = 0;
		this.unanswered[place] = 0;
	}

	/** @returns bytes of the watched datagram if the peer has all its entries, else 0 */
	triedWithin(place: number, index: number): number {
		const row = place * COLUMNS;
		const last = this.rows[row + TRIED_LAST];
		return last > 0 && last <= index ? this.rows[row + TRIED_BYTES] : 0;
	}

	/** Notes at a heartbeat what is unanswered. */
	late(place: number, bytes: number, isDivisible: boolean): void {
		const row = place * COLUMNS;
		this.rows[row + LATE_BYTES] = bytes;
		this.rows[row + LATE_DIVISIBLE] = isDivisible ? 1 : 0;
	}

	/** Likewise, of the datagram that is watched. */
	lateTried(place: number, match: number): void {
		const row = place * COLUMNS;
		const isLate = this.rows[row + TRIED_LAST] > match;
		this.late(place, isLate ? this.rows[row + TRIED_BYTES] : 0, this.rows[row + TRIED_DIVISIBLE] === 1);
	}

	/** @returns true if something was unanswered at the last heartbeat */
	isLate(place: number): boolean {
		return this.rows[place * COLUMNS + LATE_BYTES] > 0;
	}

	/**
	 * The peer answered the last heartbeat, and not what was unanswered then.
	 * @returns bytes that were lost if the size is another one for it, else 0
	 */
	lost(place: number, nowMs: number, restMs: number): number {
		const { rows } = this;
		const row = place * COLUMNS;
		if (this.unanswered[place] < UNANSWERED_MAX) this.unanswered[place]++;
		const before = this.bytes[place];
		const bytes = Math.min(rows[row + LATE_BYTES], before);
		const isTrial = rows[row + ON_TRIAL] === 1 && 2 * bytes > before;
		rows[row + LOST]++;
		if (rows[row + LATE_DIVISIBLE] === 0 || (!isTrial && rows[row + LOST] < LOSSES)) return 0;
		const half = Math.max(Math.floor((isTrial ? before : bytes) / 2), ENTRIES_BYTES_MIN);
		if (half >= before) return 0;
		if (isTrial && rows[row + BACK_OFF] < BACK_OFF_MAX) rows[row + BACK_OFF]++;
		this.set(place, half, nowMs + restMs * (1 << rows[row + BACK_OFF]), false);
		return bytes;
	}

	/**
	 * A datagram has arrived.
	 * @returns true if longer ones are tried from now on
	 */
	arrived(place: number, bytes: number, nowMs: number, restMs: number): boolean {
		const { rows } = this;
		const row = place * COLUMNS;
		const before = this.bytes[place];
		rows[row + TRIED_LAST] = 0;
		if (2 * bytes <= before) return false;
		rows[row + ARRIVED]++;
		if (rows[row + ARRIVED] < ARRIVALS || nowMs < rows[row + GROW_MS]) return false;
		if (before < ENTRIES_BYTES_MAX) {
			const double = Math.min(2 * before, ENTRIES_BYTES_MAX);
			this.set(place, double, nowMs + restMs * (1 << rows[row + BACK_OFF]), true);
			return true;
		}
		// The trial of the full length is over: what failed before is forgotten.
		this.reset(place);
		return false;
	}

	private set(place: number, bytes: number, growMs: number, isTrial: boolean): void {
		const row = place * COLUMNS;
		this.bytes[place] = bytes;
		this.rows[row + LOST] = 0;
		this.rows[row + ARRIVED] = 0;
		this.rows[row + GROW_MS] = growMs;
		this.rows[row + ON_TRIAL] = isTrial ? 1 : 0;
		this.rows[row + LATE_BYTES] = 0;
		this.rows[row + TRIED_LAST] = 0;
	}

	/** @returns true if some peer is not sent datagrams of full length, or did not answer one */
	isAny(): boolean {
		for (let place = 0; place < this.bytes.length; place++) {
			const row = place * COLUMNS;
			const isFull = this.bytes[place] === ENTRIES_BYTES_MAX && this.rows[row + ON_TRIAL] === 0;
			if (!isFull || this.rows[row + LATE_BYTES] > 0 || this.unanswered[place] > 0) return true;
		}
		return false;
	}
}

/** With a heartbeat, before it is sent: judges what was unanswered at the last one, and notes what is now. */
export function judgePath(node: Raft, place: number, hasMoved: boolean): void {
	const { progress } = node;
	const { paths } = progress;
	if (hasMoved) paths.calm(place);
	else if (paths.isLate(place) && progress.round[place] >= paths.round) {
		// Mark: a peer answers heartbeats, and entries not
		const lost = paths.lost(place, node.nowMs, node.configuration.electionMsMax);
		if (lost > 0) {
			// Mark: datagrams to a peer are kept shorter
			node.trace.event(EVENT_PATH, place, paths.bytes[place], lost);
		}
	}
	const state = progress.state[place];
	if (state === SNAPSHOT) {
		const bytes = chunkLength(node, place);
		paths.late(place, bytes, bytes > CHUNK_BYTES_MIN);
	} else if (state === PROBE) paths.lateTried(place, progress.match[place]);
	else noteFlight(node, place);
	if (paths.isLate(place)) progress.hasPaths = true;
}

/** Ends a heartbeat: those that follow it are judged by the answers to it. */
export function endPathRound(node: Raft): void {
	const { progress } = node;
	progress.paths.round = node.round;
	if (progress.hasPaths) progress.hasPaths = progress.paths.isAny();
}

/** The first append in flight is unanswered, if there is one. */
function noteFlight(node: Raft, place: number): void {
	const { log, progress } = node;
	const { paths } = progress;
	const first = progress.match[place] + 1;
	const last = progress.firstInFlight(place);
	if (last < first) paths.late(place, 0, false);
	else if (first < log.firstCached) paths.late(place, paths.bytes[place], true);
	else paths.late(place, log.rangeBytes(first, last), last > first);
}

/** The peer has taken in what it was sent, `bytes` in one datagram. */
export function notePath(node: Raft, place: number, bytes: number): void {
	const { paths } = node.progress;
	if (paths.arrived(place, bytes, node.nowMs, node.configuration.electionMsMax)) {
		// Mark: longer datagrams are tried again
		node.trace.event(EVENT_PATH, place, paths.bytes[place], 0);
	}
}
