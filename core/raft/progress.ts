/**
 * What the leader knows of each peer's log, by place (Raft figure 2, nextIndex and matchIndex),
 * and how it sends to it:
 *
 *   PROBE      where the logs agree is not known: one append at a time
 *   REPLICATE  it is: appends follow one another, a window of them unanswered
 *   SNAPSHOT   the peer is behind the log's base: one chunk at a time
 */
import { assert } from "../assert";
import { NOBODY } from "../configuration";
import { CatchUp } from "./catch-up";
import { Paths } from "./path";

export const PROBE = 0;
export const REPLICATE = 1;
export const SNAPSHOT = 2;

/** A peer that answered none of so many rounds is not said to be taking in a snapshot. */
const SILENT_ROUNDS = 16;

export class Progress {
	/** False while every peer is sent datagrams of full length, and answers them: what most turns have to know. */
	hasPaths = false;
	/** The peer's log is known to agree, and durably, up to here. */
	readonly match: Float64Array;
	/** The next entry to send. Always above `match`. */
	readonly next: Float64Array;
	readonly state: Uint8Array;
	/** 1: nothing more until an answer or the next heartbeat. */
	readonly paused: Uint8Array;
	/** The latest round that the peer has answered. */
	readonly round: Float64Array;
	private readonly flightCount: Uint8Array;
	private readonly flightHead: Uint8Array;
	/** Last indices of the appends in flight, a ring of `window` for each peer. */
	private readonly flights: Float64Array;
	private readonly window: number;
	/** How far those are who may yet vote. */
	readonly catchUp: CatchUp;
	/** 1: the peer got on since the last heartbeat. */
	readonly moved: Uint8Array;
	/** When the peer was last heard in this term, in milliseconds. */
	readonly contactMs: Float64Array;
	/** Place of the peer whose `match` a transfer of leadership waits for, or NOBODY. */
	awaited = NOBODY;
	/** SNAPSHOT: the snapshot's index, and the byte that the peer wants next. */
	readonly snapshotIndex: Float64Array;
	readonly snapshotOffset: Float64Array;
	/** How long a datagram to each may be. */
	readonly paths: Paths;

	constructor(places: number, appendsInFlight: number) {
		this.match = new Float64Array(places);
		this.next = new Float64Array(places);
		this.state = new Uint8Array(places);
		this.paused = new Uint8Array(places);
		this.moved = new Uint8Array(places);
		this.round = new Float64Array(places);
		this.contactMs = new Float64Array(places);
		this.snapshotIndex = new Float64Array(places);
		this.snapshotOffset = new Float64Array(places);
		this.flights = new Float64Array(places * appendsInFlight);
		this.flightHead = new Uint8Array(places);
		this.flightCount = new Uint8Array(places);
		this.window = appendsInFlight;
		this.paths = new Paths(places);
		this.catchUp = new CatchUp(places);
	}

	hasWindow(place: number): boolean {
		return this.flightCount[place] < this.window;
	}

	/** An append with entries up to `lastIndex` is on its way. */
	sent(place: number, lastIndex: number): void {
		const count = this.flightCount[place];
		assert(count < this.window, "more appends in flight than the window");
		let slot = this.flightHead[place] + count;
		if (slot >= this.window) slot -= this.window;
		this.flights[place * this.window + slot] = lastIndex;
		this.flightCount[place] = count + 1;
		this.next[place] = lastIndex + 1;
	}

	/** The peer has all up to `index`: what was in flight up to there has arrived. */
	arrived(place: number, index: number): void {
		let head = this.flightHead[place];
		let count = this.flightCount[place];
		while (count > 0 && this.flights[place * this.window + head] <= index) {
			count--;
			if (++head === this.window) head = 0;
		}
		this.flightHead[place] = head;
		this.flightCount[place] = count;
	}

	inFlight(place: number): number {
		return this.flightCount[place];
	}

	/** @returns the last index of the first append in flight, or 0 when none is */
	firstInFlight(place: number): number {
		return this.flightCount[place] === 0 ? 0 : this.flights[place * this.window + this.flightHead[place]];
	}

	/** A new leader knows nothing of a peer, and supposes that it has the whole log. */
	reset(place: number, lastIndex: number, nowMs: number): void {
		this.match[place] = 0;
		this.round[place] = 0;
		this.moved[place] = 0;
		this.contactMs[place] = nowMs;
		this.paths.reset(place);
		this.catchUp.begin(place, lastIndex, nowMs);
		this.enterProbe(place, lastIndex + 1);
	}

	enterProbe(place: number, next: number): void {
		assert(next > this.match[place], "the next entry is one that the peer has");
		this.state[place] = PROBE;
		this.next[place] = next;
		this.paused[place] = 0;
		this.flightCount[place] = 0;
	}

	enterReplicate(place: number): void {
		this.state[place] = REPLICATE;
		this.next[place] = this.match[place] + 1;
		this.paused[place] = 0;
		this.flightCount[place] = 0;
	}

	enterSnapshot(place: number, snapshotIndex: number): void {
		this.state[place] = SNAPSHOT;
		this.paths.calm(place);
		this.paused[place] = 0;
		this.flightCount[place] = 0;
		this.snapshotIndex[place] = snapshotIndex;
		this.snapshotOffset[place] = 0;
	}

	/** @returns true if a peer that still answers is taking in a snapshot */
	isSendingSnapshot(count: number, round: number): boolean {
		for (let place = 0; place < count; place++) {
			if (this.state[place] === SNAPSHOT && this.round[place] + SILENT_ROUNDS >= round) return true;
		}
		return false;
	}
}
