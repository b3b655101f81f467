/**
 * Terms that are far apart, at whole replicas with HELLO between them: an honest node comes back however long
 * it was away, and no forged datagram moves anybody (attack row 3).
 */
import assert from "node:assert/strict";
import { Configuration, ROLE_LEARNER } from "../../../core/configuration";
import { Journal } from "../../../core/journal/journal";
import { DATAGRAM_BYTES, limitsFingerprint, PROFILE_S } from "../../../core/limits";
import { COLUMNS_MAX, VOTE_RESPONSE } from "../../../core/raft/messages";
import { firstFingerprint } from "../../../core/replica/format";
import { Codec } from "../../../core/wire/codec";
import { BODY_OFFSET, Frame } from "../../../core/wire/frame";
import { CALM } from "../../../sim/links";
import { CLUSTER_HIGH, CLUSTER_LOW, PORT, type SimulatedNode, World } from "../../../sim/world";

const TERM = 5_000_000;
const OPTIONS = { seed: 1, limits: PROFILE_S, flashBytes: 256 * 1024, network: CALM };

/** The node is in a far term, as if it had been away from the others for very long. */
function setTerm(node: SimulatedNode, term: number): void {
	const journal = new Journal(node.flash, PROFILE_S);
	journal.open();
	journal.writeHardState(term, 0, 0);
}

/** @returns the time until all of these follow one leader, in milliseconds */
function timeToAgree(world: World, nodes: readonly SimulatedNode[]): number {
	const sinceMs = world.nowMs;
	const agree = () => {
		const leader = world.leader()?.replica?.member?.raft;
		const rafts = nodes.map((node) => node.replica?.member?.raft);
		return leader !== undefined && rafts.every((raft) => raft?.term === leader.term && raft.commitIndex > 0);
	};
	assert.ok(world.runUntil(agree, sinceMs + 10 * 2400), "they do not agree within ten election timeouts");
	return world.nowMs - sinceMs;
}

describe("terms that are far apart", () => {
	for (const far of [[1], [1, 2], [1, 2, 3]])
		it(`come together when ${far.length} of three nodes are in a far one`, () => {
			const world = new World({ ...OPTIONS, nodes: 3 });
			for (const id of far) setTerm(world.nodes[id - 1], TERM + id);
			for (const node of world.nodes) world.boot(node);
			timeToAgree(world, world.nodes);
			assert.ok((world.leader()?.replica?.member?.raft.term ?? 0) > TERM);
		});

	it("let a blank board in that was added to a cluster in a far term", () => {
		const world = new World({ ...OPTIONS, nodes: 3, spares: 1 });
		for (const node of world.nodes.slice(0, 3)) setTerm(node, TERM);
		for (const node of world.nodes) world.boot(node);
		timeToAgree(world, world.nodes.slice(0, 3));
		const leader = world.leader();
		const raft = leader?.replica?.member?.raft;
		assert.ok(leader?.replica && raft);
		const next = new Configuration(PROFILE_S.members);
		next.copyFrom(raft.configuration);
		next.add(4, 1, ROLE_LEARNER, world.nodes[3].address, PORT);
		assert.ok(leader.replica.changeConfiguration(next, raft.configuration.index) >= 0);
		world.wake(leader, 0);
		timeToAgree(world, world.nodes);
	});

	it("are not believed of a datagram with a right tag, at any board (attack row 3)", () => {
		const world = new World({ ...OPTIONS, nodes: 3 });
		for (const node of world.nodes) world.boot(node);
		timeToAgree(world, world.nodes);
		const before = world.leader()?.replica?.member?.raft.term ?? 0;
		for (const [from, to] of [
			[1, 2],
			[2, 3],
			[3, 1],
		]) {
			const frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, from, 1, PROFILE_S.members);
			const fields = new Float64Array(COLUMNS_MAX);
			fields.set([VOTE_RESPONSE, 0xffffffff, 0]);
			const bytes = new Uint8Array(DATAGRAM_BYTES);
			const end = new Codec().encode(bytes, VOTE_RESPONSE, new DataView(fields.buffer), 0, 0);
			frame.beginTo(bytes, to, 1);
			frame.setShared(limitsFingerprint(PROFILE_S), firstFingerprint(world.configuration()));
			const length = frame.seal(bytes, end, frame.memberSeed);
			assert.equal(length, BODY_OFFSET + 8 + 4);
			const node = world.nodes[to - 1];
			node.network.arrive({ fromAddress: 77, fromPort: 1, bytes: bytes.slice(0, length) });
			world.wake(node, 0);
		}
		world.run(world.nowMs + 5000);
		for (const node of world.nodes) assert.equal(node.replica?.member?.raft.term, before);
		// Not even after a power cycle of all.
		for (const node of world.nodes) world.crash(node);
		for (const node of world.nodes) world.boot(node);
		timeToAgree(world, world.nodes);
		assert.ok((world.leader()?.replica?.member?.raft.term ?? 0) < before + 10);
	});
});
