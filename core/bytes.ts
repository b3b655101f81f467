/**
 * Bulk work over bytes. This is the TypeScript twin; boards put `platform/native/bytes` in its
 * place by module name, because an interpreter pays some 500 instructions for every byte it
 * touches. Both are held equal by the same tests, on V8 and on XS.
 *
 * Offsets and lengths are in bytes and must lie inside the arrays: a violation is a mistake of the
 * caller's, and throws RangeError in both twins. The native one allocates nothing.
 */

function check(bytes: Uint8Array, offset: number, length: number): void {
	if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) throw new RangeError("outside the bytes");
}

function checkByte(value: number): void {
	if (!(value >= 0 && value <= 255)) throw new RangeError("not a byte");
}

/** Copies `source[sourceOffset, +length)` to `target[targetOffset, +length)`; they may overlap. */
export function copy(
	target: Uint8Array,
	targetOffset: number,
	source: Uint8Array,
	sourceOffset: number,
	length: number,
): void {
	check(target, targetOffset, length);
	check(source, sourceOffset, length);
	// Measured on V8: below some 32 bytes a loop is faster than the two objects of a view.
	if (length > 32 || target.buffer === source.buffer) {
		target.set(source.subarray(sourceOffset, sourceOffset + length), targetOffset);
		return;
	}
	for (let i = 0; i < length; i++) target[targetOffset + i] = source[sourceOffset + i];
}

/** Sets `target[offset, +length)` to `value` (0 to 255). */
export function fill(target: Uint8Array, offset: number, length: number, value: number): void {
	check(target, offset, length);
	checkByte(value);
	target.fill(value, offset, offset + length);
}

/** @returns -1, 0 or 1: the order of two byte strings, byte by byte, the shorter first when one begins the other */
export function compare(
	a: Uint8Array,
	aOffset: number,
	aLength: number,
	b: Uint8Array,
	bOffset: number,
	bLength: number,
): number {
	check(a, aOffset, aLength);
	check(b, bOffset, bLength);
	const length = Math.min(aLength, bLength);
	for (let i = 0; i < length; i++) {
		const difference = a[aOffset + i] - b[bOffset + i];
		if (difference !== 0) return difference < 0 ? -1 : 1;
	}
	return aLength === bLength ? 0 : aLength < bLength ? -1 : 1;
}

/** @returns true if each byte of `bytes[offset, +length)` is `value`: the blank check of a flash sector */
export function isFilled(bytes: Uint8Array, offset: number, length: number, value: number): boolean {
	check(bytes, offset, length);
	checkByte(value);
	for (let i = 0; i < length; i++) if (bytes[offset + i] !== value) return false;
	return true;
}

/**
 * Entry 256 k + n is the CRC register after the byte n and k bytes of zero on a register of zero:
 * eight bytes are then taken at once. Filled here and never written again; a typed array, because
 * a frozen plain one of 256 entries takes 4.2 ns a byte on V8 and this 0.6.
 */
function crcTables(): Int32Array {
	const tables = new Int32Array(8 * 256);
	for (let byte = 0; byte < 256; byte++) {
		let crc = byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
		tables[byte] = crc;
	}
	for (let i = 256; i < tables.length; i++) tables[i] = tables[tables[i - 256] & 0xff] ^ (tables[i - 256] >>> 8);
	return tables;
}

const CRC = crcTables();

/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), in pieces:
 * `crc32c(crc32c(0, a), b)` is the CRC of `a` followed by `b`.
 * @param seed the CRC of what came before, 0 at the start
 * @returns an unsigned 32-bit number
 */
export function crc32c(seed: number, bytes: Uint8Array, offset: number, length: number): number {
	check(bytes, offset, length);
	const end = offset + length;
	let crc = ~seed;
	let i = offset;
	for (; i + 8 <= end; i += 8) {
		const four = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
		crc =
			CRC[0x700 + (four & 0xff)] ^
			CRC[0x600 + ((four >>> 8) & 0xff)] ^
			CRC[0x500 + ((four >>> 16) & 0xff)] ^
			CRC[0x400 + (four >>> 24)] ^
			CRC[0x300 + bytes[i + 4]] ^
			CRC[0x200 + bytes[i + 5]] ^
			CRC[0x100 + bytes[i + 6]] ^
			CRC[bytes[i + 7]];
	}
	for (; i < end; i++) crc = CRC[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
	return ~crc >>> 0;
}

/**
 * Writes the CRC-32C of `target[offset, +length)` behind it, in 4 bytes, the least significant
 * first as RFC 3720 sends it. The CRC over both together, with the same seed, is CRC32C_RESIDUE.
 */
export function appendCrc32c(seed: number, target: Uint8Array, offset: number, length: number): void {
	check(target, offset, length + 4);
	const crc = crc32c(seed, target, offset, length);
	for (let k = 0; k < 4; k++) target[offset + length + k] = crc >>> (8 * k);
}

/** What `crc32c` gives for any bytes followed by their CRC, and for nothing else of fewer damaged bits than it detects. */
export const CRC32C_RESIDUE = 0x48674bc7;

/** Major types of CBOR (RFC 8949 §3.1), as the first byte's upper three bits. */
const UNSIGNED_INTEGER = 0x00;
const BYTE_STRING = 0x40;
const ARRAY = 0x80;

/** What the readers return instead of an offset: no deterministic CBOR of the asked shape. */
export const NOT_CANONICAL = -1;
/** Well-formed, but an integer is larger than its field. */
export const OUT_OF_RANGE = -2;
/** The kind of a record that has no shape. */
export const UNKNOWN_KIND = -3;
/** What the writers return instead of an offset. */
export const NO_ROOM = -1;

function checkValues(values: DataView, from: number, count: number): void {
	if (!(from >= 0 && count >= 0 && from + count <= Math.floor(values.byteLength / 8)))
		throw new RangeError("outside the values");
}

/** @returns the offset after a head of `major` with `value`, or NO_ROOM */
function putHead(target: Uint8Array, offset: number, limit: number, major: number, value: number): number {
	const size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
	if (offset + 1 + size > limit) return NO_ROOM;
	if (size === 0) {
		target[offset] = major + value;
		return offset + 1;
	}
	target[offset] = major + (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27);
	let rest = value;
	for (let k = size; k > 0; k--) {
		target[offset + k] = rest % 256;
		rest = Math.floor(rest / 256);
	}
	return offset + 1 + size;
}

/** @returns bytes of the head at `offset` if it is of `major` and lies before `limit`, else NOT_CANONICAL */
function headBytes(source: Uint8Array, offset: number, limit: number, major: number): number {
	if (offset >= limit) return NOT_CANONICAL;
	const low = source[offset] - major;
	if (low < 0 || low > 27) return NOT_CANONICAL;
	const bytes = low < 24 ? 1 : 1 + (1 << (low - 24));
	return offset + bytes > limit ? NOT_CANONICAL : bytes;
}

/** @returns the value of a head of `bytes` bytes, or NOT_CANONICAL when a shorter one would do; above 2^53 it is rounded */
function headValue(source: Uint8Array, offset: number, bytes: number): number {
	if (bytes === 1) return source[offset] % 32;
	let value = 0;
	for (let k = 1; k < bytes; k++) value = value * 256 + source[offset + k];
	const least = bytes === 2 ? 24 : bytes === 3 ? 0x100 : bytes === 5 ? 0x10000 : 0x100000000;
	return value < least ? NOT_CANONICAL : value;
}

/** @returns true if an unsigned `value` fits `bits` bits, 1 to 48 */
function fits(value: number, bits: number): boolean {
	return bits <= 30 ? value < 1 << bits : value / 0x40000000 < 1 << (bits - 30);
}

/**
 * Writes `count` unsigned integers as deterministic CBOR (RFC 8949 §4.2.1: shortest form), one
 * after the other, from `values`, a little-endian row of 64-bit floats.
 * @param values each an integer from 0 to 2^53-1; anything else throws RangeError
 * @param from index of the first value (not a byte offset)
 * @param limit the offset in `target` that must not be passed
 * @returns the offset after the last byte, or NO_ROOM when they do not fit before `limit`
 */
export function writeIntegers(
	target: Uint8Array,
	offset: number,
	limit: number,
	values: DataView,
	from: number,
	count: number,
): number {
	check(target, offset, limit - offset);
	checkValues(values, from, count);
	let at = offset;
	for (let i = from; i < from + count; i++) {
		const value = values.getFloat64(i * 8, true);
		if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("not an unsigned integer");
		if (at !== NO_ROOM) at = putHead(target, at, limit, UNSIGNED_INTEGER, value);
	}
	return at;
}

/**
 * Reads `count` unsigned CBOR integers in their shortest form into `values` from index `to`.
 * @param limit the offset in `source` that must not be passed
 * @returns the offset after the last, or NOT_CANONICAL when one is missing, is no unsigned integer,
 * is not in its shortest form or is above 2^53-1; `values` may then be partly written
 */
export function readIntegers(
	source: Uint8Array,
	offset: number,
	limit: number,
	values: DataView,
	to: number,
	count: number,
): number {
	check(source, offset, limit - offset);
	checkValues(values, to, count);
	let at = offset;
	for (let i = to; i < to + count; i++) {
		const bytes = headBytes(source, at, limit, UNSIGNED_INTEGER);
		if (bytes < 0) return NOT_CANONICAL;
		const value = headValue(source, at, bytes);
		if (value < 0 || value > Number.MAX_SAFE_INTEGER) return NOT_CANONICAL;
		values.setFloat64(i * 8, value, true);
		at += bytes;
	}
	return at;
}

/**
 * Writes one array of `count` unsigned integers, as `writeIntegers`, and `strings` byte strings, up
 * to the head of the first string: its `length` bytes come at the returned offset, and are the
 * caller's to write, from wherever they lie. All heads are definite and in their shortest form.
 * @param count and strings, together less than 24
 * @param length of the first string; without meaning when there is none
 * @returns the offset after what was written, or NO_ROOM when that and the string do not fit
 */
export function writeArray(
	target: Uint8Array,
	offset: number,
	limit: number,
	values: DataView,
	from: number,
	count: number,
	strings: number,
	length: number,
): number {
	check(target, offset, limit - offset);
	checkValues(values, from, count);
	if (!(strings >= 0 && count + strings < 24 && length >= 0 && length < 0x100000000))
		throw new RangeError("no array of this shape");
	const head = putHead(target, offset, limit, ARRAY, count + strings);
	const integers = writeIntegers(target, head === NO_ROOM ? limit : head, limit, values, from, count);
	if (head === NO_ROOM || integers === NO_ROOM) return NO_ROOM;
	if (strings === 0) return integers;
	const at = putHead(target, integers, limit, BYTE_STRING, length);
	return at === NO_ROOM || at + length > limit ? NO_ROOM : at;
}

/** Throws unless `widths[first, +count)` are widths of integers, and the array is one that a head of one byte counts. */
function checkShape(widths: Uint8Array, first: number, count: number, strings: number): void {
	check(widths, first, count);
	if (!(strings >= 0 && count + strings < 24)) throw new RangeError("no array of this shape");
	for (let k = 0; k < count; k++)
		if (widths[first + k] < 1 || widths[first + k] > 48) throw new RangeError("no width of an integer");
}

/**
 * Reads one array of exactly `count` unsigned integers and `strings` byte strings, in deterministic
 * CBOR. The integers go to `values` from index `to`; behind them, for each string, the offset of
 * its first byte in `source` and its length.
 * @param widths bits of each integer's field, 1 to 48, from index `first`: 16 admits 0 to 65535
 * @returns the offset after the array, NOT_CANONICAL or OUT_OF_RANGE; with the latter two, `values`
 * may be partly written
 */
export function readArray(
	source: Uint8Array,
	offset: number,
	limit: number,
	values: DataView,
	to: number,
	count: number,
	strings: number,
	widths: Uint8Array,
	first: number,
): number {
	check(source, offset, limit - offset);
	checkShape(widths, first, count, strings);
	checkValues(values, to, count + 2 * strings);
	return getArray(source, offset, limit, values, to, to + count, count, strings, widths, first);
}

/** Bytes of a row of `readRecord`'s table. */
export const SHAPE_BYTES = 16;

/**
 * Reads the one array that fills `source[offset, limit)`, in deterministic CBOR; its first integer
 * is its kind, below 24, and says what follows. All a decoder does, in one call: on an interpreter
 * every look into a table costs as much as some twenty integers here.
 * @param values takes the integers from index 0, and from index `places` the offset and length of
 * each string
 * @param shapes SHAPE_BYTES for each kind: how many integers with the kind's own, how many byte
 * strings, then the bits of each integer's field as `readArray` takes them; 0 integers: no such kind
 * @returns the kind, NOT_CANONICAL, OUT_OF_RANGE or UNKNOWN_KIND; with these, `values` may be partly written
 */
export function readRecord(
	source: Uint8Array,
	offset: number,
	limit: number,
	values: DataView,
	places: number,
	shapes: Uint8Array,
): number {
	check(source, offset, limit - offset);
	checkValues(values, places, 0);
	if (limit - offset < 2 || source[offset] >>> 5 !== ARRAY >>> 5) return NOT_CANONICAL;
	const kind = source[offset + 1];
	const shape = kind * SHAPE_BYTES;
	if (kind >= 24 || shape + SHAPE_BYTES > shapes.length || shapes[shape] === 0) return UNKNOWN_KIND;
	const count = shapes[shape];
	const strings = shapes[shape + 1];
	if (count > SHAPE_BYTES - 2 || count > places) throw new RangeError("no array of this shape");
	checkShape(shapes, shape + 2, count, strings);
	checkValues(values, places, 2 * strings);
	const end = getArray(source, offset, limit, values, 0, places, count, strings, shapes, shape + 2);
	return end < 0 ? end : end === limit ? kind : NOT_CANONICAL;
}

function getArray(
	source: Uint8Array,
	offset: number,
	limit: number,
	values: DataView,
	to: number,
	places: number,
	count: number,
	strings: number,
	widths: Uint8Array,
	first: number,
): number {
	if (offset >= limit || source[offset] !== ARRAY + count + strings) return NOT_CANONICAL;
	let at = offset + 1;
	let inRange = true;
	for (let k = 0; k < count; k++) {
		const bytes = headBytes(source, at, limit, UNSIGNED_INTEGER);
		const value = bytes < 0 ? NOT_CANONICAL : headValue(source, at, bytes);
		if (value < 0) return NOT_CANONICAL;
		if (!fits(value, widths[first + k])) inRange = false;
		values.setFloat64((to + k) * 8, value, true);
		at += bytes;
	}
	for (let k = 0; k < strings; k++) {
		const bytes = headBytes(source, at, limit, BYTE_STRING);
		const length = bytes < 0 ? NOT_CANONICAL : headValue(source, at, bytes);
		if (length < 0 || length > limit - at - bytes) return NOT_CANONICAL;
		values.setFloat64((places + 2 * k) * 8, at + bytes, true);
		values.setFloat64((places + 2 * k + 1) * 8, length, true);
		at += bytes + length;
	}
	return inRange ? at : OUT_OF_RANGE;
}

/**
 * A hash of 32 bits for tables and for the store's state hash; no protection against forgery.
 * FNV-1a over the seed's two halves and the bytes, then the last mix of MurmurHash3 (fmix32), so
 * that every bit of the seed and of the bytes reaches every bit of the hash. All products are
 * modulo 2^32; the native twin computes the same:
 *
 *   h = 0x811c9dc5; h = (h ^ seedLow) * 0x01000193; h = (h ^ seedHigh) * 0x01000193
 *   each byte:  h = (h ^ byte) * 0x01000193
 *   h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16
 *
 * @param seed an integer from 0 to 2^53-1: its low 32 bits are mixed in first, then the rest
 * @returns an unsigned 32-bit number; for example 0x18b6b1bd for seed 0 and no bytes, 0x51e78b59 for seed 2^32+1 and "abc"
 */
export function hash(seed: number, bytes: Uint8Array, offset: number, length: number): number {
	check(bytes, offset, length);
	if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError("not an unsigned integer");
	let h = Math.imul(0x811c9dc5 ^ (seed % 0x100000000), 0x01000193);
	h = Math.imul(h ^ Math.floor(seed / 0x100000000), 0x01000193);
	const end = offset + length;
	for (let i = offset; i < end; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return (h ^ (h >>> 16)) >>> 0;
}
