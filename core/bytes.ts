/**
 * Bulk work over bytes. This is the TypeScript twin; boards put `platform/native/bytes` in its
 * place by module name, because an interpreter pays some 500 instructions for every byte it
 * touches. Both are held equal by the same tests, on V8 and on XS.
 *
 * Nothing here allocates. Offsets and lengths are in bytes and must lie inside the arrays: a
 * violation is a mistake of the caller's, and throws RangeError in both twins.
 */

function check(bytes: Uint8Array, offset: number, length: number): void {
	if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) throw new RangeError("outside the bytes");
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
	if (target === source) {
		target.copyWithin(targetOffset, sourceOffset, sourceOffset + length);
		return;
	}
	for (let i = 0; i < length; i++) target[targetOffset + i] = source[sourceOffset + i];
}

/** Sets `target[offset, +length)` to `value` (0 to 255). */
export function fill(target: Uint8Array, offset: number, length: number, value: number): void {
	check(target, offset, length);
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
	for (let i = 0; i < length; i++) if (bytes[offset + i] !== value) return false;
	return true;
}

/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), in pieces:
 * `crc32c(crc32c(0, a), b)` is the CRC of `a` followed by `b`.
 * @param seed the CRC of what came before, 0 at the start
 * @returns an unsigned 32-bit number
 */
export function crc32c(seed: number, bytes: Uint8Array, offset: number, length: number): number {
	check(bytes, offset, length);
	let crc = ~seed;
	for (let i = 0; i < length; i++) {
		crc ^= bytes[offset + i];
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
	}
	return ~crc >>> 0;
}

/**
 * Writes `count` unsigned integers as deterministic CBOR (RFC 8949 §4.2.1: shortest form), one
 * after the other, from `values`, a little-endian row of 64-bit floats.
 * @param values each an integer from 0 to 2^53-1; anything else throws RangeError
 * @param from index of the first value (not a byte offset)
 * @param limit the offset in `target` that must not be passed
 * @returns the offset after the last byte, or -1 when they do not fit before `limit`
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
	let at = offset;
	for (let i = from; i < from + count; i++) {
		const value = values.getFloat64(i * 8, true);
		if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("not an unsigned integer");
		const size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
		if (at + 1 + size > limit) return -1;
		if (size === 0) {
			target[at++] = value;
			continue;
		}
		target[at++] = size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27;
		let rest = value;
		for (let k = size - 1; k >= 0; k--) {
			target[at + k] = rest % 256;
			rest = Math.floor(rest / 256);
		}
		at += size;
	}
	return at;
}

/**
 * Reads `count` unsigned CBOR integers in their shortest form into `values` from index `to`.
 * @param limit the offset in `source` that must not be passed
 * @returns the offset after the last, or -1 when one is missing, is no unsigned integer, is not
 * in its shortest form or is above 2^53-1; `values` may then be partly written
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
	let at = offset;
	for (let i = to; i < to + count; i++) {
		if (at >= limit) return -1;
		const first = source[at++];
		if (first > 27) return -1;
		if (first < 24) {
			values.setFloat64(i * 8, first, true);
			continue;
		}
		const size = first === 24 ? 1 : first === 25 ? 2 : first === 26 ? 4 : 8;
		if (at + size > limit) return -1;
		let value = 0;
		for (let k = 0; k < size; k++) value = value * 256 + source[at + k];
		const least = size === 1 ? 24 : size === 2 ? 0x100 : size === 4 ? 0x10000 : 0x100000000;
		if (value < least || value > Number.MAX_SAFE_INTEGER) return -1;
		at += size;
		values.setFloat64(i * 8, value, true);
	}
	return at;
}
