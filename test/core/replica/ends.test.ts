/**
 * Attack row 3, at whole replicas: datagrams with a right tag and numbers at their ends, snapshots that are
 * none, configurations of nonsense. None breaks an assertion, and a restart finds a flash that it runs on.
 */
import assert from "node:assert/strict";
import { crc32c } from "../../../core/bytes";
import { Configuration, ROLE_LEARNER, ROLE_VOTER, ROLE_WITNESS } from "../../../core/configuration";
import { ENTRY_CONFIGURATION } from "../../../core/entry";
import { PROFILE_S } from "../../../core/limits";
import { APPEND_RESPONSE, APPEND_RESPONSE_INDEX } from "../../../core/raft/messages";
import { firstFingerprint } from "../../../core/replica/format";
import { SnapshotWriter, snapshotItemBytes } from "../../../core/store/snapshot";
import { Store } from "../../../core/store/store";
import { ConfigurationCodec } from "../../../core/wire/configuration";
import { LAYOUTS } from "../../../core/wire/schema";
import { Random } from "../../../sim/random";
import { entry, LoneFollower, noOp, put, register } from "./lone-follower";

const FLASH = 256 * 1024;

function encoded(configuration: Configuration): Uint8Array {
	const bytes = new Uint8Array(600);
	return bytes.slice(0, new ConfigurationCodec().write(bytes, 0, bytes.length, configuration));
}

/** @returns bytes of a snapshot that a build would write, of another configuration or none */
function snapshotOf(index: number, configuration: Uint8Array, first: number): Uint8Array {
	const store = new Store(PROFILE_S);
	store.first = first;
	store.appliedIndex = index;
	const writer = new SnapshotWriter(store);
	writer.begin(1, configuration, 0, configuration.length);
	const bytes = new Uint8Array(snapshotItemBytes(PROFILE_S));
	return bytes.slice(0, writer.next(bytes, 0, bytes.length));
}

function firstOf(lone: LoneFollower): number {
	return firstFingerprint(lone.configuration);
}

function sendSnapshot(lone: LoneFollower, index: number, bytes: Uint8Array): void {
	lone.sendChunk(2, 1, [index, 1, bytes.length, crc32c(0, bytes, 0, bytes.length)], 0, bytes);
	lone.turn();
	lone.turn();
}

/** It still takes what its leader sends, before and after a restart. */
function assertServes(lone: LoneFollower): void {
	for (let boots = 0; boots < 2; boots++) {
		const { lastIndex, lastTerm } = lone.member.raft.log;
		const term = lone.member.raft.term + 1;
		lone.append(3, term, [lastIndex, lastTerm], lastIndex, [noOp(term)]);
		const last = lone.answers.filter(({ kind }) => kind === APPEND_RESPONSE).at(-1);
		assert.equal(last?.fields[APPEND_RESPONSE_INDEX], lastIndex + 1);
		lone.boot();
	}
}

describe("what the wire says, at a replica", () => {
	const begin = () => {
		const lone = new LoneFollower(PROFILE_S, FLASH);
		lone.append(2, 1, [0, 0], 0, [noOp(1), register(1)]);
		lone.append(2, 1, [2, 1], 2, [put(1, 2, 1, "a", "b")]);
		lone.append(2, 1, [3, 1], 3, []);
		return lone;
	};

	const snapshots: readonly [string, number, (lone: LoneFollower) => Uint8Array][] = [
		["bytes of no snapshot", 50, () => new Uint8Array(40).fill(7)],
		["a single byte", 50, () => Uint8Array.of(0)],
		["the content of another index", 50, (lone) => snapshotOf(49, encoded(lone.configuration), firstOf(lone))],
		["no configuration", 50, (lone) => snapshotOf(50, Uint8Array.of(0x80), firstOf(lone))],
		[
			"a configuration that is not sound",
			50,
			(lone) => {
				const next = new Configuration(PROFILE_S.members);
				next.copyFrom(lone.configuration);
				next.electionMsMax = 1;
				return snapshotOf(50, encoded(next), firstOf(lone));
			},
		],
		["the beginning of another cluster", 50, (lone) => snapshotOf(50, encoded(lone.configuration), firstOf(lone) + 1)],
		[
			"a configuration from behind it",
			50,
			(lone) => {
				const next = new Configuration(PROFILE_S.members);
				next.copyFrom(lone.configuration);
				next.index = 51;
				return snapshotOf(50, encoded(next), firstOf(lone));
			},
		],
		[
			"a level that no build speaks",
			50,
			(lone) => {
				const next = new Configuration(PROFILE_S.members);
				next.copyFrom(lone.configuration);
				next.level = 0xffffffff;
				return snapshotOf(50, encoded(next), firstOf(lone));
			},
		],
	];
	for (const [what, index, bytes] of snapshots)
		it(`takes no snapshot in that holds ${what}, though its name is right`, () => {
			const lone = begin();
			sendSnapshot(lone, index, bytes(lone));
			assert.equal(lone.member.raft.snapshot.index, 0);
			assert.equal(lone.member.store.revision, 1);
			assertServes(lone);
		});

	it("goes by no configuration of nonsense, and stops for none", () => {
		const changes: ((next: Configuration) => void)[] = [
			(next) => next.clear(),
			(next) => {
				next.electionMsMax = 0xffffffff;
				next.electionMsMin = 0xfffffff0;
			},
			(next) => {
				next.heartbeatMs = 0;
			},
			(next) => {
				next.level = 0;
			},
			(next) => {
				next.level = 0xffffffff;
			},
			(next) => {
				next.index = 2 ** 48 - 1;
			},
			(next) => {
				next.driftPerMille = 0xffffffff;
				next.leaseMs = 0xffffffff;
			},
			(next) => next.roles.fill(ROLE_LEARNER),
			(next) => next.roles.fill(ROLE_WITNESS),
		];
		const lone = begin();
		for (const change of changes) {
			const next = new Configuration(PROFILE_S.members);
			next.copyFrom(lone.configuration);
			next.index = 4;
			change(next);
			lone.append(2, 1, [3, 1], 3, [entry(ENTRY_CONFIGURATION, 1, encoded(next))]);
			assert.equal(lone.member.raft.log.lastIndex, 3);
			assert.equal(lone.member.raft.configuration.index, 0);
		}
		assertServes(lone);
	});

	it("bears configurations of ever other members, and the cut of two at once", () => {
		const lone = begin();
		const entries = [4, 5, 6].map((index) => {
			const next = new Configuration(PROFILE_S.members);
			for (let i = 0; i < PROFILE_S.members; i++) next.add(10 * index + i, 1, ROLE_VOTER, 9, 9);
			next.copyNumbers(lone.configuration);
			next.index = index;
			return entry(ENTRY_CONFIGURATION, 1, encoded(next));
		});
		for (let i = 0; i < 3; i++) lone.append(2, 1, [3 + i, 1], 3, entries.slice(i));
		lone.append(2, 1, [3, 1], 3, entries);
		// The true leader of the next term has another entry there.
		lone.append(3, 2, [3, 1], 3, [noOp(2)]);
		assert.equal(lone.member.raft.configuration.index, 0);
		assert.equal(lone.member.raft.configuration.voters(), 3);
		assertServes(lone);
	});

	it("goes back to the last settled configuration when two made-up ones are cut at once", () => {
		const lone = begin();
		const entries = [4, 5].map((index) => {
			const next = new Configuration(PROFILE_S.members);
			next.copyFrom(lone.configuration);
			next.heartbeatMs += index;
			next.index = index;
			return entry(ENTRY_CONFIGURATION, 1, encoded(next));
		});
		lone.append(2, 1, [3, 1], 3, entries);
		assert.equal(lone.member.raft.configuration.index, 5);
		lone.append(3, 2, [3, 1], 3, [noOp(2)]);
		assert.equal(lone.member.raft.configuration.index, 0);
		assert.equal(lone.member.raft.configuration.heartbeatMs, lone.configuration.heartbeatMs);
		assertServes(lone);
	});

	it("breaks no assertion by any kind with any numbers, and never enters a far term", () => {
		const random = new Random(5);
		const ends = [0, 1, 2, 3, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32 - 1, 2 ** 40, 2 ** 48 - 1];
		const lone = begin();
		for (let i = 0; i < 6000; i++) {
			const kind = random.below(24);
			const layout = LAYOUTS[kind];
			if (layout === undefined || (kind >= 16 && kind <= 20)) continue;
			const row = layout.bits.map((bits, column) => {
				const most = 2 ** bits - 1;
				if (column === 0) return kind;
				if (column === 1 && random.chance(700)) return lone.member.raft.term + random.below(2);
				return Math.min(ends[random.below(ends.length)], most);
			});
			const bytes = new Uint8Array(layout.strings === 0 ? 0 : random.below(30)).fill(random.below(4));
			lone.send(2 + random.below(2), row, bytes);
			if (random.chance(400)) lone.turn();
			if (random.chance(50)) lone.nowMs += random.below(2000);
			if (random.chance(5)) lone.boot();
			assert.ok(lone.member.raft.term < 2 ** 16 + 6000);
		}
		assertServes(lone);
	});
});
