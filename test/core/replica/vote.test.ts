import assert from "node:assert/strict";
import { Journal } from "../../../core/journal/journal";
import { READY } from "../../../core/journal/status";
import { PROFILE_M } from "../../../core/limits";
import { CALM } from "../../../sim/links";
import { World } from "../../../sim/world";

/** @returns whom node 1 takes its vote of term 3 to have gone to, after a restart */
function votedAfterRestart(votedFor: number, incarnation: number): number | undefined {
	const world = new World({ seed: 1, nodes: 3, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM });
	const node = world.nodes[0];
	const journal = new Journal(node.flash, PROFILE_M);
	assert.equal(journal.open(), READY);
	journal.writeHardState(3, votedFor, incarnation);
	world.boot(node);
	const raft = node.replica?.member?.raft;
	assert.equal(raft?.term, 3);
	return raft?.votedFor;
}

describe("a vote after a restart", () => {
	it("belongs to the member that got it", () => assert.equal(votedAfterRestart(2, 1), 1));

	it("is free when nobody got it", () => assert.equal(votedAfterRestart(0, 0), -1));

	// It was taken for free: the node could have voted twice in the term (pitfall 3).
	it("is spent when its candidate is unknown, or known in another life only", () => {
		assert.equal(votedAfterRestart(2, 9), 0);
		assert.equal(votedAfterRestart(77, 1), 0);
	});
});
