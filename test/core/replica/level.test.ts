/**
 * Builds of two levels in one cluster of whole replicas: who speaks what is asked before a raise, and a node that
 * does not speak what is written stops by name and leaves its flash as it is.
 */
import assert from "node:assert/strict";
import { Configuration, NOBODY, ROLE_LEARNER } from "../../../core/configuration";
import { ENTRY_CONFIGURATION } from "../../../core/entry";
import { Journal } from "../../../core/journal/journal";
import { LEVEL_NOT_SPOKEN as LEVEL_STATUS, READY, statusName } from "../../../core/journal/status";
import { type Limits, PROFILE_S } from "../../../core/limits";
import { APPEND_RESPONSE } from "../../../core/raft/messages";
import { DONE, LEVEL_LOWERED, LEVEL_NOT_SPOKEN } from "../../../core/reasons";
import { PeerRows } from "../../../core/replica/peer-rows";
import { PEER_COLUMNS, PEER_ID, PEER_LEVEL } from "../../../core/status";
import { ConfigurationCodec } from "../../../core/wire/configuration";
import { DROP_CBOR, DROP_KIND } from "../../../core/wire/drops";
import { SECOND_BUILD, SECOND_ENTRY } from "../../../sim/builds";
import { CALM } from "../../../sim/links";
import { PORT, type SimulatedNode, World } from "../../../sim/world";
import { entry, LoneFollower, noOp } from "./lone-follower";

const SMALL: Limits = { ...PROFILE_S, snapshotEvery: PROFILE_S.logEntries };

class Cluster {
	readonly world = new World({ seed: 5, nodes: 3, spares: 1, limits: SMALL, flashBytes: 256 * 1024, network: CALM });

	constructor(updated: readonly number[]) {
		for (const node of this.world.nodes) {
			if (updated.includes(node.id)) node.build = SECOND_BUILD;
			if (!node.joins) this.world.boot(node);
		}
		this.leader();
	}

	leader(): SimulatedNode {
		const isServing = (): boolean => {
			const raft = this.world.leader()?.replica?.member?.raft;
			return raft !== undefined && raft.commitIndex >= raft.termStartIndex;
		};
		assert.ok(this.world.runUntil(isServing, this.world.nowMs + 20_000), "nobody leads");
		return this.world.leader()!;
	}

	node(id: number): SimulatedNode {
		return this.world.nodes[id - 1];
	}

	restart(node: SimulatedNode, build = node.build): void {
		if (node.replica !== null) this.world.crash(node);
		node.build = build;
		this.world.boot(node);
	}

	/** @returns what became of it, or the reason why it was refused at once */
	change(edit: (next: Configuration) => void): number {
		const leader = this.leader();
		const current = leader.replica!.member!.raft.configuration;
		const next = new Configuration(SMALL.members);
		for (let place = current.placeAfter(NOBODY); place !== NOBODY; place = current.placeAfter(place))
			next.add(current.ids[place], current.incarnations[place], current.roles[place], current.addresses[place], PORT);
		next.copyNumbers(current);
		edit(next);
		let reason = -1;
		leader.replica!.application = { answered: (_call, why) => (reason = why) };
		const call = leader.replica!.changeConfiguration(next, current.index);
		if (call < 0) return -call;
		this.world.wake(leader, 0);
		assert.ok(
			this.world.runUntil(() => reason >= 0, this.world.nowMs + 10_000),
			"the call is not answered",
		);
		return reason;
	}

	/** Entries of the second level, until the log no longer holds what was before them. */
	fill(): void {
		const leader = this.leader();
		const { raft } = leader.replica!.member!;
		for (let entries = 0; entries < 2 * SMALL.snapshotEvery + 10; entries++) {
			raft.propose(SECOND_ENTRY, new Uint8Array(8), 0, 8, 1000 + entries);
			// Nobody waits for these calls.
			raft.proposals.abandon(raft.answers);
			while (raft.takeAnswer());
			this.world.wake(leader, 0);
			this.world.run(this.world.nowMs + 50);
		}
		assert.ok(raft.log.baseIndex > raft.configuration.index, "the log still holds the raise");
	}

	raise(level: number): number {
		return this.change((next) => {
			next.level = level;
		});
	}
}

describe("levels of whole replicas", () => {
	it("are raised when all have been updated, one after the other, and never lowered", () => {
		const cluster = new Cluster([]);
		assert.equal(cluster.raise(2), LEVEL_NOT_SPOKEN);
		for (const id of [1, 2, 3]) {
			cluster.restart(cluster.node(id), SECOND_BUILD);
			cluster.world.run(cluster.world.nowMs + 3000);
			const reason = cluster.raise(2);
			assert.equal(reason, id === 3 ? DONE : LEVEL_NOT_SPOKEN, `after node ${id}`);
		}
		assert.equal(cluster.raise(1), LEVEL_LOWERED);
		cluster.world.run(cluster.world.nowMs + 1000);
		for (const id of [1, 2, 3]) assert.equal(cluster.node(id).replica!.member!.raft.configuration.level, 2);
	});

	it("are shown by the leader, of whom it has heard them", () => {
		const cluster = new Cluster([1, 2, 3]);
		cluster.raise(3);
		// What a follower says unasked is on its way.
		cluster.world.run(cluster.world.nowMs + 200);
		const { raft } = cluster.leader().replica!.member!;
		const rows = new PeerRows();
		const levels = (): number[][] => {
			rows.fill(raft);
			const found: number[][] = [];
			for (let at = 0; at < rows.count; at += PEER_COLUMNS)
				found.push([rows.fields[at + PEER_ID], rows.fields[at + PEER_LEVEL]]);
			return found;
		};
		assert.deepEqual(
			levels(),
			[1, 2, 3].map((id) => [id, 2]),
		);
		assert.equal(cluster.raise(2), DONE);
	});

	it("above its own stop a node that starts, which leaves its flash as it is and answers its status", () => {
		const cluster = new Cluster([1, 2, 3]);
		assert.equal(cluster.raise(2), DONE);
		const node = cluster.world.nodes.find((one) => one !== cluster.leader() && !one.joins)!;
		cluster.world.run(cluster.world.nowMs + 1000);
		cluster.world.crash(node);
		const before = node.flash.bytes.slice();
		node.build = { lowest: 1, highest: 1, entryLevels: [1, 1, 1] };
		cluster.world.boot(node);
		assert.equal(statusName(node.replica!.journal.status), "LEVEL_NOT_SPOKEN");
		assert.equal(node.replica!.member, null);
		cluster.world.run(cluster.world.nowMs + 2000);
		assert.deepEqual(node.flash.bytes, before);
		// A newer one that no longer reads what there is, its snapshot of the first level among it, is no better.
		cluster.restart(node, { lowest: 2, highest: 3, entryLevels: [1, 1, 1] });
		assert.equal(node.replica!.journal.status, LEVEL_STATUS);
		assert.deepEqual(node.flash.bytes, before);
		cluster.restart(node, SECOND_BUILD);
		assert.equal(node.replica!.journal.status, READY);
	});

	it("stop a node that starts by its snapshot as by its log", () => {
		const cluster = new Cluster([1, 2, 3]);
		assert.equal(cluster.raise(2), DONE);
		const leader = cluster.leader();
		cluster.fill();
		cluster.world.crash(leader);
		const journal = new Journal(leader.flash, SMALL);
		assert.equal(journal.open(), READY);
		let configurations = 0;
		journal.visitEntries((_index, bytes, at) => {
			if (bytes[at] === ENTRY_CONFIGURATION) configurations++;
		});
		assert.equal(configurations, 0);
		const statuses: string[] = [];
		for (const [lowest, highest] of [
			[1, 1],
			[3, 4],
			[2, 3],
		]) {
			cluster.restart(leader, { lowest, highest, entryLevels: [1, 1, 1] });
			statuses.push(statusName(leader.replica!.journal.status));
		}
		assert.deepEqual(statuses, ["LEVEL_NOT_SPOKEN", "LEVEL_NOT_SPOKEN", "READY"]);
	});

	it("keep a board of an older build from becoming a voter, by name", () => {
		const cluster = new Cluster([1, 2, 3]);
		assert.equal(cluster.raise(2), DONE);
		cluster.fill();
		const board = cluster.node(4);
		cluster.world.boot(board);
		const add = (role: number) => cluster.change((next) => next.set(3, 4, 1, role, board.address, PORT, 0));
		assert.equal(add(ROLE_LEARNER), DONE);
		assert.throws(
			() => cluster.world.run(cluster.world.nowMs + 3000),
			/a snapshot is of a level that this build does not speak/,
		);
		cluster.world.crash(board);
		assert.equal(add(1), LEVEL_NOT_SPOKEN);
		// The snapshot stands in its slot, without a header: the board is as blank as it was.
		cluster.world.boot(board);
		assert.equal(board.replica!.member!.raft.isBlank, true);
		assert.equal(board.replica!.journal.lastIndex, 0);
		cluster.restart(board, SECOND_BUILD);
		cluster.world.run(cluster.world.nowMs + 5000);
		let reason = add(1);
		for (let tries = 0; reason !== DONE && tries < 20; tries++) {
			cluster.world.run(cluster.world.nowMs + 1000);
			reason = add(1);
		}
		assert.equal(reason, DONE);
	});
});

describe("what a build does not know", () => {
	const follower = () => new LoneFollower(PROFILE_S, 256 * 1024);
	const unknown: [string, Uint8Array, RegExp][] = [
		["a type of entry", entry(SECOND_ENTRY, 1, new Uint8Array(8)), /a committed entry of an unknown type/],
		["a command", entry(1, 1, Uint8Array.of(0x83, 6, 1, 2)), /a committed command is not understood/],
	];
	for (const [what, bytes, name] of unknown)
		it(`stops it by name when it is ${what} that was committed, and not before`, () => {
			const lone = follower();
			lone.sendAppend(2, 1, [0, 0], 1, [noOp(1), bytes]);
			lone.replica.turn();
			assert.equal(lone.member.raft.appliedIndex, 1);
			assert.ok(lone.answers.some((answer) => answer.kind === APPEND_RESPONSE && answer.fields[4] === 2));
			lone.sendAppend(2, 1, [2, 1], 2, []);
			assert.throws(() => lone.replica.turn(), name);
			// It is not skipped after a restart either.
			lone.boot();
			lone.sendAppend(2, 1, [2, 1], 2, []);
			assert.throws(() => lone.replica.turn(), name);
		});

	it("stops it before a configuration of a higher level is written", () => {
		const lone = follower();
		const next = new Configuration(PROFILE_S.members);
		next.copyFrom(lone.configuration);
		next.level = 2;
		next.index = 2;
		const bytes = new Uint8Array(300);
		const end = new ConfigurationCodec().write(bytes, 0, bytes.length, next);
		lone.sendAppend(2, 1, [0, 0], 0, [noOp(1), entry(ENTRY_CONFIGURATION, 1, bytes.slice(0, end))]);
		assert.throws(() => lone.replica.turn(), /a configuration is of a level that this build does not speak/);
		const journal = new Journal(lone.flash.copy(), PROFILE_S);
		assert.equal(journal.open(), READY);
		assert.deepEqual([journal.lastIndex, journal.term], [0, 0]);
	});

	it("is no message: a datagram of an unknown kind is dropped, counted by its reason, and not answered", () => {
		const lone = follower();
		const before = [lone.answers.length, lone.member.raft.term];
		lone.sendBody(2, [0x84, 10, 8, 0x18, 45, 1]);
		lone.replica.turn();
		assert.deepEqual([lone.answers.length, lone.member.raft.term], before);
		assert.equal(lone.replica.frame.drops[-DROP_KIND], 1);
		assert.equal(lone.replica.frame.drops[-DROP_CBOR], 0);
	});
});
