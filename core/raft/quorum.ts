/** The arithmetic of majorities: pure, and the same for commits, reads and the leader's own watch. */

/**
 * The highest value that a quorum of voters has reached: what is committed when the values are
 * match indices (Raft §5.3), what is confirmed when they are rounds (thesis §6.4).
 *
 * It climbs from `above` from one voter's value to the next, so that the usual case, exactly a
 * quorum above, takes one pass and no sorting.
 * @param values by place
 * @param voter 1 by place of a member that counts, else 0
 * @param count of places
 * @param quorum how many voters are a majority
 * @param above a value that is already known to be reached
 * @returns at least `above`
 */
export function quorumValue(
	values: Float64Array,
	voter: Uint8Array,
	count: number,
	quorum: number,
	above: number,
): number {
	let reached = above;
	for (;;) {
		let voters = 0;
		let least = Infinity;
		for (let place = 0; place < count; place++) {
			if (voter[place] === 0) continue;
			const value = values[place];
			if (value <= reached) continue;
			voters++;
			if (value < least) least = value;
		}
		if (voters < quorum) return reached;
		if (voters === quorum) return least;
		reached = least;
	}
}

/**
 * @param votes a bit by place; a voter counts once however often its answer came (pitfall 5)
 * @returns true if a quorum of voters is among them
 */
export function isQuorum(votes: number, voter: Uint8Array, count: number, quorum: number): boolean {
	let granted = 0;
	for (let place = 0; place < count; place++) {
		if (voter[place] === 1 && (votes & (1 << place)) !== 0) granted++;
	}
	return granted >= quorum;
}
