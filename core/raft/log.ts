/**
 * The log as consensus sees it: indices and terms of all entries since its base, and the bytes
 * of the latest ones in a ring. Older bytes are in the journal.
 *
 *          base                first cached               last
 *   ─ ─ ─ ─ ┼───────────────────┼──────────────────────────┤
 *   snapshot   terms, here; bytes   terms and bytes, here
 *              in the journal
 *
 * Entries stand in the ring as they stand in datagrams and flash (core/entry.ts), so that a range
 * of them moves by one copy. None straddles the ring's end:
 *
 *   |  5  |  6  |        |  2  |  3  |  4  | gap |
 *               tail     head              wrapEnd
 */
import { assert } from "../assert";
import { copy } from "../bytes";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, ENTRY_WITHHELD, writeEntryHeader } from "../entry";
import type { Limits } from "../limits";
import type { Message } from "./messages";
import { TermRuns } from "./term-runs";

/** Returned by `append` for entries that no leader of ours would send. */
export const MALFORMED = -1;
/** Returned by `stage` when the next entry begins a run of one term more than there are. */
const NO_RUN = -2;

export class Log {
	lastIndex = 0;
	/** Term of the entry at `lastIndex`. */
	lastTerm = 0;
	private tail = 0;
	/** Bytes of the entries from here to `lastIndex` are in the ring. */
	firstCached = 1;
	/** Where the oldest entry begins, the newest ends, and the last one before the ring's end ends. */
	private head = 0;
	/** Where an entry begins in `bytes`, by its index modulo `capacity`. */
	readonly starts: Uint32Array;
	/** Entries that the ring holds at most: the length of `starts`, which an interpreter gets by a call. */
	readonly capacity: number;
	/** The ring, and its length. */
	readonly bytes: Uint8Array;
	private readonly size: number;
	readonly terms: TermRuns;
	/** The entry before the first; it is covered by the snapshot. */
	baseIndex = 0;
	private wrapEnd = 0;
	/** The first of the entries that the last `append` took which holds a configuration; 0 when none does. */
	firstConfiguration = 0;
	readonly payloadBytesMax: number;
	private readonly reserveBytes: number;
	private readonly reserveEntries: number;
	/** True at a witness. A log that is applied has no place for an entry without its payload. */
	private readonly takesWithheld: boolean;

	/** @param isWitness of a node that keeps no state */
	constructor(limits: Limits, isWitness = false) {
		this.takesWithheld = isWitness;
		this.bytes = new Uint8Array(limits.logBytes);
		this.size = limits.logBytes;
		this.starts = new Uint32Array(limits.logEntries);
		this.capacity = limits.logEntries;
		this.terms = new TermRuns(limits.termRuns);
		this.terms.reset(0, 0);
		this.payloadBytesMax = limits.commandBytes;
		this.reserveBytes = limits.logReserveBytes;
		this.reserveEntries = limits.logReserveEntries;
	}

	/**
	 * True if this log has an entry of `term` at `index`. Before the base all is committed, so it
	 * agrees with any leader by definition (pitfall 29).
	 */
	agreesAt(index: number, term: number): boolean {
		if (index === this.lastIndex) return term === this.lastTerm;
		if (index > this.lastIndex) return false;
		return index < this.baseIndex || this.terms.termAt(index) === term;
	}

	/**
	 * Appends entries of a message after the last one: as many as there is room for, in as few
	 * copies as the ring allows, which is one or two.
	 * @param term of the leader: no entry has a higher one
	 * @param evictable the last entry that is durable
	 * @param snapshotIndex how far terms may be forgotten
	 * @returns how many were taken, or MALFORMED with none taken
	 */
	append(message: Message, term: number, evictable: number, snapshotIndex: number): number {
		const end = message.offset + message.length;
		const lastBefore = this.lastIndex;
		let source = message.offset;
		this.firstConfiguration = 0;
		while (source < end) {
			const stop = this.stage(message, source, end, term, snapshotIndex);
			if (stop === MALFORMED) {
				if (this.lastIndex > lastBefore) this.truncate(lastBefore + 1);
				this.terms.truncate(lastBefore + 1);
				this.lastTerm = this.terms.lastTerm();
				return MALFORMED;
			}
			if (stop > source) {
				copy(this.bytes, this.tail - (stop - source), message.bytes, source, stop - source);
				source = stop;
			} else if (stop === NO_RUN || !this.makeRoom(message, source, evictable)) break;
		}
		return this.lastIndex - lastBefore;
	}

	/**
	 * Takes as many whole entries as fit at the tail without a gap; the caller copies their bytes.
	 * @returns the offset in `message.bytes` after the last of them, `source` for none, MALFORMED or NO_RUN
	 */
	private stage(message: Message, source: number, end: number, term: number, snapshotIndex: number): number {
		const view = message.view;
		const starts = this.starts;
		const capacity = this.capacity;
		const shift = this.tail - source;
		const wrapped = this.tail <= this.head && this.firstCached <= this.lastIndex;
		const room = source + (wrapped ? this.head : this.size) - this.tail;
		const lastMax = this.firstCached + capacity - 1;
		let index = this.lastIndex;
		let slot = (index + 1) % capacity;
		let at = source;
		while (at < end && index < lastMax) {
			if (at + ENTRY_HEADER_BYTES > end) return MALFORMED;
			// Type, flags and length in one reading.
			const head = view.getUint32(at, true);
			const length = head >>> 16;
			const entryTerm = view.getUint32(at + 4, true);
			const next = at + ENTRY_HEADER_BYTES + length;
			if (next > end || length > this.payloadBytesMax || entryTerm > term) return MALFORMED;
			if (next > room) break;
			if (entryTerm !== this.lastTerm) {
				if (entryTerm < this.lastTerm) return MALFORMED;
				if (!this.addTerm(index + 1, entryTerm, snapshotIndex)) {
					if (at === source) return NO_RUN;
					break;
				}
			}
			starts[slot] = at + shift;
			if (++slot === capacity) slot = 0;
			index++;
			if ((head & 0xff) >= ENTRY_CONFIGURATION && !this.takesType(head & 0xff, index)) return MALFORMED;
			at = next;
		}
		this.lastIndex = index;
		this.tail = at + shift;
		return at;
	}

	/** An entry that is no command comes. @returns false for one that this log has no place for */
	private takesType(type: number, index: number): boolean {
		if (type === ENTRY_CONFIGURATION && this.firstConfiguration === 0) this.firstConfiguration = index;
		return type !== ENTRY_WITHHELD || this.takesWithheld;
	}

	/** @returns the last index of a range from `first`, which is cached, that is at most `limit` bytes and at least one entry */
	lastWithin(first: number, limit: number): number {
		let high = this.lastIndex;
		if (first === high || this.rangeBytes(first, high) <= limit) return high;
		let low = first;
		while (low + 1 < high) {
			const middle = Math.floor((low + high) / 2);
			if (this.rangeBytes(first, middle) <= limit) low = middle;
			else high = middle;
		}
		return low;
	}

	/** @returns bytes of the cached entries from `first` to `last` */
	rangeBytes(first: number, last: number): number {
		const start = this.starts[first % this.capacity];
		const end = last === this.lastIndex ? this.tail : this.endOf(last);
		return end > start ? end - start : this.wrapEnd - start + end;
	}

	/** Copies the cached entries from `first` to `last`. @returns how many bytes they are */
	copyRange(first: number, last: number, target: Uint8Array, offset: number): number {
		assert(first >= this.firstCached && first <= last && last <= this.lastIndex, "copied entries that are not cached");
		const start = this.starts[first % this.capacity];
		const end = last === this.lastIndex ? this.tail : this.endOf(last);
		if (end > start) {
			copy(target, offset, this.bytes, start, end - start);
			return end - start;
		}
		const before = this.wrapEnd - start;
		copy(target, offset, this.bytes, start, before);
		copy(target, offset + before, this.bytes, 0, end);
		return before + end;
	}

	/** @param index from the base to the last */
	termAt(index: number): number {
		if (index >= this.terms.lastStart && index <= this.lastIndex) return this.lastTerm;
		assert(index >= this.baseIndex && index <= this.lastIndex, "asked for the term of an entry that is not there");
		return this.terms.termAt(index);
	}

	/** @returns offset in `bytes` of the cached entry at `index` */
	startOf(index: number): number {
		return this.starts[index % this.capacity];
	}

	/**
	 * Appends an entry of the leader's own, and leaves the reserve free: a log full of commands
	 * can still take the no-op of the next leader.
	 * @param evictable the last entry whose bytes may leave the ring: applied and durable
	 * @returns false without room
	 */
	propose(type: number, term: number, bytes: Uint8Array, offset: number, length: number, evictable: number): boolean {
		const size = ENTRY_HEADER_BYTES + length;
		assert(term === this.lastTerm, "proposed before the term's no-op");
		while (!this.hasRoom(size, this.reserveBytes, this.reserveEntries)) {
			if (!this.evict(evictable)) {
				// Mark: a proposal finds no room in RAM
				return false;
			}
		}
		writeEntryHeader(this.bytes, this.tail, type, length, term);
		if (length > 0) copy(this.bytes, this.tail + ENTRY_HEADER_BYTES, bytes, offset, length);
		this.push(size);
		return true;
	}

	/** As `propose`, of the reserve if need be. */
	proposeReserved(
		type: number,
		term: number,
		bytes: Uint8Array,
		offset: number,
		length: number,
		evictable: number,
	): boolean {
		assert(term === this.lastTerm, "proposed before the term's no-op");
		while (!this.hasRoom(ENTRY_HEADER_BYTES + length, 0, 0)) {
			if (!this.evict(evictable)) return false;
		}
		writeEntryHeader(this.bytes, this.tail, type, length, term);
		copy(this.bytes, this.tail + ENTRY_HEADER_BYTES, bytes, offset, length);
		this.push(ENTRY_HEADER_BYTES + length);
		return true;
	}

	/**
	 * Sees to it that the next `size` bytes fit at the tail, if need be at the ring's start.
	 * @returns false if they do not, or less than the reserve would be left
	 */
	private hasRoom(size: number, reserveBytes: number, reserveEntries: number): boolean {
		const wrapped = this.tail <= this.head && this.firstCached <= this.lastIndex;
		const atTail = (wrapped ? this.head : this.size) - this.tail;
		if (this.lastIndex - this.firstCached + 2 > this.capacity - reserveEntries) return false;
		if ((wrapped ? atTail : atTail + this.head) < size + reserveBytes) return false;
		if (atTail >= size) return true;
		if (wrapped || this.head < size) return false;
		this.wrapEnd = this.tail;
		this.tail = 0;
		return true;
	}

	private push(size: number): void {
		this.lastIndex++;
		this.starts[this.lastIndex % this.capacity] = this.tail;
		this.tail += size;
	}

	/** @returns where the cached entry at `index` ends; 0 for the last one when the tail has gone round and nothing stands there yet */
	private endOf(index: number): number {
		if (index === this.lastIndex) return this.tail;
		const next = this.startOf(index + 1);
		return next > this.startOf(index) ? next : this.wrapEnd;
	}

	/**
	 * Gives up the bytes of the oldest cached entries, a quarter of all at most: in one step, so that
	 * the next ones find room at once, and those that lag a little are still served from RAM.
	 * @returns false if there are none up to `evictable`
	 */
	private evict(evictable: number): boolean {
		const last = Math.min(evictable, this.lastIndex, this.firstCached + Math.floor(this.capacity / 4));
		if (last < this.firstCached) return false;
		this.firstCached = last + 1;
		if (last === this.lastIndex) this.clearCache();
		else this.head = this.startOf(last + 1);
		return true;
	}

	/** Forgets all entries; the next is the one after `index`, whose term was `term`. */
	reset(index: number, term: number): void {
		this.terms.reset(index, term);
		this.baseIndex = index;
		this.lastIndex = index;
		this.lastTerm = term;
		this.clearCache();
	}

	/**
	 * The last entry at or before `index` that can agree with an entry of `term`: all between has a
	 * higher term and so is no part of a log that holds `term` there. One step skips a whole term
	 * (Raft §5.3, end); asked on both sides it skips the terms that either side lacks:
	 *
	 *   leader    1 3 3 3 5 5        previous is 6, of term 5
	 *   follower  1 2 2 2 2 4 4 4    hint: index 6, term 4; the leader goes back to index 4, of term 3
	 *
	 * @returns the index before the base when no entry does
	 */
	lastAtMost(index: number, term: number): number {
		return this.terms.lastAtMost(Math.min(index, this.lastIndex), term);
	}

	/** True if another log that ends so is at least as complete as this one (Raft §5.4.1). */
	isUpToDate(lastIndex: number, lastTerm: number): boolean {
		return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
	}

	/**
	 * Appends an entry without payload that begins a leader's term, of the reserve if need be.
	 * @param evictable the last entry that is durable
	 * @param snapshotIndex how far terms may be forgotten
	 * @returns false without room
	 */
	appendFirst(type: number, term: number, evictable: number, snapshotIndex: number): boolean {
		while (!this.hasRoom(ENTRY_HEADER_BYTES, 0, 0)) {
			if (!this.evict(evictable)) return false;
		}
		if (!this.addTerm(this.lastIndex + 1, term, snapshotIndex)) return false;
		writeEntryHeader(this.bytes, this.tail, type, 0, term);
		this.push(ENTRY_HEADER_BYTES);
		return true;
	}

	/** Recovery: the next entry is in the journal. @returns false when its term needs a run more than there are */
	appendStored(term: number, snapshotIndex: number): boolean {
		if (!this.addTerm(this.lastIndex + 1, term, snapshotIndex)) return false;
		this.lastIndex++;
		this.lastTerm = term;
		this.firstCached = this.lastIndex + 1;
		return true;
	}

	/** Forgets the entries from `index` on, which contradict a leader. */
	truncate(index: number): void {
		assert(index > this.baseIndex && index <= this.lastIndex, "truncated outside the log");
		if (index <= this.firstCached) {
			// Mark: entries are cut that are no longer in RAM
			this.lastIndex = index - 1;
			this.clearCache();
		} else {
			this.tail = this.endOf(index - 1);
			this.lastIndex = index - 1;
		}
		this.terms.truncate(index);
		this.lastTerm = this.terms.lastTerm();
	}

	/** Moves the base up to `index`, never down. */
	compact(index: number): void {
		if (index <= this.baseIndex) return;
		assert(index <= this.lastIndex, "compacted beyond the log's end");
		this.terms.compact(index);
		this.baseIndex = index;
	}

	/** Notes the term of the entry to come; runs that the snapshot covers make room for a new one. */
	private addTerm(index: number, term: number, snapshotIndex: number): boolean {
		if (
			this.terms.count === this.terms.capacity &&
			term !== this.lastTerm &&
			this.terms.secondStart() <= snapshotIndex
		) {
			this.compact(this.terms.secondStart());
		}
		if (!this.terms.add(index, term)) return false;
		this.lastTerm = term;
		return true;
	}

	private clearCache(): void {
		this.firstCached = this.lastIndex + 1;
		this.head = 0;
		this.tail = 0;
	}

	/** Makes room for the entry at `source` of a message: one step of it. @returns false when there is none to make */
	private makeRoom(message: Message, source: number, evictable: number): boolean {
		// The header is whole: `stage` has read it, unless the ring holds no more entries.
		const isFull = this.lastIndex - this.firstCached + 1 === this.capacity;
		const length = isFull ? 0 : message.view.getUint16(source + 2, true);
		return this.hasRoom(ENTRY_HEADER_BYTES + length, 0, 0) || this.evict(evictable);
	}
}
