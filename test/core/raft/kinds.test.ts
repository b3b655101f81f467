/** A board is of one kind for all of its life: what leaders do when they are asked for the other one. */
import assert from "node:assert/strict";
import { PROBE, SNAPSHOT } from "../../../core/raft/progress";
import { LEADER } from "../../../core/raft/role";
import { KEEPER, WITNESS } from "../../../core/raft/witness";
import { DONE, TRANSFERRING } from "../../../core/reasons";
import { configurationOf } from "./configurations";
import { World } from "./world";

/** Asks the leader, node 1, and does nothing of what follows. */
function ask(world: World, call: number, words: string[]): number {
	const leader = world.member(1);
	const { configuration } = leader.raft;
	return world.cluster.change(leader, call, configurationOf(words, configuration), configuration.index);
}

/** A leader and two others, and what they have in snapshots: a fourth one was half sent it, and then removed. */
function halfSent(): World {
	const world = new World(3, { snapshotChunkBytes: 16 });
	const { cluster } = world;
	const leader = world.member(1);
	world.elect(1);
	for (let i = 0; i < 20; i++) {
		assert.equal(world.propose(1, 20), DONE);
		cluster.work(leader);
		world.settle();
	}
	cluster.takeSnapshot(leader, 0);
	const newcomer = cluster.join(4, 1);
	assert.equal(ask(world, 101, ["1", "2", "3", "~4"]), DONE);
	cluster.work(leader);
	const { progress, snapshot } = leader.raft;
	const place = leader.raft.places.find(4, 1);
	while (progress.state[place] !== SNAPSHOT || progress.snapshotOffset[place] <= snapshot.withheldSize) {
		const packet = cluster.network.shift();
		if (packet !== undefined) cluster.deliver(packet);
		else {
			cluster.nowMs += cluster.configuration.heartbeatMs;
			cluster.tick(leader);
		}
		assert.ok(newcomer.raft.isBlank, "the whole snapshot was sent");
	}
	cluster.network.length = 0;
	newcomer.running = false;
	assert.equal(ask(world, 102, ["1", "2", "3"]), DONE);
	cluster.work(leader);
	world.settle();
	assert.equal(leader.raft.commitIndex, leader.raft.configuration.index);
	assert.equal(leader.raft.peer[place], KEEPER, "who was removed is no longer told");
	return world;
}

describe("a board that comes again as one of the other kind", () => {
	it("is sent a snapshot from its beginning, and no rest of another", () => {
		const world = halfSent();
		const { raft } = world.member(1);
		const place = raft.places.find(4, 1);
		assert.equal(ask(world, 103, ["1", "2", "3", "!~4"]), DONE);
		assert.equal(raft.peer[place], WITNESS);
		assert.equal(raft.progress.state[place], PROBE);
		for (let i = 0; i < 3; i++) world.heartbeat(1);
		assert.equal(raft.role, LEADER);
	});

	it("is sent nothing that was put together for a board of its kind before", () => {
		const world = halfSent();
		const { cluster } = world;
		const leader = world.member(1);
		world.heartbeat(1);
		cluster.nowMs += cluster.configuration.heartbeatMs;
		leader.raft.tick(cluster.nowMs);
		assert.equal(ask(world, 103, ["1", "2", "3", "!~4"]), DONE);
		cluster.work(leader);
		assert.equal(leader.raft.role, LEADER);
	});
});

describe("a board that was taken for one of the other kind, and removed", () => {
	it("does not keep the group awake for ever, though it answers", () => {
		const world = new World(3, {}, 1, { quietAfterMs: 1000 });
		const leader = world.member(1);
		world.elect(1);
		world.heartbeat(1);
		world.cluster.join(4, 1);
		assert.equal(ask(world, 101, ["1", "2", "3", "!~4"]), DONE);
		world.cluster.work(leader);
		for (let i = 0; i < 5; i++) world.heartbeat(1);
		assert.equal(ask(world, 102, ["1", "2", "3"]), DONE);
		world.cluster.work(leader);
		for (let i = 0; i < 2000 && !leader.raft.isQuiet; i++) world.heartbeat(1);
		assert.ok(leader.raft.isQuiet);
	});
});

describe("a leader that the committed configuration leaves out", () => {
	it("makes no further change: its own log would hold a board of the other kind, and not open again", () => {
		const world = new World(3);
		const { cluster } = world;
		const leader = world.member(1);
		world.elect(1);
		assert.equal(ask(world, 101, ["2", "3"]), DONE);
		cluster.work(leader);
		while (leader.raft.change.isWaiting || leader.raft.commitIndex < leader.raft.configuration.index) {
			const packet = cluster.network.shift();
			assert.ok(packet !== undefined);
			cluster.deliver(packet);
		}
		assert.equal(leader.raft.role, LEADER);
		assert.equal(ask(world, 102, ["!~1", "2", "3"]), TRANSFERRING);
	});
});
