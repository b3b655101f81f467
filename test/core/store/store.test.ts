import assert from "node:assert/strict";
import { ENTRY_CONFIGURATION, ENTRY_NO_OP } from "../../../core/entry";
import { PROFILE_M, PROFILE_S } from "../../../core/limits";
import {
	BAD_REQUEST,
	CONFLICT,
	DONE,
	KEY_NOT_FOUND,
	KEY_TOO_LARGE,
	NO_SPACE,
	VALUE_TOO_LARGE,
} from "../../../core/reasons";
import { storeFootprint } from "../../../core/store/footprint";
import { reserveBytes } from "../../../core/store/keys";
import { bytesOf, encode, Machine, SMALL } from "./machine";

const NOTHING = new Uint8Array(0);

/** A machine with one session, number 1, and the next sequence number at hand. */
function opened(limits = SMALL): { machine: Machine; next: () => number } {
	const machine = new Machine(limits);
	assert.equal(machine.register(1, 2).session, 1);
	let sequence = 0;
	return { machine, next: () => ++sequence };
}

describe("core/store/store", () => {
	it("counts revisions and versions as etcd does", () => {
		const { machine, next } = opened();
		const first = { reason: DONE, revision: 1, createRevision: 1, modRevision: 1, version: 1, session: 0 };
		assert.deepEqual(machine.put(1, next(), "a", "one"), first);
		assert.deepEqual(machine.put(1, next(), "b", "x"), { ...first, revision: 2, createRevision: 2, modRevision: 2 });
		assert.deepEqual(machine.put(1, next(), "a", "three"), { ...first, revision: 3, modRevision: 3, version: 2 });
		assert.equal(machine.get("a"), "three");
		assert.equal(machine.store.found.createRevision, 1);
		assert.equal(machine.store.found.modRevision, 3);
		assert.equal(machine.store.found.version, 2);

		// A delete says what it removed; the key's next life begins anew.
		assert.deepEqual(machine.delete(1, next(), "a"), { ...first, revision: 4, modRevision: 3, version: 2 });
		assert.equal(machine.get("a"), undefined);
		assert.deepEqual(machine.put(1, next(), "a", ""), { ...first, revision: 5, createRevision: 5, modRevision: 5 });
		assert.equal(machine.get("a"), "");
	});

	it("takes no revision for what changes nothing", () => {
		const { machine, next } = opened();
		machine.put(1, next(), "a", "one");
		const hash = machine.store.keys.fingerprint(1);
		assert.equal(machine.delete(1, next(), "b").reason, KEY_NOT_FOUND);
		assert.equal(machine.compareAndPut(1, next(), 9, "a", "two").reason, CONFLICT);
		assert.equal(machine.put(1, next(), "", "value").reason, BAD_REQUEST);
		assert.equal(machine.put(1, next(), "k".repeat(41), "value").reason, KEY_TOO_LARGE);
		assert.equal(machine.put(1, next(), "k", "v".repeat(121)).reason, VALUE_TOO_LARGE);
		assert.equal(machine.put(1, next(), "a", "v".repeat(121)).reason, VALUE_TOO_LARGE);
		assert.equal(machine.store.revision, 1);
		assert.equal(machine.store.keys.fingerprint(1), hash);
		assert.equal(machine.get("a"), "one");
		assert.equal(machine.put(1, next(), "k".repeat(40), "v".repeat(120)).reason, DONE);
	});

	it("compares and puts", () => {
		const { machine, next } = opened();
		assert.equal(machine.compareAndPut(1, next(), 5, "lock", "me").reason, CONFLICT, "no such key");
		assert.equal(machine.compareAndPut(1, next(), 0, "lock", "me").revision, 1);
		const conflict = machine.compareAndPut(1, next(), 0, "lock", "you");
		assert.deepEqual(conflict, {
			reason: CONFLICT,
			revision: 1,
			createRevision: 1,
			modRevision: 1,
			version: 1,
			session: 0,
		});
		assert.equal(machine.compareAndPut(1, next(), 1, "lock", "you").version, 2);
		assert.equal(machine.get("lock"), "you");
	});

	it("moves only the applied index for no-ops and configurations", () => {
		const { machine } = opened();
		const hash = machine.store.stateHash();
		assert.equal(machine.apply(NOTHING, ENTRY_NO_OP).reason, DONE);
		assert.equal(machine.apply(bytesOf("members"), ENTRY_CONFIGURATION).reason, DONE);
		assert.equal(machine.store.appliedIndex, 3);
		assert.equal(machine.store.stateHash(), hash);
	});

	it("stops by name at what it does not understand, and at an entry out of order", () => {
		const { machine } = opened();
		assert.throws(() => machine.apply(bytesOf("nonsense")), /committed command is not understood/);
		assert.throws(() => opened().machine.apply(NOTHING, 9), /unknown type/);
		assert.throws(() => opened().machine.store.apply(3, ENTRY_NO_OP, NOTHING, 0, 0), /out of order/);
		assert.throws(() => opened().machine.store.apply(1, ENTRY_NO_OP, NOTHING, 0, 0), /out of order/);
	});

	it("says before an entry is made what would refuse it for good", () => {
		const { store } = new Machine();
		const check = (bytes: Uint8Array) => store.check(bytes, 0, bytes.length);
		assert.equal(check(encode({ operation: 1 })), DONE);
		assert.equal(check(encode({ operation: 5, session: 1, sequence: 1 })), DONE);
		assert.equal(check(encode({ operation: 2, session: 1, sequence: 1 }, "k", "v")), DONE);
		assert.equal(check(encode({ operation: 2, session: 1, sequence: 1 }, "", "v")), BAD_REQUEST);
		assert.equal(check(encode({ operation: 3, session: 1, sequence: 1 }, "k".repeat(41))), KEY_TOO_LARGE);
		assert.equal(check(encode({ operation: 2, session: 1, sequence: 1 }, "k", "v".repeat(121))), VALUE_TOO_LARGE);
		assert.equal(check(bytesOf("nonsense")), BAD_REQUEST);
		assert.equal(check(NOTHING), BAD_REQUEST);
	});

	it("walks ranges in the order of bytes, page by page", () => {
		const { machine, next } = opened();
		for (const key of ["b", "a", "", "ab", "c"].filter((key) => key !== "")) machine.put(1, next(), key, `<${key}>`);
		machine.put(1, next(), Uint8Array.of(0xff), "last");
		machine.put(1, next(), Uint8Array.of(0), "first");
		const target = new Uint8Array(1000).fill(0xee);
		const keysOf = (from: string, to: string, most: number, limit: number) => {
			const fromBytes = bytesOf(from);
			const toBytes = bytesOf(to);
			const { store } = machine;
			const end = store.range(fromBytes, 0, fromBytes.length, toBytes, 0, toBytes.length, most, target, 3, limit);
			const keys: string[] = [];
			let at = 3;
			while (at < end) {
				at += 3; // three integers below 24
				keys.push(String.fromCharCode(...target.slice(at + 1, at + 1 + target[at] - 0x40)));
				at += 1 + target[at] - 0x40;
				at += 1 + target[at] - 0x40;
			}
			assert.equal(at, end);
			assert.equal(keys.length, store.rangeCount);
			return [...keys, store.rangeMore ? "more" : "end"];
		};
		assert.deepEqual(keysOf("", "", 0, 1000), ["\0", "a", "ab", "b", "c", "\xff", "end"]);
		assert.deepEqual(keysOf("a", "b", 0, 1000), ["a", "ab", "end"], "the end is not included");
		assert.deepEqual(keysOf("aa", "", 2, 1000), ["ab", "b", "more"]);
		assert.deepEqual(keysOf("ab\0", "c", 0, 1000), ["b", "end"], "the next page after ab");
		assert.deepEqual(keysOf("b", "a", 0, 1000), ["end"], "an empty range");
		assert.deepEqual(keysOf("a", "", 0, 3 + 9 + 10), ["a", "more"], "a pair of 9 bytes, and one short of the next");
		assert.deepEqual(keysOf("a", "", 0, 3 + 9 + 11), ["a", "ab", "more"]);
		assert.deepEqual(keysOf("a", "", 0, 3 + 8), ["more"]);
		assert.ok(target.subarray(0, 3).every((byte) => byte === 0xee));
	});

	it("refuses what has no room, wholly, and heals when something is deleted", () => {
		const { machine, next } = opened();
		const { keys } = machine.store;
		for (let i = 0; i < 5; i++) assert.equal(machine.put(1, next(), `key-${i}`, "x".repeat(120)).reason, DONE);
		assert.equal(machine.put(1, next(), "key-5", "x".repeat(120)).reason, DONE);
		const revision = machine.store.revision;
		const hash = keys.fingerprint(revision);
		assert.equal(keys.used, 6 * 128);
		assert.equal(keys.capacity, 1024 - reserveBytes(SMALL));
		assert.equal(machine.put(1, next(), "key-6", "x".repeat(120)).reason, NO_SPACE);
		assert.equal(machine.put(1, next(), "key-7", "x".repeat(keys.capacity - keys.used)).reason, NO_SPACE);
		assert.equal(machine.store.revision, revision);
		assert.equal(keys.fingerprint(revision), hash);
		assert.equal(machine.get("key-5"), "x".repeat(120));

		// A value may be replaced by one of its own size, or a smaller one, however full it is.
		assert.equal(machine.put(1, next(), "key-5", "y".repeat(120)).reason, DONE);
		assert.equal(machine.put(1, next(), "key-5", "y".repeat(20)).reason, DONE);
		assert.equal(machine.put(1, next(), "key-5", "y".repeat(120)).reason, DONE);
		assert.equal(machine.delete(1, next(), "key-0").reason, DONE);
		assert.equal(machine.put(1, next(), "key-6", "x".repeat(120)).reason, DONE);
		assert.equal(machine.get("key-6"), "x".repeat(120));
		for (let i = 1; i < 7; i++) assert.equal(machine.delete(1, next(), `key-${i}`).reason, DONE);
		assert.equal(keys.used, 0);
		assert.equal(keys.count, 0);
		assert.equal(keys.fingerprint(machine.store.revision), 0);
	});

	it("refuses more keys than the limit, and takes one when another goes", () => {
		const { machine, next } = opened();
		for (let i = 0; i < SMALL.keys; i++) assert.equal(machine.put(1, next(), `${i}`, "").reason, DONE);
		assert.equal(machine.put(1, next(), "more", "").reason, NO_SPACE);
		assert.equal(machine.put(1, next(), "3", "still").reason, DONE);
		assert.equal(machine.delete(1, next(), "4").reason, DONE);
		assert.equal(machine.put(1, next(), "more", "").reason, DONE);
	});

	it("keeps at least a twentieth of the live bytes free", () => {
		for (const limits of [SMALL, PROFILE_S, PROFILE_M])
			assert.ok(new Machine(limits).store.keys.capacity <= limits.liveBytes * 0.95);
	});

	it("keeps revisions above 2^32 exactly, and stops at 2^48", () => {
		for (const start of [2 ** 32 - 2, 2 ** 48 - 4]) {
			const { machine, next } = opened();
			machine.store.revision = start;
			machine.store.appliedIndex = start;
			assert.equal(machine.put(1, next(), "a", "v").createRevision, start + 1);
			assert.equal(machine.put(1, next(), "a", "w").modRevision, start + 2);
			assert.equal(machine.compareAndPut(1, next(), start + 2, "a", "x").modRevision, start + 3);
			assert.equal(machine.store.revision, start + 3);
			const other = machine.copy();
			assert.equal(other.store.stateHash(), machine.store.stateHash());
			assert.equal(other.get("a"), "x");
			assert.equal(other.store.found.createRevision, start + 1);
			assert.equal(other.store.found.modRevision, start + 3);
		}
		const { machine, next } = opened();
		machine.store.revision = 2 ** 48 - 2;
		assert.equal(machine.put(1, next(), "a", "v").revision, 2 ** 48 - 1);
		assert.throws(() => machine.put(1, next(), "a", "v"), /last revision/);
		assert.throws(() => machine.delete(1, next(), "a"), /last revision/);
	});

	it("stays at the last version of a key rather than wrap or stop", () => {
		const { machine, next } = opened();
		machine.put(1, next(), "a", "v");
		machine.store.keys.versions[machine.store.keys.find(bytesOf("a"), 0, 1)] = 2 ** 32 - 2;
		assert.equal(machine.put(1, next(), "a", "w").version, 2 ** 32 - 1);
		assert.equal(machine.put(1, next(), "a", "x").version, 2 ** 32 - 1);
		assert.equal(machine.get("a"), "x");
	});

	it("notices in its state hash each single thing that differs", () => {
		const build = (value: string, puts: string[]) => {
			const { machine, next } = opened();
			for (const key of puts) machine.put(1, next(), key, value);
			return machine.store;
		};
		const reference = build("v", ["a", "b"]);
		const differing = [
			build("w", ["a", "b"]),
			build("v", ["b", "a"]),
			build("v", ["a", "c"]),
			build("v", ["a", "b", "b"]),
			build("v", ["a"]),
		];
		const hashes = new Set([reference, ...differing].map((store) => store.stateHash()));
		assert.equal(hashes.size, 6);
		assert.equal(build("v", ["a", "b"]).stateHash(), reference.stateHash());
		// What no history of puts alone can bring apart: each of a key's numbers counts by itself.
		for (const field of ["createRevisions", "modRevisions", "versions"] as const) {
			const other = build("v", ["a", "b"]);
			other.keys[field][other.keys.sorted[1]] += 1;
			assert.ok(!hashes.has(other.stateHash()), `${field} are part of the state`);
		}
		reference.sessions.table[0].reply.version += 1;
		assert.ok(!hashes.has(reference.stateHash()), "a cached reply is part of the state");
	});

	it("says what memory it takes", () => {
		for (const [name, limits] of Object.entries({ S: PROFILE_S, M: PROFILE_M })) {
			const bytes = storeFootprint(limits);
			console.log(`      profile ${name}: the store takes ${bytes} bytes, ${limits.liveBytes} of them for pairs`);
			const { keys } = new Machine(limits).store;
			let arrays = 0;
			for (const field of Object.values(keys)) if (ArrayBuffer.isView(field)) arrays += field.byteLength;
			assert.ok(arrays < bytes && arrays > bytes * 0.6);
		}
	});
});
