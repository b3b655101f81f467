/** Mistakes with paths of a small MTU. They are no rows of the list: their numbers begin at 86. */
import type { Mutant } from "./mutant";

const PATH = "core/raft/path.ts";
const SENDER = "core/replica/sender.ts";

export const PATH_MUTANTS: readonly Mutant[] = [
	{
		id: "86",
		name: "what goes unanswered is sent again as it was",
		oracle: "L",
		why: "chitchat#59, yaota8266#15: a path that loses long datagrams stops a follower, and then the cluster",
		edits: [{ file: PATH, find: "		if (half >= before) return 0;\n", replace: "		return 0;\n" }],
	},
	{
		id: "86b",
		name: "a size never grows again",
		oracle: "B",
		why: "two losses by chance, and a peer is sent single entries for the rest of the term",
		edits: [
			{
				file: PATH,
				find: "		if (rows[row + ARRIVED] < ARRIVALS || nowMs < rows[row + GROW_MS]) return false;\n",
				replace: "		return false;\n",
			},
		],
	},
	{
		id: "86c",
		name: "entries from flash fill a datagram whatever the peer takes",
		oracle: "L",
		why: "how many fit is seen where they are read, and that place is easily forgotten",
		edits: [
			{
				file: SENDER,
				find: "		const limit = progress.paths.bytes[outbox.receiver[slot]];\n",
				replace: "		const limit = DATAGRAM_BYTES + 0 * progress.paths.bytes[outbox.receiver[slot]];\n",
			},
		],
	},
	{
		id: "86d",
		name: "chunks of a snapshot are as long as ever",
		oracle: "L",
		why: "a newcomer behind a small MTU never comes in",
		edits: [
			{
				file: "core/raft/snapshot.ts",
				find: "	const limit = Math.max(progress.paths.bytes[place], CHUNK_BYTES_MIN);\n",
				replace: "	const limit = Math.max(limits.snapshotChunkBytes, CHUNK_BYTES_MIN);\n",
			},
		],
	},
	{
		id: "86e",
		name: "a peer that is sent a snapshot hears no heartbeat",
		oracle: "L",
		why: "when no chunk gets through, nothing tells that from a peer that is off, and it stands for election",
		edits: [
			{
				file: "core/raft/replication.ts",
				find: "				if (wasLate) askForOffset(node, place);\n",
				replace: "				if (wasLate && progress.paused[place] === 2) askForOffset(node, place);\n",
			},
		],
	},
	{
		id: "86f",
		name: "peers of different sizes are sent the same entries from flash",
		oracle: "L",
		why: "the body is made for the first of them, and is too long for the second",
		edits: [
			{
				file: SENDER,
				find: "					(!progress.hasPaths || this.areOfOneSize(append, slot));\n",
				replace: "					(!progress.hasPaths || this.areOfOneSize(append, append));\n",
			},
		],
	},
	{
		id: "86g",
		name: "silence makes datagrams shorter",
		oracle: "B",
		why: "a peer that was off for a minute comes back to single entries, and no path was small",
		edits: [
			{
				file: PATH,
				find: "	else if (paths.isLate(place) && progress.round[place] >= paths.round) {\n",
				replace: "	else if (paths.isLate(place)) {\n",
			},
		],
	},
	{
		id: "86h",
		name: "one loss is enough",
		oracle: "B",
		why: "loss by chance makes datagrams shorter time and again",
		edits: [{ file: PATH, find: "const LOSSES = 2;\n", replace: "const LOSSES = 1;\n" }],
	},
	{
		id: "86i",
		name: "a node sends whole pages whatever the client takes",
		oracle: "L",
		why: "a client behind a small MTU can get, and never range",
		edits: [
			{
				file: "core/replica/requests.ts",
				find: "		const limit = wanted === 0 ? PAGE_BYTES : Math.min(wanted, PAGE_BYTES);\n",
				replace: "		const limit = Math.max(wanted, PAGE_BYTES);\n",
			},
		],
	},
	{
		id: "86j",
		name: "a client asks for the page that did not come as it was",
		oracle: "L",
		why: "the node cannot know that its answer was lost",
		edits: [
			{
				file: "core/client/paths.ts",
				find: "		this.bytes[place] = Math.max(Math.floor(this.bytes[place] / 2), PAGE_BYTES_MIN);\n",
				replace: "",
			},
		],
	},
	{
		id: "86k",
		name: "a pair that is longer than the page is left out",
		oracle: "L",
		why: "the page is empty and there is more: the client asks for it again and again",
		edits: [
			{
				file: "core/replica/requests.ts",
				find: "		if (end === 0 && store.rangeMore) {\n",
				replace: "		if (end < 0 && store.rangeMore) {\n",
			},
		],
	},
	{
		id: "86l",
		name: "a repeated request gets the page that the first one asked for",
		oracle: "L",
		why: "a read that waits at the node is answered as it was first asked, and lost again",
		edits: [
			{
				file: "core/replica/requests.ts",
				find: "		this.calls.pageBytes[call] = fields[REQUEST_BYTES];\n",
				replace: "",
			},
		],
	},
];
