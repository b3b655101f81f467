import assert from "node:assert/strict";
import { encode as cborgEncode } from "cborg";
import fc from "fast-check";
import {
	CLOSE,
	COMPARE_AND_PUT,
	Command,
	CommandReader,
	DELETE,
	EXPECTED,
	KEY_OFFSET,
	NONCE_HIGH,
	NONCE_LOW,
	PUT,
	REGISTER,
	SEQUENCE,
	SESSION,
	U32_MAX,
	U48_MAX,
} from "../../core/command";
import { encode } from "./store/machine";

const U32 = fc.oneof(fc.nat(U32_MAX), fc.constantFrom(0, 23, 24, 255, 256, 65535, 65536, U32_MAX));
const U48 = fc.oneof(
	fc.maxSafeNat().map((n) => n % (U48_MAX + 1)),
	fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, U48_MAX),
);
const BYTES = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ minLength: 20, maxLength: 600 }));

describe("core/command", () => {
	it("writes what another CBOR library writes, and reads it back", () => {
		const command = fc.record({ operation: fc.integer({ min: REGISTER, max: CLOSE }), a: U32, b: U32, s: U48, e: U48 });
		fc.assert(
			fc.property(command, BYTES, BYTES, ({ operation, a, b, s, e }, key, value) => {
				const fields = { operation, nonceHigh: a, nonceLow: b, session: s, sequence: b, expected: e };
				const bytes = encode(fields, key, value);
				const expected: unknown[] = operation === REGISTER ? [REGISTER, a, b] : [operation, s, b];
				if (operation === COMPARE_AND_PUT) expected.push(e);
				if (operation === PUT || operation === DELETE || operation === COMPARE_AND_PUT) expected.push(key);
				if (operation === PUT || operation === COMPARE_AND_PUT) expected.push(value);
				assert.deepEqual(bytes, Uint8Array.from(cborgEncode(expected)));

				const buffer = new Uint8Array(bytes.length + 9);
				buffer.set(bytes, 4);
				const reader = new CommandReader();
				const { row } = reader;
				assert.equal(reader.read(buffer, 4, bytes.length), operation);
				if (operation === REGISTER) assert.deepEqual([row[NONCE_HIGH], row[NONCE_LOW]], [a, b]);
				else assert.deepEqual([row[SESSION], row[SEQUENCE]], [s, b]);
				if (operation === COMPARE_AND_PUT) assert.equal(row[EXPECTED], e);
				const column = KEY_OFFSET;
				if (expected.includes(key)) assert.deepEqual(buffer.slice(row[column], row[column] + row[column + 1]), key);
				if (expected.includes(value))
					assert.deepEqual(buffer.slice(row[column + 2], row[column + 2] + row[column + 3]), value);
			}),
		);
	});

	it("refuses every other length, and every other encoding of the same command", () => {
		const command = new CommandReader();
		const bytes = encode({ operation: PUT, session: 70000, sequence: 7 }, "key", "value");
		for (let length = 0; length < bytes.length; length++) assert.equal(command.read(bytes, 0, length), 0);
		const longer = new Uint8Array(bytes.length + 1);
		longer.set(bytes);
		assert.equal(command.read(longer, 0, longer.length), 0, "a byte behind it");
		assert.equal(command.read(longer, 0, bytes.length), PUT);
		const wrong: [string, number[]][] = [
			["an unknown operation", [0x83, 6, 1, 1]],
			["operation 0", [0x83, 0, 1, 1]],
			["a longer array", [0x84, CLOSE, 1, 1, 1]],
			["an indefinite array", [0x9f, CLOSE, 1, 1, 0xff]],
			["an integer that is not in its shortest form", [0x83, CLOSE, 0x18, 1, 1]],
			["a negative integer", [0x83, CLOSE, 0x20, 1]],
			["a text string for a key", [0x84, DELETE, 1, 1, 0x61, 0x61]],
			["a length that is not in its shortest form", [0x84, DELETE, 1, 1, 0x58, 1, 0x61]],
			["a session above 48 bits", [0x83, CLOSE, 0x1b, 0, 1, 0, 0, 0, 0, 0, 0, 1]],
			["a sequence above 32 bits", [0x83, CLOSE, 1, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0]],
		];
		for (const [what, wrongBytes] of wrong)
			assert.equal(command.read(Uint8Array.from(wrongBytes), 0, wrongBytes.length), 0, what);
	});

	it("writes nothing beyond its limit", () => {
		const command = new Command();
		const text = new Uint8Array(100).fill(0x61);
		Object.assign(command, { operation: PUT, session: 5, sequence: 6, keyLength: 30, valueLength: 60 });
		const target = new Uint8Array(200);
		const length = command.write(target, 0, target.length, text, text);
		for (let limit = 0; limit < length; limit++) {
			const small = new Uint8Array(200).fill(0xee);
			assert.equal(command.write(small, 0, limit, text, text), -1);
			assert.ok(small.subarray(limit).every((byte) => byte === 0xee));
		}
		assert.equal(command.write(target, 0, length, text, text), length);
	});

	it("fits a put with a small key into 16 bytes", () => {
		assert.equal(encode({ operation: PUT, session: 65535, sequence: 65535 }, "k", "12345").length, 16);
	});
});
