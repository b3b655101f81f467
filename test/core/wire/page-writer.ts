import { copy, NO_ROOM, writeIntegers } from "../../../core/bytes";
import { writeStringHeader } from "../../../core/command";

const COLUMNS = 3;

/** Writes a page pair by pair, into a part of a buffer: the twin of `Store.range` for tests without a store. */
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
