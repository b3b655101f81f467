/**
 * Election priority: who shall rather lead. A member of a lower priority than others waits longer before
 * it stands for election, and hands over once it leads and all has been calm for a while. Both are
 * preferences and no more: no vote, order or commit depends on a priority, so whoever is left leads.
 *
 * Calm means that nothing changed meanwhile in who of a higher priority is well placed, so that a member
 * that comes and goes is not given the lead again and again. Nor is one that the leader hears and the others
 * do not: it stands for election as it is told, cannot win, and nobody leads for an election timeout. Each
 * time that this happens in a row all must have been calm for twice as long.
 */
import { NOBODY, ROLE_VOTER } from "../configuration";
import { NO_CALL } from "./proposals";
import type { Raft } from "./raft";
import { bestPlaced, isWellPlaced, mayLead, transferLeadership } from "./transfer";

/** What a member waits longer for each step of priority that it is below the highest, in heartbeats. */
const PATIENCE_HEARTBEATS = 4;
/** How long all must have been calm, in longest election timeouts; so long is a failed try not repeated either. */
const CALM_TIMEOUTS = 2;
/** So often is that doubled at most. */
const DOUBLINGS = 6;

/** @returns milliseconds that are added to the node's election timeouts; above 0 if others shall rather lead */
export function patienceOf(node: Raft): number {
	const { configuration, self } = node;
	const { priorities, roles } = configuration;
	let highest = 0;
	for (let place = 0; place < configuration.count; place++) {
		if (roles[place] === ROLE_VOTER && priorities[place] > highest) highest = priorities[place];
	}
	const steps = Math.max(0, highest - priorities[self]);
	return steps * PATIENCE_HEARTBEATS * configuration.heartbeatMs;
}

/** @returns a bit by place of who shall rather lead than this node, is heard, and follows */
function preferred(node: Raft): number {
	const { configuration, self } = node;
	let places = 0;
	for (let place = 0; place < configuration.count; place++) {
		if (configuration.priorities[place] <= configuration.priorities[self] || !mayLead(node, place)) continue;
		if (isWellPlaced(node, place)) places |= 1 << place;
	}
	return places;
}

/** With each heartbeat of a leader that others have a higher priority than. */
export function considerHandOver(node: Raft): void {
	const { change, configuration, nowMs, transfer } = node;
	const places = preferred(node);
	const isSettled = !change.isUnderWay && node.commitIndex >= node.termStartIndex;
	if (!isSettled || places === 0 || places !== transfer.preferred) {
		transfer.preferred = places;
		transfer.calmSinceMs = nowMs;
		return;
	}
	const timeouts = CALM_TIMEOUTS << Math.min(transfer.vain, DOUBLINGS);
	if (nowMs - transfer.calmSinceMs < timeouts * configuration.electionMsMax) return;
	const target = bestPlaced(node, configuration.priorities[node.self] + 1);
	if (target === NOBODY) return;
	transfer.calmSinceMs = nowMs;
	transferLeadership(node, target, NO_CALL);
}

/** A leader's order was obeyed. Until somebody of a higher priority is heard as leader, it counts as given in vain. */
export function noteHandOver(node: Raft): void {
	const { configuration, self, transfer } = node;
	if (configuration.priorities[transfer.target] > configuration.priorities[self]) transfer.vain++;
}

/** A leader is known. */
export function noteLeader(node: Raft): void {
	const { priorities } = node.configuration;
	if (priorities[node.leader] > priorities[node.self]) node.transfer.vain = 0;
}

/** True while the leader has yet to try to hand over to somebody: the group does not rest before. */
export function owesHandOver(node: Raft): boolean {
	if (node.patienceMs === 0 || node.transfer.vain > 0) return false;
	const { failed } = node.transfer;
	const tried = failed === NOBODY ? 0 : 1 << failed;
	return (preferred(node) & ~tried) !== 0;
}
