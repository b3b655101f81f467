/**
 * What all members must share is compared: the limits that decide what a command comes to (F7), and the members
 * that the cluster began with (F8). A node that differs is named, hears nothing, and stands back.
 */
import assert from "node:assert/strict";
import { Configuration, ROLE_LEARNER, ROLE_VOTER } from "../../../core/configuration";
import { Journal } from "../../../core/journal/journal";
import { OTHER_LIMITS as STATUS_OTHER_LIMITS } from "../../../core/journal/status";
import { DATAGRAM_BYTES, type Limits, PROFILE_M } from "../../../core/limits";
import { COLUMNS_MAX, VOTE_RESPONSE } from "../../../core/raft/messages";
import { LEADER } from "../../../core/raft/role";
import { OTHER_LIMITS, OTHER_MEMBERS } from "../../../core/reasons";
import { formatNode, joiningConfiguration } from "../../../core/replica/format";
import { PeerRows } from "../../../core/replica/peer-rows";
import { Replica } from "../../../core/replica/replica";
import { PEER_COLUMNS, PEER_DIFFERENCE, PEER_ID, STATUS_REFUSAL } from "../../../core/status";
import { Codec } from "../../../core/wire/codec";
import { DROP_KIND } from "../../../core/wire/drops";
import { Frame, HELLO_FLAG } from "../../../core/wire/frame";
import { CALM } from "../../../sim/links";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT, type SimulatedNode, World } from "../../../sim/world";

const OTHER: Limits = { ...PROFILE_M, keys: 128 };
const OPTIONS = { seed: 1, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM };

function identityOf(node: SimulatedNode) {
	return { clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, id: node.id, incarnation: 1 };
}

function reformat(node: SimulatedNode, configuration: Configuration, limits: Limits = PROFILE_M): void {
	node.flash.wipe();
	formatNode(node.flash, limits, identityOf(node), configuration);
	node.limits = limits;
}

function only(world: World, ids: readonly number[]): Configuration {
	const configuration = new Configuration(PROFILE_M.members);
	for (const id of ids) configuration.add(id, 1, ROLE_VOTER, BASE_ADDRESS + id, PORT);
	configuration.copyNumbers(world.configuration());
	return configuration;
}

function refusalOf(node: SimulatedNode): number {
	assert.ok(node.replica);
	node.replica.status.fill();
	return node.replica.status.fields[STATUS_REFUSAL];
}

/** What a node knows a member to differ in. */
function differenceOf(node: SimulatedNode, id: number): number {
	const rows = new PeerRows();
	const raft = node.replica?.member?.raft;
	assert.ok(raft);
	rows.fill(raft);
	for (let at = 0; at < rows.count; at += PEER_COLUMNS)
		if (rows.fields[at + PEER_ID] === id) return rows.fields[at + PEER_DIFFERENCE];
	return 0;
}

function roleOf(node: SimulatedNode): number | undefined {
	return node.replica?.member?.raft.role;
}

describe("what all members must share", () => {
	it("F7: a member of other limits is named before anybody votes, and never leads", () => {
		const world = new World({ ...OPTIONS, nodes: 3 });
		const [one, two, three] = world.nodes;
		reformat(three, world.configuration(), OTHER);
		for (const node of world.nodes) world.boot(node);
		world.run(world.nowMs + 1000);
		assert.equal(differenceOf(one, 3), OTHER_LIMITS);
		assert.equal(differenceOf(two, 3), OTHER_LIMITS);
		assert.equal(refusalOf(three), OTHER_LIMITS);
		for (let time = 0; time < 30; time++) {
			world.run(world.nowMs + 1000);
			assert.notEqual(roleOf(three), LEADER);
			assert.equal(three.replica?.member?.raft.log.lastIndex, 0);
		}
		assert.ok(roleOf(one) === LEADER || roleOf(two) === LEADER);
		assert.deepEqual([refusalOf(one), refusalOf(two), refusalOf(three)], [0, 0, OTHER_LIMITS]);
	});

	it("F7: a board whose firmware has other limits does not start on what was written by others", () => {
		const world = new World({ ...OPTIONS, nodes: 1 });
		const [node] = world.nodes;
		node.limits = OTHER;
		world.boot(node);
		assert.equal(node.replica?.journal.status, STATUS_OTHER_LIMITS);
		assert.equal(new Journal(node.flash, PROFILE_M).open(), 0);
	});

	it("F7: a board of other limits that was added takes nothing in, and says why", () => {
		const world = new World({ ...OPTIONS, nodes: 3, spares: 1 });
		const board = world.nodes[3];
		reformat(board, joiningConfiguration(identityOf(board)), OTHER);
		for (const node of world.nodes) world.boot(node);
		assert.ok(world.runUntil(() => world.leader() !== undefined, 10_000));
		world.run(world.nowMs + 1000);
		const leader = world.leader();
		const raft = leader?.replica?.member?.raft;
		assert.ok(leader?.replica && raft);
		const next = new Configuration(PROFILE_M.members);
		next.copyFrom(raft.configuration);
		next.add(4, 1, ROLE_LEARNER, board.address, PORT);
		assert.ok(leader.replica.changeConfiguration(next, raft.configuration.index) >= 0);
		world.wake(leader, 0);
		world.run(world.nowMs + 5000);
		assert.equal(board.replica?.member?.raft.isBlank, true);
		assert.equal(refusalOf(board), OTHER_LIMITS);
		assert.equal(differenceOf(leader, 4), OTHER_LIMITS);
	});

	it("F8: a node that was told other members stands back as soon as it hears of the others", () => {
		const world = new World({ ...OPTIONS, nodes: 3 });
		const [one, two, three] = world.nodes;
		reformat(three, only(world, [3]));
		for (const node of world.nodes) world.boot(node);
		world.run(world.nowMs + 1000);
		assert.equal(refusalOf(three), OTHER_MEMBERS);
		assert.equal(differenceOf(one, 3), OTHER_MEMBERS);
		world.run(world.nowMs + 20_000);
		assert.notEqual(roleOf(three), LEADER);
		assert.equal(three.replica?.member?.raft.log.lastIndex, 0);
		assert.ok(roleOf(one) === LEADER || roleOf(two) === LEADER);
	});

	it("F8: a loner that led already leads no more, and keeps what it has acknowledged", () => {
		const world = new World({ ...OPTIONS, nodes: 3 });
		const [one, two, three] = world.nodes;
		reformat(three, only(world, [3]));
		world.boot(three);
		world.run(world.nowMs + 5000);
		assert.equal(roleOf(three), LEADER);
		const lastIndex = three.replica?.member?.raft.log.lastIndex;
		world.boot(one);
		world.boot(two);
		world.run(world.nowMs + 5000);
		assert.equal(refusalOf(three), OTHER_MEMBERS);
		assert.notEqual(roleOf(three), LEADER);
		assert.equal(three.replica?.member?.raft.log.lastIndex, lastIndex);
		assert.ok(roleOf(one) === LEADER || roleOf(two) === LEADER);
	});

	it("lets nothing but HELLO come by the tag of the cluster id alone", () => {
		const world = new World({ ...OPTIONS, nodes: 3 });
		for (const node of world.nodes) world.boot(node);
		assert.ok(world.runUntil(() => world.leader() !== undefined, 10_000));
		world.run(world.nowMs + 1000);
		const [one] = world.nodes;
		const raft = one.replica?.member?.raft;
		assert.ok(one.replica && raft);
		const fields = new Float64Array(COLUMNS_MAX);
		fields.set([VOTE_RESPONSE, raft.term + 1, 0]);
		const bytes = new Uint8Array(DATAGRAM_BYTES);
		const end = new Codec().encode(bytes, VOTE_RESPONSE, new DataView(fields.buffer), 0, 0);
		const frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, 2, 1, 0);
		frame.beginTo(bytes, 1, 1);
		bytes[0] += HELLO_FLAG;
		const datagram = { fromAddress: BASE_ADDRESS + 2, fromPort: PORT, bytes: bytes.slice(0, frame.seal(bytes, end)) };
		const before = [raft.term, one.replica.frame.drops[-DROP_KIND]];
		one.network.arrive(datagram);
		world.wake(one, 0);
		world.run(world.nowMs + 5);
		assert.deepEqual([raft.term, one.replica.frame.drops[-DROP_KIND]], [before[0], before[1] + 1]);
	});

	it("lets a board in that was formatted to be added, over a restart before it has heard anything", () => {
		const world = new World({ ...OPTIONS, nodes: 3, spares: 1 });
		for (const node of world.nodes) world.boot(node);
		assert.ok(world.runUntil(() => world.leader() !== undefined, 10_000));
		world.run(world.nowMs + 1000);
		const board = world.nodes[3];
		const leader = world.leader();
		const raft = leader?.replica?.member?.raft;
		assert.ok(leader?.replica && raft);
		const next = new Configuration(PROFILE_M.members);
		next.copyFrom(raft.configuration);
		next.add(4, 1, ROLE_LEARNER, board.address, PORT);
		assert.ok(leader.replica.changeConfiguration(next, raft.configuration.index) >= 0);
		world.wake(leader, 0);
		world.run(world.nowMs + 60);
		world.crash(board);
		world.boot(board);
		assert.ok(world.runUntil(() => board.replica?.member?.raft.isBlank === false, world.nowMs + 10_000));
		const { first } = board.replica?.member?.store ?? { first: 0 };
		assert.equal(first, leader.replica.member?.store.first);
		// It knows what it shares after a restart too.
		world.crash(board);
		world.boot(board);
		assert.equal(board.replica instanceof Replica && board.replica.member?.hello.first, first);
	});
});
