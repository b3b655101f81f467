import assert from "node:assert/strict";
import { PROFILE_S } from "../../../core/limits";
import {
	APPEND_FULL,
	APPEND_RESPONSE,
	APPEND_RESPONSE_STATUS,
	SNAPSHOT_RESPONSE,
	SNAPSHOT_RESPONSE_OFFSET,
} from "../../../core/raft/messages";
import { Random } from "../../../sim/random";
import { History, type Snapshot } from "./history";
import { LoneFollower, noOp, put, register } from "./lone-follower";

/** A snapshot is due soon, and takes long. */
const LIMITS = { ...PROFILE_S, snapshotEvery: 96, liveBytes: 32 * 1024 };
/** Six sectors of log beside what such snapshots take. */
const SMALLEST_FLASH = 36 * 4096;

/** @returns the entry at `index` of the one log that all tests here have */
function entryAt(index: number): Uint8Array {
	if (index === 1) return noOp(1);
	return index === 2 ? register(1) : put(1, 2, index - 2, `key${index % 90}`, "x".repeat(250));
}

/** The leader, member 2, sends its snapshot of that log. */
class Sending {
	readonly snapshot: Snapshot;
	readonly history: History;
	private readonly follower: LoneFollower;
	private readonly term: number;

	constructor(follower: LoneFollower, index: number, term = 1) {
		this.history = new History(LIMITS, follower.configuration, new Random(1), 1);
		this.history.entries = [];
		for (let next = 1; next <= index; next++) this.history.entries.push(entryAt(next));
		this.history.commitTo(index);
		this.snapshot = this.history.takeSnapshot();
		this.follower = follower;
		this.term = term;
	}

	/** The chunk at `offset` comes, and the turn that takes it in. */
	chunk(offset: number): void {
		const bytes = this.snapshot.bytes.subarray(offset, offset + LIMITS.snapshotChunkBytes);
		this.follower.sendChunk(2, this.term, this.snapshot.name, offset, bytes);
		this.follower.turn();
	}
}

function fill(follower: LoneFollower, last: number): void {
	for (let index = 1; index <= last; index++)
		follower.append(2, 1, [index - 1, index === 1 ? 0 : 1], index - 1, [entryAt(index)]);
}

/** Leaders of ever higher terms replace what the last one wrote, until the log on flash is full. @returns the next term */
function fillStorage(follower: LoneFollower): number {
	let term = 1;
	while (!follower.answers.some((answer) => answer.fields[APPEND_RESPONSE_STATUS] === APPEND_FULL)) {
		assert.ok(term < 100, "the log on flash never was full");
		follower.append(2, term, [0, 0], 0, replacement(term));
		follower.settle();
		term++;
	}
	assert.equal(follower.answers[follower.answers.length - 1].kind, APPEND_RESPONSE);
	return term;
}

function replacement(term: number): Uint8Array[] {
	return [1, 2, 3, 4].map((next) => put(term, 2, next, "key", "z".repeat(250)));
}

/** @returns the byte that the follower asked for last */
function wanted(follower: LoneFollower): number {
	const answer = follower.answers.filter(({ kind }) => kind === SNAPSHOT_RESPONSE).pop();
	assert.ok(answer);
	return answer.fields[SNAPSHOT_RESPONSE_OFFSET];
}

describe("snapshots of a replica", () => {
	// Each made the other begin anew: on slow flash neither was ever whole.
	it("take in one that comes though an own one is due, however slow the flash is", () => {
		const follower = new LoneFollower(LIMITS, 512 * 1024);
		fill(follower, 98);
		assert.ok(follower.member.applier.paused, "no snapshot of its own is being written");
		const sending = new Sending(follower, 300);
		let rounds = 0;
		for (; follower.member.snapshots.installed === 0; rounds++) {
			assert.ok(rounds < 200, "the snapshot never was whole");
			// A turn has at most one erase, which may take longer than a heartbeat.
			sending.chunk(rounds === 0 ? 0 : wanted(follower));
			follower.turn();
			follower.nowMs += 150;
		}
		assert.equal(follower.member.raft.appliedIndex, 300);
		assert.equal(follower.member.store.stateHash(), sending.history.hashes[300]);
	});

	// What room there is was looked at after a write only, and no room means no write.
	it("take in what follows one that made room in a log full of what was replaced", () => {
		const follower = new LoneFollower(LIMITS, SMALLEST_FLASH);
		const term = fillStorage(follower);
		const sending = new Sending(follower, 300, term);
		sending.chunk(0);
		for (let rounds = 0; follower.member.snapshots.installed === 0; rounds++) {
			assert.ok(rounds < 200, "the snapshot never was whole");
			sending.chunk(wanted(follower));
		}
		follower.append(2, term, [300, 1], 300, [put(term, 2, 299, "key", "new")]);
		assert.equal(follower.member.raft.log.lastIndex, 301);
	});

	// At its first turn it had not looked yet what room there is, and stopped by the assertion that there is some.
	it("are not needed for a restart with a log that is full", () => {
		const follower = new LoneFollower(LIMITS, SMALLEST_FLASH);
		const term = fillStorage(follower);
		for (let boots = 0; boots < 10; boots++) {
			follower.boot();
			for (let more = 0; more < 10; more++)
				follower.append(2, term + boots * 10 + more, [0, 0], 0, replacement(term + boots * 10 + more));
		}
	});

	// The terms of what the journal still holds were kept, so that each entry that was applied asked for another one.
	it("are taken once when many terms have passed, and not with every entry from then on", () => {
		const follower = new LoneFollower(LIMITS, 512 * 1024);
		const terms = LIMITS.termRuns;
		for (let term = 1; term <= terms; term++) {
			follower.append(2, term, [term - 1, term - 1], term - 1, [noOp(term)]);
			follower.settle();
		}
		for (let index = terms; index < terms + 20; index++) {
			follower.append(2, terms, [index, terms], index, [noOp(terms)]);
			follower.settle();
		}
		assert.equal(follower.member.raft.appliedIndex, terms + 19);
		const { taken } = follower.member.snapshots;
		assert.ok(taken >= 1 && taken <= 2, `${taken} snapshots`);
	});

	it("takes its own when the leader that sent one has gone silent", () => {
		const follower = new LoneFollower(LIMITS, 512 * 1024);
		fill(follower, 98);
		new Sending(follower, 300).chunk(0);
		follower.settle();
		assert.equal(follower.member.snapshots.taken, 0);
		follower.nowMs += 2400;
		follower.append(3, 2, [98, 1], 98, [noOp(2)]);
		follower.settle();
		assert.equal(follower.member.snapshots.taken, 1);
	});
});
