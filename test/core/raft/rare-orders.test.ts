/** Ways through drains, orders, levels and witnesses that whole clusters seldom take: each is here because it can be taken. */
import assert from "node:assert/strict";
import { NOBODY, ROLE_LEARNER, ROLE_WITNESS } from "../../../core/configuration";
import { COUNTER_NONSENSE } from "../../../core/raft/counters";
import { firstDrainOrder, followDrainOrder, nextDrainOrder } from "../../../core/raft/drain";
import { APPEND_REQUEST, LEVELS, TIMEOUT_NOW } from "../../../core/raft/messages";
import { owesHandOver, patienceOf } from "../../../core/raft/priority";
import { FOLLOWER } from "../../../core/raft/role";
import { transferLeadership } from "../../../core/raft/transfer";
import { isSingleCopy } from "../../../core/raft/witness";
import { CONFLICT, DONE, LOG_FULL, TRANSFERRING } from "../../../core/reasons";
import { configurationOf } from "./configurations";
import { World } from "./world";

/** Three nodes that speak two levels; node 1 leads. */
function led(): World {
	const world = new World(3);
	for (const member of world.cluster.members) member.speak(1, 2);
	world.elect(1);
	world.heartbeat(1);
	return world;
}

/** Asks node 1 for the second level. */
function askForRaise(world: World): void {
	const leader = world.member(1);
	const next = configurationOf(["1", "2", "3"], leader.raft.configuration);
	next.level = 2;
	assert.equal(world.cluster.change(leader, 50, next, leader.raft.configuration.index), DONE);
}

describe("orders to drain", () => {
	it("are followed once, in their order, and a late copy of one that was followed by another is void", () => {
		const { raft } = led().member(2);
		const first = nextDrainOrder(raft.drainOrder, true);
		assert.deepEqual([followDrainOrder(raft, first), raft.isDraining], [DONE, true]);
		assert.equal(nextDrainOrder(first, true), first, "it drains already");
		assert.deepEqual([followDrainOrder(raft, first), raft.isDraining], [DONE, true]);
		assert.equal(followDrainOrder(raft, first + 2), CONFLICT);
		const second = nextDrainOrder(first, false);
		assert.deepEqual([followDrainOrder(raft, second), raft.isDraining], [DONE, false]);
		assert.deepEqual([followDrainOrder(raft, first), raft.isDraining], [CONFLICT, false]);
	});

	it("go round at the end of their numbers, those that begin being odd", () => {
		assert.equal(firstDrainOrder(256), 0);
		assert.equal(nextDrainOrder(0xffff, false), 0);
		const { raft } = led().member(2);
		raft.drainOrder = 0xffff;
		raft.isDraining = true;
		assert.deepEqual([followDrainOrder(raft, 0), raft.isDraining], [DONE, false]);
	});
});

describe("an order to stand for election", () => {
	it("is not sent back by a node that drains before its term is durable", () => {
		const world = new World(3);
		const member = world.member(2);
		member.holdWrites = true;
		followDrainOrder(member.raft, nextDrainOrder(member.raft.drainOrder, true));
		world.packet(APPEND_REQUEST, 1, 2, [5, 0, 0, 0, 1]);
		world.packet(TIMEOUT_NOW, 1, 2, [5, 9]);
		assert.equal(member.raft.term, 5);
		assert.equal(world.cluster.network.length, 0);
		member.holdWrites = false;
		world.cluster.work(member);
		world.packet(TIMEOUT_NOW, 1, 2, [5, 9]);
		assert.ok(world.cluster.network.some(({ kind, to }) => kind === TIMEOUT_NOW && to === 0));
	});
});

describe("levels", () => {
	it("that are none are ignored, and so is what is said or asked of a node that it is not meant for", () => {
		const world = led();
		const [leader, follower] = [world.member(1).raft, world.member(2).raft];
		const before = leader.counters[COUNTER_NONSENSE];
		world.packet(LEVELS, 2, 1, [leader.term, 0, 0, 2, 0]);
		world.packet(LEVELS, 2, 1, [leader.term, 0, 2, 1, 0]);
		assert.equal(leader.counters[COUNTER_NONSENSE], before + 2);
		world.packet(LEVELS, 2, 1, [leader.term, 7, 1, 2, 1]);
		assert.equal(world.cluster.network.length, 0, "a leader is asked nothing");
		world.packet(LEVELS, 3, 2, [leader.term, 7, 1, 2, 0]);
		assert.equal(follower.change.levels.highestOf(follower, 2), 0, "a follower is told nothing");
		assert.equal(leader.change.levels.highestOf(leader, leader.self), 2);
	});

	it("are not raised while leadership is handed over", () => {
		const world = led();
		askForRaise(world);
		const { raft } = world.member(1);
		const begun = world.cluster.call(world.member(1), 60, (node, call) => transferLeadership(node, 2, call));
		assert.equal(begun, DONE);
		assert.notEqual(raft.transfer.target, NOBODY);
		const before = world.answers.length;
		world.packet(LEVELS, 2, 1, [raft.term, raft.change.levels.question, 1, 2, 0]);
		world.packet(LEVELS, 3, 1, [raft.term, raft.change.levels.question, 1, 2, 0]);
		assert.ok(world.answers.slice(before).includes(`1:50:${TRANSFERRING}`));
		assert.equal(raft.configuration.level, 1);
	});

	it("are not raised without room for the entry that says so", () => {
		const world = led();
		askForRaise(world);
		const { raft } = world.member(1);
		raft.storageBytes = 0;
		world.packet(LEVELS, 2, 1, [raft.term, raft.change.levels.question, 1, 2, 0]);
		world.packet(LEVELS, 3, 1, [raft.term, raft.change.levels.question, 1, 2, 0]);
		assert.ok(world.answers.includes(`1:50:${LOG_FULL}`));
		assert.equal(raft.configuration.level, 1);
	});
});

describe("a leader that owes a hand-over", () => {
	it("does no more when it has tried in vain", () => {
		const { raft } = led().member(1);
		assert.equal(owesHandOver(raft), false);
		raft.configuration.priorities[1] = 1;
		raft.patienceMs = patienceOf(raft);
		assert.equal(raft.patienceMs, 4 * raft.configuration.heartbeatMs);
		assert.equal(owesHandOver(raft), true);
		raft.transfer.failed = 1;
		assert.equal(owesHandOver(raft), false);
	});
});

describe("a single copy", () => {
	it("is for the leader to see, and counts neither witnesses nor who does not vote", () => {
		const world = led();
		const [leader, follower] = [world.member(1).raft, world.member(2).raft];
		for (const raft of [leader, follower]) {
			raft.configuration.roles[2] = ROLE_WITNESS;
			raft.hasWitnesses = true;
		}
		assert.equal(follower.role, FOLLOWER);
		assert.deepEqual([isSingleCopy(leader), isSingleCopy(follower)], [false, false]);
		leader.progress.match[1] = 0;
		assert.equal(isSingleCopy(leader), true);
		leader.progress.match[1] = leader.commitIndex;
		leader.configuration.roles[1] = ROLE_LEARNER;
		assert.equal(isSingleCopy(leader), true);
	});
});
