/**
 * A page of a RANGE: what a response's byte string holds. A CBOR sequence (RFC 8742) of five items
 * a pair, in ascending order of keys, in deterministic form, as `Store.range` writes it:
 *
 *   create revision u48, modification revision u48, version u32, key, value
 */
import { NOT_CANONICAL, readIntegers } from "../bytes";

const COLUMNS = 3;
const REVISION_MAX = 0xffffffffffff;
const VERSION_MAX = 0xffffffff;
/** Bytes of a pair besides key and value: two u48, one u32, two string heads. */
export const PAIR_OVERHEAD_BYTES = 9 + 9 + 5 + 3 + 3;

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
