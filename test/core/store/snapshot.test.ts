import assert from "node:assert/strict";
import { decodeSequence } from "cbor2";
import fc from "fast-check";
import { crc32c } from "../../../core/bytes";
import { limitsFingerprint, PROFILE_M } from "../../../core/limits";
import { DONE } from "../../../core/reasons";
import { SnapshotReader, SnapshotWriter, snapshotItemBytes } from "../../../core/store/snapshot";
import { bytesOf, Machine, readAll, SMALL } from "./machine";

const CONFIGURATION = bytesOf("who is in");

/** Two machines at one index with one logical state, reached on different ways through their arenas. */
function filled(): Machine {
	const machine = new Machine();
	const a = machine.register(0xffffffff, 1).session;
	const b = machine.register(2, 0xfffffffe).session;
	let sequence = 0;
	for (let i = 0; i < 60; i++) {
		machine.put(a, ++sequence, `key ${(i * 7) % 10}`, "x".repeat(50 + ((i * 13) % 60)));
		if (i % 4 === 0) machine.delete(a, ++sequence, `key ${i % 10}`);
	}
	machine.compareAndPut(b, 1, 77, "key 1", "conflict");
	return machine;
}

describe("core/store/snapshot", () => {
	it("is a CBOR sequence that another library reads", () => {
		const machine = new Machine();
		const { session } = machine.register(5, 6);
		machine.put(session, 1, "b", "two");
		machine.put(session, 2, "a", "one");
		const items = [...decodeSequence(machine.snapshot(9, CONFIGURATION))] as unknown[][];
		assert.deepEqual(items[0].slice(0, 8), [2, 3, 9, 2, 1, 2, limitsFingerprint(SMALL), 0]);
		assert.deepEqual(Uint8Array.from(items[0][8] as Uint8Array), CONFIGURATION);
		const { request } = machine.store.sessions.table[0];
		assert.deepEqual(items[1], [1, 5, 6, 2, request, 3, DONE, 2, 2, 2, 1]);
		assert.deepEqual(items[2].slice(0, 3), [2, 2, 1]);
		assert.equal(new TextDecoder().decode(items[2][3] as Uint8Array), "a");
		assert.equal(new TextDecoder().decode(items[3][4] as Uint8Array), "two");
		assert.equal(items.length, 4);
	});

	it("is the same, byte for byte, however it is sliced, and as long as was said", () => {
		const machine = filled();
		const item = snapshotItemBytes(SMALL);
		const whole = machine.snapshot(4, CONFIGURATION, 10000);
		for (const slice of [item, item + 1, 700, 1024]) assert.deepEqual(machine.snapshot(4, CONFIGURATION, slice), whole);
		const writer = new SnapshotWriter(machine.store);
		writer.begin(4, CONFIGURATION, 0, CONFIGURATION.length);
		assert.equal(writer.size(), whole.length);
		const target = new Uint8Array(10000);
		assert.equal(writer.next(target, 0, target.length), whole.length);
		assert.equal(writer.hash, crc32c(0, whole, 0, whole.length));
		assert.equal(writer.position, whole.length);
		assert.ok(writer.done);
		assert.equal(writer.next(target, 0, target.length), 0);
	});

	it("restores what it was taken of, in windows of any size", () => {
		const machine = filled();
		const stream = machine.snapshot(4, CONFIGURATION);
		for (const window of [snapshotItemBytes(SMALL), 800, 5000]) {
			const other = new Machine();
			other.register(9, 9); // what was there before is gone afterwards
			for (let sequence = 1; sequence < 200; sequence++) other.put(1, sequence, "old", "value");
			other.store.stateHash(); // a hash that was asked before must not hide what is restored
			const reader = other.restore(stream, window);
			assert.ok(reader !== undefined);
			assert.equal(reader.hash, crc32c(0, stream, 0, stream.length));
			assert.deepEqual([reader.index, reader.term], [machine.store.appliedIndex, 4]);
			assert.deepEqual(reader.configuration.slice(0, reader.configurationLength), CONFIGURATION);
			assert.equal(other.store.stateHash(), machine.store.stateHash());
			assert.equal(other.store.revision, machine.store.revision);
			assert.equal(other.store.appliedIndex, machine.store.appliedIndex);
			assert.deepEqual(other.snapshot(4, CONFIGURATION), stream);
			assert.equal(other.get("old"), undefined);
		}
	});

	it("is the same on a replica that came by a snapshot and one that applied every entry", () => {
		const machine = filled();
		const other = machine.copy();
		for (const each of [machine, other]) {
			each.put(1, 1000, "key 3", "y".repeat(90));
			each.delete(1, 1001, "key 5");
			each.put(1, 1002, "key", "");
			each.register(3, 3);
		}
		assert.deepEqual(other.snapshot(), machine.snapshot());
		assert.equal(other.store.stateHash(), machine.store.stateHash());
	});

	it("takes an empty store: what a node is formatted with", () => {
		const stream = new Machine().snapshot(0, CONFIGURATION);
		assert.equal(stream.length, 1 + 6 + 5 + 1 + 1 + CONFIGURATION.length);
		const other = filled();
		assert.ok(other.restore(stream) !== undefined);
		assert.equal(other.store.stateHash(), new Machine().store.stateHash());
		assert.equal(other.register(1, 1).session, 1);
	});

	it("refuses every stream that is cut or longer, and leaves the store alone", () => {
		const stream = filled().snapshot();
		const machine = new Machine();
		machine.register(1, 1);
		machine.put(1, 1, "mine", "value");
		const hash = machine.store.stateHash();
		for (let length = 0; length < stream.length; length++) {
			assert.equal(machine.restore(stream.subarray(0, length), 600 + (length % 300)), undefined);
			assert.equal(machine.store.stateHash(), hash);
		}
		const longer = new Uint8Array(stream.length + 1);
		longer.set(stream);
		for (const window of [600, 5000]) assert.equal(machine.restore(longer, window), undefined);
		assert.equal(machine.get("mine"), "value");
	});

	it("notices every flipped bit, by its name at the latest, and never breaks on one", () => {
		const stream = filled().snapshot();
		const name = crc32c(0, stream, 0, stream.length);
		const machine = new Machine();
		const reader = new SnapshotReader(machine.store, SMALL);
		let verified = 0;
		for (let bit = 0; bit < stream.length * 8; bit++) {
			stream[bit >> 3] ^= 1 << (bit & 7);
			if (readAll(reader, stream, 5000, false)) {
				assert.notEqual(reader.hash, name);
				verified++;
			}
			stream[bit >> 3] ^= 1 << (bit & 7);
		}
		assert.ok(verified > 0, "a flipped bit of a value is seen by the hash alone");
		assert.equal(machine.store.stateHash(), new Machine().store.stateHash());
	});

	it("verifies or refuses random bytes, and never breaks", () => {
		const machine = new Machine();
		const valid = filled().snapshot();
		const reader = new SnapshotReader(machine.store, SMALL);
		const noise = fc.tuple(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 40 }));
		fc.assert(
			fc.property(noise, fc.boolean(), ([at, bytes], load) => {
				const stream = valid.slice();
				stream.set(bytes.subarray(0, stream.length - at), at);
				if (!readAll(reader, stream, 5000, false)) return;
				if (load) {
					assert.ok(machine.restore(stream) !== undefined);
					assert.deepEqual(
						machine.snapshot(reader.term, reader.configuration.slice(0, reader.configurationLength)),
						stream,
					);
				}
			}),
			{ numRuns: 2000 },
		);
	});

	it("empties the store when a stream that was verified fails as it is loaded", () => {
		const machine = new Machine();
		machine.register(1, 1);
		const stream = filled().snapshot();
		const reader = new SnapshotReader(machine.store, SMALL);
		assert.ok(readAll(reader, stream, 5000, false));
		stream[stream.length - 1 - 60] ^= 0xff;
		stream.fill(0xff, stream.length - 10);
		const cut = stream.subarray(0, stream.length - 3);
		assert.equal(readAll(reader, cut, 5000, true), false);
		assert.equal(machine.store.stateHash(), new Machine().store.stateHash());
		assert.equal(machine.store.appliedIndex, 0);
	});

	it("refuses what does not fit the limits of the node", () => {
		const machine = new Machine({ ...SMALL, keys: 3, sessions: 3 });
		const stream = filled().snapshot();
		assert.equal(machine.restore(stream), undefined);
		assert.ok(new Machine({ ...SMALL, logEntries: 2 * SMALL.logEntries }).restore(stream) !== undefined);
		// By larger ones, too, the next command might come to something else than with those who took it.
		assert.equal(new Machine({ ...PROFILE_M }).restore(stream), undefined);
		assert.equal(new Machine({ ...SMALL, valueBytes: 10 }).restore(stream), undefined);
		assert.equal(new Machine({ ...SMALL, keyBytes: 4 }).restore(stream), undefined);
		assert.equal(new Machine({ ...SMALL, sessions: 1 }).restore(stream), undefined);
		assert.equal(new Machine({ ...SMALL, liveBytes: 512 }).restore(stream), undefined);
	});

	it("refuses items that contradict the header or one another", () => {
		const build = () => {
			const machine = new Machine();
			machine.register(1, 1);
			machine.register(1, 2);
			machine.put(1, 1, "a", "one");
			machine.put(1, 2, "b", "two");
			return machine;
		};
		const spoil: [string, (machine: Machine) => void][] = [
			["used after the snapshot", ({ store }) => (store.sessions.table[0].lastIndex = 99)],
			["used before it was opened", ({ store }) => (store.sessions.table[1].lastIndex = 1)],
			["two sessions of one id", ({ store }) => (store.sessions.table[1].id = 1)],
			["a session of id 0", ({ store }) => (store.sessions.table[0].id = 0)],
			["two keys alike", ({ store }) => (store.bytes[store.keys.keyOffset(store.keys.sorted[1])] = 0x61)],
			["keys out of order", ({ store }) => (store.bytes[store.keys.keyOffset(store.keys.sorted[0])] = 0x63)],
			["changed after the snapshot", ({ store }) => (store.keys.modRevisions[store.keys.sorted[0]] = 3)],
			["changed before it was created", ({ store }) => (store.keys.createRevisions[store.keys.sorted[0]] = 2)],
			["created by no revision", ({ store }) => (store.keys.createRevisions[store.keys.sorted[0]] = 0)],
			["a key without a version", ({ store }) => (store.keys.versions[store.keys.sorted[0]] = 0)],
			["more revisions than entries", ({ store }) => (store.revision = 5)],
		];
		assert.ok(new Machine().restore(build().snapshot()) !== undefined);
		for (const [what, change] of spoil) {
			const machine = build();
			change(machine);
			assert.equal(new Machine().restore(machine.snapshot()), undefined, what);
		}
	});

	it("stops when the store moves on under a snapshot", () => {
		const machine = filled();
		const writer = new SnapshotWriter(machine.store);
		const size = snapshotItemBytes(SMALL);
		writer.begin(4, CONFIGURATION, 0, CONFIGURATION.length);
		const target = new Uint8Array(size);
		writer.next(target, 0, size);
		assert.equal(writer.done, false);
		machine.register(3, 3);
		assert.throws(() => writer.next(target, 0, size), /moved on/);
		const small = new SnapshotWriter(machine.store);
		small.begin(4, CONFIGURATION, 0, CONFIGURATION.length);
		assert.throws(() => small.next(target, 0, 10), /too small/);
	});
});
