/** Mistakes of linearizable reads, and of answers to calls: pitfalls 33 to 42. */
import type { Edit, Mutant } from "./mutant";

const READS = "core/raft/reads.ts";
const REPLICATION = "core/raft/replication.ts";
const ELECTION = "core/raft/election.ts";
const SERVED = "if (this.round[slot] > this.confirmed || (call > 0 && this.index[slot] > node.appliedIndex)) return;";

const UNGUARDED_ROUND: Edit = {
	file: READS,
	find: "if (this.unopened === 0 || node.commitIndex < node.termStartIndex) return;",
	replace: "if (this.unopened === 0) return;",
};

export const READ_MUTANTS: readonly Mutant[] = [
	{
		id: "33",
		name: "a read's index is noted before anything of the term is committed",
		oracle: "S5",
		why: "a new leader's commit index may lag behind what its predecessor has committed",
		edits: [
			UNGUARDED_ROUND,
			{
				file: READS,
				find: "this.opened !== this.confirmed || node.commitIndex < node.termStartIndex) return false;",
				replace: "this.opened !== this.confirmed) return false;",
			},
		],
	},
	{
		id: "33b",
		name: "as 33, for reads that share a heartbeat's round",
		oracle: "S5",
		why: "of the two places that ask whether the term has begun, the one that decides does not",
		edits: [UNGUARDED_ROUND],
	},
	{
		id: "34",
		name: "a read is confirmed by the round that was open before it came",
		oracle: "S5",
		why: "answers that were under way when the read came are taken for answers to it",
		edits: [{ file: REPLICATION, find: "	if (reading) {\n		node.round++;\n", replace: "	if (reading) {\n" }],
	},
	{
		id: "34b",
		name: "any answer of the term confirms the latest round",
		oracle: "S5",
		why: "which round it echoes is not looked at, so a late or doubled one proves what it cannot know",
		edits: [{ file: REPLICATION, find: "	rounds[place] = round;\n", replace: "	rounds[place] = node.round;\n" }],
	},
	{
		id: "34c",
		name: "a read waits for the round before its own",
		oracle: "S5",
		why: "the token is noted before it is raised, and so is the one of an earlier read",
		edits: [
			{
				file: READS,
				find: "this.round[slot] = node.round;",
				replace: "this.round[slot] = Math.max(1, node.round - 1);",
			},
		],
	},
	{
		id: "35",
		name: "a read is served once its index is applied, before a quorum confirms",
		oracle: "S5",
		why: "a leader that was deposed without knowing it serves what is old",
		edits: [{ file: READS, find: SERVED, replace: "if (this.index[slot] > node.appliedIndex) return;" }],
	},
	{
		id: "35b",
		name: "a read is served once it is confirmed, before its index is applied",
		oracle: "S5",
		why: "the state machine has not reached what was committed when the read came",
		edits: [{ file: READS, find: SERVED, replace: "if (this.round[slot] > this.confirmed) return;" }],
	},
	{
		id: "35c",
		name: "one less than a quorum confirms a read",
		oracle: "S5",
		why: "the leader itself is counted twice",
		edits: [
			{
				file: READS,
				find: "quorumValue(rounds, node.voters, this.confirmed)",
				replace: "quorumValue(rounds, { ...node.voters, quorum: node.voters.quorum - 1 }, this.confirmed)",
			},
		],
	},
	{
		id: "36",
		name: "pending reads survive the loss of leadership",
		oracle: "S5",
		why: "they are served in a later term of the same node, with an index of the earlier one",
		edits: [{ file: ELECTION, find: "		node.reads.abandon(node, NOT_LEADER);\n", replace: "" }],
	},
	{
		id: "36b",
		name: "pending proposals survive the loss of leadership",
		oracle: "S5",
		why: "another leader's entry at the same index is answered as theirs",
		edits: [{ file: ELECTION, find: "		node.proposals.abandon(node.answers);\n", replace: "" }],
	},
	{
		id: "36f",
		name: "a read at a follower waits for as long as its leader is heard",
		oracle: "L",
		why: "a leader that is heard and does not hear answers never",
		edits: [
			{
				file: "core/raft/follower-reads.ts",
				find: "		if (waitedMs >= node.configuration.electionMsMax) {\n",
				replace: "		if (waitedMs === Infinity) {\n",
			},
		],
	},
	{
		id: "36g",
		name: "a read at a leader waits for as long as a quorum answers",
		oracle: "L",
		why: "a leader whose flash hangs applies nothing, and is the leader all the same",
		edits: [{ file: ELECTION, find: "		node.reads.watch(node);\n", replace: "" }],
	},
	{
		id: "37",
		name: "pending reads are dropped without an answer",
		oracle: "L",
		why: "the caller waits for ever",
		edits: [{ file: READS, find: "			if (call > 0) node.answers.add(call, reason, 0);\n", replace: "" }],
	},
	{
		id: "37b",
		name: "pending proposals are dropped without an answer",
		oracle: "L",
		why: "the caller waits for ever, and its place in the table of calls is lost",
		edits: [
			{
				file: "core/raft/proposals.ts",
				find: "answers.add(this.pop(), OUTCOME_UNKNOWN, 0);",
				replace: "if (answers.count >= 0) this.pop();",
			},
		],
	},
	{
		id: "42",
		name: "learners confirm a read",
		oracle: "S5",
		why: "a learner's answer says nothing of who leads",
		edits: [
			{
				file: READS,
				find: "quorumValue(rounds, node.voters, ",
				replace: "quorumValue(rounds, { ...node.voters, incoming: new Uint8Array(node.peer.length).fill(1) }, ",
			},
		],
	},
];
