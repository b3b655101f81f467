import assert from "node:assert/strict";
import { ENTRIES_BYTES_MAX } from "../../../core/raft/path";
import { LEADER } from "../../../core/raft/role";
import type { StatusAnswer } from "../../../scripts/balsa/answers";
import { leaderOf, pathNotes, takesNothing } from "../../../scripts/balsa/path-notes";

const peer = (id: number, datagramBytes: number, unanswered: number) => ({ id, datagramBytes, unanswered });

describe("balsa status on paths with a small MTU", () => {
	it("F2: names a peer that answers heartbeats and takes no entries, and one that is sent short datagrams", () => {
		const notes = pathNotes(1, [
			peer(1, 0, 0),
			peer(2, ENTRIES_BYTES_MAX, 1),
			peer(3, 263, 7),
			peer(4, 688, 0),
			peer(5, ENTRIES_BYTES_MAX, 0),
		]);
		assert.deepEqual(notes, [
			"node 3 answers heartbeats and takes no entries from node 1, datagrams to 3 are kept to 263 bytes of entries: check the MTU between them",
			"node 1 found that the path to node 4 loses long datagrams: datagrams to 4 are kept to 688 bytes of entries",
		]);
		assert.ok(takesNothing(peer(3, ENTRIES_BYTES_MAX, 2)));
	});

	it("asks whoever leads the highest term", () => {
		const status = (id: number, role: number, term: number) =>
			({ status: { id, role, term } }) as unknown as StatusAnswer;
		const none = {} as StatusAnswer;
		const isLeader = (role: number): boolean => role === LEADER;
		assert.equal(leaderOf([none, status(2, LEADER, 4), status(3, 0, 7), status(4, LEADER, 5)], isLeader), 4);
		assert.equal(leaderOf([none, status(3, 0, 7)], isLeader), 0);
	});
});
