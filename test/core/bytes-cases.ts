/**
 * What core/bytes must do, as cases without a test framework: the same run on V8 with the
 * TypeScript twin (test/core/bytes.test.ts) and on XS with the native one (test/xs/bytes.xs.ts).
 */
import {
	appendCrc32c,
	CRC32C_RESIDUE,
	compare,
	copy,
	crc32c,
	fill,
	hash,
	isFilled,
	NO_ROOM,
	NOT_CANONICAL,
	OUT_OF_RANGE,
	readArray,
	readIntegers,
	readRecord,
	SHAPE_BYTES,
	UNKNOWN_KIND,
	writeArray,
	writeIntegers,
} from "../../core/bytes";

export interface Case {
	readonly name: string;
	readonly run: () => void;
}

function equal(actual: unknown, expected: unknown, what: string): void {
	if (!Object.is(actual, expected)) throw new Error(`${what}: ${String(actual)} is not ${String(expected)}`);
}

function throwsRangeError(run: () => void, what: string): void {
	try {
		run();
	} catch (error) {
		equal(error instanceof RangeError, true, `${what} throws ${String(error)}`);
		return;
	}
	throw new Error(`${what} does not throw`);
}

function bytesOf(hex: string): Uint8Array {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

function hexOf(bytes: Uint8Array, from: number, to: number): string {
	let hex = "";
	for (let i = from; i < to; i++) hex += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
	return hex;
}

function rowOf(values: readonly number[]): DataView {
	const row = new DataView(new ArrayBuffer(values.length * 8));
	for (let i = 0; i < values.length; i++) row.setFloat64(i * 8, values[i], true);
	return row;
}

function counting(length: number): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++) bytes[i] = i;
	return bytes;
}

/** RFC 3720 appendix B.4, and the check value of the CRC catalogue for "123456789". */
const CRC_VECTORS: readonly (readonly [string, number])[] = [
	["", 0],
	["00".repeat(32), 0x8a9136aa],
	["ff".repeat(32), 0x62a8ab43],
	[hexOf(counting(32), 0, 32), 0x46dd794e],
	[hexOf(counting(32).reverse(), 0, 32), 0x113fdb5c],
	["01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000", 0xd9963a56],
	["313233343536373839", 0xe3069283],
];

/** RFC 8949 appendix A, and the edges of each head. */
const INTEGER_VECTORS: readonly (readonly [number, string])[] = [
	[0, "00"],
	[1, "01"],
	[10, "0a"],
	[23, "17"],
	[24, "1818"],
	[25, "1819"],
	[100, "1864"],
	[255, "18ff"],
	[256, "190100"],
	[1000, "1903e8"],
	[65535, "19ffff"],
	[65536, "1a00010000"],
	[1000000, "1a000f4240"],
	[4294967295, "1affffffff"],
	[4294967296, "1b0000000100000000"],
	[1000000000000, "1b000000e8d4a51000"],
	[281474976710655, "1b0000ffffffffffff"],
	[9007199254740991, "1b001fffffffffffff"],
];

const NOT_INTEGERS: readonly string[] = [
	"",
	"18",
	"1817",
	"19",
	"1900",
	"1900ff",
	"1a0000ffff",
	"1a000100",
	"1b00000000ffffffff",
	"1b00000001000000",
	"1b0020000000000000",
	"1bffffffffffffffff",
	"1c",
	"1f",
	"20",
	"40",
	"80",
	"a0",
	"c000",
	"e0",
	"f4",
	"f90000",
	"ff",
];

/** Every outcome of a long pseudo-random run, in one number: equal on V8 and on XS. */
const DIGEST = 0x3fadc975;

function digest(): number {
	let state = 12345;
	const next = (below: number): number => {
		state = (Math.imul(state, 1103515245) + 12345) >>> 0;
		return Math.floor((state / 0x100000000) * below);
	};
	const bytes = new Uint8Array(96);
	const other = new Uint8Array(96);
	const fields = new Float64Array(12);
	const row = new DataView(fields.buffer);
	const widths = new Uint8Array(8);
	let sum = 0;
	const note = (value: number): void => {
		fields[11] = value;
		sum = crc32c(sum, new Uint8Array(fields.buffer), 88, 8);
	};
	for (let round = 0; round < 2000; round++) {
		const from = next(48);
		const to = next(48);
		const length = next(48);
		const count = next(7);
		const strings = next(3);
		for (let i = 0; i < 8; i++) {
			let power = 1;
			for (let bits = next(53); bits > 0; bits--) power *= 2;
			fields[i] = power - next(2);
			widths[i] = 1 + next(48);
		}
		note(writeIntegers(bytes, from, from + length, row, 0, count));
		note(writeArray(other, to, to + length, row, 0, count, strings, next(30)));
		copy(bytes, to, next(2) === 0 ? bytes : other, from, length);
		bytes[next(96)] = next(256);
		note(compare(bytes, from, length, other, to, next(48)));
		note(readIntegers(bytes, to, to + length, row, 0, count));
		note(readArray(other, to, to + length, row, 0, count, strings, widths, 0));
		if (next(4) === 0) fill(bytes, from, length, next(256));
		note(isFilled(bytes, from, length, bytes[from]) ? 1 : 0);
		note(crc32c(next(0x100000000), bytes, from, length));
		note(crc32c(0, other, 0, 96));
	}
	return sum;
}

function copies(): void {
	const bytes = counting(16);
	copy(bytes, 4, bytes, 0, 8);
	equal(hexOf(bytes, 0, 16), "000102030001020304050607" + "0c0d0e0f", "copy upwards over itself");
	const back = counting(16);
	copy(back, 0, back, 4, 8);
	equal(hexOf(back, 0, 16), "0405060708090a0b08090a0b0c0d0e0f", "copy downwards over itself");
	const shared = counting(16);
	copy(new Uint8Array(shared.buffer, 2, 10), 0, new Uint8Array(shared.buffer, 0, 10), 0, 10);
	equal(hexOf(shared, 0, 16), "000100010203040506070809" + "0c0d0e0f", "copy between two views of one buffer");
	const target = new Uint8Array(100);
	copy(target, 50, counting(50), 0, 50);
	equal(hexOf(target, 48, 54), "000000010203", "copy of a long part");
	copy(target, 100, counting(4), 4, 0);
	throwsRangeError(() => copy(target, 98, counting(4), 0, 3), "a copy beyond the target");
	throwsRangeError(() => copy(target, 0, counting(4), 2, 3), "a copy from beyond the source");
	throwsRangeError(() => copy(target, -1, counting(4), 0, 1), "a copy to before the target");
	throwsRangeError(() => copy(target, 0, counting(4), 0, -1), "a copy of less than nothing");
	throwsRangeError(() => copy(target, Number.NaN, counting(4), 0, 1), "a copy to nowhere");
	throwsRangeError(() => copy(target, 0x100000000, counting(4), 0, 1), "a copy beyond 32 bits");
}

function fillsAndCompares(): void {
	const bytes = new Uint8Array(20);
	fill(bytes, 3, 15, 0xff);
	equal(hexOf(bytes, 0, 20), `000000${"ff".repeat(15)}0000`, "fill");
	equal(isFilled(bytes, 3, 15, 0xff), true, "isFilled");
	equal(isFilled(bytes, 2, 15, 0xff), false, "isFilled with another byte first");
	equal(isFilled(bytes, 3, 16, 0xff), false, "isFilled with another byte last");
	equal(isFilled(bytes, 9, 0, 7), true, "isFilled of nothing");
	throwsRangeError(() => isFilled(bytes, 19, 2, 0), "isFilled beyond the end");
	throwsRangeError(() => fill(bytes, 19, 2, 0), "fill beyond the end");
	for (const wrong of [-1, 256, Number.NaN]) {
		throwsRangeError(() => fill(bytes, 0, 1, wrong), `fill with ${wrong}`);
		throwsRangeError(() => isFilled(bytes, 0, 1, wrong), `isFilled with ${wrong}`);
	}
	const a = bytesOf("616263");
	const b = bytesOf("61626364");
	const c = bytesOf("6162ff");
	equal(compare(a, 0, 3, b, 0, 4), -1, "a prefix comes first");
	equal(compare(b, 0, 4, a, 0, 3), 1, "and after it the longer");
	equal(compare(a, 0, 3, b, 0, 3), 0, "equal parts");
	equal(compare(c, 0, 3, b, 0, 4), 1, "bytes are unsigned");
	equal(compare(a, 3, 0, b, 0, 0), 0, "nothing equals nothing");
	equal(compare(a, 3, 0, b, 0, 1), -1, "nothing comes first");
	throwsRangeError(() => compare(a, 1, 3, b, 0, 1), "compare beyond the end");
}

function crcs(): void {
	for (const [hex, crc] of CRC_VECTORS) {
		const bytes = bytesOf(hex);
		equal(crc32c(0, bytes, 0, bytes.length), crc, `crc32c of ${hex}`);
		const half = Math.floor(bytes.length / 2);
		const first = crc32c(0, bytes, 0, half);
		equal(crc32c(first, bytes, half, bytes.length - half), crc, `crc32c of ${hex} in pieces`);
		const sealed = new Uint8Array(bytes.length + 6);
		copy(sealed, 1, bytes, 0, bytes.length);
		appendCrc32c(77, sealed, 1, bytes.length);
		equal(crc32c(77, sealed, 1, bytes.length + 4), CRC32C_RESIDUE, `residue of ${hex}`);
		equal(sealed[0] + sealed[sealed.length - 1], 0, "bytes around the CRC");
	}
	throwsRangeError(() => crc32c(0, new Uint8Array(4), 1, 4), "a CRC beyond the end");
	throwsRangeError(() => appendCrc32c(0, new Uint8Array(7), 0, 4), "a CRC without room");
}

/** FNV-1a and fmix32 by hand, with the seed's halves first. */
const HASH_VECTORS: readonly (readonly [number, string, number])[] = [
	[0, "", 0x18b6b1bd],
	[0x100000001, "616263", 0x51e78b59],
	[Number.MAX_SAFE_INTEGER, "ff0080", 0x7eb7663c],
];

function hashes(): void {
	for (const [seed, hex, expected] of HASH_VECTORS) {
		const bytes = bytesOf(`ee${hex}ee`);
		equal(hash(seed, bytes, 1, hex.length / 2), expected, `hash of ${hex} with ${seed}`);
	}
	const bytes = counting(40);
	let sum = 0;
	for (let length = 0; length <= 40; length++) {
		const seed = (length * 0x123456789a) % 0x1000000000000;
		sum = (sum * 31 + hash(seed, bytes, 40 - length, length)) % 0x100000000;
	}
	equal(sum, 0xba8f50a3, "the hash of many hashes");
	throwsRangeError(() => hash(0, bytes, 1, 40), "a hash beyond the end");
	throwsRangeError(() => hash(-1, bytes, 0, 1), "a negative seed");
	throwsRangeError(() => hash(0.5, bytes, 0, 1), "half a seed");
	throwsRangeError(() => hash(2 ** 53, bytes, 0, 1), "a seed above 2^53-1");
}

function integers(): void {
	const fields = new Float64Array(4);
	const row = new DataView(fields.buffer);
	for (const [value, hex] of INTEGER_VECTORS) {
		const bytes = new Uint8Array(20).fill(0xee);
		const size = hex.length / 2;
		equal(writeIntegers(bytes, 3, 20, rowOf([9, value]), 1, 1), 3 + size, `bytes of ${value}`);
		equal(hexOf(bytes, 2, 4 + size), `ee${hex}ee`, `encoding of ${value}`);
		equal(readIntegers(bytes, 3, 3 + size, row, 2, 1), 3 + size, `reading ${value}`);
		equal(fields[2], value, "the value read");
		equal(writeIntegers(bytes, 3, 2 + size, rowOf([value]), 0, 1), NO_ROOM, `no room for ${value}`);
		equal(readIntegers(bytes, 3, 2 + size, row, 0, 1), NOT_CANONICAL, `${value} cut short`);
	}
	for (const hex of NOT_INTEGERS) {
		const bytes = bytesOf(hex);
		equal(readIntegers(bytes, 0, bytes.length, row, 0, 1), NOT_CANONICAL, `reading ${hex}`);
	}
	const all = new Uint8Array(200);
	const values = rowOf(INTEGER_VECTORS.map((vector) => vector[0]));
	const end = writeIntegers(all, 0, 200, values, 0, INTEGER_VECTORS.length);
	equal(hexOf(all, 0, end), INTEGER_VECTORS.map((vector) => vector[1]).join(""), "a run of integers");
	equal(writeIntegers(all, 5, 5, values, 0, 0), 5, "a run of none");
	for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
		throwsRangeError(() => writeIntegers(all, 0, 200, rowOf([wrong]), 0, 1), `writing ${wrong}`);
	throwsRangeError(() => writeIntegers(all, 0, 200, rowOf([1]), 0, 2), "values beyond the row");
	throwsRangeError(() => writeIntegers(all, 0, 201, rowOf([1]), 0, 1), "a limit beyond the bytes");
	throwsRangeError(() => writeIntegers(all, 2, 1, rowOf([1]), 0, 1), "a limit before the offset");
	throwsRangeError(() => readIntegers(all, 0, 200, row, 3, 2), "reading beyond the row");
}

function arrays(): void {
	const fields = new Float64Array(8);
	const row = new DataView(fields.buffer);
	const bytes = new Uint8Array(32);
	const widths = new Uint8Array([0, 8, 1]);
	const at = writeArray(bytes, 2, 32, rowOf([5, 200, 1]), 1, 2, 2, 3);
	equal(hexOf(bytes, 2, at), "8418c80143", "an array up to its first string");
	bytes.set([7, 8, 9, 0x41, 6], at);
	equal(readArray(bytes, 2, at + 5, row, 1, 2, 2, widths, 1), at + 5, "the array read");
	equal(fields.slice(1, 7).join(), `200,1,${at},3,${at + 4},1`, "integers, then the strings' places");
	equal(readArray(bytes, 2, at + 4, row, 0, 2, 2, widths, 1), NOT_CANONICAL, "an array cut short");
	equal(readArray(bytes, 2, at + 5, row, 0, 1, 3, widths, 1), NOT_CANONICAL, "an array of another shape");
	equal(readArray(bytes, 2, at + 5, row, 0, 2, 1, widths, 1), NOT_CANONICAL, "an array of another size");
	widths[1] = 7;
	equal(readArray(bytes, 2, at + 5, row, 0, 2, 2, widths, 1), OUT_OF_RANGE, "an integer wider than its field");
	widths[1] = 8;
	bytes[at - 2] = 2;
	equal(readArray(bytes, 2, at + 5, row, 0, 2, 2, widths, 1), OUT_OF_RANGE, "a flag that is 2");
	const wide = bytesOf("811b0000ffffffffffff");
	equal(readArray(wide, 0, 10, row, 0, 1, 0, new Uint8Array([48]), 0), 10, "48 bits");
	equal(fields[0], 281474976710655, "the largest index");
	equal(
		readArray(bytesOf("811b0001000000000000"), 0, 10, row, 0, 1, 0, new Uint8Array([48]), 0),
		OUT_OF_RANGE,
		"49 bits",
	);
	equal(
		readArray(bytesOf("811bffffffffffffffff"), 0, 10, row, 0, 1, 0, new Uint8Array([48]), 0),
		OUT_OF_RANGE,
		"64 bits",
	);
	equal(readArray(bytesOf("9f00ff"), 0, 3, row, 0, 1, 0, widths, 1), NOT_CANONICAL, "an indefinite array");
	equal(readArray(bytesOf("980100"), 0, 3, row, 0, 1, 0, widths, 1), NOT_CANONICAL, "a long head");
	equal(readArray(bytesOf("81580100"), 0, 4, row, 0, 0, 1, widths, 0), NOT_CANONICAL, "a string's long head");
	equal(readArray(bytesOf("8160"), 0, 2, row, 0, 0, 1, widths, 0), NOT_CANONICAL, "a text string");
	equal(
		readArray(bytesOf("815bffffffffffffffff"), 0, 10, row, 0, 0, 1, widths, 0),
		NOT_CANONICAL,
		"a string of 2^64-1",
	);
	equal(writeArray(bytes, 0, 4, rowOf([1]), 0, 1, 1, 1), 3, "an array that fits with its string");
	equal(writeArray(bytes, 0, 4, rowOf([1]), 0, 1, 1, 2), NO_ROOM, "a string without room");
	equal(writeArray(bytes, 0, 2, rowOf([1]), 0, 1, 0, 99), 2, "no string, no length");
	equal(writeArray(bytes, 0, 0, rowOf([1]), 0, 0, 0, 0), NO_ROOM, "no room at all");
	throwsRangeError(() => writeArray(bytes, 0, 9, rowOf([-1]), 0, 1, 0, 0), "an array of a negative number");
	throwsRangeError(() => writeArray(bytes, 0, 9, rowOf([1]), 0, 1, 23, 0), "an array of too many");
	throwsRangeError(() => readArray(bytes, 0, 9, row, 0, 3, 3, widths, 0), "reading beyond the row");
	throwsRangeError(() => readArray(bytes, 0, 9, row, 0, 2, 0, widths, 2), "widths beyond their array");
	throwsRangeError(() => readArray(bytes, 0, 9, row, 0, 1, 0, widths, 0), "a width of 0");
}

function records(): void {
	const fields = new Float64Array(9);
	const row = new DataView(fields.buffer);
	const shapes = new Uint8Array(4 * SHAPE_BYTES);
	shapes.set([2, 0, 8, 16], 1 * SHAPE_BYTES);
	shapes.set([3, 2, 8, 48, 1], 3 * SHAPE_BYTES);
	const read = (hex: string): number => {
		const bytes = bytesOf(`ee${hex}ee`);
		return readRecord(bytes, 1, bytes.length - 1, row, 5, shapes);
	};
	equal(read("820119ffff"), 1, "a kind without strings");
	equal(fields[1], 65535, "its integer");
	fields[3] = 77;
	equal(read("85031b0000ffffffffffff0142aabb40"), 3, "a kind with two");
	equal(fields.join(), "3,281474976710655,1,77,0,14,2,17,0", "integers first, places from their index on");
	equal(read("820119ffff00"), NOT_CANONICAL, "a byte too many");
	equal(read("820119ff"), NOT_CANONICAL, "a byte too few");
	equal(read("82011a00010000"), OUT_OF_RANGE, "too wide");
	equal(read("8301190100" + "00"), NOT_CANONICAL, "an element too many");
	equal(read("8202190100"), UNKNOWN_KIND, "a kind that has no shape");
	equal(read("8204190100"), UNKNOWN_KIND, "a kind beyond the table");
	equal(read("821801190100"), UNKNOWN_KIND, "a kind in a long head");
	equal(read("80"), NOT_CANONICAL, "an empty array");
	equal(read(""), NOT_CANONICAL, "nothing");
	equal(read("4201"), NOT_CANONICAL, "no array");
	equal(read("9f0119ffffff"), NOT_CANONICAL, "an indefinite array");
	throwsRangeError(() => readRecord(bytesOf("820100"), 0, 4, row, 5, shapes), "a record beyond the bytes");
	throwsRangeError(() => readRecord(bytesOf("820100"), 0, 3, row, 1, shapes), "places before the integers' end");
	throwsRangeError(() => readRecord(bytesOf("8503"), 0, 2, row, 6, shapes), "places beyond the row");
	throwsRangeError(() => readRecord(bytesOf("820100"), 0, 3, row, 10, shapes), "places outside the row");
}

export const BYTES_CASES: readonly Case[] = [
	{ name: "copies, overlapping or not, inside the arrays only", run: copies },
	{ name: "fills, compares and finds blanks", run: fillsAndCompares },
	{ name: "computes CRC-32C as RFC 3720 does", run: crcs },
	{ name: "hashes seed and bytes", run: hashes },
	{ name: "writes and reads integers in their shortest form only", run: integers },
	{ name: "writes and reads arrays of one shape only", run: arrays },
	{ name: "reads a record by the shape of its kind", run: records },
	{ name: "gives the same outcomes on V8 and on XS", run: () => equal(digest(), DIGEST, "digest") },
];
