/** Mistakes of sessions and clients, and those that only JavaScript makes: pitfalls 71 to 73. */
import type { Mutant } from "./mutant";

const STORE = "core/store/store.ts";
const SESSIONS = "core/store/sessions.ts";

export const CLIENT_MUTANTS: readonly Mutant[] = [
	{
		id: "71",
		name: "a repeated command is applied again",
		oracle: "S5",
		why: "the session's last number is noted and never compared",
		edits: [
			{
				file: STORE,
				find: "		if (sequence <= session.sequence) return this.repeat(session, sequence, request);\n",
				replace: "",
			},
		],
	},
	{
		id: "71b",
		name: "a client's retry takes a new sequence number",
		oracle: "S5",
		why: "after a lost answer the store cannot tell the second attempt from a second command",
		edits: [
			{
				file: "core/client/client.ts",
				find: "			this.datagramLength = this.datagrams.write(",
				replace: `			if (call.operation === OPERATION_WRITE && call.attempts > 0) call.sequence = this.session.nextSequence();
			this.datagramLength = this.datagrams.write(`,
			},
		],
	},
	{
		id: "71c",
		name: "an earlier command of a session is applied when it comes late",
		oracle: "S5",
		why: "only the last number is compared, so a copy of the one before it is new again",
		edits: [
			{
				file: STORE,
				find: "		if (sequence <= session.sequence) return this",
				replace: "		if (sequence === session.sequence) return this",
			},
		],
	},
	{
		id: "57d",
		name: "a client calls a change of members refused that was not answered in time",
		oracle: "S5",
		why: "it may have been made, or may be yet; who believes the refusal asks for another of a list that is not there any more",
		edits: [
			{
				file: "core/client/responses.ts",
				find: "	const isWrite = operation === OPERATION_WRITE || operation === OPERATION_CHANGE;\n",
				replace: "	const isWrite = operation === OPERATION_WRITE;\n",
			},
		],
	},
	{
		id: "68e",
		name: "who shall hand over to anybody looks for a member with the id 0",
		oracle: "L",
		why: "where a place is free, that is the member found, who cannot lead",
		edits: [
			{
				file: "core/replica/requests.ts",
				find: "		const target = id === 0 ? NOBODY : this.raft.configuration.placeOf(id);\n",
				replace: "		const target = this.raft.configuration.placeOf(id);\n",
			},
		],
	},
	{
		id: "72",
		name: "the sessions of a snapshot are not loaded",
		oracle: "S4",
		why: "a replica that came by a snapshot applies, or refuses, what the others answer from memory",
		edits: [
			{
				file: "core/store/snapshot.ts",
				find: "		if (this.loading) readRow(row, this.store.sessions.append(id));\n",
				replace: "",
			},
		],
	},
	{
		id: "72b",
		name: "when a session was used last is not in the snapshot",
		oracle: "S4",
		why: "a replica that came by a snapshot evicts another session than the others",
		edits: [
			{
				file: SESSIONS,
				find: "	session.lastIndex = row.getFloat64(40, true);\n",
				replace: "	session.lastIndex = session.id;\n",
			},
		],
	},
	{
		id: "72c",
		name: "sessions that this replica looked up lately are not evicted",
		oracle: "S4",
		why: "the order of eviction comes from a cache that is empty after a restart",
		edits: [
			{
				file: SESSIONS,
				find: "			if (index - session.lastIndex <= this.protection) continue;\n",
				replace: `			if (index - session.lastIndex <= this.protection) continue;
			if (this.lines[session.id % LINES] === session && session !== this.table[0]) continue;
`,
			},
		],
	},
	{
		id: "73",
		name: "the index of a record on flash has 32 bits",
		oracle: "S2",
		why: "the high half of a number beyond 2^32 is lost when it is packed into words",
		edits: [
			{
				file: "core/journal/log.ts",
				find: "words[2] = (firstIndex - indexLow) / U32 + length * 0x10000;",
				replace: "words[2] = length * 0x10000;",
			},
		],
	},
	{
		id: "73b",
		name: "the term of an entry is read as a signed number",
		oracle: "S2",
		why: "a term from 2^31 on is negative, and below all others",
		edits: [
			{
				file: "core/raft/log.ts",
				find: "const entryTerm = view.getUint32(at + 4, true);",
				replace: "const entryTerm = view.getInt32(at + 4, true);",
			},
		],
	},
	{
		id: "73c",
		name: "the commit index of a message is cut to 32 signed bits",
		oracle: "S4",
		why: "from 2^31 on it is negative, from 2^32 on it is another index",
		edits: [
			{
				file: "core/raft/append.ts",
				find: "let commitIndex = fields[APPEND_COMMIT_INDEX];",
				replace: "let commitIndex = fields[APPEND_COMMIT_INDEX] | 0;",
			},
		],
	},
	{
		id: "73d",
		name: "entries read ahead from flash are applied after they were replaced",
		oracle: "S4",
		why: "a buffer is trusted for longer than what it was filled with is committed",
		edits: [
			{
				file: "core/replica/applier.ts",
				find: "this.scratchCount = Math.min(this.journal.readCount, this.raft.applicableIndex() - index + 1);",
				replace: "this.scratchCount = this.journal.readCount;",
			},
		],
	},
	{
		id: "73e",
		name: "the ring gives up entries that are not written yet",
		oracle: "S2",
		why: "the bytes are used anew while the flash, and a peer, still wait for them",
		edits: [
			{
				file: "core/raft/append.ts",
				find: "const evictable = node.persistence.durableIndex;",
				replace: "const evictable = log.lastIndex;",
			},
		],
	},
];
