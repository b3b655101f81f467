/** Every decoder, for some thousands of inputs: `npm run fuzz` has no end. And what it would notice. */
import assert from "node:assert/strict";
import { readIntegers } from "../../../core/bytes";
import { Random } from "./mutation";
import { decodeShapes, type Shape } from "./shape";
import { commands, configurations, integers } from "./shapes";
import { TARGETS } from "./targets";

const INPUTS = 40_000;

describe("fuzz", () => {
	for (const { name, run, share } of TARGETS)
		it(`${name}: accepts what is right, refuses the rest, and does the same again`, () => {
			const inputs = share === 1 ? 400 : INPUTS;
			const outcome = run(inputs, 1);
			assert.equal(outcome.accepted + outcome.refused, inputs);
			const least = inputs / 10;
			assert.ok(outcome.accepted > least && outcome.refused > least, JSON.stringify(outcome));
			assert.deepEqual(run(inputs, 1), outcome);
			assert.notEqual(run(inputs, 2).digest, outcome.digest);
		});

	it("has a part of the inputs for each", () =>
		assert.equal(
			TARGETS.reduce((sum, { share }) => sum + share, 0),
			1000,
		));
});

describe("fuzz of a decoder with a mistake", () => {
	function failureOf(make: (random: Random) => Shape, mistake: (right: Shape) => Partial<Shape>): string {
		const random = new Random(5);
		const right = make(random);
		try {
			decodeShapes({ ...right, ...mistake(right) }, INPUTS, random);
		} catch (error) {
			return ((error as Error).cause as Error).message;
		}
		return "nothing was noticed";
	}

	it("notices one that throws", () => {
		const read: Shape["read"] = (bytes, offset, length) => {
			if (length > 0 && bytes[offset] === 0x5f) throw new RangeError("out of bounds");
			return false;
		};
		assert.equal(
			failureOf(commands, () => ({ read })),
			"out of bounds",
		);
	});

	it("notices one that accepts a second encoding: a byte behind the end", () => {
		const failure = failureOf(configurations, (right) => ({
			read: (bytes, offset, length) =>
				right.read(bytes, offset, length) || (length > 0 && right.read(bytes, offset, length - 1)),
		}));
		assert.equal(failure, "accepted, but not the one encoding");
	});

	it("notices one that reads behind the end", () => {
		const row = new DataView(new ArrayBuffer(8 * 12));
		const failure = failureOf(integers, () => ({
			read: (bytes, offset, length) => readIntegers(bytes, offset, offset + length + 9, row, 0, 12) === offset + length,
		}));
		assert.match(failure, /^(bytes around the input were read|accepted, but not the one encoding)$/);
	});

	it("notices one that writes where it reads", () => {
		const failure = failureOf(commands, (right) => ({
			read: (bytes, offset, length) => {
				if (length > 40) bytes[offset + length] ^= 1;
				return right.read(bytes, offset, length);
			},
		}));
		assert.equal(failure, "the input was changed");
	});
});
