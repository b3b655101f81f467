import assert from "node:assert/strict";
import { PROFILE_S } from "../../../core/limits";
import { LoneFollower, noOp, put, register } from "./lone-follower";

const EVERY = 96;
const LIMITS = { ...PROFILE_S, snapshotEvery: EVERY };

function entryAt(index: number): Uint8Array {
	if (index === 1) return noOp(1);
	return index === 2 ? register(1) : put(1, 2, index - 2, `key${index % 90}`, "x".repeat(20));
}

/** Applies the entries up to `last`, each in turns of its own. @returns index of the latest snapshot after each, from 1 on */
function snapshotsUpTo(follower: LoneFollower, first: number, last: number): number[] {
	const found: number[] = [];
	for (let index = first; index <= last; index++) {
		follower.append(2, 1, [index - 1, index === 1 ? 0 : 1], index, [entryAt(index)]);
		follower.settle();
		assert.equal(follower.member.raft.appliedIndex, index);
		found.push(follower.member.raft.snapshot.index);
	}
	return found;
}

describe("snapshots of a follower", () => {
	it("are taken when so many entries were applied since the last one, not one sooner, again and again", () => {
		const follower = new LoneFollower(LIMITS, 512 * 1024);
		const found = snapshotsUpTo(follower, 1, 3 * EVERY + 1);
		for (let index = 1; index <= found.length; index++)
			assert.equal(found[index - 1], index - (index % EVERY), `after entry ${index}`);
	});

	it("leave the store as it is, and are where a restart begins", () => {
		const follower = new LoneFollower(LIMITS, 512 * 1024);
		snapshotsUpTo(follower, 1, EVERY - 1);
		const hash = follower.member.store.stateHash();
		follower.boot();
		assert.equal(follower.member.raft.appliedIndex, 0, "nothing is known to be committed without a snapshot");
		follower.append(2, 1, [EVERY - 1, 1], EVERY - 1, []);
		follower.settle();
		assert.equal(follower.member.store.stateHash(), hash);

		snapshotsUpTo(follower, EVERY, EVERY + 5);
		const after = follower.member.store.stateHash();
		follower.boot();
		assert.equal(follower.member.raft.appliedIndex, EVERY);
		follower.append(2, 1, [EVERY + 5, 1], EVERY + 5, []);
		follower.settle();
		assert.equal(follower.member.store.stateHash(), after);
	});
});
