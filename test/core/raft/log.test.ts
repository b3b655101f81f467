import assert from "node:assert/strict";
import fc from "fast-check";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES, ENTRY_NO_OP, writeEntryHeader } from "../../../core/entry";
import { PROFILE_S } from "../../../core/limits";
import { Log, MALFORMED } from "../../../core/raft/log";
import { Message } from "../../../core/raft/messages";

const LIMITS = Object.freeze({
	...PROFILE_S,
	commandBytes: 60,
	logBytes: 300,
	logEntries: 16,
	logReserveBytes: 32,
	logReserveEntries: 4,
	termRuns: 16,
});

function encode(term: number, payload: number[], type = ENTRY_COMMAND): number[] {
	const bytes = new Uint8Array(ENTRY_HEADER_BYTES + payload.length);
	writeEntryHeader(bytes, 0, type, payload.length, term);
	bytes.set(payload, ENTRY_HEADER_BYTES);
	return [...bytes];
}

function messageOf(entries: number[][]): Message {
	const message = new Message(new Uint8Array(3000));
	message.offset = 11;
	let at = 11;
	for (const entry of entries) {
		message.bytes.set(entry, at);
		at += entry.length;
	}
	message.length = at - 11;
	return message;
}

function payloadOf(length: number, seed: number): number[] {
	return Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);
}

const step = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			verb: fc.constant("append"),
			sizes: fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
			by: fc.nat(2),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ verb: fc.constant("propose"), sizes: fc.array(fc.nat(60)), by: fc.nat(2) }) },
	{ weight: 1, arbitrary: fc.record({ verb: fc.constant("first"), sizes: fc.constant([]), by: fc.nat(2) }) },
	{ weight: 2, arbitrary: fc.record({ verb: fc.constant("truncate"), sizes: fc.constant([]), by: fc.nat(4) }) },
	{ weight: 3, arbitrary: fc.record({ verb: fc.constant("evictable"), sizes: fc.constant([]), by: fc.nat(5) }) },
	{ weight: 1, arbitrary: fc.record({ verb: fc.constant("compact"), sizes: fc.constant([]), by: fc.nat(3) }) },
);

/** The twin: every entry's bytes in an array by index - 1, and never any lack of room. */
class Twins {
	readonly log = new Log(LIMITS);
	readonly entries: number[][] = [];
	readonly terms: number[] = [];
	evictable = 0;
	seed = 0;

	get lastTerm(): number {
		return this.terms[this.terms.length - 1] ?? 0;
	}

	private push(term: number, payload: number[], type = ENTRY_COMMAND): void {
		this.entries.push(encode(term, payload, type));
		this.terms.push(term);
	}

	append(sizes: number[], by: number): void {
		const made = sizes.map((size, i) => {
			const term = this.lastTerm + (i >= sizes.length / 2 ? Math.min(by, 1) : 0);
			return { term, payload: payloadOf(size, this.seed++) };
		});
		const message = messageOf(made.map(({ term, payload }) => encode(term, payload)));
		const taken = this.log.append(message, this.lastTerm + 1, this.evictable, this.log.baseIndex);
		assert.ok(taken >= 0 && taken <= made.length);
		if (this.evictable === this.entries.length && this.log.terms.capacity - this.log.terms.count > 1)
			assert.ok(taken > 0, "no room at all");
		for (const { term, payload } of made.slice(0, taken)) this.push(term, payload);
	}

	propose(size: number): void {
		const payload = payloadOf(size, this.seed++);
		const source = Uint8Array.from([9, 9, ...payload]);
		if (!this.log.propose(ENTRY_COMMAND, this.lastTerm, source, 2, size, this.evictable)) return;
		this.push(this.lastTerm, payload);
		// The next leader's first entry always has room.
		const cached = this.log.lastIndex - this.log.firstCached + 1;
		assert.ok(cached <= LIMITS.logEntries - LIMITS.logReserveEntries);
	}

	first(): void {
		const term = this.lastTerm + 1;
		if (this.log.appendFirst(ENTRY_NO_OP, term, this.evictable, this.log.baseIndex)) this.push(term, [], ENTRY_NO_OP);
	}

	truncate(by: number): void {
		const from = this.entries.length - by;
		if (from <= this.log.baseIndex || by === 0) return;
		this.log.truncate(from);
		this.entries.length = from - 1;
		this.terms.length = from - 1;
		this.evictable = Math.min(this.evictable, from - 1);
	}

	check(): void {
		const { log, entries } = this;
		assert.equal(log.lastIndex, entries.length);
		assert.equal(log.lastTerm, this.lastTerm);
		assert.ok(log.firstCached <= this.evictable + 1, "an entry left RAM before it might");
		const target = new Uint8Array(600);
		for (let first = log.firstCached; first <= log.lastIndex; first++) {
			for (let last = first; last <= log.lastIndex; last++) {
				const expected = entries.slice(first - 1, last).flat();
				assert.equal(log.rangeBytes(first, last), expected.length);
				assert.equal(log.copyRange(first, last, target, 5), expected.length);
				assert.deepEqual([...target.subarray(5, 5 + expected.length)], expected);
			}
			for (const limit of [1, 50, 120, 1000]) {
				let last = first;
				while (last < log.lastIndex && entries.slice(first - 1, last + 1).flat().length <= limit) last++;
				assert.equal(log.lastWithin(first, limit), last);
			}
		}
		for (let index = log.baseIndex; index <= log.lastIndex; index++) {
			const term = index === 0 ? 0 : this.terms[index - 1];
			assert.equal(log.termAt(index), term);
			assert.ok(log.agreesAt(index, term) && !log.agreesAt(index, term + 1));
		}
		assert.ok(!log.agreesAt(log.lastIndex + 1, log.lastTerm));
		if (log.baseIndex > 1) assert.ok(log.agreesAt(log.baseIndex - 1, 12345));
	}
}

describe("log", () => {
	it("holds the bytes and terms of its entries as an array does, whatever wraps, is cut or leaves", () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
				const twins = new Twins();
				for (const { verb, sizes, by } of steps) {
					if (verb === "append") twins.append(sizes, by);
					else if (verb === "propose") for (const size of sizes) twins.propose(size);
					else if (verb === "first") twins.first();
					else if (verb === "truncate") twins.truncate(by);
					else if (verb === "evictable") twins.evictable = Math.min(twins.evictable + by, twins.entries.length);
					else twins.log.compact(Math.min(twins.log.baseIndex + by, twins.evictable));
					twins.check();
				}
			}),
			{ numRuns: 200 },
		);
	});

	it("takes nothing of a range that is malformed", () => {
		const whole = encode(1, [1, 2, 3]);
		const broken: [string, number[][]][] = [
			["a header that is cut", [whole, whole.slice(0, 5)]],
			["a payload that is cut", [whole, whole.slice(0, 10)]],
			["a term above the leader's", [whole, encode(9, [1])]],
			["a term that falls", [encode(2, []), encode(1, [])]],
			["a payload above the limit", [whole, encode(1, payloadOf(61, 1))]],
		];
		for (const [name, entries] of broken) {
			const log = new Log(LIMITS);
			assert.equal(log.append(messageOf([encode(1, [7])]), 2, 0, 0), 1);
			assert.equal(log.append(messageOf(entries), 2, 0, 0), MALFORMED, name);
			assert.deepEqual([log.lastIndex, log.lastTerm], [1, 1], name);
			assert.equal(log.append(messageOf([encode(1, [8])]), 2, 0, 0), 1, name);
			const target = new Uint8Array(20);
			assert.equal(log.copyRange(1, 2, target, 0), 18);
			assert.deepEqual([target[8], target[17]], [7, 8], name);
		}
	});

	it("still knows where its last entry ends when the ring has gone round for one that was not taken", () => {
		const log = new Log(LIMITS);
		const entries = [1, 2, 3, 4].map((seed) => encode(1, payloadOf(60, seed)));
		assert.equal(log.append(messageOf(entries), 1, 0, 0), 4);
		assert.equal(log.append(messageOf([encode(1, payloadOf(60, 5))]), 1, 2, 0), 1);
		log.truncate(5);
		assert.equal(log.append(messageOf([encode(1, payloadOf(60, 6)), encode(9, [])]), 1, 2, 0), MALFORMED);
		const target = new Uint8Array(200);
		assert.equal(log.rangeBytes(4, 4), 68);
		assert.equal(log.copyRange(3, 4, target, 0), 136);
		assert.deepEqual([...target.subarray(0, 136)], entries.slice(2).flat());
		log.truncate(4);
		assert.equal(log.rangeBytes(3, 3), 68);
	});

	it("takes as many entries of a range as there is room for", () => {
		const log = new Log(LIMITS);
		const entries = Array.from({ length: 20 }, (_, i) => encode(1, [i]));
		assert.equal(log.append(messageOf(entries), 1, 0, 0), 16);
		assert.equal(log.append(messageOf(entries.slice(16)), 1, 3, 0), 3);
		assert.equal(log.firstCached, 4);
		assert.equal(log.append(messageOf(entries.slice(19)), 1, 3, 0), 0);
	});

	it("forgets the terms that the snapshot covers when it needs a run more", () => {
		const log = new Log(LIMITS);
		for (let term = 1; term <= 15; term++) assert.ok(log.appendFirst(ENTRY_NO_OP, term, term - 1, 0));
		assert.ok(!log.appendFirst(ENTRY_NO_OP, 16, 15, 0), "sixteen runs and the base");
		assert.equal(log.append(messageOf([encode(16, [])]), 16, 15, 0), 0);
		assert.ok(log.appendFirst(ENTRY_NO_OP, 16, 15, 4));
		assert.equal(log.baseIndex, 1);
		assert.equal(log.append(messageOf([encode(17, [])]), 17, 15, 4), 1);
		assert.deepEqual([log.baseIndex, log.lastTerm, log.termAt(2)], [2, 17, 2]);
	});
});
