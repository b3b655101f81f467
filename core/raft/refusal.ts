/**
 * What all members must share, and a node that does not. Members of other limits come to other states by one log;
 * members that were formatted with other first members are another cluster under one id. Such nodes hear nothing
 * of each other but HELLO (core/wire/frame.ts), which names the difference.
 *
 * A node that knows of as many nodes that differ as of nodes that agree with it, itself among them, stands back:
 * it neither leads nor serves, for it is more likely the odd one. A leader that a majority answers, and a node
 * that hears a leader, know that a majority agrees.
 */

import { NOBODY } from "../configuration";
import { EVENT_DIFFERS, EVENT_REFUSAL } from "../events";
import { STEP_DOWN_DIFFERS } from "../status";
import { becomeFollower, stepDown } from "./election";
import type { Raft } from "./raft";
import { FOLLOWER, LEADER } from "./role";
import { NO_PEER } from "./witness";

/** Nodes that are remembered; a cluster has no more members. */
const NODES = 16;

export class Refusal {
	/** Why this node serves nobody, a reason of core/reasons.ts; 0 when it serves. */
	reason = 0;
	/** Nodes that have answered, by number: their ids, and what they differ in, 0 for nothing. */
	private readonly ids = new Uint8Array(NODES);
	private readonly differences = new Uint16Array(NODES);
	private count = 0;

	/** @returns what a node differs in as far as it has said, a reason of core/reasons.ts, or 0 */
	differenceOf(id: number): number {
		const at = this.ids.indexOf(id);
		return at < 0 ? 0 : this.differences[at];
	}

	/** @returns true if this is what a node has answered */
	isNoted(id: number, difference: number): boolean {
		const at = this.ids.indexOf(id);
		return at >= 0 && this.differences[at] === difference;
	}

	/** @returns false if this is what was known of it */
	note(id: number, difference: number): boolean {
		let at = this.ids.indexOf(id);
		if (at < 0) {
			// The oldest gives way.
			at = this.count % NODES;
			this.count++;
			this.ids[at] = id;
			this.differences[at] = 0;
			if (difference === 0) return true;
		}
		if (this.differences[at] === difference) return false;
		this.differences[at] = difference;
		return true;
	}

	/** @returns how many nodes differ; or, of those that have answered, how many do not */
	countNodes(differ: boolean): number {
		let nodes = 0;
		for (let at = 0; at < NODES; at++) if (this.ids[at] !== 0 && (this.differences[at] !== 0) === differ) nodes++;
		return nodes;
	}

	/** @returns what the first node that differs does differ in */
	firstDifference(): number {
		for (let at = 0; at < NODES; at++) if (this.differences[at] !== 0) return this.differences[at];
		return 0;
	}
}

/**
 * A node has answered a fresh question of this one.
 * @param difference OTHER_LIMITS or OTHER_MEMBERS, or 0 when it shares what it must
 */
export function noteShared(node: Raft, id: number, difference: number): void {
	const { refusal } = node.places;
	if (refusal.note(id, difference) && difference !== 0) node.trace.event(EVENT_DIFFERS, id, difference, 0);
	const differing = refusal.countNodes(true);
	const isOdd = differing > 0 && differing > refusal.countNodes(false) && !isOfMajority(node);
	setRefusal(node, isOdd ? refusal.firstDifference() : 0);
}

/** Why the node serves nobody from now on, or 0. */
export function setRefusal(node: Raft, reason: number): void {
	const { refusal } = node.places;
	if (refusal.reason === reason) return;
	refusal.reason = reason;
	node.trace.event(EVENT_REFUSAL, reason, refusal.countNodes(true), refusal.countNodes(false));
	if (reason === 0 || node.role === FOLLOWER) return;
	if (node.role === LEADER) stepDown(node, STEP_DOWN_DIFFERS);
	becomeFollower(node, NOBODY);
}

/** True if a majority of more than this node alone surely shares what it must: only those hear one another. */
function isOfMajority(node: Raft): boolean {
	const { electionMsMax, electionMsMin } = node.configuration;
	if (node.role !== LEADER) return node.leader !== NOBODY && node.nowMs - node.leaderHeardMs < electionMsMax;
	let answering = 1;
	for (let place = 0; place < node.configuration.count; place++) {
		const isHeard = node.progress.round[place] > 0 && node.nowMs - node.progress.contactMs[place] < electionMsMin;
		if (node.peer[place] !== NO_PEER && node.voter[place] === 1 && isHeard) answering++;
	}
	return answering > 1 && 2 * answering > node.configuration.voters();
}
