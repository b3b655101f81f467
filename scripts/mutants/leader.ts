/** Mistakes of the leader's side of replication: pitfalls 19 to 23, 25, 28 to 32, and 56 as far as it is built. */
import type { Edit, Mutant } from "./mutant";

const REPLICATION = "core/raft/replication.ts";
const RECEIVE = "core/raft/receive.ts";
const STALE = "} else if (term < node.term && kind !== PRE_VOTE_RESPONSE) {";
const COUNTED = "if (index === node.commitIndex || index < node.termStartIndex) return;";
const OWN_COPY = "	match[node.self] = node.persistence.durableIndex;";

const STALE_CONFLICT: readonly Edit[] = [
	{ file: REPLICATION, find: "=== SNAPSHOT || hintIndex < match) {", replace: "=== SNAPSHOT) {" },
	{ file: REPLICATION, find: "const next = Math.max(match, found) + 1;", replace: "const next = found + 1;" },
];

export const LEADER_MUTANTS: readonly Mutant[] = [
	{
		id: "19",
		name: "entries of earlier terms are committed by counting",
		oracle: "S3",
		why: "figure 8 of the paper: a majority holds the entry, and the next leader overwrites it",
		edits: [{ file: REPLICATION, find: COUNTED, replace: "if (index === node.commitIndex) return;" }],
	},
	{
		id: "19b",
		name: "the last entry of an earlier term is committed by counting",
		oracle: "S3",
		why: "off by one: the entry before the term's own first one is taken for one of the term",
		edits: [
			{
				file: REPLICATION,
				find: COUNTED,
				replace: "if (index === node.commitIndex || index < node.termStartIndex - 1) return;",
			},
		],
	},
	{
		id: "20",
		name: "a late refusal moves next to what the peer has",
		oracle: "B",
		why: "the refusal is older than what the peer has acknowledged since",
		edits: STALE_CONFLICT,
	},
	{
		id: "20b",
		name: "as 20, and nothing asserts that next is above match",
		oracle: "B",
		why: "the same mistake where nobody thought of the assertion",
		edits: [
			...STALE_CONFLICT,
			{
				file: "core/raft/progress.ts",
				find: 'assert(next > this.match[place], "the next entry is one that the peer has");',
				replace: "",
			},
		],
	},
	{
		id: "21",
		name: "an acknowledgement may lower match",
		oracle: "S3",
		why: "a late answer takes back what a later one has proven",
		edits: [
			{
				file: REPLICATION,
				find: "	if (index > progress.match[place]) {",
				replace: "	if (index !== progress.match[place]) {",
			},
		],
	},
	{
		id: "22",
		name: "next moves only when match grows",
		oracle: "B",
		why: "what is in flight is sent again with every turn until it is acknowledged",
		edits: [{ file: "core/raft/progress.ts", find: "		this.next[place] = lastIndex + 1;\n", replace: "" }],
	},
	{
		id: "22b",
		name: "an answer that adds nothing to match is not looked at",
		oracle: "B",
		why: "a peer that has all that it was probed with is never taken for one that follows",
		edits: [
			{
				file: REPLICATION,
				find: "	if (index > progress.match[place]) {",
				replace: "	if (index <= progress.match[place]) return;\n	if (index > progress.match[place]) {",
			},
		],
	},
	{
		id: "23",
		name: "an append's answer of an earlier term counts",
		oracle: "S3",
		why: "it speaks of a log that has been cut since",
		edits: [{ file: RECEIVE, find: STALE, replace: STALE.replace(") {", " && kind !== APPEND_RESPONSE) {") }],
	},
	{
		id: "23b",
		name: "a vote of an earlier term counts",
		oracle: "S1",
		why: "it was given to another candidacy of the same node",
		edits: [{ file: RECEIVE, find: STALE, replace: STALE.replace(") {", " && kind !== VOTE_RESPONSE) {") }],
	},
	{
		id: "25",
		name: "the leader counts its own copy before it is durable",
		oracle: "S3",
		why: "with its crash the majority that committed the entry is one less",
		edits: [{ file: REPLICATION, find: OWN_COPY, replace: "	match[node.self] = node.log.lastIndex;" }],
	},
	{
		id: "25b",
		name: "a single voter commits what is not durable",
		oracle: "S3",
		why: "the only copy counts as a majority before it is written",
		edits: [
			{
				file: REPLICATION,
				find: OWN_COPY,
				replace: "	match[node.self] = node.voters.quorum === 1 ? node.log.lastIndex : node.persistence.durableIndex;",
			},
		],
	},
	{
		id: "28",
		name: "a window whose appends were all lost stays full",
		oracle: "L",
		why: "nothing but an answer frees the window, and none comes",
		edits: [
			{
				file: REPLICATION,
				find: "if (progress.state[place] === REPLICATE && progress.inFlight(place) > 0 && !moved) {",
				replace: "if (false) {",
			},
		],
	},
	{
		id: "29",
		name: "a follower refuses what lies before its snapshot",
		oracle: "L",
		why: "the previous entry is committed here, and is called a conflict because its term is forgotten",
		edits: [
			{
				file: "core/raft/log.ts",
				find: "return index < this.baseIndex || this.terms.termAt(index) === term;",
				replace: "return index >= this.baseIndex && this.terms.termAt(index) === term;",
			},
		],
	},
	{
		id: "30",
		name: "an append without entries carries no commit index",
		oracle: "L",
		why: "a commit index that was lost with its append is not told again in an idle group",
		edits: [
			{
				file: REPLICATION,
				find: "fields[row + APPEND_COMMIT_INDEX] = node.commitIndex;",
				replace: "fields[row + APPEND_COMMIT_INDEX] = first > last ? 0 : node.commitIndex;",
			},
		],
	},
	{
		id: "31",
		name: "a probe ends only when it brought entries",
		oracle: "L",
		why: "in an idle group there are none, and the peer stays paused",
		edits: [
			{
				file: REPLICATION,
				find: "if (index >= progress.next[place] - 1) progress.enterReplicate(place);",
				replace:
					"if (index >= progress.next[place] - 1 && progress.moved[place] === 1) progress.enterReplicate(place);",
			},
		],
	},
	{
		id: "32",
		name: "the leader takes a hint without looking at its own term there",
		oracle: "B",
		why: "two logs that diverged for long meet after one probe an entry instead of one a term",
		edits: [
			{
				file: REPLICATION,
				find: "const found = hintIndex < log.baseIndex ? hintIndex : log.lastAtMost(hintIndex, hintTerm);",
				replace: "const found = Math.min(hintIndex, log.lastIndex);",
			},
		],
	},
	{
		id: "32b",
		name: "a follower hints at the entry before, whatever its term",
		oracle: "B",
		why: "the leader goes back one entry with each refusal",
		edits: [
			{
				file: "core/raft/append.ts",
				find: "const hint = log.lastAtMost(previousIndex, previousTerm);",
				replace: "const hint = Math.max(log.baseIndex, Math.min(previousIndex - 1, log.lastIndex));",
			},
		],
	},
	{
		id: "56",
		name: "a learner counts in a commit",
		oracle: "S3",
		why: "an entry is committed that no majority of voters holds",
		edits: [
			{
				file: REPLICATION,
				find: "quorumValue(match, node.voters, ",
				replace: "quorumValue(match, { ...node.voters, incoming: new Uint8Array(node.peer.length).fill(1) }, ",
			},
		],
	},
];
