/** What a run came to beside the writes and reads at the leader: a count of each kind. */

export const NO_SERVICES = Object.freeze({
	/** Linearizable reads at any node: answered by the store, and refused. */
	followerReads: 0,
	followerReadsRefused: 0,
	/** Local reads: answered by the store, and refused. */
	localReads: 0,
	localReadsRefused: 0,
	/** Of the answered at nodes that did not lead: what was committed longer ago than their age was not in them. */
	localReadsBehind: 0,
	/** Reads at a node that asked for a revision: reached, or refused because it was not. */
	revisionsReached: 0,
	revisionsNotReached: 0,
	/** Orders of the operator, by what it was told. */
	transfersDone: 0,
	transfersRefused: 0,
	transfersUnknown: 0,
	drainsDone: 0,
	drainsRefused: 0,
	drainsUnknown: 0,
	/** Drains that were lifted because their order came after the operator had ended all. */
	drainsLate: 0,
	/** Leaders that handed over, in that term, for a higher priority, and because the configuration left them out. */
	handOversByPriority: 0,
	handOversOfRemoved: 0,
	/** Leaders under leases that were cut off from all other nodes, with clocks as far apart as they may be. */
	leaseTrials: 0,
	/** How often a leader answered from its lease; while somebody led a later term; and histories that show it. */
	leaseReads: 0,
	leaseReadsLate: 0,
	staleHistories: 0,
	/** Leaders that were elected while the lease of an earlier one held. */
	leasesOutlived: 0,
	/** Pauses that clocks did not count and drivers reported. */
	pausesReported: 0,
	/** Boards restarted with a build that speaks a second level, and with the first again; nodes that met a level that they do not speak. */
	updates: 0,
	updatesTakenBack: 0,
	levelStops: 0,
	/** Raises of the cluster's level; entries of the second level, and those refused because it was not raised. */
	raisesDone: 0,
	raisesRefused: 0,
	secondEntries: 0,
	secondEntriesRefused: 0,
	/** How often a leader let the whole group rest. */
	rests: 0,
	/** Runs with witnesses; commands that were withheld from them, each time they were sent. */
	witnessRuns: 0,
	withheldEntries: 0,
	/** How often it began that what was committed was held by one voter that keeps it, and by witnesses. */
	singleCopies: 0,
	/** Datagrams that were longer than their path carries; sizes that leaders made smaller for a peer, and larger again. */
	datagramsTooLong: 0,
	pathsShrunk: 0,
	pathsGrown: 0,
	/** Of the majorities that were left alone: another one, because nobody in it had what a witness has. */
	copiesSpared: 0,
});

export type Services = { -readonly [name in keyof typeof NO_SERVICES]: number };
