/**
 * Attack row 3: what the wire says is never an assertion. Every kind of message, with every number at its
 * ends, reaches nodes in many states. No assertion is broken, nothing far is believed, and afterwards the
 * cluster elects a leader and commits within ten of the longest election timeouts.
 */
import assert from "node:assert/strict";
import { ENTRY_COMMAND, ENTRY_CONFIGURATION } from "../../../core/entry";
import { COUNTER_FAR, COUNTER_NONSENSE } from "../../../core/raft/counters";
import * as messages from "../../../core/raft/messages";
import { LEADER } from "../../../core/raft/role";
import { DONE } from "../../../core/reasons";
import { LAYOUTS } from "../../../core/wire/schema";
import type { Member } from "./member";
import { World } from "./world";

const KINDS = Object.entries(LAYOUTS)
	.map(([kind, { bits }]) => ({ kind: Number(kind), bits }))
	.filter(({ kind }) => kind < 16 || kind > 20);
const U32_ENDS = [0, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const U48_ENDS = [0, 2 ** 40, 2 ** 47, 2 ** 48 - 1];

const entry = (type: number, term: number, payload: number[]) => [
	...[type, 0, payload.length, 0],
	...[term & 255, (term >>> 8) & 255, (term >>> 16) & 255, term >>> 24],
	...payload,
];

/** An entry of each kind that no leader sends. */
const BYTES: readonly number[][] = [
	[],
	[1],
	entry(ENTRY_COMMAND, 0xffffffff, [65]),
	entry(ENTRY_COMMAND, 0, [65]),
	entry(ENTRY_CONFIGURATION, 1, [0x86, 0, 0, 0, 0, 0, 0x80]),
	[...entry(ENTRY_COMMAND, 1, [65]), ...entry(ENTRY_COMMAND, 1, [66]).slice(0, 8)],
];

/** By name: brings a new cluster of three into a state. */
const STATES: { readonly [name: string]: (world: World) => void } = {
	"nobody leads": () => {},
	"one leads": (world) => {
		world.elect(1);
		world.heartbeat(1);
	},
	"a leader has what nobody else has": (world) => {
		world.elect(1);
		world.propose(1, 5);
		world.cluster.work(world.member(1));
		world.cluster.network.length = 0;
	},
	"a candidate waits": (world) => {
		world.elect(1);
		world.cluster.crash(world.member(1), false);
		world.cluster.nowMs += 2400;
		world.cluster.tick(world.member(2));
		world.cluster.network.length = 0;
		world.cluster.start(world.member(1));
	},
	"a follower is sent a snapshot": (world) => {
		world.elect(1);
		world.cluster.crash(world.member(3), false);
		for (let i = 0; i < 5; i++) world.propose(1, 5);
		world.cluster.work(world.member(1));
		world.settle();
		world.cluster.takeSnapshot(world.member(1), 0);
		world.cluster.start(world.member(3));
		world.cluster.nowMs += 150;
		world.cluster.tick(world.member(1));
		for (let i = 0; i < 4; i++) {
			const packet = world.cluster.network.shift();
			if (packet !== undefined) world.cluster.deliver(packet);
		}
		world.cluster.network.length = 0;
	},
	"leadership is handed over": (world) => {
		world.elect(1);
		world.heartbeat(1);
		world.cluster.nowMs += 150;
	},
};

/** All that a message may change, as text. */
function stateOf(member: Member): string {
	const { raft } = member;
	const { commitIndex, incoming, leader, log, role, term, votedFor } = raft;
	const { lastIndex, lastTerm } = log;
	return JSON.stringify([
		...[term, votedFor, role, leader, commitIndex, lastIndex, lastTerm, raft.answeredRound],
		...[incoming.index, incoming.sender, raft.configuration.index, raft.peer.join()],
	]);
}

function columnsOf(member: Member, kind: number, bits: readonly number[]): number[] {
	const { raft } = member;
	const { lastIndex, lastTerm } = raft.log;
	const columns = bits.slice(1).map((width) => (width === 48 ? lastIndex : 1));
	columns[0] = Math.max(raft.term, 1);
	if (kind === messages.APPEND_REQUEST) columns[2] = lastTerm;
	return columns;
}

function recover(world: World): void {
	const { cluster } = world;
	const untilMs = cluster.nowMs + 10 * cluster.configuration.electionMsMax;
	while (cluster.nowMs < untilMs) {
		cluster.nowMs += cluster.configuration.heartbeatMs;
		for (const member of cluster.members) cluster.tick(member);
		world.settle();
	}
	const leader = cluster.members.find(({ raft }) => raft.role === LEADER);
	assert.ok(leader !== undefined, "nobody leads");
	assert.equal(world.propose(leader.id, 3), DONE);
	cluster.work(leader);
	world.settle();
	world.heartbeat(leader.id);
	for (const member of cluster.members) assert.equal(member.raft.appliedIndex, leader.raft.log.lastIndex);
}

describe("what the wire says", () => {
	for (const [name, prepare] of Object.entries(STATES))
		it(`is never an assertion, and leaves a cluster that serves: ${name}`, () => {
			let forged = 0;
			for (const { kind, bits } of KINDS) {
				for (let column = 1; column < bits.length; column++) {
					if (bits[column] < 32) continue;
					const world = new World(3, { snapshotChunkBytes: 8 }, 1 + kind * 16 + column);
					prepare(world);
					for (const end of bits[column] === 48 ? U48_ENDS : U32_ENDS) {
						const to = world.member(1 + (forged % 3));
						const from = 1 + ((forged + 1 + (kind % 2)) % 3);
						const columns = columnsOf(to, kind, bits);
						columns[column - 1] = end;
						const before = stateOf(to);
						const counted = to.raft.counters[COUNTER_FAR] + to.raft.counters[COUNTER_NONSENSE];
						world.packet(kind, from, to.id, columns, BYTES[forged % BYTES.length]);
						world.cluster.network.length = 0;
						forged++;
						if (column !== messages.TERM || end < 2 ** 24) continue;
						assert.equal(stateOf(to), before, `a message of kind ${kind} in term ${end} has changed something`);
						assert.equal(to.raft.counters[COUNTER_FAR] + to.raft.counters[COUNTER_NONSENSE], counted + 1);
					}
					recover(world);
				}
			}
			assert.ok(forged > 150);
		});

	it("is not believed in small steps either: the bound counts from the log's last term", () => {
		const world = new World(3);
		world.elect(1);
		const { raft } = world.member(2);
		for (let term = 500; term < 100_000; term += 500) {
			world.packet(messages.VOTE_RESPONSE, 3, 2, [term, 0]);
			world.cluster.network.length = 0;
		}
		assert.ok(raft.term <= raft.log.lastTerm + 1024, `term ${raft.term}`);
		recover(world);
	});

	it("never cuts a log by entries that are none (attack row 3)", () => {
		const world = new World(3);
		world.elect(1);
		world.propose(1, 5);
		world.cluster.work(world.member(1));
		world.cluster.network.length = 0;
		const { raft } = world.member(1);
		world.packet(messages.VOTE_RESPONSE, 3, 1, [2, 0]);
		const { lastIndex, lastTerm } = raft.log;
		const broken = [...entry(ENTRY_COMMAND, 2, [65]), ...entry(ENTRY_COMMAND, 1, [65])];
		world.packet(messages.APPEND_REQUEST, 2, 1, [2, 1, 1, 1, 1], broken);
		assert.deepEqual([raft.log.lastIndex, raft.log.lastTerm], [lastIndex, lastTerm]);
	});

	it("does not keep a true snapshot out by a made-up one of a later index", () => {
		const world = new World(3, { snapshotChunkBytes: 8 });
		STATES["a follower is sent a snapshot"](world);
		world.packet(messages.SNAPSHOT_REQUEST, 1, 3, [1, 2, 1000, 1, 4000, 7, 0], [1, 2, 3]);
		world.cluster.network.length = 0;
		for (let i = 0; i < 30; i++) world.heartbeat(1);
		assert.equal(world.member(3).raft.appliedIndex, world.member(1).raft.appliedIndex);
	});

	it("fills no outbox by many answers in a turn", () => {
		const world = new World(3, { snapshotChunkBytes: 8 });
		world.elect(1);
		const leader = world.member(1);
		world.cluster.crash(world.member(3), false);
		for (let i = 0; i < 40; i++) {
			world.propose(1, 20);
			world.cluster.work(leader);
			world.settle();
		}
		world.cluster.work(leader);
		world.settle();
		world.cluster.takeSnapshot(leader, 0);
		for (let i = 0; i < 20; i++) world.heartbeat(1);
		const { raft } = leader;
		assert.ok(raft.snapshot.size > 300);
		const message = new messages.Message(new Uint8Array(16));
		message.kind = messages.SNAPSHOT_RESPONSE;
		message.sender = 2;
		for (let offset = 1; offset < 300; offset++) {
			message.fields.set([message.kind, raft.term, 1, raft.snapshot.index, offset]);
			raft.receive(message);
		}
		assert.ok(raft.outbox.count < 5);
	});
});
