/** Witnesses among whole replicas, over real frames, journals and snapshots: what they are sent, keep, serve and refuse. */
import assert from "node:assert/strict";
import { crc32c } from "../../../core/bytes";
import { FOLLOWER, LOCAL } from "../../../core/client/node-calls";
import { Configuration, ROLE_LEARNER, ROLE_WITNESS_LEARNER } from "../../../core/configuration";
import { ENTRY_COMMAND, ENTRY_WITHHELD, entryType } from "../../../core/entry";
import { Journal } from "../../../core/journal/journal";
import { READY, UNKNOWN_FORMAT } from "../../../core/journal/status";
import { PROFILE_S } from "../../../core/limits";
import { BAD_CONFIGURATION, DONE, NO_STATE } from "../../../core/reasons";
import { formatNode, joiningConfiguration } from "../../../core/replica/format";
import { Withheld } from "../../../core/replica/withheld";
import { STATUS_APPLIED_INDEX, STATUS_KEYS, STATUS_SINGLE_COPY, STATUS_WITNESS } from "../../../core/status";
import { SNAPSHOT_VERSION, SNAPSHOT_WITHHELD, SnapshotWriter, Withholding } from "../../../core/store/snapshot";
import { Store } from "../../../core/store/store";
import { MemoryFlash } from "../../../sim/memory-flash";
import { CLUSTER_HIGH, CLUSTER_LOW, PORT, type SimulatedNode, World } from "../../../sim/world";
import { SimulatedClient } from "../client/simulated-client";
import { ask, askNode, get, leaderOf, OPTIONS, started, statusOf } from "./asked-world";

/** Of which a log on flash of a few sectors is soon full. */
const SMALL = { ...PROFILE_S, snapshotEvery: 100, members: 5 };
const FLASH_BYTES = 112 * 1024;

function memberOf(node: SimulatedNode) {
	const member = node.replica?.member;
	assert.ok(member);
	return member;
}

/** All that its flash holds. */
function imageOf({ flash }: SimulatedNode): Buffer {
	const bytes = Buffer.alloc(flash.size);
	flash.read(0, bytes, 0, flash.size);
	return bytes;
}

/** Two boards, the third is the witness. */
class Trio {
	readonly world = started(new World({ ...OPTIONS, limits: SMALL, flashBytes: FLASH_BYTES, nodes: 3, witnesses: 1 }));
	readonly client = new SimulatedClient(this.world, 1, 1);
	readonly witness = this.world.nodes[2];

	put(key: string, value: string): void {
		assert.equal(ask(this.world, (answered) => this.client.put(key, value, answered)).reason, DONE);
	}

	get follower(): SimulatedNode {
		const follower = this.world.nodes.find((node) => node !== leaderOf(this.world) && !node.isWitness);
		assert.ok(follower);
		return follower;
	}

	pass(ms: number): void {
		this.world.run(this.world.nowMs + ms);
	}
}

describe("a witness among whole replicas", () => {
	it("keeps terms and indexes of all entries, and nothing that was written", () => {
		const trio = new Trio();
		for (let i = 0; i < 20; i++) trio.put(`key ${i}`, "a secret");
		trio.pass(500);
		const { raft, store } = memberOf(trio.witness);
		const leader = memberOf(leaderOf(trio.world));
		assert.equal(raft.log.lastIndex, leader.raft.log.lastIndex);
		assert.equal(raft.appliedIndex, leader.raft.appliedIndex);
		assert.equal(store.keys.count + store.sessions.count + store.revision, 0);
		for (let index = raft.log.firstCached; index <= raft.log.lastIndex; index++) {
			assert.equal(raft.log.termAt(index), leader.raft.log.termAt(index));
			const type = entryType(leader.raft.log.bytes, leader.raft.log.startOf(index));
			const found = entryType(raft.log.bytes, raft.log.startOf(index));
			assert.equal(found, type === ENTRY_COMMAND ? ENTRY_WITHHELD : type);
		}
		assert.equal(imageOf(trio.witness).indexOf("a secret"), -1);
		assert.ok(imageOf(trio.follower).indexOf("a secret") > 0);
		assert.equal(leader.sender.withheld.entries, 21);
	});

	it("is sent its own, though another peer is sent the same entries in the same turn", () => {
		const trio = new Trio();
		trio.put("key", "value");
		const leader = leaderOf(trio.world);
		const { raft } = memberOf(leader);
		const peers = [trio.witness, trio.follower].map(({ id }) => raft.places.find(id, 1));
		for (const place of peers) {
			raft.progress.enterProbe(place, raft.log.lastIndex + 1);
			raft.progress.paused[place] = 1;
		}
		const before = raft.log.lastIndex;
		let reason = -1;
		trio.client.put("key", "a secret", (answer) => (reason = answer.reason));
		const isHeld = () => raft.persistence.durableIndex > before;
		assert.ok(trio.world.runUntil(isHeld, trio.world.nowMs + 100));
		for (const place of peers) raft.progress.paused[place] = 0;
		raft.appendsDue = true;
		trio.world.wake(leader, 0);
		assert.ok(trio.world.runUntil(() => reason >= 0, trio.world.nowMs + 1000));
		trio.pass(100);
		assert.equal(memberOf(trio.witness).raft.log.lastIndex, raft.log.lastIndex);
		assert.equal(imageOf(trio.witness).indexOf("a secret"), -1);
		assert.ok(imageOf(trio.follower).indexOf("a secret") > 0);
	});

	it("serves no read by name, says what it is, and leaves the rest to the leader", () => {
		const trio = new Trio();
		trio.put("key", "value");
		for (const how of [LOCAL, FOLLOWER])
			assert.equal(askNode(trio.world, trio.client, get(trio.witness.id, how)).reason, NO_STATE);
		const status = statusOf(trio.witness);
		assert.deepEqual([status[STATUS_WITNESS], status[STATUS_KEYS], status[STATUS_SINGLE_COPY]], [1, 0, 0]);
		assert.equal(statusOf(leaderOf(trio.world))[STATUS_WITNESS], 0);
	});

	it("makes a majority with either board, and the leader says that there is a single copy", () => {
		const trio = new Trio();
		const [first, second] = [leaderOf(trio.world), trio.follower];
		trio.put("one", "1");
		trio.pass(300);
		assert.equal(statusOf(first)[STATUS_SINGLE_COPY], 0);
		trio.world.crash(second);
		trio.put("two", "2");
		assert.equal(statusOf(first)[STATUS_SINGLE_COPY], 1);
		trio.world.boot(second);
		trio.pass(1000);
		assert.equal(statusOf(first)[STATUS_SINGLE_COPY], 0);
		trio.world.crash(first);
		trio.put("three", "3");
		assert.equal(leaderOf(trio.world), second);
		const answer = askNode(trio.world, trio.client, get(second.id, FOLLOWER));
		assert.notEqual(answer.reason, NO_STATE);
		trio.world.boot(first);
		trio.pass(1000);
		const hashes = [first, second].map((node) => memberOf(node).store.stateHash());
		assert.equal(hashes[0], hashes[1]);
	});

	it("frees its log by snapshots of its own, comes back from them, and is sent one without state", () => {
		const trio = new Trio();
		const value = "x".repeat(200);
		for (let i = 0; i < 200; i++) trio.put("key", value);
		trio.pass(500);
		const before = memberOf(trio.witness);
		assert.ok(before.snapshots.taken > 0 && before.raft.log.baseIndex > 0);
		const { raft } = memberOf(leaderOf(trio.world));
		trio.world.crash(trio.witness);
		for (let i = 0; i < 400; i++) trio.put("key", value);
		const behind = new Journal(trio.witness.flash, SMALL);
		assert.equal(behind.open(), READY);
		assert.ok(behind.lastIndex < raft.log.baseIndex, "the leader still has what the witness lacks");
		trio.world.boot(trio.witness);
		trio.pass(3000);
		const after = memberOf(trio.witness);
		assert.equal(after.snapshots.installed, 1);
		assert.equal(statusOf(trio.witness)[STATUS_APPLIED_INDEX], raft.appliedIndex);
		trio.world.crash(trio.witness);
		trio.world.boot(trio.witness);
		trio.pass(500);
		trio.world.crash(trio.follower);
		trio.put("key", "with the witness alone");
	});

	it("comes in as one that learns, by a snapshot at any index, and is never of another kind", () => {
		const trio = new Trio();
		for (let i = 0; i < 150; i++) trio.put("key", `${i}`);
		const { world } = trio;
		for (const isWitness of [true, false]) {
			const node = world.join();
			node.isWitness = isWitness;
			node.flash.wipe();
			const identity = { clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, id: node.id, incarnation: 1 };
			formatNode(node.flash, SMALL, identity, joiningConfiguration(identity, isWitness));
			world.boot(node);
			const replica = leaderOf(world).replica;
			assert.ok(replica?.member);
			const next = new Configuration(SMALL.members);
			next.copyFrom(replica.member.raft.configuration);
			const role = isWitness ? ROLE_WITNESS_LEARNER : ROLE_LEARNER;
			next.add(node.id, 1, role, node.address, PORT);
			assert.ok(replica.changeConfiguration(next, replica.member.raft.configuration.index) >= 0);
			trio.pass(3000);
			assert.equal(memberOf(node).raft.appliedIndex, replica.member.raft.appliedIndex);
			assert.equal(memberOf(node).store.keys.count, isWitness ? 0 : 1);
			next.copyFrom(replica.member.raft.configuration);
			next.roles[next.placeOf(node.id)] = isWitness ? ROLE_LEARNER : ROLE_WITNESS_LEARNER;
			const index = replica.member.raft.configuration.index;
			assert.equal(replica.changeConfiguration(next, index), -BAD_CONFIGURATION);
		}
	});

	it("takes no snapshot in that is of the other kind, and no more does a board that keeps the state", () => {
		for (const isWitness of [true, false]) {
			const world = started(new World({ ...OPTIONS, limits: SMALL, flashBytes: FLASH_BYTES, nodes: 2 }));
			const node = world.join();
			node.flash.wipe();
			const identity = { clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, id: node.id, incarnation: 1 };
			formatNode(node.flash, SMALL, identity, joiningConfiguration(identity, isWitness));
			world.boot(node);
			const replica = leaderOf(world).replica;
			assert.ok(replica?.member);
			const { raft } = replica.member;
			const next = new Configuration(SMALL.members);
			next.copyFrom(raft.configuration);
			next.add(node.id, 1, isWitness ? ROLE_LEARNER : ROLE_WITNESS_LEARNER, node.address, PORT);
			assert.ok(replica.changeConfiguration(next, raft.configuration.index) >= 0);
			world.run(world.nowMs + 3000);
			const { journal } = node.replica ?? assert.fail();
			assert.equal(memberOf(node).raft.isBlank, true);
			assert.equal(journal.lastIndex, 0);
			assert.ok(memberOf(node).raft.counters[4] > 0, "nothing was counted");
		}
	});

	it("has its kind on its flash, and a kind that is not known is another format", () => {
		const identity = { clusterHigh: 1, clusterLow: 2, id: 3, incarnation: 4 };
		for (const isWitness of [true, false]) {
			const flash = new MemoryFlash(512 * 1024, 4096);
			formatNode(flash, PROFILE_S, identity, joiningConfiguration(identity, isWitness));
			const journal = new Journal(flash, PROFILE_S);
			assert.equal(journal.open(), READY);
			assert.equal(journal.isWitness, isWitness);
			for (const at of [0, flash.sectorSize]) {
				// With a checksum that is right: it is not damage.
				flash.bytes[at + 28] = 2;
				new DataView(flash.bytes.buffer).setUint32(at + 60, crc32c(0, flash.bytes, at, 60), true);
			}
			assert.equal(new Journal(flash, PROFILE_S).open(), UNKNOWN_FORMAT);
		}
	});
});

describe("entries for a witness", () => {
	it("are those of others, but for the commands, which every version writes so", () => {
		const noOp = [0, 0, 0, 0, 8, 0, 0, 0];
		const command = [1, 0, 5, 0, 8, 0, 0, 0, 0x83, 0x05, 0x18, 0x2a, 0x07];
		const configuration = [2, 0, 3, 0, 9, 0, 0, 0x80, 1, 2, 3];
		const later = [4, 0, 1, 0, 9, 0, 0, 0x80, 7];
		const bytes = Uint8Array.from([...noOp, ...command, ...configuration, ...command, ...later]);
		const target = new Uint8Array(200);
		target.set(bytes, 50);
		const withheld = new Withheld(new Journal(new MemoryFlash(64 * 1024, 4096), PROFILE_S));
		const length = withheld.withholdEntries(target, 50, 50 + bytes.length, 5);
		const header = [3, 0, 0, 0, 8, 0, 0, 0];
		assert.deepEqual([...target.slice(50, 50 + length)], [...noOp, ...header, ...configuration, ...header, ...later]);
		assert.equal(withheld.entries, 2);
		target.set(bytes, 50);
		assert.equal(withheld.withholdEntries(target, 50, 50 + bytes.length, 2), 16);
	});
});

describe("a snapshot without state", () => {
	it("is made of any snapshot, and the same as a witness's own", () => {
		const store = new Store(PROFILE_S);
		store.appliedIndex = 2 ** 40 + 7;
		store.revision = 2 ** 33;
		const configuration = Uint8Array.from({ length: 300 }, (_, i) => i % 251);
		const streams = [false, true].map((isWitness) => {
			if (isWitness) store.revision = 0;
			const writer = new SnapshotWriter(store, isWitness);
			const stream = new Uint8Array(4096);
			writer.begin(77, configuration, 0, configuration.length);
			return stream.slice(0, writer.next(stream, 0, stream.length));
		});
		assert.equal(streams[0][1], SNAPSHOT_VERSION);
		assert.equal(streams[1][1], SNAPSHOT_WITHHELD);
		for (const stream of streams) {
			const target = new Uint8Array(2000).fill(0xaa);
			target.set(stream, 100);
			const size = new Withholding().withhold(target, 100, 100 + stream.length + 5);
			assert.deepEqual(target.slice(100, 100 + size), streams[1]);
			assert.ok(target.slice(0, 100).every((byte) => byte === 0xaa));
		}
	});
});
