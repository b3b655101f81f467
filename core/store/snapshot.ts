/**
 * The snapshot: the whole logical state at one index as a stream of bytes that is the same on
 * every replica, whatever its history, and does not depend on how the store holds it. A CBOR
 * sequence (RFC 8742) of arrays in deterministic encoding:
 *
 *   [version = 2, index, term, revision, sessions, keys, limits, first, configuration bstr]
 *   sessions times, in ascending order of id:
 *   [id, nonceHigh, nonceLow, sequence, request, lastIndex,
 *       reason, revision, createRevision, modRevision, version]      (the last reply)
 *   keys times, in the order of their bytes:
 *   [createRevision, modRevision, version, key bstr, value bstr]
 *
 * `limits` is the fingerprint of the limits that decide what a command comes to, `first` that of the
 * configuration that the cluster began with: a node that loads a snapshot must share both.
 *
 * A witness's has no more than the first, with version 0 and none of the state (`Withholding`).
 * The configuration is the replica's, opaque here. A snapshot is named by (index, term, hash): the
 * hash is the CRC-32C of the stream. It is written and read in slices of whole items; where a
 * slice is cut does not show in the stream.
 */
import { assert } from "../assert";
import { compare, copy, crc32c, readArray, writeArray } from "../bytes";
import { stringHeaderBytes } from "../command";
import type { Limits } from "../limits";
import { pairBytes } from "./keys";
import { ROW_BYTES, ROW_INTEGERS, readRow, writeRow } from "./sessions";
import type { Store } from "./store";

export const SNAPSHOT_VERSION = 2;
/** In the place of the version: no state is in the stream. No node that keeps the state takes it for one. */
export const SNAPSHOT_WITHHELD = 0;
/** The largest configuration that a snapshot carries. */
export const CONFIGURATION_BYTES_MAX = 512;
/** What `SnapshotReader.take` returns for a stream that is no snapshot, or not one for these limits. */
export const SNAPSHOT_INVALID = -1;

const HEADER_INTEGERS = 8;
/** Integers of the header before those that a witness is not sent, and after them. */
const STATE_FIRST = 3;
const STATE_LAST = 5;
const KEY_INTEGERS = 3;
/** The header of a key's array: three integers and two byte strings. */
const KEY_ARRAY = 0x85;
/** An integer of CBOR at its widest. */
const INTEGER_BYTES = 9;

/** Bytes of the first item at most. */
export const HEADER_BYTES_MAX = 1 + HEADER_INTEGERS * INTEGER_BYTES + 3 + CONFIGURATION_BYTES_MAX;
/** Bits of the header's integers. */
const HEADER_BITS: readonly number[] = Object.freeze([8, 48, 32, 48, 8, 16, 32, 32]);

/** Finds the configuration in the first bytes of a stream, without reading on. */
export class SnapshotHead {
	/** What `read` found: the configuration's bytes. */
	configurationOffset = 0;
	configurationLength = 0;
	/** And the fingerprint of the limits. */
	limits = 0;
	private readonly row = new DataView(new ArrayBuffer((HEADER_INTEGERS + 2) * 8));
	private readonly widths = new Uint8Array(HEADER_BITS);

	/** @returns false when `bytes[offset, limit)` does not begin with a whole header of a version that is known */
	read(bytes: Uint8Array, offset: number, limit: number): boolean {
		const after = readArray(bytes, offset, limit, this.row, 0, HEADER_INTEGERS, 1, this.widths, 0);
		if (after < 0 || this.row.getFloat64(0, true) > SNAPSHOT_VERSION) return false;
		this.limits = this.row.getFloat64(48, true);
		this.configurationOffset = this.row.getFloat64(HEADER_INTEGERS * 8, true);
		this.configurationLength = this.row.getFloat64((HEADER_INTEGERS + 1) * 8, true);
		return true;
	}
}

/** @returns bytes of the largest item: slices and windows must be at least so long */
export function snapshotItemBytes(limits: Limits): number {
	return Math.max(
		HEADER_BYTES_MAX,
		1 + ROW_INTEGERS * INTEGER_BYTES,
		1 + KEY_INTEGERS * INTEGER_BYTES + pairBytes(limits.keyBytes, limits.valueBytes),
	);
}

/** @returns true if the stream that begins in `bytes[offset, +length)` says that it holds no state */
export function isStateWithheld(bytes: Uint8Array, offset: number, length: number): boolean {
	return length > 1 && bytes[offset + 1] === SNAPSHOT_WITHHELD;
}

/** Makes of the beginning of a snapshot all that a witness is sent of it. */
export class Withholding {
	private readonly row = new DataView(new ArrayBuffer((HEADER_INTEGERS + 2) * 8));
	private readonly widths = new Uint8Array(HEADER_BITS);

	/**
	 * @param bytes the stream's first item stands in `bytes[offset, end)`, perhaps with more behind it; the
	 * stream without state takes its place
	 * @returns bytes of that stream
	 */
	withhold(bytes: Uint8Array, offset: number, end: number): number {
		const row = this.row;
		const after = readArray(bytes, offset, end, row, 0, HEADER_INTEGERS, 1, this.widths, 0);
		assert(after > 0, "a snapshot begins with no header");
		const configuration = row.getFloat64(HEADER_INTEGERS * 8, true);
		const length = row.getFloat64(HEADER_INTEGERS * 8 + 8, true);
		row.setFloat64(0, SNAPSHOT_WITHHELD, true);
		for (let integer = STATE_FIRST; integer <= STATE_LAST; integer++) row.setFloat64(integer * 8, 0, true);
		// No integer is longer than before, so what is written ends before the configuration begins.
		const at = writeArray(bytes, offset, after, row, 0, HEADER_INTEGERS, 1, length);
		copy(bytes, at, bytes, configuration, length);
		return at + length - offset;
	}
}

/** @returns bytes of an unsigned integer in its shortest form */
function integerBytes(value: number): number {
	return value < 24 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : value < 0x100000000 ? 5 : 9;
}

/**
 * Writes the snapshot of a store, slice by slice. The store must not apply anything between
 * `begin` and the last slice: the replica holds entries back meanwhile.
 */
export class SnapshotWriter {
	/** CRC-32C of what was written so far; of the whole stream once `done`. */
	hash = 0;
	/** Bytes written so far. */
	position = 0;
	done = true;
	private readonly store: Store;
	private readonly configuration = new Uint8Array(CONFIGURATION_BYTES_MAX);
	private configurationLength = 0;
	private index = 0;
	private term = 0;
	/** The next item: -1 the header, then sessions, then keys. */
	private item = -1;
	private readonly row = new DataView(new ArrayBuffer(ROW_BYTES));
	private readonly version: number;

	/** @param isWitness nothing was applied to the store, and nothing of it is written */
	constructor(store: Store, isWitness = false) {
		this.store = store;
		this.version = isWitness ? SNAPSHOT_WITHHELD : SNAPSHOT_VERSION;
	}

	/**
	 * Begins the snapshot of the store as it is now.
	 * @param term of the entry applied last
	 * @param configuration the bytes of the configuration in force at that index, which are copied
	 */
	begin(term: number, configuration: Uint8Array, offset: number, length: number): void {
		assert(length <= CONFIGURATION_BYTES_MAX, "the configuration is larger than a snapshot carries");
		copy(this.configuration, 0, configuration, offset, length);
		this.configurationLength = length;
		this.index = this.store.appliedIndex;
		this.term = term;
		this.item = -1;
		this.hash = 0;
		this.position = 0;
		this.done = false;
	}

	/** @returns bytes of the whole stream, found by a walk over all keys */
	size(): number {
		const { keys, sessions } = this.store;
		this.headerRow();
		let size = 1 + stringHeaderBytes(this.configurationLength) + this.configurationLength;
		for (let i = 0; i < HEADER_INTEGERS; i++) size += integerBytes(this.row.getFloat64(i * 8, true));
		for (let at = 0; at < sessions.count; at++) {
			writeRow(this.row, sessions.table[at]);
			size += 1;
			for (let i = 0; i < ROW_INTEGERS; i++) size += integerBytes(this.row.getFloat64(i * 8, true));
		}
		for (let at = 0; at < keys.count; at++) {
			const slot = keys.sorted[at];
			size += 1 + integerBytes(keys.createRevisions[slot]) + integerBytes(keys.modRevisions[slot]);
			size += integerBytes(keys.versions[slot]);
		}
		return size + keys.used;
	}

	/**
	 * Writes as many whole items as fit into `target[offset, limit)`.
	 * @param limit at least `snapshotItemBytes` behind `offset`
	 * @returns bytes written, 0 only when `done`
	 */
	next(target: Uint8Array, offset: number, limit: number): number {
		if (this.done) return 0;
		assert(this.store.appliedIndex === this.index, "the store moved on under its snapshot");
		const items = this.store.sessions.count + this.store.keys.count;
		let at = offset;
		while (this.item < items) {
			const after = this.write(target, at, limit);
			if (after < 0) break;
			at = after;
			this.item += 1;
		}
		assert(at > offset, "a slice is too small for an item");
		this.done = this.item === items;
		this.hash = crc32c(this.hash, target, offset, at - offset);
		this.position += at - offset;
		return at - offset;
	}

	private write(target: Uint8Array, offset: number, limit: number): number {
		const { keys, sessions } = this.store;
		if (this.item < 0) return this.writeHeader(target, offset, limit);
		if (this.item < sessions.count) {
			writeRow(this.row, sessions.table[this.item]);
			return writeArray(target, offset, limit, this.row, 0, ROW_INTEGERS, 0, 0);
		}
		if (offset >= limit) return -1;
		target[offset] = KEY_ARRAY;
		return this.store.writeKey(keys.sorted[this.item - sessions.count], target, offset + 1, limit);
	}

	private headerRow(): void {
		const row = this.row;
		row.setFloat64(0, this.version, true);
		row.setFloat64(8, this.index, true);
		row.setFloat64(16, this.term, true);
		row.setFloat64(24, this.store.revision, true);
		row.setFloat64(32, this.store.sessions.count, true);
		row.setFloat64(40, this.store.keys.count, true);
		row.setFloat64(48, this.store.limits, true);
		row.setFloat64(56, this.store.first, true);
	}

	private writeHeader(target: Uint8Array, offset: number, limit: number): number {
		this.headerRow();
		const at = writeArray(target, offset, limit, this.row, 0, HEADER_INTEGERS, 1, this.configurationLength);
		if (at < 0) return -1;
		copy(target, at, this.configuration, 0, this.configurationLength);
		return at + this.configurationLength;
	}
}

/**
 * Reads a snapshot in slices, twice: first `begin(false)` to verify all of it without touching the
 * store, and only if it is `done` and its name is right, `begin(true)` to load it. A store never
 * holds half a snapshot of a stream that fails.
 */
export class SnapshotReader {
	/** From the header, when it was taken. */
	index = 0;
	term = 0;
	/** The configuration, `configurationLength` bytes from 0. */
	readonly configuration = new Uint8Array(CONFIGURATION_BYTES_MAX);
	configurationLength = 0;
	/** CRC-32C of what was taken so far; of the whole stream once `done`. */
	hash = 0;
	/** Bytes taken so far: where the next window must begin. */
	position = 0;
	/** The last item was taken; a byte behind it is invalid. */
	done = false;

	private readonly store: Store;
	private readonly limits: Limits;
	private loading = false;
	private item = -1;
	private sessions = 0;
	private keys = 0;
	private revision = 0;
	/** What the items so far came to: they must ascend, and fit. */
	private used = 0;
	private lastSession = 0;
	private lastKeyLength = 0;
	private readonly lastKey: Uint8Array;
	private readonly itemBytes: number;
	private readonly row = new DataView(new ArrayBuffer(ROW_BYTES));
	/** Bits of each integer's field: the header's from 0, a session's from 8, a key's from 19. */
	private readonly widths = new Uint8Array([
		8, 48, 32, 48, 8, 16, 32, 32, 48, 32, 32, 32, 32, 48, 16, 48, 48, 48, 32, 48, 48, 32,
	]);
	/** And the fingerprint of the configuration that the cluster began with. */
	first = 0;

	private readonly version: number;

	/** @param isWitness only a stream without state is one */
	constructor(store: Store, limits: Limits, isWitness = false) {
		this.store = store;
		this.limits = limits;
		this.version = isWitness ? SNAPSHOT_WITHHELD : SNAPSHOT_VERSION;
		this.lastKey = new Uint8Array(limits.keyBytes);
		this.itemBytes = snapshotItemBytes(limits);
	}

	/** @param load false: verify only; true: put into the store, which is cleared first */
	begin(load: boolean): void {
		this.loading = load;
		this.item = -1;
		this.hash = 0;
		this.position = 0;
		this.done = false;
		this.used = 0;
		this.lastSession = 0;
		this.lastKeyLength = 0;
		if (load) this.store.clear();
	}
	/**
	 * Takes whole items from the window `bytes[offset, +length)` of the stream; the next window
	 * begins at `position`.
	 * @param last the stream ends with this window; any other is at least `snapshotItemBytes` long
	 * @returns bytes taken, or SNAPSHOT_INVALID; the store is then as it was, or empty when loading
	 */
	take(bytes: Uint8Array, offset: number, length: number, last: boolean): number {
		assert(last || length >= this.itemBytes, "a window is too small for an item");
		const end = offset + length;
		let at = offset;
		while (!this.done && (last || end - at >= this.itemBytes)) {
			at = this.readItem(bytes, at, end);
			if (at < 0) return this.fail();
			this.item += 1;
			this.done = this.item === this.sessions + this.keys;
		}
		if (last ? !this.done || at !== end : at === offset) return this.fail();
		this.hash = crc32c(this.hash, bytes, offset, at - offset);
		this.position += at - offset;
		if (this.done && this.loading) {
			this.store.appliedIndex = this.index;
			this.store.revision = this.revision;
			this.store.first = this.first;
		}
		return at - offset;
	}

	private fail(): number {
		this.done = false;
		if (this.loading) this.store.clear();
		return SNAPSHOT_INVALID;
	}

	/** @returns the offset after the item, or -1 */
	private readItem(bytes: Uint8Array, at: number, end: number): number {
		if (this.item < 0) return this.readHeader(bytes, at, end);
		return this.item < this.sessions ? this.readSession(bytes, at, end) : this.readKey(bytes, at, end);
	}

	private readHeader(bytes: Uint8Array, at: number, end: number): number {
		const row = this.row;
		const after = readArray(bytes, at, end, row, 0, HEADER_INTEGERS, 1, this.widths, 0);
		if (after < 0 || row.getFloat64(0, true) !== this.version) return -1;
		this.index = row.getFloat64(8, true);
		this.term = row.getFloat64(16, true);
		this.revision = row.getFloat64(24, true);
		this.sessions = row.getFloat64(32, true);
		this.keys = row.getFloat64(40, true);
		this.first = row.getFloat64(56, true);
		const configuration = row.getFloat64(HEADER_INTEGERS * 8, true);
		this.configurationLength = row.getFloat64(HEADER_INTEGERS * 8 + 8, true);
		if (row.getFloat64(48, true) !== this.store.limits) return -1;
		if (this.configurationLength > CONFIGURATION_BYTES_MAX || this.revision > this.index) return -1;
		if (this.version === SNAPSHOT_WITHHELD && this.revision + this.sessions + this.keys > 0) return -1;
		if (this.sessions > this.limits.sessions || this.keys > this.limits.keys) return -1;
		copy(this.configuration, 0, bytes, configuration, this.configurationLength);
		return after;
	}

	private readSession(bytes: Uint8Array, at: number, end: number): number {
		const row = this.row;
		const after = readArray(bytes, at, end, row, 0, ROW_INTEGERS, 0, this.widths, HEADER_INTEGERS);
		if (after < 0) return -1;
		const id = row.getFloat64(0, true);
		const lastIndex = row.getFloat64(40, true);
		if (id <= this.lastSession || lastIndex < id || lastIndex > this.index) return -1;
		this.lastSession = id;
		if (this.loading) readRow(row, this.store.sessions.append(id));
		return after;
	}

	private readKey(bytes: Uint8Array, at: number, end: number): number {
		const row = this.row;
		const first = HEADER_INTEGERS + ROW_INTEGERS;
		const after = readArray(bytes, at, end, row, 0, KEY_INTEGERS, 2, this.widths, first);
		if (after < 0) return -1;
		const createRevision = row.getFloat64(0, true);
		const modRevision = row.getFloat64(8, true);
		const version = row.getFloat64(16, true);
		if (createRevision < 1 || modRevision < createRevision || modRevision > this.revision || version < 1) return -1;
		const key = row.getFloat64(24, true);
		const length = row.getFloat64(32, true);
		const valueLength = row.getFloat64(48, true);
		if (length < 1 || length > this.limits.keyBytes || valueLength > this.limits.valueBytes) return -1;
		if (compare(this.lastKey, 0, this.lastKeyLength, bytes, key, length) >= 0) return -1;
		copy(this.lastKey, 0, bytes, key, length);
		this.lastKeyLength = length;
		const pair = pairBytes(length, valueLength);
		this.used += pair;
		const keys = this.store.keys;
		if (this.used > keys.capacity) return -1;
		if (this.loading)
			keys.insert(keys.count, createRevision, modRevision, version, bytes, after - pair, key, length, pair);
		return after;
	}
}
