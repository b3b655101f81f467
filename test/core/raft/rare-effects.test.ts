/** Ways through the outbox, timers and snapshots that whole clusters seldom or never take: each is here because it can be taken. */
import assert from "node:assert/strict";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, ENTRY_NO_OP, writeEntryHeader } from "../../../core/entry";
import { DATAGRAM_BYTES, PROFILE_S } from "../../../core/limits";
import {
	APPEND_PREVIOUS_INDEX,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	APPEND_ROUND,
	Message,
	SNAPSHOT_REQUEST,
} from "../../../core/raft/messages";
import { NO_SEND, Outbox } from "../../../core/raft/outbox";
import { Raft } from "../../../core/raft/raft";
import { LEADER } from "../../../core/raft/role";
import { ENCODING } from "./encoding";

function voters(count: number, numbers: Partial<Configuration> = {}): Configuration {
	const configuration = new Configuration(PROFILE_S.members);
	for (let id = 1; id <= count; id++) configuration.add(id, 1, ROLE_VOTER, 0, 0);
	return Object.assign(configuration, numbers);
}

function started(id: number, configuration: Configuration): Raft {
	const raft = new Raft(PROFILE_S, configuration, id, 1, 7, ENCODING, { event: () => undefined });
	raft.start(0);
	return raft;
}

/** Takes the write that is due and tells that it is durable. */
function write(raft: Raft): void {
	assert.ok(raft.takeWrite());
	raft.persisted(raft.write.sequence, raft.write.lastTerm, raft.write.lastIndex);
}

/** An entry as it stands in a datagram. */
function entryOf(type: number, payload: readonly number[]): number[] {
	const bytes = new Uint8Array(ENTRY_HEADER_BYTES + payload.length);
	writeEntryHeader(bytes, 0, type, payload.length, 1);
	bytes.set(payload, ENTRY_HEADER_BYTES);
	return [...bytes];
}

/** A message of the node at place 0. @param fields behind the kind */
function messageOf(kind: number, fields: readonly number[], bytes: readonly number[]): Message {
	const message = new Message(new Uint8Array(DATAGRAM_BYTES));
	message.kind = kind;
	message.sender = 0;
	message.fields.set([kind, ...fields]);
	message.bytes.set(bytes);
	message.length = bytes.length;
	return message;
}

describe("outbox, where it goes round", () => {
	it("drops what was to be sent to one receiver, and nothing else, wherever the ring ends", () => {
		for (let turns = 0; turns < 80; turns++) {
			const outbox = new Outbox(3, 2);
			for (let turn = 0; turn < turns; turn++) {
				outbox.open(APPEND_RESPONSE, 0, 1, 0);
				assert.notEqual(outbox.take(0), NO_SEND);
			}
			for (const receiver of [1, 1, 2, 1, 0, 2, 1]) outbox.open(APPEND_RESPONSE, receiver, 1, 0);
			outbox.dropTo(1);
			const left: number[] = [];
			while (outbox.count > 0) {
				const slot = outbox.take(0);
				if (slot !== NO_SEND) left.push(outbox.receiver[slot]);
			}
			assert.deepEqual([left, outbox.count], [[2, 0, 2], 0]);
		}
	});

	it("tells appends that differ in their receivers alone from others", () => {
		const outbox = new Outbox(4, 2);
		const slots = [0, 1, 2, 3].map((receiver) => {
			const row = outbox.open(APPEND_REQUEST, receiver, 3, 0);
			outbox.fields[row + APPEND_PREVIOUS_INDEX] = 6;
			outbox.fields[row + APPEND_ROUND] = receiver === 3 ? 10 : 9;
			outbox.lastIndex[outbox.slot] = receiver === 2 ? 8 : 7;
			return outbox.slot;
		});
		const isSame = slots.map((slot) => outbox.isSameAppend(slots[0], slot));
		assert.deepEqual(isSame, [true, true, false, false]);
	});
});

describe("a leader's timers", () => {
	it("come in the order of their time, whichever is first", () => {
		const raft = started(1, voters(1, { heartbeatMs: 500, electionMsMin: 2100, electionMsMax: 2700 }));
		raft.tick(raft.nextDeadlineMs());
		write(raft);
		assert.equal(raft.role, LEADER);
		const start = raft.nowMs;
		const heard: number[] = [];
		for (let fired = 0; fired < 6; fired++) {
			heard.push(raft.nextDeadlineMs() - start);
			raft.tick(raft.nextDeadlineMs());
		}
		assert.deepEqual(heard, [500, 1000, 1500, 2000, 2100, 2500]);
		assert.equal(raft.role, LEADER);
	});
});

describe("a snapshot that is stored while the log catches up", () => {
	it("leaves a configuration in force that came behind it (pitfall 49)", () => {
		const raft = started(2, voters(3));
		raft.receive(messageOf(SNAPSHOT_REQUEST, [1, 1, 2, 1, 5, 0xabc, 0], [1, 2, 3, 4, 5]));
		assert.ok(raft.incoming.chunkPending);
		const later = voters(2);
		later.index = 3;
		const bytes = new Uint8Array(200);
		const payload = [...bytes.slice(0, ENCODING.write(bytes, 0, bytes.length, later))];
		const entries = [
			...entryOf(ENTRY_NO_OP, []),
			...entryOf(ENTRY_NO_OP, []),
			...entryOf(ENTRY_CONFIGURATION, payload),
		];
		raft.receive(messageOf(APPEND_REQUEST, [1, 0, 0, 0, 2], entries));
		write(raft);
		assert.deepEqual([raft.log.lastIndex, raft.configuration.index, raft.commitIndex], [3, 3, 0]);
		raft.snapshotInstalled(voters(3));
		assert.deepEqual([raft.commitIndex, raft.appliedIndex, raft.log.lastIndex], [2, 2, 3]);
		assert.deepEqual([raft.configuration.index, raft.configuration.voters()], [3, 2]);
	});
});
