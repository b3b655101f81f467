/** Mistakes of where members are and of recovery by force: no rows of the list, numbered from 96 on. */
import type { Mutant } from "./mutant";

const ADDRESSES = "core/replica/usable.ts";
const FORMAT = "core/replica/format.ts";
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
];
