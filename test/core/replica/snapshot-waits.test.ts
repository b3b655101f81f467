import assert from "node:assert/strict";
import { ENTRY_HEADER_BYTES, ENTRY_WITHHELD, entryLength } from "../../../core/entry";
import { PROFILE_S } from "../../../core/limits";
import { APPEND_FULL, APPEND_RESPONSE, APPEND_RESPONSE_STATUS } from "../../../core/raft/messages";
import { entry, LoneFollower, noOp, put, register } from "./lone-follower";

const LIMITS = { ...PROFILE_S, snapshotEvery: 100_000 };
const FLASH_BYTES = 256 * 1024;
const HEARTBEAT_MS = 150;

function entryAt(index: number): Uint8Array {
	if (index === 1) return noOp(1);
	return index === 2 ? register(1) : put(1, 2, index - 2, `key${index % 20}`, "x".repeat(200));
}

/** The leader, member 2, sends the entry at `index`, and has committed all before it. @returns true if it was taken */
function isTaken(follower: LoneFollower, index: number): boolean {
	assert.ok(entryLength(entryAt(index), 0) + ENTRY_HEADER_BYTES < 400);
	follower.answers.length = 0;
	follower.append(2, 1, [index - 1, index === 1 ? 0 : 1], index - 1, [entryAt(index)]);
	follower.settle();
	const answer = follower.answers.find(({ kind }) => kind === APPEND_RESPONSE);
	assert.ok(answer !== undefined);
	return answer.fields[APPEND_RESPONSE_STATUS] !== APPEND_FULL;
}

describe("entries that are not taken in", () => {
	it("leave the log's room as it was, however often they come", () => {
		const follower = new LoneFollower(LIMITS, FLASH_BYTES);
		let index = 1;
		while (index <= 10) assert.ok(isTaken(follower, index++));
		const room = follower.member.raft.storageBytes;
		const withheld = Array.from({ length: 100 }, () => entry(ENTRY_WITHHELD, 1, new Uint8Array(0)));
		for (let i = 0; i < 1000; i++) follower.append(2, 1, [index - 1, 1], index - 1, withheld);
		follower.settle();
		assert.equal(follower.member.raft.storageBytes, room);
		assert.ok(isTaken(follower, index));
	});
});

describe("an own snapshot that waits for one that comes in", () => {
	it("is taken when that one has stopped coming, though nothing is written any more: the log is full", () => {
		const follower = new LoneFollower(LIMITS, FLASH_BYTES);
		let index = 1;
		while (index <= 10) assert.ok(isTaken(follower, index++));
		// The leader begins to send a snapshot; then it hears that this follower has the log's beginning after all.
		const chunk = new Uint8Array(200).fill(1);
		follower.sendChunk(2, 1, [5000, 1, 4000, 0x1234], 0, chunk);
		follower.settle();
		assert.equal(follower.member.raft.incoming.offset, chunk.length);
		while (isTaken(follower, index)) index++;
		assert.equal(follower.member.raft.snapshot.index, 0);
		let tries = 0;
		while (!isTaken(follower, index)) {
			follower.nowMs += HEARTBEAT_MS;
			assert.ok(++tries < 100, "a full log is never freed");
		}
		assert.ok(follower.member.raft.snapshot.index > 0);
	});
});
