/** A cluster that does not begin with blank nodes that all vote. */
export interface Setting {
	/** A letter for each node: `v` votes, `l` learns. */
	readonly members: string;
	/** What its leaders may be asked to change it to; `-` is no member. */
	readonly changes: readonly string[];
	/** Place of the leader of term 1: all hold the first entry of that term, and know it. */
	readonly leader: number;
	/** Place of a node that loses its power for good when that is so. The others must be able to go on, whatever is asked for. */
	readonly dead?: number;
}

/** How much may happen in an exploration. Counts are of the whole cluster, not of one node. */
export interface Bounds {
	/** Nodes of the cluster, all voters unless there is a setting; 1 to 5. */
	readonly nodes: number;
	readonly setting?: Setting | undefined;
	/** No election is begun that would lead to a higher term. */
	readonly terms: number;
	/** Times that the timer of an election fires, for a probe or again after one that failed. */
	readonly timeouts: number;
	/** Times that a leader's timer fires: for heartbeats, or to see whether a quorum still answers. */
	readonly heartbeats: number;
	/** Times that a leader is asked to hand over, to any other node. */
	readonly transfers: number;
	/** Times that a leader is asked to change the configuration, to any of the setting's. */
	readonly changes: number;
	/** Commands that clients propose. */
	readonly entries: number;
	/** Linearizable reads. */
	readonly reads: number;
	/** Crashes, each followed by a restart. */
	readonly crashes: number;
	/** Messages that arrive and come again later. */
	readonly duplicates: number;
	/** Messages in flight at once. When more would be, some are lost: each choice of them is explored. */
	readonly messages: number;
	/** The search ends when it has seen so many states. */
	readonly states: number;
}

/** Two elections, a command and a crash, and no more than two messages at a time. */
export const DEFAULT_BOUNDS: Bounds = Object.freeze({
	nodes: 3,
	terms: 2,
	timeouts: 2,
	heartbeats: 0,
	transfers: 0,
	changes: 0,
	entries: 1,
	reads: 0,
	crashes: 1,
	duplicates: 0,
	messages: 2,
	states: Infinity,
});

export interface Scope {
	readonly name: string;
	readonly bounds: Bounds;
}

const LEAST: Bounds = Object.freeze({ ...DEFAULT_BOUNDS, entries: 0, crashes: 0 });

/** One change of the members, a crash and another election. */
const CHANGE: Bounds = Object.freeze({ ...LEAST, changes: 1, crashes: 1 });

/**
 * Small bounds that are searched to their end in seconds, one after the other: each is wide in one
 * direction and narrow in the others.
 */
export const SCOPES: readonly Scope[] = Object.freeze([
	{ name: "elections", bounds: { ...LEAST } },
	{ name: "votes", bounds: { ...LEAST, terms: 1, timeouts: 3, messages: 3 } },
	{ name: "quorum", bounds: { ...LEAST, terms: 1, heartbeats: 1 } },
	{ name: "crashes", bounds: { ...LEAST, terms: 1, crashes: 2 } },
	{ name: "entries", bounds: { ...LEAST, entries: 1 } },
	{ name: "reads", bounds: { ...LEAST, reads: 1 } },
	{ name: "recovery", bounds: { ...LEAST, crashes: 1 } },
	{ name: "duplicates", bounds: { ...LEAST, terms: 1, timeouts: 1, entries: 1, duplicates: 2 } },
	{ name: "terms", bounds: { ...LEAST, terms: 3, timeouts: 3, entries: 1, messages: 1 } },
	{ name: "transfers", bounds: { ...LEAST, timeouts: 1, entries: 1, transfers: 1 } },
	{ name: "aborts", bounds: { ...LEAST, timeouts: 1, heartbeats: 1, transfers: 1, messages: 1 } },
	{ name: "member-add", bounds: { ...CHANGE, setting: { members: "vvl", changes: ["vvv"], leader: 0 } } },
	{ name: "member-remove", bounds: { ...CHANGE, setting: { members: "vvv", changes: ["vv-"], leader: 0 } } },
	{ name: "member-resign", bounds: { ...CHANGE, setting: { members: "vvv", changes: ["-vv"], leader: 0 } } },
	{ name: "member-replace", bounds: { ...CHANGE, setting: { members: "vvl", changes: ["v-v"], leader: 0 } } },
	{ name: "member-replace-leader", bounds: { ...CHANGE, setting: { members: "vvl", changes: ["-vv"], leader: 0 } } },
	{
		name: "member-heartbeat",
		bounds: {
			...CHANGE,
			timeouts: 1,
			heartbeats: 1,
			crashes: 0,
			setting: { members: "vvl", changes: ["-vv"], leader: 0 },
		},
	},
	{
		name: "member-twice",
		bounds: {
			...CHANGE,
			timeouts: 1,
			changes: 2,
			crashes: 0,
			setting: { members: "vvv", changes: ["vvl", "vll"], leader: 0 },
		},
	},
	{
		name: "member-rivals",
		bounds: {
			...CHANGE,
			terms: 3,
			timeouts: 3,
			changes: 2,
			messages: 1,
			setting: { members: "vvl", changes: ["vvv", "-vl"], leader: 0 },
		},
	},
	{
		name: "member-among-the-dead",
		bounds: {
			...CHANGE,
			timeouts: 2,
			heartbeats: 1,
			changes: 2,
			crashes: 0,
			setting: { members: "vvv", changes: ["v-v", "-vv", "vv-"], leader: 0, dead: 2 },
		},
	},
	{
		name: "member-replace-among-the-dead",
		bounds: {
			...CHANGE,
			nodes: 4,
			timeouts: 1,
			crashes: 0,
			messages: 2,
			setting: { members: "vvvl", changes: ["v-vv", "--vv"], leader: 0, dead: 2 },
		},
	},
	{ name: "four", bounds: { ...LEAST, nodes: 4, terms: 1, messages: 3, duplicates: 1 } },
]);

/** Bounds that are used up on the way. What is spent of them is a part of the state. */
export const SPENDABLE = [
	"timeouts",
	"heartbeats",
	"entries",
	"reads",
	"crashes",
	"duplicates",
	"transfers",
	"changes",
] as const;
export type Spendable = (typeof SPENDABLE)[number];

const PLACES: { readonly [name in Spendable]: number } = Object.freeze({
	timeouts: 0,
	heartbeats: 4,
	entries: 8,
	reads: 12,
	crashes: 16,
	duplicates: 20,
	transfers: 24,
	changes: 28,
});

/** The largest bound that can be spent: four bits each, in one word of the state. */
export const SPENT_MAX = 15;

/** @returns how much of a bound was spent */
export function spentOf(spent: number, name: Spendable): number {
	return (spent >>> PLACES[name]) & SPENT_MAX;
}

/** @returns the word with one more of it spent */
export function spend(spent: number, name: Spendable): number {
	return spent + (1 << PLACES[name]);
}
