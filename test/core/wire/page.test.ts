import assert from "node:assert/strict";
import { encode as encodeWithCborg } from "cborg";
import fc from "fast-check";
import { PAGE_BROKEN, PAGE_END, PAGE_PAIR, PageReader } from "../../../core/wire/page";
import { PageWriter } from "./page-writer";

type Pair = [createRevision: number, modRevision: number, version: number, key: Uint8Array, value: Uint8Array];

const u48 = fc.integer({ min: 0, max: 0xffffffffffff });
const pair: fc.Arbitrary<Pair> = fc.tuple(
	u48,
	u48,
	fc.integer({ min: 0, max: 0xffffffff }),
	fc.uint8Array({ maxLength: 40 }),
	fc.uint8Array({ maxLength: 300 }),
);

function sequence(pairs: readonly Pair[]): Uint8Array {
	return Uint8Array.from(pairs.flatMap((items) => items.flatMap((item) => [...encodeWithCborg(item)])));
}

function read(bytes: Uint8Array, offset: number, length: number): { pairs: Pair[]; end: number } {
	const reader = new PageReader();
	const pairs: Pair[] = [];
	let state = PAGE_PAIR;
	reader.begin(offset, length);
	while ((state = reader.next(bytes)) === PAGE_PAIR)
		pairs.push([
			reader.createRevision,
			reader.modRevision,
			reader.version,
			bytes.slice(reader.keyOffset, reader.keyOffset + reader.keyLength),
			bytes.slice(reader.valueOffset, reader.valueOffset + reader.valueLength),
		]);
	return { pairs, end: state };
}

describe("core/wire/page", () => {
	it("writes and reads the same sequence as cborg, as many pairs as fit", () => {
		fc.assert(
			fc.property(fc.array(pair, { maxLength: 8 }), fc.integer({ min: 0, max: 1200 }), (pairs, room) => {
				const target = new Uint8Array(1472).fill(0xee);
				const writer = new PageWriter(target);
				writer.begin(100, 100 + room);
				const taken: Pair[] = [];
				for (const next of pairs) {
					const [createRevision, modRevision, version, key, value] = next;
					if (!writer.add(createRevision, modRevision, version, key, 0, key.length, value, 0, value.length)) break;
					taken.push(next);
				}
				const expected = sequence(taken);
				assert.equal(writer.pairs, taken.length);
				assert.deepEqual(target.slice(100, writer.end), expected);
				assert.ok(expected.length <= room);
				if (taken.length < pairs.length) assert.ok(sequence(pairs.slice(0, taken.length + 1)).length > room);
				assert.ok(target.slice(100 + room).every((byte) => byte === 0xee));
				assert.deepEqual(read(target, 100, expected.length), { pairs: taken, end: PAGE_END });
			}),
			{ numRuns: 1000 },
		);
	});

	it("stops at what is no pair", () => {
		const key = new Uint8Array([1]);
		const good = sequence([[1, 2, 3, key, key]]);
		for (let cut = 1; cut < good.length; cut++) assert.equal(read(good, 0, cut).end, PAGE_BROKEN);
		const broken = [
			"1b0001000000000000" + "0000" + "4000",
			"00" + "1b0001000000000000" + "00" + "4040",
			"0000" + "1b0000000100000000" + "4040",
			"000000" + "5800" + "40",
			`000000590010${"00".repeat(16)}40`,
			"000000" + "6040",
			"000000" + "40" + "5f40ff",
			"000000" + "5a00000000" + "40",
		];
		for (const hex of broken) {
			const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
			assert.equal(read(bytes, 0, bytes.length).end, PAGE_BROKEN, hex);
		}
		const mixed = Uint8Array.from([...good, 0xff]);
		const result = read(mixed, 0, mixed.length);
		assert.deepEqual([result.pairs.length, result.end], [1, PAGE_BROKEN]);
	});
});
