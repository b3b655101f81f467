/**
 * Is a learner far enough to vote? The log grows while it is being copied, so the leader measures in
 * rounds: a round brings the peer all that was in the log when the round began. When one takes no
 * longer than an election timeout, the peer would not hold up commits for longer either (thesis
 * §4.2.1, pitfall 56). Measured at heartbeats, so that no message costs more for it.
 */
import type { Raft } from "./raft";
import { NO_PEER } from "./witness";

export class CatchUp {
	/** By place: the last entry of the round, and when the round began. */
	readonly goal: Float64Array;
	readonly startMs: Float64Array;
	/** How long the last whole round took, in milliseconds; Infinity before the first one ended. */
	readonly tookMs: Float64Array;

	constructor(places: number) {
		this.goal = new Float64Array(places);
		this.startMs = new Float64Array(places);
		this.tookMs = new Float64Array(places);
	}

	/** A peer begins with nothing that is known of it. */
	begin(place: number, lastIndex: number, nowMs: number): void {
		this.goal[place] = lastIndex;
		this.startMs[place] = nowMs;
		this.tookMs[place] = Infinity;
	}

	/** @param match the peer holds all up to here */
	observe(place: number, match: number, lastIndex: number, nowMs: number): void {
		if (match < this.goal[place]) return;
		this.tookMs[place] = nowMs - this.startMs[place];
		this.goal[place] = lastIndex;
		this.startMs[place] = nowMs;
	}
}

/** A heartbeat: rounds that have ended are followed by others. */
export function observeRounds(node: Raft): void {
	const { log, nowMs, progress, voter } = node;
	for (let place = 0; place < node.places.count; place++) {
		if (node.peer[place] !== NO_PEER && voter[place] === 0)
			progress.catchUp.observe(place, progress.match[place], log.lastIndex, nowMs);
	}
}

/** True if the last round was short, the one under way is not long yet, and the peer is there. */
export function isCaughtUp(node: Raft, place: number): boolean {
	const { nowMs, progress } = node;
	const { catchUp } = progress;
	const { electionMsMin } = node.configuration;
	// What came since the last heartbeat counts too.
	catchUp.observe(place, progress.match[place], node.log.lastIndex, nowMs);
	const isHeard = progress.round[place] > 0 && nowMs - progress.contactMs[place] <= electionMsMin;
	return isHeard && catchUp.tookMs[place] <= electionMsMin && nowMs - catchUp.startMs[place] <= electionMsMin;
}
