/** Mistakes of what leases and read indexes rest on beside the rows' own: whom they count, and since when. */
import type { Mutant } from "./mutant";

const FOLLOWER_READS = "core/raft/follower-reads.ts";
const LEASE = "core/raft/lease.ts";
const READS = "core/raft/reads.ts";

export const PROMISE_MUTANTS: readonly Mutant[] = [
	{
		id: "33c",
		name: "a lease is used before anything of the term is committed",
		oracle: "S5",
		why: "the mistake of 33 for reads that ask nobody",
		edits: [
			{
				file: LEASE,
				find: "if (commitIndex < node.termStartIndex || commitIndex < configuration.index) return false;",
				replace: "if (commitIndex < configuration.index) return false;",
			},
		],
	},
	{
		id: "34d",
		name: "an answer to any question counts for the one under way",
		oracle: "S5",
		why: "a late or doubled answer was made before the calls came that it is taken for",
		edits: [
			{ file: FOLLOWER_READS, find: " || fields[READ_INDEX_TOKEN] !== this.token) return;", replace: ") return;" },
		],
	},
	{
		id: "34e",
		name: "a leader tells a follower its commit index without asking anybody",
		oracle: "S5",
		why: "it may have been deposed without knowing it, and the follower serves what is old",
		edits: [
			{
				file: READS,
				find: "		if (node.lease.holds(node)) {\n",
				replace: "		if (node.commitIndex >= node.termStartIndex) {\n",
			},
		],
	},
	{
		id: "34f",
		name: "what a member has asked is answered to whoever takes its place",
		oracle: "S5",
		why: "its token may be that of a question which the other has asked since",
		edits: [{ file: "core/raft/membership.ts", find: "	node.reads.vacated(place);\n", replace: "" }],
	},
	{
		id: "35d",
		name: "a follower serves at once when it is told the index",
		oracle: "S5",
		why: "its state has not reached what was committed when the read came",
		edits: [
			{ file: FOLLOWER_READS, find: "			if (this.index[this.head] > node.appliedIndex) return;\n", replace: "" },
		],
	},
	{
		id: "35e",
		name: "a leader that lacks what others have committed says that its local reads are young",
		oracle: "S5",
		why: "before it has committed in its term its commit index may be its predecessor's of long ago",
		edits: [
			{
				file: "core/replica/node-reads.ts",
				find: "	if (raft.role === LEADER && isBehind) return AGE_UNKNOWN;\n",
				replace: "",
			},
		],
	},
	{
		id: "37c",
		name: "reads that a follower has asked for are forgotten with its leader",
		oracle: "L",
		why: "no other leader knows the question, so the caller waits for ever",
		edits: [
			{
				file: FOLLOWER_READS,
				find: "			node.answers.add(this.call[this.head], reason, 0);\n",
				replace: "",
			},
		],
	},
	{
		id: "39d",
		name: "a lease rests on rounds before the last order to stand for election",
		oracle: "S5",
		why: "whoever has answered none after it may yet vote by that order",
		edits: [{ file: LEASE, find: "		if (held <= this.lastOrder) return false;\n", replace: "" }],
	},
	{
		id: "40d",
		name: "a leader that was stopped goes on with its lease",
		oracle: "S5",
		why: "who knows whether its clock was stopped too",
		edits: [
			{
				file: "core/raft/replication.ts",
				find: "	if (node.nowMs > node.heartbeatDeadlineMs + stallMs) node.lease.forget();\n",
				replace: "	if (stallMs < 0) node.lease.forget();\n",
			},
		],
	},
	{
		id: "41c",
		name: "a node that restarts obeys orders at once",
		oracle: "S5",
		why: "it has forgotten which rounds it answered, and with them which orders are void",
		edits: [{ file: "core/raft/raft.ts", find: "		this.ordersFromMs = this.patientUntilMs;\n", replace: "" }],
	},
	{
		id: "42b",
		name: "learners hold up a lease",
		oracle: "S5",
		why: "a learner promises nothing: whoever is elected needs no vote of it",
		edits: [
			{
				file: LEASE,
				find: "quorumValue(this.answered, node.voters, 0)",
				replace:
					"quorumValue(this.answered, { ...node.voters, incoming: new Uint8Array(node.peer.length).fill(1) }, 0)",
			},
		],
	},
	{
		id: "42c",
		name: "a lease counts who does not know yet that there are leases",
		oracle: "S5",
		why: "it votes at once after a restart, as its older configuration says",
		edits: [
			{
				file: LEASE,
				find: "progress.match[place] >= configuration.index ? progress.round[place] : 0;",
				replace: "progress.round[place];",
			},
		],
	},
	{
		id: "45b",
		name: "a lease holds while the configuration is not committed, whoever holds it",
		oracle: "S5",
		why: "others may elect by the one before it, whose majorities it does not count; either guard alone would do",
		edits: [
			{
				file: LEASE,
				find: "if (commitIndex < node.termStartIndex || commitIndex < configuration.index) return false;",
				replace: "if (commitIndex < node.termStartIndex) return false;",
			},
			{
				file: LEASE,
				find: "progress.match[place] >= configuration.index ? progress.round[place] : 0;",
				replace: "progress.round[place];",
			},
		],
	},
];
