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
import { copy, readRecord, SHAPE_BYTES, writeArray } from "./bytes";

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

/** Integers of a command, its operation included, and byte strings behind them, by operation. */
const INTEGERS: readonly number[] = Object.freeze([0, 3, 3, 3, 4, 3]);
const STRINGS: readonly number[] = Object.freeze([0, 0, 2, 1, 2, 0]);

/** @returns bytes of a byte string's header in its shortest form; strings up to 65,535 bytes */
export function stringHeaderBytes(length: number): number {
	return length < 24 ? 1 : length < 0x100 ? 2 : 3;
}

/** Columns of a command's row: the integers as they stand in the command. */
export const SESSION = 1;
export const SEQUENCE = 2;
export const NONCE_HIGH = 1;
export const NONCE_LOW = 2;
export const EXPECTED = 3;
/** Then offset and length of the key, and of the value, in the bytes that were read. */
export const KEY_OFFSET = 4;
export const KEY_LENGTH = 5;
export const VALUE_OFFSET = 6;
export const VALUE_LENGTH = 7;
const COLUMNS = 8;

/** Bits of each integer, by operation: REGISTER has a nonce, the others a session and a number. */
const NONCE_BITS: readonly number[] = Object.freeze([8, 32, 32]);
const SESSION_BITS: readonly number[] = Object.freeze([8, 48, 32, 48]);

/** Takes commands apart in place: `readRecord(bytes, offset, limit, view, KEY_OFFSET, shapes)` gives the operation. */
export class CommandReader {
	/**
	 * What was read, by column. A row and not fields, because every node does this for every entry:
	 * copying six numbers into fields takes an interpreter longer than reading them.
	 */
	readonly row: Float64Array;
	/** The row and what a command looks like, for `readRecord`. */
	readonly view: DataView;
	readonly shapes = new Uint8Array((CLOSE + 1) * SHAPE_BYTES);

	constructor() {
		this.row = new Float64Array(COLUMNS);
		this.view = new DataView(this.row.buffer);
		this.view.setFloat64(0, 1, true);
		assert(this.row[0] === 1, "a machine that is not little-endian");
		for (let operation = REGISTER; operation <= CLOSE; operation++) {
			const shape = operation * SHAPE_BYTES;
			const bits = operation === REGISTER ? NONCE_BITS : SESSION_BITS;
			this.shapes[shape] = INTEGERS[operation];
			this.shapes[shape + 1] = STRINGS[operation];
			this.shapes.set(bits.slice(0, INTEGERS[operation]), shape + 2);
		}
	}

	/**
	 * Takes apart the command in `bytes[offset, +length)`, which it must fill exactly.
	 * @returns its operation, or 0 when it is no command of ours in deterministic CBOR: `row` is then undefined
	 */
	read(bytes: Uint8Array, offset: number, length: number): number {
		const operation = readRecord(bytes, offset, offset + length, this.view, KEY_OFFSET, this.shapes);
		return Math.max(operation, 0);
	}
}

/** A command to be written: what the fields say. Which of them count follows from the operation. */
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
	/** PUT, COMPARE_AND_PUT. */
	valueOffset = 0;
	valueLength = 0;
	private readonly row = new DataView(new ArrayBuffer(4 * 8));

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
		const row = this.row;
		row.setFloat64(0, operation, true);
		row.setFloat64(8, operation === REGISTER ? this.nonceHigh : this.session, true);
		row.setFloat64(16, operation === REGISTER ? this.nonceLow : this.sequence, true);
		row.setFloat64(24, this.expected, true);
		const strings = STRINGS[operation];
		let at = writeArray(target, offset, limit, row, 0, INTEGERS[operation], strings, this.keyLength);
		if (at < 0 || strings === 0) return at;
		copy(target, at, key, this.keyOffset, this.keyLength);
		at += this.keyLength;
		if (strings === 1) return at;
		at = writeStringHeader(target, at, limit, this.valueLength);
		if (at < 0) return -1;
		copy(target, at, value, this.valueOffset, this.valueLength);
		return at + this.valueLength;
	}
}

/**
 * Writes the header of a byte string (major type 2) of at most 65,535 bytes, in its shortest form.
 * @returns the offset after it, where the string belongs, or -1 when header and string do not fit before `limit`
 */
export function writeStringHeader(target: Uint8Array, offset: number, limit: number, length: number): number {
	assert(length >= 0 && length < 0x10000, "a byte string is too long");
	const start = offset + stringHeaderBytes(length);
	if (start + length > limit) return -1;
	if (length < 24) target[offset] = 0x40 + length;
	else if (length < 0x100) {
		target[offset] = 0x58;
		target[offset + 1] = length;
	} else {
		target[offset] = 0x59;
		target[offset + 1] = Math.floor(length / 0x100);
		target[offset + 2] = length % 0x100;
	}
	return start;
}
