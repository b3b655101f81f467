/** Mistakes of where members are and of recovery by force: no rows of the list, numbered from 96 on. */
import type { Mutant } from "./mutant";

const ADDRESSES = "core/replica/usable.ts";
const FORMAT = "core/replica/format.ts";
const RECOVER = "core/replica/recover.ts";
const SPOKEN = "core/replica/spoken.ts";

export const HOST_MUTANTS: readonly Mutant[] = [
	{
		id: "96",
		name: "a member may have the address 0.0.0.0",
		oracle: "L",
		why: "no other node can send to it, so the member never hears anybody",
		edits: [{ file: ADDRESSES, find: "if (network === 0)", replace: "if (network < 0)" }],
	},
	{
		id: "96b",
		name: "a member may have a multicast address",
		oracle: "L",
		why: "every machine that listens there takes for its own what one member is sent",
		edits: [{ file: ADDRESSES, find: "if (network >= MULTICAST)", replace: "if (network > RESERVED)" }],
	},
	{
		id: "96c",
		name: "two members may have one address",
		oracle: "L",
		why: "one of the two is never reached, and the cluster begins without it",
		edits: [
			{
				file: ADDRESSES,
				find: "if (ids[other] === ids[place] || addresses[other] !== addresses[place] || ports[other] !== ports[place]) continue;",
				replace: "if (ids[other] !== ids[place]) continue;",
			},
		],
	},
	{
		id: "96d",
		name: "a node is formatted with more members than it holds",
		oracle: "L",
		why: "it stops at every start, and its flash is no longer blank",
		edits: [{ file: FORMAT, find: "configuration.count <= limits.members", replace: "configuration.count > 0" }],
	},
	{
		id: "96e",
		name: "a configuration that is too large for the build is taken for one of it",
		oracle: "L",
		why: "the node stops in the middle of its start, and not by name",
		edits: [
			{
				file: SPOKEN,
				find: "return configuration.count > limits.members ? MEMBER_LIMIT : READY;",
				replace: "return configuration.count > limits.members + ANY_MEMBERS ? MEMBER_LIMIT : READY;",
			},
		],
	},
	{
		id: "97",
		name: "a recovery by force goes on with the old revisions",
		oracle: "S5",
		why: "a client that saw a revision in the old cluster takes another write for it",
		edits: [{ file: RECOVER, find: "	store.revision += RECOVERY_STEP;\n", replace: "" }],
	},
	{
		id: "97b",
		name: "a recovery by force drops what was not committed",
		oracle: "S3",
		why: "it may have been acknowledged, and the survivor need not know",
		edits: [
			{
				file: RECOVER,
				find: "		if (!this.journal.isWitness) this.store.apply(",
				replace: "		if (this.journal.isWitness) this.store.apply(",
			},
		],
	},
	{
		id: "97c",
		name: "a recovery by force keeps sessions",
		oracle: "S5",
		why: "their ids are indices of the old cluster, and their holders know another one",
		edits: [{ file: RECOVER, find: "	store.sessions.clear();\n", replace: "" }],
	},
	{
		id: "97d",
		name: "the survivor with the longer log is taken for the one that holds the most",
		oracle: "S3",
		why: "entries of an earlier term may have been overwritten by those of a later one",
		edits: [
			{
				file: RECOVER,
				find: "return one.lastTerm > other.lastTerm;",
				replace: "return one.lastIndex > other.lastIndex;",
			},
		],
	},
	{
		id: "97e",
		name: "a witness is taken for a survivor",
		oracle: "S3",
		why: "it keeps no state, so the new cluster begins with none",
		edits: [{ file: RECOVER, find: "&& !this.journal.isWitness && !", replace: "&& !" }],
	},
];
