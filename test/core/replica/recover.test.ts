import assert from "node:assert/strict";
import { Command, PUT, REGISTER } from "../../../core/command";
import { Configuration, ROLE_VOTER, ROLE_WITNESS } from "../../../core/configuration";
import { READY, statusName, UNFORMATTED } from "../../../core/journal/status";
import { PROFILE_M } from "../../../core/limits";
import { LEADER } from "../../../core/raft/role";
import { DONE } from "../../../core/reasons";
import { firstFingerprint, formatNode, joiningConfiguration } from "../../../core/replica/format";
import { holdsMore, RECOVERY_STEP, recoverByForce, Survivor } from "../../../core/replica/recover";
import { Replica } from "../../../core/replica/replica";
import { CALM } from "../../../sim/links";
import { MemoryFlash } from "../../../sim/memory-flash";
import { type SimulatedNode, World } from "../../../sim/world";

const SIZE = 1024 * 1024;
const NEW = { clusterHigh: 7, clusterLow: 9, id: 1, incarnation: 2 };

function blank(): MemoryFlash {
	return new MemoryFlash(SIZE, 4096);
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Has the leader commit a command. @returns the index of its entry, which is a session's id */
function commit(world: World, leader: SimulatedNode, fields: Partial<Command>, key = NOTHING, value = NOTHING): number {
	const command = Object.assign(new Command(), fields, { keyLength: key.length, valueLength: value.length });
	const bytes = new Uint8Array(200);
	const length = command.write(bytes, 0, bytes.length, key, value);
	const replica = leader.replica!;
	let reason = -1;
	replica.application = { answered: (_call, why) => (reason = why) };
	assert.ok(replica.propose(bytes, 0, length) >= 0);
	world.wake(leader, 0);
	assert.ok(world.runUntil(() => reason >= 0, world.nowMs + 10_000));
	assert.equal(reason, DONE);
	return replica.member!.raft.appliedIndex;
}

function registerSession(world: World, leader: SimulatedNode): number {
	return commit(world, leader, { operation: REGISTER, nonceHigh: 1, nonceLow: 2 });
}

function put(world: World, leader: SimulatedNode, session: number, sequence: number, key: string, value: string): void {
	commit(world, leader, { operation: PUT, session, sequence }, encoder.encode(key), encoder.encode(value));
}

/** Runs three members, writes, and leaves the flash of one that heard of everything and of one that was away. */
function lostCluster(): { full: MemoryFlash; behind: MemoryFlash; session: number; revision: number } {
	const world = new World({ seed: 3, nodes: 3, spares: 0, limits: PROFILE_M, flashBytes: SIZE, network: CALM });
	for (const node of world.nodes) world.boot(node);
	const serves = () => {
		const raft = world.leader()?.replica?.member?.raft;
		return raft !== undefined && raft.commitIndex >= raft.termStartIndex;
	};
	assert.ok(world.runUntil(serves, 20_000));
	const leader = world.leader()!;
	const away = world.nodes.find((node) => node !== leader)!;
	const session = registerSession(world, leader);
	put(world, leader, session, 1, "colour", "blue");
	world.crash(away);
	put(world, leader, session, 2, "colour", "green");
	put(world, leader, session, 3, "shape", "round");
	const { revision } = leader.replica!.member!.store;
	world.crash(leader);
	return { full: imageOf(leader), behind: imageOf(away), session, revision };
}

function imageOf(node: SimulatedNode): MemoryFlash {
	const flash = blank();
	node.flash.powerOn();
	node.flash.read(0, flash.bytes, 0, SIZE);
	return flash;
}

function valueIn({ store }: Survivor, key: string): string | undefined {
	const bytes = new TextEncoder().encode(key);
	if (!store.get(bytes, 0, bytes.length)) return undefined;
	return new TextDecoder().decode(
		store.bytes.slice(store.found.valueOffset, store.found.valueOffset + store.found.valueLength),
	);
}

describe("recovery by force: a new cluster out of one member's flash", () => {
	it("says which of two survivors holds more", () => {
		const { full, behind } = lostCluster();
		const [one, other] = [new Survivor(full, PROFILE_M), new Survivor(behind, PROFILE_M)];
		assert.equal(holdsMore(one, other), true);
		assert.equal(holdsMore(other, one), false);
		assert.equal(holdsMore(one, one), false);
		assert.equal(valueIn(one, "colour"), "green");
		assert.equal(valueIn(other, "colour"), "blue");
		assert.equal(valueIn(other, "shape"), undefined);
	});

	it("goes by the last term before the last index", () => {
		assert.equal(holdsMore({ lastTerm: 3, lastIndex: 5 }, { lastTerm: 2, lastIndex: 9 }), true);
		assert.equal(holdsMore({ lastTerm: 2, lastIndex: 9 }, { lastTerm: 3, lastIndex: 5 }), false);
	});

	it("keeps all of the log, raises the revision, forgets sessions, and leads alone", () => {
		const { full, revision, session } = lostCluster();
		const survivor = new Survivor(full, PROFILE_M);
		assert.equal(survivor.store.sessions.find(session)?.id, session);
		const lastIndex = survivor.lastIndex;
		const flash = blank();
		recoverByForce(flash, PROFILE_M, survivor, NEW, 0x0a000001, 7000);

		const found = new Survivor(flash.copy(), PROFILE_M);
		assert.equal(statusName(found.status), statusName(READY));
		assert.equal(valueIn(found, "colour"), "green");
		assert.equal(valueIn(found, "shape"), "round");
		assert.equal(found.store.revision, revision + RECOVERY_STEP);
		assert.equal(found.lastIndex, lastIndex + RECOVERY_STEP);
		assert.equal(found.store.sessions.count, 0);
		assert.deepEqual([...found.configuration.ids], [1, 0, 0, 0, 0, 0, 0]);
		assert.equal(found.configuration.incarnations[0], 2);
		assert.equal(found.configuration.addresses[0], 0x0a000001);
		assert.equal(found.configuration.index, found.lastIndex);
		assert.equal(found.store.first, firstFingerprint(found.configuration));

		let nowMs = 0;
		const ports = {
			network: { send: () => {}, receive: () => 0, sourceAddress: 0, sourcePort: 0 },
			flash,
			clock: { milliseconds: () => nowMs },
			entropy: { random32: () => 12345 },
			trace: { event: () => {} },
			gauges: { gauge: () => 0 },
		};
		const replica = new Replica(ports, PROFILE_M);
		for (; nowMs < 10_000 && replica.member!.raft.role !== LEADER; nowMs += 50) replica.turn();
		for (let turn = 0; turn < 20; turn++) replica.turn();
		const { raft } = replica.member!;
		assert.equal(raft.role, LEADER);
		assert.ok(raft.commitIndex > lastIndex + RECOVERY_STEP);
	});

	it("takes for no survivor what keeps no state", () => {
		assert.equal(new Survivor(blank(), PROFILE_M).status, UNFORMATTED);
		assert.equal(new Survivor(blank(), PROFILE_M).keepsState, false);
		const joining = blank();
		formatNode(joining, PROFILE_M, NEW, joiningConfiguration(NEW));
		assert.equal(new Survivor(joining, PROFILE_M).keepsState, false);
		const witness = blank();
		const configuration = new Configuration(2);
		configuration.add(1, 2, ROLE_WITNESS, 1, 1);
		configuration.add(2, 1, ROLE_VOTER, 2, 2);
		formatNode(witness, PROFILE_M, NEW, configuration);
		assert.equal(new Survivor(witness, PROFILE_M).keepsState, false);
		assert.throws(() => recoverByForce(blank(), PROFILE_M, new Survivor(witness, PROFILE_M), NEW, 0, 0), /no state/);
	});

	it("never takes the old cluster's id", () => {
		const survivor = new Survivor(lostCluster().full, PROFILE_M);
		const { clusterHigh, clusterLow } = survivor.journal;
		assert.throws(
			() => recoverByForce(blank(), PROFILE_M, survivor, { ...NEW, clusterHigh, clusterLow }, 0, 0),
			/old cluster's id/,
		);
	});
});
