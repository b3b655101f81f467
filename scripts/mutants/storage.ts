/** Mistakes of snapshots and of storage: pitfalls 58 to 67. */
import type { Edit, Mutant } from "./mutant";

const SNAPSHOT = "core/raft/snapshot.ts";
const RAFT = "core/raft/raft.ts";
const JOURNAL = "core/journal/journal.ts";
const RECOVERY = "core/journal/recovery.ts";
const COVERED = "	if ((index <= node.commitIndex || known) && !node.isBlank) {";
const NAMED = "	if (!isIncoming(incoming, fields)) {";
const WANTED = "	if (incoming.chunkPending || offset !== incoming.offset) {\n";
const LOG = "core/journal/log.ts";
const SEAL = "		this.room = -1;\n";

const UNNAMED: Edit = { file: SNAPSHOT, find: NAMED, replace: "	if (incoming.sender === NOBODY) {" };

export const STORAGE_MUTANTS: readonly Mutant[] = [
	{
		id: "58",
		name: "a snapshot cuts the log that goes on after it",
		oracle: "S3",
		why: "entries after the snapshot that agree with it, and that were acknowledged, are dropped with the rest",
		edits: [
			{ file: SNAPSHOT, find: COVERED, replace: "	if (index <= node.commitIndex && !node.isBlank) {" },
			{
				file: RAFT,
				find: "return this.log.agreesAt(index, term) && index <= this.log.lastIndex;",
				replace: "return index < 0 && term < 0;",
			},
			{ file: JOURNAL, find: "if (!continues) log", replace: "if (!continues || index >= 0) log" },
		],
	},
	{
		id: "58b",
		name: "a snapshot older than the state is taken in",
		oracle: "S3",
		why: "a chunk that comes late is not compared with what is committed here",
		edits: [{ file: SNAPSHOT, find: COVERED, replace: "	if (known && index > node.commitIndex) {" }],
	},
	{
		id: "59",
		name: "the log is kept although its entry at the snapshot's index is another",
		oracle: "L",
		why: "what follows that entry contradicts the leader, and is offered and refused again and again",
		edits: [
			{
				file: RAFT,
				find: "return this.log.agreesAt(index, term) && index <= this.log.lastIndex;",
				replace: "return term >= 0 && index <= this.log.lastIndex;",
			},
			{ file: JOURNAL, find: " && this.termAt(index) === term;", replace: " && term >= 0;" },
		],
	},
	{
		id: "60",
		name: "a peer whose next entry is the log's base is not sent the snapshot",
		oracle: "L",
		why: "off by one: the entry before it, which the append must name, is gone",
		edits: [
			{
				file: "core/raft/replication.ts",
				find: "	if (next <= log.baseIndex) return startSnapshot(node, place);",
				replace: "	if (next < log.baseIndex) return startSnapshot(node, place);",
			},
			{
				file: "core/raft/replication.ts",
				find: "	if (next <= node.log.baseIndex) startSnapshot(node, place);",
				replace: "	if (next < node.log.baseIndex) startSnapshot(node, place);",
			},
		],
	},
	{
		id: "61",
		name: "a peer leaves the snapshot state only by the snapshot's own answer",
		oracle: "L",
		why: "that answer is lost, and nothing else of what the peer says ends the state",
		edits: [
			{
				file: "core/raft/replication.ts",
				find: "			if (progress.match[place] >= node.log.baseIndex) progress.enterReplicate(place);\n",
				replace:
					"			if (index === progress.snapshotIndex[place] && progress.moved[place] === 1) progress.enterReplicate(place);\n",
			},
		],
	},
	{
		id: "61b",
		name: "a chunk that was lost is not sent again",
		oracle: "L",
		why: "the leader waits for an answer to a chunk that never came",
		edits: [{ file: "core/raft/replication.ts", find: "				sendChunk(node, place);\n", replace: "" }],
	},
	{
		id: "62",
		name: "loading a snapshot sets the term to the snapshot's",
		oracle: "S1",
		why: "the node votes again in terms in which it has voted",
		edits: [
			{
				file: SNAPSHOT,
				find: "	node.counters[COUNTER_SNAPSHOTS_INSTALLED]++;\n",
				replace: "	node.counters[COUNTER_SNAPSHOTS_INSTALLED]++;\n	node.term = incoming.term;\n",
			},
		],
	},
	{
		id: "62b",
		name: "a restart sets the term to the snapshot's",
		oracle: "S1",
		why: "the snapshot's term takes the place of the hard state's",
		edits: [
			{
				file: "core/raft/recovery.ts",
				find: "	node.term = term;\n",
				replace: "	node.term = node.snapshot.term > 0 ? node.snapshot.term : term;\n",
			},
		],
	},
	{
		id: "63",
		name: "chunks of two snapshots are mixed",
		oracle: "S4",
		why: "a chunk belongs to what is coming in, whatever snapshot it names",
		edits: [UNNAMED],
	},
	{
		id: "63b",
		name: "as 63, and the whole is not compared with its checksum",
		oracle: "S4",
		why: "the same mistake where nobody thought of the checksum",
		edits: [
			UNNAMED,
			{
				file: "core/replica/snapshots.ts",
				find: "if (this.incomingCrc !== incoming.hash) {",
				replace: "if (this.incomingCrc < 0) {",
			},
			{
				file: "core/replica/snapshots.ts",
				find: 'assert(reader.hash === journal.snapshotHash, "the snapshot\'s content has another hash than its name");',
				replace: "",
			},
		],
	},
	{
		id: "63c",
		name: "a chunk goes where the transfer stands, whatever its offset",
		oracle: "S4",
		why: "a doubled chunk is appended a second time",
		edits: [{ file: SNAPSHOT, find: WANTED, replace: "	if (incoming.chunkPending || offset < 0) {\n" }],
	},
	{
		id: "63d",
		name: "a lost chunk begins the transfer anew",
		oracle: "B",
		why: "the follower asks from zero whenever a chunk is not the one it waits for",
		edits: [{ file: SNAPSHOT, find: WANTED, replace: `${WANTED}		incoming.offset = 0;\n` }],
	},
	{
		id: "64",
		name: "a torn end is taken for a clean one",
		oracle: "S3",
		why: "the next record is programmed over what a power cut left behind",
		edits: [{ file: LOG, find: SEAL, replace: "" }],
	},
	{
		id: "64b",
		name: "the next record goes behind the torn one",
		oracle: "S3",
		why: "the next recovery ends at the garbage, and what was acknowledged stands behind it",
		edits: [
			{
				file: LOG,
				find: SEAL,
				replace: `		let blank = this.headOffset;
		while (blank < this.sectorSize && !this.medium.isBlank(this.headPlace + blank, this.sectorSize - blank))
			blank += TRAILER_BYTES;
		this.follow(blank, this.chain);
`,
			},
			{
				file: RECOVERY,
				find: "		if (this.somethingWhole(sectorPlace, log.seedAt(0), at + TRAILER_BYTES)) return RECORD_DAMAGED;\n",
				replace: "",
			},
		],
	},
	{
		id: "65",
		name: "a damaged header in the middle is taken for a torn end",
		oracle: "S3",
		why: "what was acknowledged behind it is cut off",
		edits: [
			{
				file: RECOVERY,
				find: "if (this.somethingWhole(sectorPlace, log.seedAt(0), at + TRAILER_BYTES)) return RECORD_DAMAGED;",
				replace: "if (sectorPlace < 0) return RECORD_DAMAGED;",
			},
		],
	},
	{
		id: "65b",
		name: "damaged entries behind a whole trailer are taken for a torn end",
		oracle: "S3",
		why: "the trailer says that the record was whole, so it may have been acknowledged",
		edits: [
			{
				file: RECOVERY,
				find: "if (confirmed || counts) return RECORD_DAMAGED;",
				replace: "if (confirmed) return TORN;",
			},
		],
	},
	{
		id: "66",
		name: "a program that reads back wrong is tried again, and acknowledged",
		oracle: "S3",
		why: "what the second try says is not looked at",
		edits: [
			{
				file: LOG,
				find: "stage, 0, total) !== 0) medium.failReadBack();",
				replace: "stage, 0, total) !== 0) flash.program(place, stage, 0, total);",
			},
		],
	},
	{
		id: "66b",
		name: "a program that reads back wrong is counted, and acknowledged",
		oracle: "S3",
		why: "the error is known and the node goes on",
		edits: [
			{
				file: "core/journal/medium.ts",
				find: '		assert(false, "flash reads back other bytes than were programmed");\n',
				replace: "",
			},
		],
	},
	{
		id: "67",
		name: "a node whose hard state is gone begins at term 0",
		oracle: "S1",
		why: "with its old id and without its memory it votes again",
		edits: [
			{
				file: "core/journal/hard-state.ts",
				find: "if (a.sequence === 0 && b.sequence === 0) return HARD_STATE_DAMAGED;",
				replace: "if (a.sequence === 0 && b.sequence === 0) return READY;",
			},
		],
	},
	{
		id: "67b",
		name: "a node that may have forgotten a vote votes",
		oracle: "S1",
		why: "garbage behind the newest copy says that a newer one was lost, and is taken for a torn write",
		edits: [
			{
				file: "core/journal/hard-state.ts",
				find: "			if (!this.isBlank(b, next)) return HARD_STATE_DAMAGED;\n",
				replace: "			if (next < 0) return HARD_STATE_DAMAGED;\n",
			},
		],
	},
];
