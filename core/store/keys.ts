/**
 * The live keys: their bytes in one arena, their numbers in arrays by slot, found by a hash index
 * and walked in order by a sorted one. Which slot a key has and where its bytes lie depends on
 * history and is never visible; what is refused depends on logical sizes alone, so that replicas
 * with one history, or one restored from a snapshot, decide alike.
 */
import { assert } from "../assert";
import { compare, copy, hash } from "../bytes";
import { stringHeaderBytes } from "../command";
import type { Limits } from "../limits";
import type { Reply } from "./reply";

/** No slot. */
export const NONE = 0xffff;

const VERSION_MAX = 0xffffffff;

/** @returns bytes that a key and its value take of `liveBytes`: both as CBOR byte strings, as in their command */
export function pairBytes(keyLength: number, valueLength: number): number {
	return stringHeaderBytes(keyLength) + keyLength + stringHeaderBytes(valueLength) + valueLength;
}

/**
 * Bytes of `liveBytes` that no pair may use, a sixteenth and at least one largest pair. They keep
 * room for moving pairs together however full the store is, and for what must never be refused.
 */
export function reserveBytes(limits: Limits): number {
	return Math.max(Math.ceil(limits.liveBytes / 16), pairBytes(limits.keyBytes, limits.valueBytes));
}

/** @returns the least power of two that is not below `count` */
export function bucketsFor(count: number): number {
	let buckets = 1;
	while (buckets < count) buckets *= 2;
	return buckets;
}

export class Keys {
	// XS finds a field by walking the object's fields in order: what every put touches stands first.

	/** Pairs, each the CBOR byte strings of key and value in one piece: as they came, as they go. */
	readonly bytes: Uint8Array;
	/** First slot of each bucket, and each slot's next one; free slots are linked from `free`. */
	private readonly buckets: Uint16Array;
	private readonly mask: number;
	private readonly offsets: Uint16Array | Uint32Array;
	/** By slot; revisions u48, version u32. */
	readonly keyLengths: Uint8Array;
	readonly pairLengths: Uint16Array;
	readonly versions: Uint32Array;
	readonly modRevisions: Float64Array;
	readonly createRevisions: Float64Array;
	private readonly nexts: Uint16Array;
	private free = 0;
	/** Live keys. */
	count = 0;
	/** Bytes of their pairs, never above `capacity`. */
	used = 0;
	readonly capacity: number;
	/** Slots in ascending order of their keys, the first `count` of them. */
	readonly sorted: Uint16Array;

	private readonly fingerprints: Uint32Array;
	/** Sum of `fingerprints` of the live keys, modulo 2^32: it does not depend on their order. */
	private sum = 0;
	/** Keys that were changed by a later revision have a fingerprint that is out of date. */
	private sumRevision = 0;

	/** Slots in the order of their places in the arena, doubly linked: what `compact` walks. */
	private readonly after: Uint16Array;
	private readonly before: Uint16Array;
	private first = NONE;
	private last = NONE;
	/** Where the next pair goes: behind every other. */
	private end = 0;

	constructor(limits: Limits) {
		const slots = limits.keys;
		assert(slots >= 1 && slots < NONE, "keys out of range");
		assert(limits.keyBytes >= 1 && limits.keyBytes <= 255, "a key's length does not fit a byte");
		assert(pairBytes(limits.keyBytes, limits.valueBytes) <= 0xffff, "a pair's length does not fit 16 bits");
		this.bytes = new Uint8Array(limits.liveBytes);
		this.capacity = limits.liveBytes - reserveBytes(limits);
		assert(this.capacity >= reserveBytes(limits), "live bytes do not hold a pair and the reserve");
		this.createRevisions = new Float64Array(slots);
		this.modRevisions = new Float64Array(slots);
		this.versions = new Uint32Array(slots);
		this.keyLengths = new Uint8Array(slots);
		this.pairLengths = new Uint16Array(slots);
		this.offsets = limits.liveBytes <= 0x10000 ? new Uint16Array(slots) : new Uint32Array(slots);
		this.fingerprints = new Uint32Array(slots);
		this.sorted = new Uint16Array(slots);
		this.buckets = new Uint16Array(bucketsFor(slots));
		this.mask = this.buckets.length - 1;
		this.nexts = new Uint16Array(slots);
		this.after = new Uint16Array(slots);
		this.before = new Uint16Array(slots);
		this.clear();
	}

	clear(): void {
		const slots = this.nexts.length;
		this.count = 0;
		this.used = 0;
		this.sum = 0;
		this.sumRevision = 0;
		this.buckets.fill(NONE);
		for (let slot = 0; slot < slots; slot++) this.nexts[slot] = slot + 1 < slots ? slot + 1 : NONE;
		this.free = 0;
		this.first = NONE;
		this.last = NONE;
		this.end = 0;
	}

	/** @returns the slot of a key, or NONE */
	find(bytes: Uint8Array, offset: number, length: number): number {
		let slot = this.buckets[hash(0, bytes, offset, length) & this.mask];
		while (slot !== NONE) {
			// Nothing is named here: on an interpreter a name costs as much as looking it up once more.
			if (
				this.keyLengths[slot] === length &&
				compare(this.bytes, this.offsets[slot] + (length < 24 ? 1 : 2), length, bytes, offset, length) === 0
			)
				return slot;
			slot = this.nexts[slot];
		}
		return NONE;
	}

	/** @returns the offset in `bytes` of a slot's pair, of its key's bytes, of its value's bytes */
	pairOffset(slot: number): number {
		return this.offsets[slot];
	}

	keyOffset(slot: number): number {
		return this.offsets[slot] + (this.keyLengths[slot] < 24 ? 1 : 2);
	}

	valueOffset(slot: number): number {
		return this.offsets[slot] + this.pairLengths[slot] - this.valueLength(slot);
	}

	/** @returns bytes of a slot's value: what is left of its pair, less the header that says so */
	valueLength(slot: number): number {
		const length = this.keyLengths[slot];
		const rest = this.pairLengths[slot] - length - (length < 24 ? 1 : 2);
		return rest - (rest < 1 + 24 ? 1 : rest < 2 + 0x100 ? 2 : 3);
	}

	/** @returns the first place in `sorted` whose key is not below the given one, `count` if none is */
	seek(bytes: Uint8Array, offset: number, length: number): number {
		let low = 0;
		let high = this.count;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			const slot = this.sorted[middle];
			const order = compare(this.bytes, this.keyOffset(slot), this.keyLengths[slot], bytes, offset, length);
			if (order < 0) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	/** @returns true if a new key with a pair of `length` bytes has room */
	admits(length: number): boolean {
		return this.count < this.nexts.length && this.used + length <= this.capacity;
	}

	/**
	 * Gives an existing key another value, wholly or not at all, and says in `reply` how it is then.
	 * @param pair offset in `bytes` of the pair, which is `length` bytes long and has the same key
	 * @returns false when there is no room
	 */
	replace(slot: number, revision: number, bytes: Uint8Array, pair: number, length: number, reply: Reply): boolean {
		const before = this.pairLengths[slot];
		if (length !== before) {
			const used = this.used - before + length;
			if (used > this.capacity) return false;
			if (length > before) this.place(slot, length);
			this.pairLengths[slot] = length;
			this.used = used;
		}
		copy(this.bytes, this.offsets[slot], bytes, pair, length);
		let version = this.versions[slot];
		// A key written 100 times a second gets there in 16 months: it must not stop the cluster.
		if (version < VERSION_MAX) this.versions[slot] = version += 1;
		this.modRevisions[slot] = revision;
		reply.createRevision = this.createRevisions[slot];
		reply.modRevision = revision;
		reply.version = version;
		return true;
	}

	/**
	 * Adds a key that does not exist. The caller has asked `admits`.
	 * @param place in `sorted`, from `seek`
	 * @param pair offset in `bytes` of the pair, which is `length` bytes long
	 * @param key offset in `bytes` of the key's own bytes
	 */
	insert(
		place: number,
		createRevision: number,
		modRevision: number,
		version: number,
		bytes: Uint8Array,
		pair: number,
		key: number,
		keyLength: number,
		length: number,
	): void {
		const slot = this.free;
		assert(slot !== NONE, "no free slot");
		this.free = this.nexts[slot];
		this.makeRoom(length);
		this.append(slot, length);
		copy(this.bytes, this.offsets[slot], bytes, pair, length);
		this.keyLengths[slot] = keyLength;
		this.pairLengths[slot] = length;
		this.createRevisions[slot] = createRevision;
		this.modRevisions[slot] = modRevision;
		this.versions[slot] = version;
		this.fingerprints[slot] = 0;
		const bucket = hash(0, bytes, key, keyLength) & this.mask;
		this.nexts[slot] = this.buckets[bucket];
		this.buckets[bucket] = slot;
		if (place < this.count) this.sorted.copyWithin(place + 1, place, this.count);
		this.sorted[place] = slot;
		this.count += 1;
		this.used += length;
	}

	/** Removes a live key; needs no room, so that a full store can be emptied. */
	remove(slot: number): void {
		const length = this.keyLengths[slot];
		const key = this.keyOffset(slot);
		const place = this.seek(this.bytes, key, length);
		assert(this.sorted[place] === slot, "the sorted index is broken");
		this.sorted.copyWithin(place, place + 1, this.count);
		this.count -= 1;
		this.used -= this.pairLengths[slot];
		this.sum = (this.sum - this.fingerprints[slot]) >>> 0;
		this.unhash(slot, hash(0, this.bytes, key, length) & this.mask);
		this.unlink(slot);
		this.nexts[slot] = this.free;
		this.free = slot;
	}

	private unhash(slot: number, bucket: number): void {
		const next = this.nexts[slot];
		let at = this.buckets[bucket];
		if (at === slot) {
			this.buckets[bucket] = next;
			return;
		}
		while (this.nexts[at] !== slot) at = this.nexts[at];
		this.nexts[at] = next;
	}

	/**
	 * The keys' share of the state hash: a sum over all keys of what each is, so that it does not
	 * depend on their order, nor on the way there. Only keys that were changed since the last call
	 * are hashed again: a put pays nothing for it, and a call one step for each live key.
	 * @param revision of the store now
	 * @returns an unsigned 32-bit number
	 */
	fingerprint(revision: number): number {
		for (let place = 0; place < this.count; place++) {
			const slot = this.sorted[place];
			const modRevision = this.modRevisions[slot];
			if (modRevision <= this.sumRevision) continue;
			// Below 2^53 for the largest revisions; any one number that differs gives another seed.
			const seed = modRevision * 13 + this.createRevisions[slot] * 7 + this.versions[slot];
			const fresh = hash(seed, this.bytes, this.offsets[slot], this.pairLengths[slot]);
			this.sum = (this.sum - this.fingerprints[slot] + fresh) >>> 0;
			this.fingerprints[slot] = fresh;
		}
		this.sumRevision = revision;
		return this.sum;
	}

	/** Moves a slot to a free range of `length` bytes; its old bytes are given up. */
	private place(slot: number, length: number): void {
		this.unlink(slot);
		this.makeRoom(length);
		this.append(slot, length);
	}

	private append(slot: number, length: number): void {
		this.offsets[slot] = this.end;
		this.end += length;
		this.before[slot] = this.last;
		this.after[slot] = NONE;
		if (this.last === NONE) this.first = slot;
		else this.after[this.last] = slot;
		this.last = slot;
	}

	private unlink(slot: number): void {
		const before = this.before[slot];
		const after = this.after[slot];
		if (before === NONE) this.first = after;
		else this.after[before] = after;
		if (after === NONE) {
			this.last = before;
			this.end = before === NONE ? 0 : this.offsets[before] + this.pairLengths[before];
		} else this.before[after] = before;
	}

	private makeRoom(length: number): void {
		if (this.end + length > this.bytes.length) this.compact();
		assert(this.end + length <= this.bytes.length, "the arena is full within its limit");
	}

	/**
	 * Moves all pairs together, in the order of their places. It takes at most one step for each
	 * live key and one copy of the arena, and is needed at most once for every `reserveBytes` of
	 * pairs that were placed anew: a value that keeps its length, or shrinks, stays where it is.
	 */
	private compact(): void {
		// Mark: the arena of keys is compacted
		let end = 0;
		let slot = this.first;
		while (slot !== NONE) {
			const offset = this.offsets[slot];
			const length = this.pairLengths[slot];
			if (offset !== end) {
				copy(this.bytes, end, this.bytes, offset, length);
				this.offsets[slot] = end;
			}
			end += length;
			slot = this.after[slot];
		}
		this.end = end;
	}
}
