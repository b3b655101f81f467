/** The arithmetic of majorities: pure, and the same for commits, reads, votes and the leader's own watch. */
import { type Configuration, isVoting } from "../configuration";

/**
 * Who counts. While a configuration is joint, what is decided needs a majority of the one that is
 * entered and a majority of the one that is left, never one of both together (Raft §6, pitfall 53).
 */
export class Voters {
	/** 1 by place of a voter in the configuration, or in the one that a joint one enters. */
	readonly incoming: Uint8Array;
	/** 1 by place of a voter in the one that a joint one leaves. */
	readonly outgoing: Uint8Array;
	/** 1 by place of a voter in either. */
	readonly either: Uint8Array;
	/** Places to look at. */
	count = 0;
	/** How many voters are a majority. */
	quorum = 1;
	/** The same of the one that is left; 0 when the configuration is not joint. */
	outgoingQuorum = 0;

	constructor(places: number) {
		this.incoming = new Uint8Array(places);
		this.outgoing = new Uint8Array(places);
		this.either = new Uint8Array(places);
	}

	/** Takes over who votes in a configuration. */
	take(configuration: Configuration): void {
		let entered = 0;
		let left = 0;
		this.count = configuration.count;
		for (let place = 0; place < this.either.length; place++) {
			const isPlace = place < configuration.count;
			const incoming = isPlace && isVoting(configuration.roles[place]);
			const outgoing = isPlace && isVoting(configuration.outgoingRoles[place]);
			this.incoming[place] = incoming ? 1 : 0;
			this.outgoing[place] = outgoing ? 1 : 0;
			this.either[place] = incoming || outgoing ? 1 : 0;
			if (incoming) entered++;
			if (outgoing) left++;
		}
		this.quorum = Math.floor(entered / 2) + 1;
		this.outgoingQuorum = configuration.isJoint() ? Math.floor(left / 2) + 1 : 0;
	}
}

/**
 * The highest value that a quorum of voters has reached: what is committed when the values are
 * match indices (Raft §5.3), what is confirmed when they are rounds (thesis §6.4).
 *
 * It climbs from `above` from one voter's value to the next, so that the usual case, exactly a
 * quorum above, takes one pass and no sorting.
 * @param values by place
 * @param above a value that is already known to be reached
 * @returns at least `above`
 */
export function quorumValue(values: Float64Array, voters: Voters, above: number): number {
	const count = voters.count;
	let voter = voters.incoming;
	let quorum = voters.quorum;
	let both = Infinity;
	for (;;) {
		let reached = above;
		for (;;) {
			let counted = 0;
			let least = Infinity;
			for (let place = 0; place < count; place++) {
				if (voter[place] === 0) continue;
				const value = values[place];
				if (value <= reached) continue;
				counted++;
				if (value < least) least = value;
			}
			if (counted < quorum) break;
			reached = least;
			if (counted === quorum) break;
		}
		if (reached < both) both = reached;
		// In place of a second call: every acknowledgement asks, and nearly all configurations have one half.
		if (voters.outgoingQuorum === 0 || voter === voters.outgoing) return both;
		voter = voters.outgoing;
		quorum = voters.outgoingQuorum;
	}
}

/**
 * @param votes a bit by place; a voter counts once however often its answer came (pitfall 5)
 * @returns true if a quorum of voters is among them
 */
export function isQuorum(votes: number, voters: Voters): boolean {
	const { count, outgoingQuorum } = voters;
	if (granted(votes, voters.incoming, count) < voters.quorum) return false;
	return outgoingQuorum === 0 || granted(votes, voters.outgoing, count) >= outgoingQuorum;
}

/**
 * The same for a configuration that is not in force.
 * @param votes a bit by place in the configuration
 * @returns true if a majority of its voters is among them, of both halves where it is joint
 */
export function isQuorumOf(votes: number, configuration: Configuration): boolean {
	if (!isMajorityOf(votes, configuration.roles, configuration.count)) return false;
	return !configuration.isJoint() || isMajorityOf(votes, configuration.outgoingRoles, configuration.count);
}

function isMajorityOf(votes: number, roles: Uint8Array, count: number): boolean {
	let voters = 0;
	let granted = 0;
	for (let place = 0; place < count; place++) {
		if (!isVoting(roles[place])) continue;
		voters++;
		if ((votes & (1 << place)) !== 0) granted++;
	}
	return 2 * granted > voters;
}

/** @returns how many voters of one half are among the votes */
function granted(votes: number, voter: Uint8Array, count: number): number {
	let granted = 0;
	for (let place = 0; place < count; place++) {
		if (voter[place] === 1 && (votes & (1 << place)) !== 0) granted++;
	}
	return granted;
}
