/**
 * A page of a RANGE: what a response's byte string holds. A CBOR sequence (RFC 8742) of five items
 * a pair, in ascending order of keys, in deterministic form:
 *
 *   create revision u48, modification revision u48, version u32, key, value
 */
import { copy, NO_ROOM, NOT_CANONICAL, readIntegers, writeIntegers } from "../bytes";
import { writeStringHeader } from "../command";

const COLUMNS = 3;
const REVISION_MAX = 0xffffffffffff;
const VERSION_MAX = 0xffffffff;
/** Bytes of a pair besides key and value: two u48, one u32, two string heads. */
export const PAIR_OVERHEAD_BYTES = 9 + 9 + 5 + 3 + 3;

/** Writes a page pair by pair, into a part of a buffer. */
export class PageWriter {
	/** Offset after the pairs so far, and their number. */
	end = 0;
	pairs = 0;
	#target: Uint8Array;
	#limit = 0;
	readonly #fields = new Float64Array(COLUMNS);
	readonly #row = new DataView(this.#fields.buffer);

	/** @param target where `begin` will say; taken here so that a page costs no new view */
	constructor(target: Uint8Array) {
		this.#target = target;
	}

	begin(offset: number, limit: number): void {
		this.end = offset;
		this.pairs = 0;
		this.#limit = limit;
	}

	/** @returns false when the pair does not fit any more; the page then is what it was */
	add(
		createRevision: number,
		modRevision: number,
		version: number,
		key: Uint8Array,
		keyOffset: number,
		keyLength: number,
		value: Uint8Array,
		valueOffset: number,
		valueLength: number,
	): boolean {
		const target = this.#target;
		const limit = this.#limit;
		this.#fields[0] = createRevision;
		this.#fields[1] = modRevision;
		this.#fields[2] = version;
		let at = writeIntegers(target, this.end, limit, this.#row, 0, COLUMNS);
		if (at === NO_ROOM) return false;
		at = writeStringHeader(target, at, limit, keyLength);
		if (at === NO_ROOM) return false;
		copy(target, at, key, keyOffset, keyLength);
		at = writeStringHeader(target, at + keyLength, limit, valueLength);
		if (at === NO_ROOM) return false;
		copy(target, at, value, valueOffset, valueLength);
		this.end = at + valueLength;
		this.pairs++;
		return true;
	}
}

/** There is no further pair: the page is at its end. */
export const PAGE_END = 0;
/** A pair was read. */
export const PAGE_PAIR = 1;
/** The rest is no pair in deterministic CBOR; what was read before stands. */
export const PAGE_BROKEN = -1;

/** Reads a page pair by pair, in place. */
export class PageReader {
	createRevision = 0;
	modRevision = 0;
	version = 0;
	/** In the bytes given to `begin`. */
	keyOffset = 0;
	keyLength = 0;
	valueOffset = 0;
	valueLength = 0;
	#at = 0;
	#end = 0;
	readonly #fields = new Float64Array(COLUMNS);
	readonly #row = new DataView(this.#fields.buffer);

	begin(offset: number, length: number): void {
		this.#at = offset;
		this.#end = offset + length;
	}

	/** @returns PAGE_PAIR with the fields set, PAGE_END or PAGE_BROKEN */
	next(bytes: Uint8Array): number {
		if (this.#at === this.#end) return PAGE_END;
		let at = readIntegers(bytes, this.#at, this.#end, this.#row, 0, COLUMNS);
		if (at === NOT_CANONICAL) return PAGE_BROKEN;
		if (this.#fields[0] > REVISION_MAX || this.#fields[1] > REVISION_MAX) return PAGE_BROKEN;
		if (this.#fields[2] > VERSION_MAX) return PAGE_BROKEN;
		this.createRevision = this.#fields[0];
		this.modRevision = this.#fields[1];
		this.version = this.#fields[2];
		at = this.#string(bytes, at);
		if (at === NOT_CANONICAL) return PAGE_BROKEN;
		this.keyOffset = at;
		this.keyLength = this.#length;
		at = this.#string(bytes, at + this.#length);
		if (at === NOT_CANONICAL) return PAGE_BROKEN;
		this.valueOffset = at;
		this.valueLength = this.#length;
		this.#at = at + this.#length;
		return PAGE_PAIR;
	}

	#length = 0;

	/** Reads a byte string's head. @returns the offset of its first byte, with `#length` set, or NOT_CANONICAL */
	#string(bytes: Uint8Array, offset: number): number {
		const first = offset < this.#end ? bytes[offset] : 0;
		let at = offset + 1;
		if (first >= 0x40 && first < 0x58) this.#length = first - 0x40;
		else if (first === 0x58 && at + 1 <= this.#end && bytes[at] >= 24) this.#length = bytes[at++];
		else if (first === 0x59 && at + 2 <= this.#end && bytes[at] > 0) {
			this.#length = bytes[at] * 256 + bytes[at + 1];
			at += 2;
		} else return NOT_CANONICAL;
		return at + this.#length > this.#end ? NOT_CANONICAL : at;
	}
}
