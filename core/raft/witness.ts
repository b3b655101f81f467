/**
 * Witnesses: voters that keep terms and indexes and no state, so that two boards and a helper can do
 * without one of the boards. What a witness is sent, and what it must not be sent, has its reasons here:
 *
 *   In the place of a command it is sent the entry's header alone (ENTRY_WITHHELD), and in the place of
 *   a snapshot one without state. It votes and acknowledges by (index, term), which is all that Raft
 *   asks of a voter; it never leads, so it is never asked for what it has not.
 *
 *   It is sent nothing that no other voter holds durably, which mostly is the leader itself. A leader that
 *   loses its power with an entry that only the witness has comes back with the shorter log:
 *
 *     board 1   1 1 2          was cut off while it wrote the entry after these
 *     board 2   1 1            away
 *     witness   1 1 2 2        would refuse board 1 its vote, for an entry that nobody has
 *
 *   Nor is what a leader holds of use that the configuration leaves out: it will not stand again.
 *
 * No configuration has more witnesses than other voters (`Configuration.isSound`), so somebody in every
 * majority keeps what it commits. Whoever leads holds all of that, for only those stand for election
 * who keep the state.
 */
import { isVoting, ROLE_VOTER } from "../configuration";
import type { Raft } from "./raft";
import { LEADER } from "./role";

/** To nobody there. */
export const NO_PEER = 0;
/** A peer that keeps the state, or is on its way to. */
export const KEEPER = 1;
/** A peer that is a witness, or is on its way to be one. */
export const WITNESS = 2;

/** @returns the last entry that a witness may be sent: some voter that keeps the state has it, durably */
export function lastForWitness(node: Raft): number {
	const { configuration, persistence, progress, self } = node;
	const { roles } = configuration;
	if (roles[self] === ROLE_VOTER) return persistence.durableIndex;
	let last = 0;
	for (let place = 0; place < configuration.count; place++) {
		if (roles[place] === ROLE_VOTER && progress.match[place] > last) last = progress.match[place];
	}
	return last;
}

/**
 * True at a leader while all that is committed is held by no more than one of the voters that keep the
 * state: only the witnesses make it a majority. If that board is away, nobody else can serve.
 */
export function isSingleCopy(node: Raft): boolean {
	if (node.role !== LEADER || !node.hasWitnesses) return false;
	const { commitIndex, configuration, progress, self } = node;
	let copies = 0;
	let witnesses = 0;
	for (let place = 0; place < configuration.count; place++) {
		if (!isVoting(configuration.roles[place])) continue;
		if (configuration.isWitnessAt(place)) witnesses++;
		else if ((place === self ? node.persistence.durableIndex : progress.match[place]) >= commitIndex) copies++;
	}
	return witnesses > 0 && copies <= 1;
}
