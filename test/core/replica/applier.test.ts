import assert from "node:assert/strict";
import { PROFILE_S } from "../../../core/limits";
import { LoneFollower, noOp, put, register } from "./lone-follower";

/** A snapshot is due soon, and takes long. */
const LIMITS = { ...PROFILE_S, snapshotEvery: 96, liveBytes: 32 * 1024 };
const COMMITTED = 98;

describe("applying", () => {
	// What was read ahead from flash was kept, and applied although a leader had replaced it.
	it("never applies an entry that was read ahead of the commit index and then replaced", () => {
		const follower = new LoneFollower(LIMITS, 512 * 1024);
		follower.append(2, 1, [0, 0], 0, [noOp(1), register(1)]);
		for (let index = 3; index <= COMMITTED + 4; index++) {
			const isCommitted = index <= COMMITTED;
			const next = put(1, 2, index - 2, isCommitted ? `key${index}` : "lost", isCommitted ? "x".repeat(250) : "");
			follower.append(2, 1, [index - 1, 1], 0, [next]);
		}
		// It finds nothing but flash; the last four entries have reached no majority.
		follower.boot();
		follower.append(2, 1, [COMMITTED + 4, 1], COMMITTED, []);
		const { applier, raft } = follower.member;
		assert.equal(raft.appliedIndex, COMMITTED);
		assert.ok(applier.paused, "no snapshot is being written: the next entries are applied from RAM");

		// The next leader has others in their place. While the snapshot is written they come, and leave RAM again.
		let last = COMMITTED + 1;
		follower.append(3, 2, [COMMITTED, 1], COMMITTED, [noOp(2)]);
		while (raft.log.firstCached <= COMMITTED + 1) {
			assert.ok(applier.paused, "the snapshot was written before the entries left RAM: nothing is shown");
			const entries = [1, 2, 3].map((next) => put(2, 2, last + next - 2, "found", "y".repeat(250)));
			follower.append(3, 2, [last, 2], last, entries);
			last += 3;
		}
		assert.equal(raft.appliedIndex, COMMITTED);
		follower.settle();
		follower.append(3, 2, [last, 2], last, []);
		assert.equal(raft.appliedIndex, last);
		assert.equal(follower.value("lost"), undefined);
		assert.equal(follower.value("found"), "y".repeat(250));
		assert.equal(follower.member.store.revision, last - 3);
	});
});
