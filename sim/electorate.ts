/** Who must agree to something: a majority of the voters, of both halves while a configuration is joint. */
import { type Configuration, isVoting, NOBODY } from "../core/configuration";
import type { SimulatedNode } from "./node";

/**
 * @param holds whether this node, in this one of its lives, is among those who agree
 * @returns true if they are a majority in each half
 */
export function isMajority(
	configuration: Configuration,
	holds: (id: number, incarnation: number, place: number) => boolean,
): boolean {
	const halves = configuration.isJoint() ? [configuration.roles, configuration.outgoingRoles] : [configuration.roles];
	for (const roles of halves) {
		let voters = 0;
		let holders = 0;
		for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place)) {
			if (!isVoting(roles[place])) continue;
			voters++;
			if (holds(configuration.ids[place], configuration.incarnations[place], place)) holders++;
		}
		if (2 * holders <= voters) return false;
	}
	return true;
}

/** @returns true if one of them keeps the state */
export function isKept(configuration: Configuration, holds: (id: number, incarnation: number) => boolean): boolean {
	for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place)) {
		if (!configuration.isVoter(place) || configuration.isWitnessAt(place)) continue;
		if (holds(configuration.ids[place], configuration.incarnations[place])) return true;
	}
	return false;
}

/** @returns true if the log of `one` is at least as complete as that of `other` (Raft §5.4.1); both have power */
export function isAsComplete(one: SimulatedNode, other: SimulatedNode): boolean {
	const log = one.replica?.member?.raft.log;
	const than = other.replica?.member?.raft.log;
	if (log === undefined || than === undefined) return false;
	return than.isUpToDate(log.lastIndex, log.lastTerm);
}

/** @returns true if this board, in the life that it is in, is a member */
export function hasMember(configuration: Configuration, { id, incarnation }: SimulatedNode): boolean {
	return configuration.placeOfLife(id, incarnation) !== NOBODY;
}

/** @returns true if it votes */
export function hasVoter(configuration: Configuration, { id, incarnation }: SimulatedNode): boolean {
	const place = configuration.placeOfLife(id, incarnation);
	return place !== NOBODY && configuration.isVoter(place);
}

/** @returns true if no change is under way in the leader's configuration, and all its members go by it and know it to be committed */
export function isAgreed(nodes: readonly SimulatedNode[], configuration: Configuration | undefined): boolean {
	if (configuration === undefined || configuration.isJoint()) return false;
	return nodes.every((node) => {
		if (!hasMember(configuration, node)) return true;
		const raft = node.replica?.member?.raft;
		// A leader may have accepted a change that waits for answers before it is appended.
		if (raft === undefined || raft.change.isWaiting) return false;
		return raft.configuration.index === configuration.index && raft.commitIndex >= configuration.index;
	});
}
