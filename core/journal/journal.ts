/**
 * The journal of one node on its flash: identity, hard state, log and two snapshots. When a call
 * that writes returns, what it wrote was read back and stands: there is no other "sync".
 *
 * Turn by turn the replica calls `prepare` once; every other call then finds its sectors erased.
 * A failed read-back stops the node by an assertion: a write that failed is never tried again and
 * then acknowledged (pitfall 66).
 */
import { assert } from "../assert";
import type { Limits } from "../limits";
import type { Flash } from "../ports";
import type { HardState } from "./hard-state";
import type { Identity } from "./identity";
import { recordBytesMax } from "./layout";
import type { Log } from "./log";
import type { LogReader } from "./log-reader";
import { Medium } from "./medium";
import { type Judge, open } from "./open";
import { RECORD_ENTRIES } from "./record";
import type { SnapshotSlots } from "./snapshot-slots";
import { Superblock } from "./superblock";

/** Indexes are 48 bits wide. */
const INDEX_END = 0x1000000000000;

export class Journal {
	/** A number of `status.ts`; everything below has a meaning only when it is READY. */
	status = -1;
	/** Entries that the last `read` gave. */
	readCount = 0;

	/** Parts, each with its own file; the counters of flash operations are in `medium`. */
	readonly medium: Medium;
	readonly superblock = new Superblock();
	hardState!: HardState;
	log!: Log;
	snapshots!: SnapshotSlots;
	reader!: LogReader;
	private readonly limits: Limits;

	constructor(flash: Flash, limits: Limits) {
		this.limits = limits;
		this.medium = new Medium(flash, recordBytesMax(limits, flash.sectorSize));
	}

	/**
	 * Recovers from the flash: a clean end, a torn tail, one bad copy of the hard state, a bad
	 * snapshot whose elder and log are whole. The result depends on the image alone; what is written
	 * is one hard state with the next boot epoch, and what heals the end of the log.
	 * @param expected when the caller knows who must live here, another gives FOREIGN_IDENTITY
	 * @param judge of what the journal holds, asked before anything is written
	 * @returns a number of `status.ts`; unless READY, nothing was written
	 */
	open(expected: Identity | null = null, judge: Judge | null = null): number {
		assert(this.status === -1, "a journal is opened once");
		this.status = open(this, this.limits, expected, judge);
		return this.status;
	}

	get clusterHigh(): number {
		return this.superblock.clusterHigh;
	}
	get clusterLow(): number {
		return this.superblock.clusterLow;
	}
	get id(): number {
		return this.superblock.id;
	}
	get incarnation(): number {
		return this.superblock.incarnation;
	}

	/** True for a node that keeps no state. */
	get isWitness(): boolean {
		return this.superblock.isWitness;
	}

	get term(): number {
		return this.hardState.term;
	}
	/** Id of the member that got the vote of this term; 0 is nobody. */
	get votedFor(): number {
		return this.hardState.votedFor;
	}
	get votedIncarnation(): number {
		return this.hardState.votedIncarnation;
	}
	/** Counts the boots of this node since it was formatted. */
	get bootEpoch(): number {
		return this.hardState.bootEpoch;
	}

	/** Of the newest whole snapshot; there is always one. */
	get snapshotIndex(): number {
		return this.snapshots.index;
	}
	get snapshotTerm(): number {
		return this.snapshots.term;
	}
	/** Bytes of its stream. */
	get snapshotSize(): number {
		return this.snapshots.size;
	}
	/** What `finishSnapshot` was given; the journal keeps a checksum of its own besides. */
	get snapshotHash(): number {
		return this.snapshots.hash;
	}
	/** Bytes that the stream of a snapshot may have. */
	get snapshotCapacity(): number {
		return this.snapshots.capacity;
	}

	/**
	 * The oldest entry that may be read; it may stand before the snapshot, and is lastIndex + 1 in
	 * an empty log.
	 */
	get firstIndex(): number {
		return this.log.baseIndex + 1;
	}
	/** The newest entry, or what the log continues from: never below snapshotIndex. */
	get lastIndex(): number {
		return this.log.lastIndex;
	}
	get lastTerm(): number {
		return this.log.lastTerm;
	}

	/** Durable in two copies when it returns (Raft figure 2: before any answer that depends on it). */
	writeHardState(term: number, votedFor: number, votedIncarnation: number): void {
		this.hardState.write(term, votedFor, votedIncarnation);
	}

	/**
	 * Appends `count` whole entries that stand one after the other in `bytes[offset, +length)`;
	 * durable when it returns. A `firstIndex` that the log has already replaces the log from there,
	 * in the same record: a power cut leaves the old log, or the new entries from their first on.
	 * One record with its header and trailer takes 48 bytes; a range that is cut by the end of
	 * a ring in RAM is two appends.
	 * @param firstIndex from snapshotIndex + 1 to lastIndex + 1
	 * @param firstTerm of the first entry of the range, `lastTerm` of the last
	 */
	append(
		firstIndex: number,
		count: number,
		firstTerm: number,
		lastTerm: number,
		bytes: Uint8Array,
		offset: number,
		length: number,
	): void {
		const log = this.log;
		// Checked before the call of `assert`, which on an interpreter costs more than the check.
		if (firstIndex <= this.snapshots.index) assert(false, "an append below the snapshot");
		if (count < 1 || firstIndex > log.lastIndex + 1) assert(false, "an append leaves a gap");
		if (firstIndex + count > INDEX_END) assert(false, "log indexes are used up");
		if (length > log.room) log.appendInPieces(firstIndex, count, bytes, offset, offset + length);
		else log.write(RECORD_ENTRIES, count, firstIndex, firstTerm, lastTerm, bytes, offset, length);
	}

	/**
	 * Drops the entries from `fromIndex` on; durable when it returns. Not needed before an append
	 * that replaces them.
	 * @param fromIndex from snapshotIndex + 1 to lastIndex
	 */
	truncate(fromIndex: number): void {
		assert(fromIndex > this.snapshots.index && fromIndex <= this.log.lastIndex, "truncation out of range");
		const previous = fromIndex - 1;
		this.log.truncate(fromIndex, this.termAt(previous));
	}

	/**
	 * Copies whole entries from `index` on to `target[offset, limit)`, as many as fit; `readCount`
	 * says how many. Reading on where the last call ended is cheap.
	 * @returns bytes copied; 0 when even the first does not fit
	 */
	read(index: number, target: Uint8Array, offset: number, limit: number): number {
		const bytes = this.reader.read(index, target, offset, limit);
		this.readCount = this.reader.count;
		return bytes;
	}

	/**
	 * @param index of the snapshot, or from firstIndex to lastIndex
	 * @returns the term of that entry; reads flash, so it is for start-up and rare questions
	 */
	termAt(index: number): number {
		if (index === this.snapshots.index) return this.snapshots.term;
		if (index === this.log.lastIndex) return this.log.lastTerm;
		return this.reader.termAt(index);
	}

	/**
	 * Calls `visit(index, bytes, offset)` for each entry after the snapshot, in order; its header and
	 * payload stand in `bytes` at `offset` until it returns. Reads the whole log: for start-up.
	 */
	visitEntries(visit: (index: number, bytes: Uint8Array, offset: number) => void): void {
		this.reader.visitEntries(this.snapshots.index + 1, visit);
	}

	/** Bytes of entries that surely fit the log on flash, in appends that each bring many or are few. */
	get roomBytes(): number {
		return this.log.roomBytes();
	}

	/**
	 * True when the other slot holds an older snapshot, or none: the log is kept from there on. Another
	 * snapshot at the same index frees what is between.
	 */
	get elderHoldsLog(): boolean {
		return this.snapshots.olderIndex(0) < this.snapshots.index;
	}

	/** @returns true when so much of the log is used that a snapshot should be taken now, however few the entries */
	get snapshotDue(): boolean {
		return this.log.ring.isCrowded;
	}

	/**
	 * Erases at most one sector ahead of need: of the log, of the snapshot that is being written, of
	 * the hard state. Call it once a turn.
	 * @returns true when it erased, which may have taken the flash's longest stall
	 */
	prepare(): boolean {
		if (!this.medium.wantsErase) return false;
		const ring = this.log.ring;
		const erased = ring.prepare(1) || this.snapshots.prepare() || this.hardState.prepare() || ring.prepare(2);
		this.medium.wantsErase = erased;
		return erased;
	}

	/**
	 * Begins to write a snapshot over the elder of the two slots; one that was begun and not
	 * finished is dropped (pitfall 63: chunks of two are never mixed).
	 * @param index from snapshotIndex on
	 */
	beginSnapshot(index: number, term: number): void {
		assert(index >= this.snapshots.index, "a snapshot older than the one there is");
		this.snapshots.begin(index, term);
	}

	/**
	 * Adds the next bytes of the stream.
	 * @returns how many it took, from 0 to `length`: as many as sectors are erased for; call
	 * `prepare` and come again with the rest
	 */
	writeSnapshot(bytes: Uint8Array, offset: number, length: number): number {
		return this.snapshots.write(bytes, offset, length);
	}

	/**
	 * Reads the stream back, then writes the slot's header, and from then on this is the snapshot.
	 * A log that has the snapshot's last entry stays (Raft figure 13, step 6); any other is dropped,
	 * and restarts after the snapshot (pitfalls 58, 59).
	 * @param size of the whole stream, which must be what was written
	 * @param hash that names the state; kept and given back
	 * @returns false when the stream could not be read back as written: then the old one stands
	 */
	finishSnapshot(size: number, hash: number): boolean {
		const log = this.log;
		const index = this.snapshots.writingIndex;
		const term = this.snapshots.writingTerm;
		const continues = index >= log.baseIndex && index <= log.lastIndex && this.termAt(index) === term;
		if (!this.snapshots.finish(size, hash)) return false;
		// A power cut here is seen by recovery: the newest snapshot is not in the log, so it restarts.
		if (!continues) log.restart(index, term);
		log.free(this.snapshots.olderIndex(log.baseIndex), index);
		return true;
	}

	/** Copies bytes of the snapshot that is being written, from `at` on. @returns how many, at most what `target` holds */
	readBegunSnapshot(at: number, target: Uint8Array): number {
		return this.snapshots.readBegun(at, target);
	}

	/** Drops the snapshot that is being written, if any. */
	abandonSnapshot(): void {
		this.snapshots.abandon();
	}

	/** @returns true when the newest snapshot, read again from the flash, matches its checksum */
	verifySnapshot(): boolean {
		return this.snapshots.verify();
	}

	/**
	 * Copies `length` bytes of the newest snapshot's stream from `at` on.
	 * @returns bytes copied: fewer at the end of the stream
	 */
	readSnapshot(at: number, target: Uint8Array, targetOffset: number, length: number): number {
		return this.snapshots.read(at, target, targetOffset, length);
	}
}
