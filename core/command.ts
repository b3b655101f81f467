/**
 * A command of the state machine, as it stands in an entry's payload: one array in deterministic
 * CBOR (RFC 8949 §4.2), integers first. A client encodes it once; the leader copies it verbatim
 * into the log, and the store reads it in place.
 *
 *   [REGISTER, nonceHigh, nonceLow]
 *   [PUT, session, sequence, key, value]
 *   [DELETE, session, sequence, key]
 *   [COMPARE_AND_PUT, session, sequence, expected, key, value]
 *   [CLOSE, session, sequence]
 *
 * `session` is the log index of the session's REGISTER entry (Raft thesis §6.3).
 */
import { assert } from "./assert";
import { copy, readIntegers, writeIntegers } from "./bytes";

/** Opens a session. Idempotent by its nonce of 64 random bits. */
export const REGISTER = 1;
export const PUT = 2;
export const DELETE = 3;
/** A put that takes place only if the key's modification revision is `expected`; 0: there is no such key. */
export const COMPARE_AND_PUT = 4;
/** Closes a session. Closing one that is unknown is no error. */
export const CLOSE = 5;

export const U32_MAX = 0xffffffff;
export const U48_MAX = 0xffffffffffff;

/** `array(3)` to `array(6)`, the first byte of a command, by operation. */
const ARRAY_HEADERS: readonly number[] = Object.freeze([0, 0x83, 0x85, 0x84, 0x86, 0x83]);
/** Integers of a command, its operation included, by operation. */
const INTEGERS: readonly number[] = Object.freeze([0, 3, 3, 3, 4, 3]);

/** @returns bytes of a byte string's header in its shortest form; strings up to 65,535 bytes */
export function stringHeaderBytes(length: number): number {
	return length < 24 ? 1 : length < 0x100 ? 2 : 3;
}

/** Writes a byte string's header (major type 2) at `offset`, where there is room. @returns the offset after it */
export function writeStringHeader(target: Uint8Array, offset: number, length: number): number {
	if (length < 24) {
		target[offset] = 0x40 + length;
		return offset + 1;
	}
	if (length < 0x100) {
		target[offset] = 0x58;
		target[offset + 1] = length;
		return offset + 2;
	}
	assert(length < 0x10000, "a byte string is too long");
	target[offset] = 0x59;
	target[offset + 1] = Math.floor(length / 0x100);
	target[offset + 2] = length % 0x100;
	return offset + 3;
}

/**
 * Reads a byte string's header in its shortest form; the string must end before `limit`.
 * @returns the string's length, or -1; its bytes begin `stringHeaderBytes(length)` after `offset`
 */
export function readStringHeader(bytes: Uint8Array, offset: number, limit: number): number {
	if (offset >= limit) return -1;
	const first = bytes[offset];
	let length = first - 0x40;
	let header = 1;
	if (first === 0x58) {
		if (offset + 2 > limit) return -1;
		length = bytes[offset + 1];
		header = 2;
		if (length < 24) return -1;
	} else if (first === 0x59) {
		if (offset + 3 > limit) return -1;
		length = bytes[offset + 1] * 0x100 + bytes[offset + 2];
		header = 3;
		if (length < 0x100) return -1;
	} else if (length < 0 || length >= 24) return -1;
	return offset + header + length <= limit ? length : -1;
}

/**
 * One command, taken apart: a reused record. Which fields hold something follows from the
 * operation. Offsets point into the bytes that were read, and live as long as those.
 */
export class Command {
	operation = 0;
	/** REGISTER: the nonce's halves, u32 each. */
	nonceHigh = 0;
	nonceLow = 0;
	/** All but REGISTER: u48, and u32 beginning at 1, one more for each command of the session. */
	session = 0;
	sequence = 0;
	/** COMPARE_AND_PUT: a modification revision, u48. */
	expected = 0;
	/** PUT, DELETE, COMPARE_AND_PUT. */
	keyOffset = 0;
	keyLength = 0;
	/** PUT, COMPARE_AND_PUT; a DELETE leaves its length 0. */
	valueOffset = 0;
	valueLength = 0;
	/** Where the header of the key's byte string begins: key and value from there are one range, as stored. */
	pairOffset = 0;
	private readonly integers = new DataView(new ArrayBuffer(4 * 8));

	/**
	 * Takes apart the command in `bytes[offset, +length)`, which it must fill exactly.
	 * @returns false when it is no command of ours in deterministic CBOR; the fields are then undefined
	 */
	read(bytes: Uint8Array, offset: number, length: number): boolean {
		if (length < 4) return false;
		const operation = bytes[offset + 1];
		if (operation < REGISTER || operation > CLOSE || bytes[offset] !== ARRAY_HEADERS[operation]) return false;
		const end = offset + length;
		const integers = this.integers;
		const at = readIntegers(bytes, offset + 1, end, integers, 0, operation === COMPARE_AND_PUT ? 4 : 3);
		if (at < 0) return false;
		const first = integers.getFloat64(8, true);
		const second = integers.getFloat64(16, true);
		if (first > U48_MAX || second > U32_MAX) return false;
		this.operation = operation;
		if (operation === REGISTER) {
			this.nonceHigh = first;
			this.nonceLow = second;
			return first <= U32_MAX && at === end;
		}
		this.session = first;
		this.sequence = second;
		if (operation === CLOSE) return at === end;
		if (operation === COMPARE_AND_PUT) {
			this.expected = integers.getFloat64(24, true);
			if (this.expected > U48_MAX) return false;
		}
		return this.readPair(bytes, at, end);
	}

	/** Reads the key, and the value unless it is a DELETE, which must end at `end`. */
	private readPair(bytes: Uint8Array, offset: number, end: number): boolean {
		this.pairOffset = offset;
		const keyLength = readStringHeader(bytes, offset, end);
		if (keyLength < 0) return false;
		const keyOffset = offset + (keyLength < 24 ? 1 : stringHeaderBytes(keyLength));
		const keyEnd = keyOffset + keyLength;
		this.keyOffset = keyOffset;
		this.keyLength = keyLength;
		if (this.operation === DELETE) {
			this.valueOffset = keyEnd;
			this.valueLength = 0;
			return keyEnd === end;
		}
		const valueLength = readStringHeader(bytes, keyEnd, end);
		if (valueLength < 0) return false;
		const valueOffset = keyEnd + (valueLength < 24 ? 1 : stringHeaderBytes(valueLength));
		this.valueOffset = valueOffset;
		this.valueLength = valueLength;
		return valueOffset + valueLength === end;
	}

	/**
	 * Writes the command that the fields describe at `offset` of `target`.
	 * @param key the bytes that `keyOffset` and `keyLength` point into
	 * @param value the bytes that `valueOffset` and `valueLength` point into
	 * @param limit the offset that must not be passed
	 * @returns the offset after the command, or -1 when it does not fit; RangeError for a number that is no unsigned integer
	 */
	write(target: Uint8Array, offset: number, limit: number, key: Uint8Array, value: Uint8Array): number {
		const operation = this.operation;
		assert(operation >= REGISTER && operation <= CLOSE, "an operation that does not exist");
		const integers = this.integers;
		integers.setFloat64(0, operation, true);
		integers.setFloat64(8, operation === REGISTER ? this.nonceHigh : this.session, true);
		integers.setFloat64(16, operation === REGISTER ? this.nonceLow : this.sequence, true);
		integers.setFloat64(24, this.expected, true);
		if (offset >= limit) return -1;
		target[offset] = ARRAY_HEADERS[operation];
		let at = writeIntegers(target, offset + 1, limit, integers, 0, INTEGERS[operation]);
		if (at < 0 || operation === REGISTER || operation === CLOSE) return at;
		if (at + stringHeaderBytes(this.keyLength) + this.keyLength > limit) return -1;
		at = writeStringHeader(target, at, this.keyLength);
		copy(target, at, key, this.keyOffset, this.keyLength);
		at += this.keyLength;
		if (operation === DELETE) return at;
		if (at + stringHeaderBytes(this.valueLength) + this.valueLength > limit) return -1;
		at = writeStringHeader(target, at, this.valueLength);
		copy(target, at, value, this.valueOffset, this.valueLength);
		return at + this.valueLength;
	}
}
