/**
 * Whether those who will vote are there. A change of the voters is in force as soon as it is appended, so
 * its own commit needs a majority of the new voters (Raft §6). If they are not there, nodes that are alive
 * lose their service, and nothing heals it before the dead come back:
 *
 *   voters 1 2 3, node 3 dead     nodes 1 and 2 serve
 *   change to 1 3                 node 1 has it in its log, needs node 3 to commit it, and steps down
 *                                 node 2 goes by 1 2 3 and lacks the entry, so node 1 refuses its vote
 *
 * So the leader asks before it appends: it opens a round, and waits until a majority of the new voters has
 * answered it, of both halves where the change goes through a joint configuration. That a node was heard of
 * late is not enough, because it may have died since. A change that removes the dead node needs no answer of
 * it, so it stays possible (etcd-io/etcd#15710). Leaving a joint configuration is never refused: both of its
 * majorities were needed to commit it.
 */
import { NOBODY } from "../configuration";
import { DONE, NOT_READY, QUORUM_AT_RISK } from "../reasons";
import { wake } from "./quiet";
import { isQuorumOf } from "./quorum";
import type { Raft } from "./raft";
import { openRound } from "./replication";
import { NO_PEER } from "./witness";

/** No answer is asked for: any contact counts. */
const ANY_ROUND = -1;
/** Of the leader itself alone. */
const NO_ANSWER = Infinity;

/**
 * @param round that a peer must have answered, or a later one
 * @param sinceMs a peer counts as heard then, although it was silent
 * @returns true if a majority of the draft's voters was heard within the shortest election timeout, the leader among them
 */
function isHeard(node: Raft, round: number, sinceMs: number): boolean {
	const { configuration, nowMs, peer, progress, self } = node;
	const { draft } = node.change;
	let heard = 0;
	for (let row = 0; row < draft.count; row++) {
		const place = configuration.placeOfLife(draft.ids[row], draft.incarnations[row]);
		if (place === NOBODY) continue;
		if (place !== self) {
			if (peer[place] === NO_PEER || progress.round[place] < round) continue;
			const contactMs = Math.max(progress.contactMs[place], sinceMs);
			if (nowMs - contactMs >= configuration.electionMsMin) continue;
		}
		heard |= 1 << row;
	}
	return isQuorumOf(heard, draft);
}

/**
 * True if a majority of the draft's voters is known to be silent. After a rest, and at the beginning of a
 * term, silence says nothing yet: then it is asked.
 */
export function isOutOfReach(node: Raft): boolean {
	if (node.isQuiet || isHeard(node, ANY_ROUND, node.quiet.wokeMs)) return false;
	// Mark: a change is refused for voters that are silent
	return true;
}

/** True if the leader alone is a majority of the draft's voters: nobody need be asked. */
export function selfSuffices(node: Raft): boolean {
	return isHeard(node, NO_ANSWER, -Infinity);
}

/** Asks all nodes whether they are there, now. A question that is lost is asked again by the heartbeats that follow. */
export function askVoters(node: Raft): void {
	wake(node);
	node.change.askedMs = node.nowMs;
	openRound(node);
	node.change.votersRound = node.round;
}

/** @returns DONE when a majority of the draft's voters has answered; NOT_READY while it may; then QUORUM_AT_RISK */
export function judgeReach(node: Raft): number {
	const { change } = node;
	if (isHeard(node, change.votersRound, -Infinity)) return DONE;
	if (node.nowMs - change.askedMs < node.configuration.electionMsMin) return NOT_READY;
	// Mark: a change ends because voters do not answer
	return QUORUM_AT_RISK;
}
