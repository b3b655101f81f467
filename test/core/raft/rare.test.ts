/** Ways through the core that whole clusters seldom or never take: each is here because it can be taken. */

import assert from "node:assert/strict";
import { ENTRY_COMMAND, ENTRY_NO_OP, writeEntryHeader } from "../../../core/entry";
import { type Limits, PROFILE_S } from "../../../core/limits";
import { Answers } from "../../../core/raft/answers";
import { Log, MALFORMED } from "../../../core/raft/log";
import {
	APPEND_ACCEPTED,
	APPEND_CONFLICT,
	APPEND_FULL,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	Message,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
} from "../../../core/raft/messages";
import { NO_SEND } from "../../../core/raft/outbox";
import { PROBE, REPLICATE, SNAPSHOT } from "../../../core/raft/progress";
import { NO_CALL, Proposals } from "../../../core/raft/proposals";
import { Raft, STORAGE_RESERVE_BYTES } from "../../../core/raft/raft";
import { recoverHardState, recoverSnapshot } from "../../../core/raft/recovery";
import { isReceivingSnapshot } from "../../../core/raft/snapshot";
import { TermRuns } from "../../../core/raft/term-runs";
import { DONE, LOG_FULL } from "../../../core/reasons";
import { ENCODING } from "./encoding";
import { World } from "./world";

/** An entry as it stands in a datagram. */
function entry(term: number, length = 1): number[] {
	const bytes = new Uint8Array(8 + length).fill(65);
	writeEntryHeader(bytes, 0, ENTRY_COMMAND, length, term);
	return [...bytes];
}

function messageOf(entries: number[][]): Message {
	const bytes = entries.flat();
	const message = new Message(Uint8Array.from(bytes));
	message.length = bytes.length;
	return message;
}

/** Columns of the answers that a member has sent, without term. */
function sent(world: World): number[][] {
	const rows = world.cluster.network.map(({ kind, fields }) => [kind, ...fields.slice(2, 6)]);
	world.cluster.network.length = 0;
	return rows;
}

describe("raft's smaller parts", () => {
	it("say when they are empty", () => {
		assert.equal(new Answers(2).take(), false);
		assert.equal(new Proposals(2).take(7), NO_CALL);
		const runs = new TermRuns(4);
		runs.reset(5, 2);
		assert.equal(runs.secondStart(), Infinity);
	});

	const limits: Limits = { ...PROFILE_S, commandBytes: 60, logBytes: 300, logEntries: 16, termRuns: 4 };

	it("a message that turns out malformed after a part of it was taken leaves nothing of it", () => {
		const log = new Log(limits);
		assert.equal(log.append(messageOf([entry(1, 60), entry(1, 60), entry(1, 60)]), 1, 0, 0), 3);
		// One entry fits before the ring's end, one goes round to where the oldest may leave, the third is of no leader.
		const bytes = [entry(2, 60), entry(2, 60), entry(9, 50)];
		assert.equal(log.append(messageOf(bytes), 2, 3, 0), MALFORMED);
		assert.deepEqual([log.lastIndex, log.lastTerm, log.terms.capacity - log.terms.count], [3, 1, 2]);
		assert.equal(log.append(messageOf([entry(2, 60)]), 2, 3, 0), 1);
	});

	it("a ring full of what is not durable takes no first entry of a term", () => {
		const log = new Log(limits);
		const full = [60, 60, 60, 60, 20].map((length) => entry(1, length));
		assert.equal(log.append(messageOf(full), 1, 0, 0), 5);
		assert.equal(log.appendFirst(ENTRY_NO_OP, 2, 0, 0), false);
		assert.equal(log.appendFirst(ENTRY_NO_OP, 2, 1, 0), true);
	});

	it("a message that needs a run of terms too many is taken up to it", () => {
		const log = new Log(limits);
		const terms = [1, 2, 3, 3, 4];
		assert.equal(log.append(messageOf(terms.map((term) => entry(term))), 4, 0, 0), 4);
		assert.equal(log.lastTerm, 3);
		assert.equal(log.append(messageOf([entry(4)]), 4, 0, 0), 0);
		assert.equal(log.appendFirst(ENTRY_NO_OP, 4, 0, 0), false);
		assert.equal(log.appendStored(4, 0), false);
		assert.equal(log.lastIndex, 4);
	});
});

describe("a follower", () => {
	it("without room in its journal says so, and takes the entries when there is some", () => {
		const world = new World(3);
		world.elect(1);
		const { raft } = world.member(2);
		raft.storageBytes = 5;
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 9], entry(1));
		assert.deepEqual(sent(world), [[APPEND_RESPONSE, 9, APPEND_FULL, 0, 0]]);
		raft.storageBytes = 500;
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 9], entry(1));
		assert.deepEqual(sent(world), [[APPEND_RESPONSE, 9, APPEND_ACCEPTED, 2, 0]]);
	});

	it("answers once for a conflict and an agreement that wait for the same write", () => {
		const world = new World(3);
		world.elect(1);
		const member = world.member(2);
		member.holdWrites = true;
		world.packet(APPEND_REQUEST, 3, 2, [2, 9, 2, 0, 1]);
		world.packet(APPEND_REQUEST, 3, 2, [2, 1, 1, 0, 2]);
		assert.deepEqual(sent(world), []);
		member.holdWrites = false;
		world.cluster.work(member);
		assert.deepEqual(sent(world), [[APPEND_RESPONSE, 2, APPEND_ACCEPTED, 1, 0]]);
	});

	it("knows no hint for a leader whose terms are below those of all it has", () => {
		const world = new World(3);
		const member = world.member(2);
		member.term = 3;
		member.baseIndex = 6;
		member.baseTerm = 3;
		world.cluster.invariants.committed.push(..."abcdef");
		const bytes = Uint8Array.from(Buffer.from('["a","b","c","d","e","f"]'));
		member.snapshot = { ...member.snapshot, index: 6, term: 3, hash: 1, bytes };
		world.cluster.start(member);
		const { raft } = member;
		assert.equal(raft.log.baseIndex, 6);
		sent(world);
		world.packet(APPEND_REQUEST, 1, 2, [3, 6, 1, 0, 2]);
		assert.deepEqual(sent(world), [[APPEND_RESPONSE, 2, APPEND_CONFLICT, 5, 0]]);
	});

	it("has a write reported of entries that were cut meanwhile, with no others in their place", () => {
		const world = new World(3);
		world.packet(APPEND_REQUEST, 1, 2, [1, 0, 0, 0, 1], [...entry(1), ...entry(1)]);
		const member = world.member(2);
		member.holdCompletion = true;
		world.packet(APPEND_REQUEST, 1, 2, [2, 2, 1, 0, 1], entry(2));
		assert.equal(member.raft.write.lastTerm, 2);
		member.raft.storageBytes = 0;
		world.packet(APPEND_REQUEST, 3, 2, [3, 2, 1, 0, 1], entry(3));
		assert.equal(member.logText(), "1:A 1:A");
		assert.equal(member.raft.takeWrite(), false, "one write at a time");
		member.raft.persisted(member.raft.write.sequence, 2, 3);
		assert.equal(member.raft.persistence.durableIndex, 2);
	});
});

describe("numbers from 2^31 on", () => {
	for (const edge of [2 ** 31, 2 ** 32])
		it(`are terms and indices like any others: ${edge}`, () => {
			const world = new World(3);
			const { limits, configuration } = world.cluster;
			const raft = new Raft(limits, configuration, 2, 1, 1, ENCODING, { event: () => {} });
			const term = Math.min(edge, 2 ** 32 - 10);
			recoverHardState(raft, term, -1);
			recoverSnapshot(raft, edge - 2, term - 1, 10, 1);
			raft.start(0);
			const bytes = [...entry(term - 1), ...entry(term), ...entry(term + 1), ...entry(term + 1)];
			const message = new Message(Uint8Array.from(bytes));
			message.kind = APPEND_REQUEST;
			message.length = bytes.length;
			message.fields.set([APPEND_REQUEST, term + 1, edge - 2, term - 1, edge + 1, 1]);
			raft.receive(message);
			assert.deepEqual([raft.log.lastIndex, raft.log.lastTerm], [edge + 2, term + 1]);
			assert.equal(raft.commitIndex, edge + 1);
			assert.equal(raft.log.termAt(edge), term);
		});
});

describe("a leader", () => {
	it("leaves a reserve of its journal free", () => {
		const world = new World(3);
		world.elect(1);
		world.member(1).raft.storageBytes = STORAGE_RESERVE_BYTES + 20;
		assert.equal(world.propose(1, 13), LOG_FULL);
		assert.equal(world.propose(1, 12), DONE);
		assert.equal(world.propose(1, 1), LOG_FULL);
	});

	it("sends what was just proposed with its heartbeat", () => {
		const world = new World(3);
		world.elect(1);
		world.propose(1, 1);
		const packets = world.heartbeat(1).filter(({ kind }) => kind === APPEND_REQUEST);
		assert.deepEqual(
			packets.map(({ bytes }) => bytes.length),
			[9, 9],
		);
	});

	it("hears of a peer without room while it still probes it", () => {
		const world = new World(3);
		world.member(2).raft.storageBytes = 0;
		world.elect(1);
		const { progress } = world.member(1).raft;
		assert.deepEqual([progress.state[1], progress.paused[1]], [PROBE, 1]);
		world.member(2).raft.storageBytes = Infinity;
		// The next heartbeat finds out where the logs agree, the one after it is answered as in any term.
		for (let i = 0; i < 2; i++) world.heartbeat(1);
		assert.deepEqual([progress.state[1], progress.match[1]], [REPLICATE, 1]);
	});

	it("takes the answer to appends that it had given up", () => {
		const world = new World(3, { appendsInFlight: 1 });
		world.elect(1);
		const { cluster } = world;
		const one = world.member(1);
		for (let i = 0; i < 3; i++) {
			world.propose(1, 500);
			cluster.work(one);
		}
		const lost = cluster.network.filter(({ to }) => to === 1);
		cluster.network.length = 0;
		assert.equal(lost.length, 1);
		const { progress } = one.raft;
		assert.equal(progress.next[1], 3);
		// The peer has the second entry, by another way: an answer tells so before the window moves.
		world.packet(APPEND_RESPONSE, 2, 1, [1, 1, APPEND_ACCEPTED, 4, 0]);
		assert.deepEqual([progress.match[1], progress.next[1]], [4, 5]);
	});

	it("asks the journal for one append at a time", () => {
		const world = new World(3, { appendsInFlight: 2, logBytes: 2200, commandBytes: 500 });
		world.elect(1);
		const { cluster } = world;
		const one = world.member(1);
		const kept: ReturnType<World["settle"]> = [];
		for (let i = 0; i < 12; i++) {
			assert.equal(world.propose(1, 500), DONE);
			cluster.work(one);
			for (let packet = cluster.network.shift(); packet !== undefined; packet = cluster.network.shift()) {
				if (packet.to === 2) kept.push(packet);
				else cluster.deliver(packet);
			}
		}
		const { log, progress } = one.raft;
		assert.equal(kept.length, 2, "the window is full");
		assert.ok(progress.next[2] < log.firstCached, "what comes next has left RAM");
		cluster.deliver(kept[0]);
		const packets = world.settle();
		assert.ok(
			packets.every(({ kind, to }) => to !== 2 || kind !== APPEND_REQUEST),
			"one is still unanswered",
		);
		cluster.deliver(kept[1]);
		world.settle();
		for (let i = 0; i < 8; i++) world.heartbeat(1);
		assert.equal(world.member(3).raft.log.lastIndex, log.lastIndex);
	});

	it("takes late answers of a peer that is sent a snapshot for what they are", () => {
		const world = new World(3, { snapshotChunkBytes: 8 });
		world.elect(1);
		const { cluster } = world;
		const one = world.member(1);
		cluster.crash(world.member(3), false);
		for (let i = 0; i < 5; i++) world.propose(1, 4);
		cluster.work(one);
		world.settle();
		cluster.takeSnapshot(one, 0);
		for (let i = 0; i < 2; i++) world.heartbeat(1);
		const { progress } = one.raft;
		assert.equal(progress.state[2], SNAPSHOT);
		world.packet(APPEND_RESPONSE, 3, 1, [1, 1, APPEND_FULL, 0, 0]);
		assert.deepEqual([progress.state[2], progress.paused[2]], [SNAPSHOT, 0]);
		// A newer snapshot, which this leader has not offered to the peer yet.
		world.propose(1, 4);
		cluster.work(one);
		world.settle();
		cluster.takeSnapshot(one, 0);
		world.packet(SNAPSHOT_RESPONSE, 3, 1, [1, 1, one.raft.snapshot.index, 16]);
		assert.equal(progress.snapshotOffset[2], 0);
	});
});

describe("a snapshot that comes in", () => {
	const CHUNK = new Array(64).fill(1);

	/** A follower without a driver: its chunks are stored when the test says so. */
	class Follower {
		readonly world = new World(3, { snapshotChunkBytes: 64 });
		readonly member = this.world.member(2);
		readonly raft = this.member.raft;
		/** That of the snapshots. */
		readonly configuration = this.world.cluster.configuration;
		private readonly message = new Message(new Uint8Array(200));

		/** @param fields from the term on */
		receive(kind: number, sender: number, fields: number[], bytes: number[]): void {
			const { message } = this;
			message.kind = kind;
			message.sender = sender - 1;
			message.fields.set([kind, ...fields]);
			message.offset = 0;
			message.length = bytes.length;
			message.bytes.set(bytes);
			this.raft.receive(message);
		}

		/** A chunk of a snapshot of two. */
		chunk(index: number, offset: number, sender = 1, term = 1): void {
			this.receive(SNAPSHOT_REQUEST, sender, [term, 9, index, 1, 128, 7, offset], CHUNK);
		}

		/** @returns what it says once all is written */
		said(): number[][] {
			this.world.cluster.work(this.member);
			return sent(this.world);
		}
	}

	it("is noticed for as long as its sender is not silent", () => {
		const follower = new Follower();
		const { raft, world } = follower;
		assert.equal(isReceivingSnapshot(raft), false);
		follower.chunk(50, 0);
		assert.equal(isReceivingSnapshot(raft), true);
		raft.setTime(world.cluster.configuration.electionMsMin);
		assert.equal(isReceivingSnapshot(raft), false);
	});

	it("is not begun anew by a late chunk of an older one, nor while a chunk is being stored", () => {
		const follower = new Follower();
		const { raft } = follower;
		follower.chunk(50, 0);
		follower.chunk(60, 0);
		assert.equal(raft.incoming.index, 50, "the chunk of the first is not stored yet");
		raft.snapshotStored(64);
		follower.chunk(60, 0);
		assert.deepEqual([raft.incoming.index, raft.incoming.offset], [60, 0]);
		raft.snapshotStored(64);
		follower.chunk(50, 0);
		assert.deepEqual([raft.incoming.index, raft.incoming.offset], [60, 64]);
	});

	it("is stored and installed without an answer when its leader's term has ended", () => {
		const follower = new Follower();
		const { raft } = follower;
		follower.chunk(50, 0);
		follower.receive(APPEND_REQUEST, 3, [2, 0, 0, 0, 1], []);
		follower.said();
		raft.snapshotStored(64);
		assert.deepEqual(follower.said(), []);
		// The next leader goes on with the same snapshot, and its term ends too.
		follower.chunk(50, 64, 3, 2);
		assert.equal(raft.incoming.chunkPending, true);
		follower.receive(APPEND_REQUEST, 1, [3, 0, 0, 0, 1], []);
		follower.said();
		raft.snapshotInstalled(follower.configuration);
		assert.deepEqual([raft.commitIndex, raft.log.lastIndex], [50, 50]);
		// The state machine of this test knows nothing of the snapshot: the outbox is asked alone.
		assert.equal(raft.takeSend(), NO_SEND);
	});

	it("keeps the log that has grown past it while its last chunk was being stored", () => {
		const follower = new Follower();
		const { raft, member } = follower;
		follower.chunk(2, 0);
		raft.snapshotStored(64);
		follower.chunk(2, 64);
		follower.receive(APPEND_REQUEST, 1, [1, 0, 0, 0, 9], [...entry(1), ...entry(1), ...entry(1)]);
		follower.said();
		assert.equal(raft.keepsLogAfter(2, 1), true);
		raft.snapshotInstalled(follower.configuration);
		assert.deepEqual([raft.commitIndex, raft.log.lastIndex], [2, 3]);
		assert.equal(member.logText(), "1:A 1:A 1:A");
	});
});
