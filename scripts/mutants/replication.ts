/** Mistakes of the log's replication on the follower's side and in storage order: pitfalls 15 to 18, 24 to 27. */
import type { Edit, Mutant } from "./mutant";

const APPEND = "core/raft/append.ts";
const PERSISTENCE = "core/raft/persistence.ts";

const KEPT: Edit = {
	file: PERSISTENCE,
	find: "		if (kept > this.writtenIndex) kept = this.writtenIndex;\n",
	replace: "",
};

export const REPLICATION_MUTANTS: readonly Mutant[] = [
	{
		id: "15",
		name: "every append cuts the log at its previous index",
		oracle: "S3",
		why: "the old entries are not compared with the new ones: a delayed append cuts what came after it",
		edits: [
			{
				file: APPEND,
				find: "		matchIndex = dropKnown(node, message);\n",
				replace: `		if (previousIndex < log.baseIndex) matchIndex = dropKnown(node, message);
		else cutFrom(node, previousIndex + 1, sender);
`,
			},
		],
	},
	{
		id: "15b",
		name: "as 15, and nothing asserts that what is cut was not committed",
		oracle: "S3",
		why: "the same mistake where nobody thought of the assertion",
		edits: [
			{
				file: APPEND,
				find: "		matchIndex = dropKnown(node, message);\n",
				replace: `		if (previousIndex < log.baseIndex) matchIndex = dropKnown(node, message);
		else {
			log.truncate(previousIndex + 1);
			node.persistence.truncated(previousIndex + 1);
		}
`,
			},
		],
	},
	{
		id: "15c",
		name: "an append that ends before the log does cuts the rest",
		oracle: "S3",
		why: "what the leader did not send is taken for what it does not have",
		edits: [
			{
				file: APPEND,
				find: "		matchIndex = dropKnown(node, message);\n",
				replace: `		matchIndex = dropKnown(node, message);
		if (message.length === 0 && matchIndex >= log.baseIndex && matchIndex < log.lastIndex) {
			log.truncate(matchIndex + 1);
			node.persistence.truncated(matchIndex + 1);
		}
`,
			},
		],
	},
	{
		id: "16",
		name: "entries are overwritten in place and the tail behind them stays",
		oracle: "S2",
		why: "the journal keeps what stood behind the replaced entries, and a restart finds it",
		edits: [
			{
				file: "core/journal/log.ts",
				find: "		this.lastIndex = firstIndex + count - 1;\n",
				replace: `		const last = firstIndex + count - 1;
		this.lastIndex = type === RECORD_ENTRIES && last < this.lastIndex ? this.lastIndex : last;
`,
			},
		],
	},
	{
		id: "17",
		name: "the commit index goes up to the follower's last entry",
		oracle: "S4",
		why: "the tail beyond what the leader sent is unproven: min(leaderCommit, lastIndex)",
		edits: [
			{ file: APPEND, find: "if (commitIndex > matchIndex) {", replace: "if (commitIndex > log.lastIndex) {" },
			{ file: APPEND, find: "commitIndex = matchIndex;", replace: "commitIndex = log.lastIndex;" },
		],
	},
	{
		id: "17b",
		name: "a follower acknowledges all it has, not what was sent",
		oracle: "S3",
		why: "the leader counts a tail that it has never seen",
		edits: [
			{
				file: APPEND,
				find: "	acknowledge(node, sender, round, matchIndex);\n",
				replace: "	acknowledge(node, sender, round, log.lastIndex);\n",
			},
		],
	},
	{
		id: "18",
		name: "a heartbeat's commit index is taken before the logs are known to agree",
		oracle: "S4",
		why: "the follower commits what it has at those indices, whoever wrote it",
		edits: [
			{
				file: APPEND,
				find: "	if (!hearLeader(node, sender, round)) return;\n	if (node",
				replace: `	if (!hearLeader(node, sender, round)) return;
	if (message.length === 0 && fields[APPEND_COMMIT_INDEX] > node.commitIndex)
		node.commitIndex = Math.max(node.commitIndex, Math.min(fields[APPEND_COMMIT_INDEX], log.lastIndex));
	if (node`,
			},
		],
	},
	{
		id: "18b",
		name: "as 18, and beyond the log's end",
		oracle: "S4",
		why: "the commit index is taken from every append, and stands where there is no entry yet",
		edits: [
			{
				file: APPEND,
				find: "	if (!hearLeader(node, sender, round)) return;\n	if (node",
				replace: `	if (!hearLeader(node, sender, round)) return;
	if (fields[APPEND_COMMIT_INDEX] > node.commitIndex) node.commitIndex = fields[APPEND_COMMIT_INDEX];
	if (node`,
			},
		],
	},
	{
		id: "24",
		name: "a write that is done is matched by its index alone",
		oracle: "S3",
		why: "entries that have taken the place of those written count as durable",
		edits: [KEPT],
	},
	{
		id: "24b",
		name: "as 24, and nothing asserts that the log did not change",
		oracle: "S3",
		why: "the same mistake where nobody thought of the assertion",
		edits: [
			KEPT,
			{
				file: PERSISTENCE,
				find: 'assert(kept < log.lastIndex || term === log.lastTerm || kept < lastIndex, "the log changed under a write");',
				replace: "",
			},
		],
	},
	{
		id: "24c",
		name: "cutting the log does not touch what is known to be written",
		oracle: "S3",
		why: "entries that replace those that were cut are taken for the ones that were written",
		edits: [{ file: APPEND, find: "	node.persistence.truncated(index);\n", replace: "" }],
	},
	{
		id: "26",
		name: "a follower acknowledges entries before they are durable",
		oracle: "S3",
		why: "the answer waits for the term, and no longer for the entries",
		edits: [
			{
				file: APPEND,
				find: "const after = node.persistence.afterIndex(index);",
				replace: "const after = node.persistence.afterTerm();",
			},
		],
	},
	{
		id: "26b",
		name: "entries whose write is under way are acknowledged",
		oracle: "S3",
		why: "handed to the disk is taken for being on the disk",
		edits: [{ file: PERSISTENCE, find: "? next : next - 1;", replace: "? next : this.afterTerm();" }],
	},
	{
		id: "27",
		name: "an answer for durable entries does not wait for the term",
		oracle: "S3",
		why: "the acknowledgement of a term leaves before the term is written",
		edits: [
			{
				file: PERSISTENCE,
				find: "if (index <= this.durableIndex) return this.afterTerm();",
				replace: "if (index <= this.durableIndex) return 0;",
			},
		],
	},
	{
		id: "27b",
		name: "a write with entries leaves term and vote out",
		oracle: "S1",
		why: "the entries are on the flash after a crash, and the term and the vote before them are not",
		edits: [
			{
				file: "core/replica/writer.ts",
				find: "if (write.hardState) this",
				replace: "if (write.hardState && write.firstIndex > write.lastIndex) this",
			},
		],
	},
];
