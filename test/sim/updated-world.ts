/** Three boards without faults, of which the leader alone is updated. */
import assert from "node:assert/strict";
import { PROFILE_S } from "../../core/limits";
import { SECOND_BUILD } from "../../sim/builds";
import { CALM } from "../../sim/links";
import { World } from "../../sim/world";

export function buildWorld(): World {
	const world = new World({ seed: 3, nodes: 3, limits: PROFILE_S, flashBytes: 256 * 1024, network: CALM });
	world.nodes[0].build = SECOND_BUILD;
	for (const node of world.nodes) {
		world.boot(node);
		// The first to boot is the first to stand for election.
		world.run(world.nowMs + 400);
	}
	const isServing = (): boolean => {
		const raft = world.leader()?.replica?.member?.raft;
		return raft !== undefined && raft.commitIndex >= raft.termStartIndex;
	};
	for (let tries = 0; world.leader() !== world.nodes[0] && tries < 20; tries++) {
		const leader = world.leader();
		if (leader !== undefined) {
			world.crash(leader);
			world.run(world.nowMs + 4000);
			world.boot(leader);
		}
		world.run(world.nowMs + 1000);
	}
	assert.equal(world.leader(), world.nodes[0], "another one leads");
	assert.ok(world.runUntil(isServing, world.nowMs + 10_000));
	return world;
}
