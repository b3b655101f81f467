/** The edges of the public surface, and what the protocol costs; the rules are in test/scenarios. */

import assert from "node:assert/strict";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES } from "../../../core/entry";
import { COUNTER_NONSENSE, COUNTER_SNAPSHOTS_INSTALLED } from "../../../core/raft/counters";
import {
	APPEND_REQUEST,
	APPEND_RESPONSE,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	TIMEOUT_NOW,
} from "../../../core/raft/messages";
import { Raft } from "../../../core/raft/raft";
import { recoverHardState, recoverSnapshot } from "../../../core/raft/recovery";
import { FOLLOWER, LEADER, PRE_CANDIDATE } from "../../../core/raft/role";
import { isSendingSnapshot } from "../../../core/raft/snapshot";
import { BUSY, DONE, INDEX_LIMIT, LOG_FULL, NOT_LEADER, REQUEST_TOO_LARGE } from "../../../core/reasons";
import { Cluster } from "./cluster";
import { ENCODING } from "./encoding";
import type { Member } from "./member";
import { World } from "./world";

describe("raft", () => {
	it("takes eight messages for an entry alone, and a quarter of one in batches of 64", () => {
		const world = new World(5, { logBytes: 12_000, logEntries: 256, proposals: 64, appendsInFlight: 4 });
		world.elect(1);
		let alone = 0;
		for (let i = 0; i < 100; i++) {
			assert.equal(world.propose(1, 16), DONE);
			world.cluster.work(world.member(1));
			alone += world.settle().length;
		}
		assert.equal(alone, 800);
		let batched = 0;
		for (let i = 0; i < 50; i++) {
			for (let k = 0; k < 64; k++) assert.equal(world.propose(1, 16), DONE);
			world.cluster.work(world.member(1));
			batched += world.settle().length;
		}
		assert.ok(batched / (50 * 64) <= 0.25, `${batched / (50 * 64)} messages an entry`);
		assert.equal(world.answers.length, 100 + 50 * 64);
	});

	it("refuses a proposal by name, and goes on", () => {
		const world = new World(3, { proposals: 4, logBytes: 2600, commandBytes: 500 });
		assert.equal(world.propose(1, 1), NOT_LEADER);
		world.elect(1);
		assert.equal(world.propose(1, 501), REQUEST_TOO_LARGE);
		for (let i = 0; i < 4; i++) assert.equal(world.propose(1, 500), DONE);
		assert.equal(world.propose(1, 0), BUSY);
		world.settle();
		world.cluster.work(world.member(1));
		world.settle();
		world.cluster.crash(world.member(2), false);
		world.cluster.crash(world.member(3), false);
		assert.equal(world.propose(1, 500), DONE);
		world.cluster.work(world.member(1));
		assert.equal(world.propose(1, 500), DONE);
		assert.equal(world.propose(1, 500), DONE);
		assert.equal(world.propose(1, 500), DONE);
		assert.equal(world.propose(1, 1), BUSY);
		assert.deepEqual(world.answers, ["1:3:0", "1:4:0", "1:5:0", "1:6:0"]);
	});

	it("does not start where an entry could not hold a configuration (seed 81963)", () => {
		assert.throws(() => new World(5, { commandBytes: 100 }), /an entry does not hold a configuration/);
	});

	it("refuses reads beyond the limit, and at a follower", () => {
		const world = new World(3, { reads: 2 });
		world.elect(1);
		const { cluster } = world;
		assert.equal(cluster.read(world.member(2), 1), NOT_LEADER);
		assert.equal(cluster.read(world.member(1), 2), DONE);
		assert.equal(cluster.read(world.member(1), 3), DONE);
		assert.equal(cluster.read(world.member(1), 4), BUSY);
		cluster.work(world.member(1));
		world.settle();
		assert.deepEqual(world.answers, ["1:2:0", "1:3:0"]);
		assert.equal(cluster.read(world.member(1), 5), DONE);
	});

	it("says when it wants to be ticked", () => {
		const world = new World(3);
		const { raft } = world.member(1);
		const { electionMsMin, electionMsMax, heartbeatMs } = world.cluster.configuration;
		assert.ok(raft.nextDeadlineMs() >= electionMsMin && raft.nextDeadlineMs() < electionMsMax);
		world.elect(1);
		assert.equal(raft.nextDeadlineMs(), world.cluster.nowMs + heartbeatMs);
		raft.setTime(world.cluster.nowMs - 5);
		assert.equal(raft.nowMs, world.cluster.nowMs, "time does not go back");
		const follower = world.member(2).raft;
		assert.ok(follower.nextDeadlineMs() >= world.cluster.nowMs + electionMsMin);
		// After a stall the inbox comes first: the follower hears its leader before it judges.
		follower.setTime(world.cluster.nowMs + 5000);
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 9]);
		follower.tick(world.cluster.nowMs + 5000);
		assert.equal(follower.role, FOLLOWER);
	});

	it("is at its end by name at the last term and the last index, and breaks no assertion", () => {
		const world = new World(1);
		const { raft } = world.member(1);
		raft.term = 0xffffffff;
		raft.tick(10_000);
		assert.equal(raft.role, FOLLOWER);
		assert.equal(raft.term, 0xffffffff);
		const { limits, configuration } = world.cluster;
		const last = new Raft(limits, configuration, 1, 1, 1, ENCODING, { event: () => {} });
		recoverHardState(last, 1, 0);
		recoverSnapshot(last, 2 ** 48 - 2, 1, 10, 1);
		last.start(0);
		last.tick(10_000);
		while (last.takeWrite()) last.persisted(last.write.sequence, last.write.lastTerm, last.write.lastIndex);
		assert.equal(last.log.lastIndex, 2 ** 48 - 1);
		assert.equal(last.propose(ENTRY_COMMAND, new Uint8Array(0), 0, 0, 1), INDEX_LIMIT);
	});

	it("ignores appends that are malformed, with nothing changed and no answer", () => {
		const world = new World(3);
		world.elect(1);
		world.propose(1, 3);
		world.cluster.work(world.member(1));
		world.settle();
		const { raft } = world.member(2);
		const entry = [ENTRY_COMMAND, 0, 1, 0, 1, 0, 0, 0, 65];
		const before = raft.counters[COUNTER_NONSENSE];
		const broken = [
			[...entry, 1],
			entry.slice(0, 8),
			[ENTRY_COMMAND, 0, 1, 0, 9, 0, 0, 0, 65],
			[ENTRY_COMMAND, 0, 0xff, 0xff, 1, 0, 0, 0],
		];
		for (const bytes of broken) {
			// After the log's end, and over what is known already.
			world.packet(APPEND_REQUEST, 1, 2, [1, 2, 1, 2, 9], bytes);
			world.packet(APPEND_REQUEST, 1, 2, [1, 0, 0, 2, 9], bytes);
		}
		assert.equal(world.member(2).logText(), "1:noop 1:xxx");
		assert.equal(world.cluster.network.length, 0);
		assert.equal(raft.counters[COUNTER_NONSENSE], before + 8);
	});

	it("ignores kinds and answers that mean nothing to it", () => {
		const world = new World(3);
		world.elect(1);
		const { raft } = world.member(1);
		world.packet(TIMEOUT_NOW, 2, 1, [1]);
		world.packet(APPEND_RESPONSE, 2, 1, [1, 1, 3, 0, 0]);
		world.packet(APPEND_RESPONSE, 2, 1, [1, 1, 99, 0, 0]);
		world.packet(APPEND_RESPONSE, 4, 1, [1, 1, 0, 1, 0]);
		assert.equal(raft.counters[COUNTER_NONSENSE], 4);
		assert.equal(raft.role, LEADER);
		assert.equal(world.cluster.network.length, 0);
	});

	it("begins a snapshot anew that turns out not to be what it said", () => {
		const world = new World(3, { snapshotChunkBytes: 64 });
		world.elect(1);
		const { raft } = world.member(3);
		const chunk = new Array<number>(64).fill(1);
		const size = 128;
		const { cluster } = world;
		const deliver = (offset: number) => {
			const fields = [SNAPSHOT_REQUEST, 1, 9, 50, 1, size, 7, offset];
			cluster.deliver({ kind: SNAPSHOT_REQUEST, from: 0, to: 2, fields, bytes: Uint8Array.from(chunk) });
		};
		deliver(0);
		assert.equal(raft.incoming.offset, 64);
		// A chunk beyond the end, and one without bytes.
		world.packet(SNAPSHOT_REQUEST, 1, 3, [1, 9, 50, 1, size, 7, 64], new Array(65).fill(1));
		world.packet(SNAPSHOT_REQUEST, 1, 3, [1, 9, 50, 1, size, 7, 64]);
		assert.equal(raft.incoming.offset, 64);
		// The last chunk comes: the caller finds that the whole has another hash.
		assert.throws(() => deliver(64), /mixed/);
		assert.ok(raft.incoming.chunkPending);
		raft.snapshotRefused();
		cluster.network.length = 0;
		cluster.work(world.member(3));
		const [answer] = cluster.network;
		assert.deepEqual([answer.kind, answer.fields[4]], [SNAPSHOT_RESPONSE, 0]);
		deliver(0);
		assert.equal(raft.incoming.offset, 64);
		assert.equal(raft.counters[COUNTER_SNAPSHOTS_INSTALLED], 0);
	});

	it("says that it is sending a snapshot, while the peer answers", () => {
		const world = new World(3, { snapshotChunkBytes: 8 });
		world.elect(1);
		const [one, , three] = world.cluster.members;
		world.cluster.crash(three, false);
		for (let i = 0; i < 5; i++) world.propose(1, 4);
		world.cluster.work(one);
		world.settle();
		world.cluster.takeSnapshot(one, 0);
		assert.ok(!isSendingSnapshot(one.raft));
		world.heartbeat(1);
		world.cluster.start(three);
		world.cluster.nowMs += 150;
		world.cluster.tick(one);
		assert.ok(isSendingSnapshot(one.raft));
		// A snapshot that is offered from beyond its end is nobody's.
		world.packet(SNAPSHOT_RESPONSE, 3, 1, [1, 2, 6, 1000]);
		assert.equal(one.raft.progress.snapshotOffset[2], 0);
		world.cluster.crash(three, false);
		for (let i = 0; i < 20; i++) world.heartbeat(1);
		assert.ok(!isSendingSnapshot(one.raft), "a peer that is gone must not keep the log from being freed");
		world.cluster.start(three);
		for (let i = 0; i < 3; i++) world.heartbeat(1);
		assert.equal(three.raft.appliedIndex, 6);
		assert.ok(!isSendingSnapshot(one.raft));
	});

	it("does not lead without room for the first entry of its term", () => {
		const world = new World(3, { termRuns: 16 });
		const member = world.member(1);
		// Fifteen leaders came and went, and none committed anything.
		for (let term = 1; term <= 15; term++) {
			const bytes = Uint8Array.from([0, 0, 0, 0, term, 0, 0, 0]);
			member.entries.push({ term, bytes });
		}
		member.term = 15;
		world.cluster.start(member);
		world.cluster.nowMs += 2400;
		world.cluster.tick(member);
		world.settle();
		assert.equal(member.raft.role, FOLLOWER);
		assert.equal(member.raft.log.lastIndex, 15);
	});

	it("shares the answers of a turn, and sends them after the write", () => {
		const world = new World(3);
		world.elect(1);
		const member = world.member(2);
		member.holdWrites = true;
		const entry = (text: number) => [ENTRY_COMMAND, 0, 1, 0, 1, 0, 0, 0, text];
		assert.equal(entry(1).length, ENTRY_HEADER_BYTES + 1);
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 2], entry(65));
		world.packet(APPEND_REQUEST, 1, 2, [1, 2, 1, 1, 2], entry(66));
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 2], entry(65));
		assert.equal(world.cluster.network.length, 0);
		member.holdWrites = false;
		world.cluster.work(member);
		assert.deepEqual(
			world.cluster.network.map(({ kind, fields }) => [kind, fields[3], fields[4]]),
			[[APPEND_RESPONSE, 0, 3]],
		);
	});

	it("elects within three of the longest election timeouts, in 100 of 100 tries", () => {
		for (let seed = 0; seed < 100; seed++) {
			const watcher = { event: () => {}, sent: () => {}, answered: () => {} };
			const cluster = new Cluster(5, 0, {}, seed * 1000, watcher);
			const limitMs = 3 * cluster.configuration.electionMsMax;
			for (let round = 0; round < 2; round++) {
				const startMs = cluster.nowMs;
				const leader = () => cluster.members.find((member) => member.running && member.raft.role === LEADER);
				while (leader() === undefined) {
					assert.ok(cluster.nowMs - startMs < limitMs, `seed ${seed} has no leader`);
					cluster.nowMs += 5;
					for (const member of cluster.members) cluster.tick(member);
					for (let packet = cluster.network.shift(); packet; packet = cluster.network.shift()) cluster.deliver(packet);
				}
				cluster.crash(leader() as Member, false);
			}
		}
	});

	it("draws anew after an election that nobody won", () => {
		const world = new World(5);
		world.cluster.nowMs += 2400;
		for (const member of world.cluster.members) world.cluster.tick(member);
		for (const member of world.cluster.members) assert.equal(member.raft.role, PRE_CANDIDATE);
		world.settle();
		const deadlines = new Set(world.cluster.members.map((member) => member.raft.nextDeadlineMs()));
		assert.ok(deadlines.size > 1);
	});

	it("names what no log can hold", () => {
		assert.throws(() => new World(1, { logBytes: 1500 }), /does not hold a datagram/);
		assert.equal(LOG_FULL, 203);
	});
});
