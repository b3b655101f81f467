/**
 * The ring of sectors under the log: opened at the head, freed at the tail, erased ahead of need.
 *
 *   sequence   tail           head
 *      …  free | 41 | 42 | 43 | 44 … blank … | erased ahead | free …
 *
 * Each boot erases the sectors that it opens, because the last one may have been cut off while it erased
 * or opened them. It does so ahead of need only where the log grows: a boot loop that writes nothing
 * erases nothing.
 *
 * It also is the index in RAM: the lowest log index of each sector, and no more.
 */
import { assert } from "../assert";
import { type Layout, PROGRAM_UNIT } from "./layout";
import { type Medium, REGION_LOG } from "./medium";

/** Sectors that only urgent entries, truncations and restarts may open. */
export const RESERVE_SECTORS = 2;
/** Says that no sector holds an index. */
export const NO_SECTOR = -1;
const SEQUENCE_MAX = 0xffffffff;

export class Ring {
	/** Sectors of the ring, free ones included. */
	readonly sectors: number;
	/** Numbers of the sectors in use, tail to head; 0 when none was opened yet. */
	headSequence = 0;
	tailSequence = 1;
	/** Sectors behind the head that this boot has erased. */
	erased = 0;
	/** So many sectors may be erased ahead: 2, or fewer at the start of a boot. */
	private aheadMax = 2;
	/** Sectors that hold nothing. This and the next are kept, not asked for: each turn looks at both. */
	freeSectors: number;
	/** True when a third of the ring came after the newest snapshot, or little more than the reserve is free. */
	isCrowded = false;

	/** By place in the ring: the lowest index in the sector; never falling from tail to head. */
	private readonly low: Float64Array;
	/** By place in the ring: program units written, of sectors before the head. */
	private readonly ends: Uint16Array;
	/** By place in the ring: 1 when a record in the sector replaced others. */
	private readonly mixed: Uint8Array;
	/** Sector that holds the newest snapshot's index: tells how much of the ring came after it. */
	private snapshotSequence = 0;
	private readonly medium: Medium;
	private readonly start: number;

	constructor(medium: Medium, layout: Layout) {
		this.medium = medium;
		this.sectors = layout.logSectors;
		this.start = layout.log * medium.sectorSize;
		this.low = new Float64Array(this.sectors);
		this.ends = new Uint16Array(this.sectors);
		this.mixed = new Uint8Array(this.sectors);
		this.freeSectors = this.sectors;
	}

	/** @returns bytes from the start of the flash to the sector with this sequence number */
	placeOf(sequence: number): number {
		return this.start + (sequence % this.sectors) * this.medium.sectorSize;
	}

	/** @returns bytes of a sector before the head that hold records which count */
	endOf(sequence: number): number {
		return this.ends[sequence % this.sectors] * PROGRAM_UNIT;
	}

	/** @returns true when a record in the sector replaced others, so that an index may stand there twice */
	isMixed(sequence: number): boolean {
		return this.mixed[sequence % this.sectors] !== 0;
	}

	/** @returns the lowest index in the sector */
	lowOf(sequence: number): number {
		return this.low[sequence % this.sectors];
	}

	/** @returns the sequence number of the sector that holds the entry in force at `index`, or NO_SECTOR */
	sectorOf(index: number): number {
		let from = this.tailSequence;
		let to = this.headSequence;
		if (index < this.low[from % this.sectors]) return NO_SECTOR;
		while (from < to) {
			const middle = Math.floor((from + to + 1) / 2);
			if (this.low[middle % this.sectors] <= index) from = middle;
			else to = middle - 1;
		}
		return from;
	}

	/** Takes an erased sector; an erase that nobody prepared happens here, and is counted. */
	take(): number {
		assert(this.freeSectors > 0, "the log on flash is full");
		assert(this.headSequence < SEQUENCE_MAX, "sector numbers are used up");
		if (this.erased === 0) {
			// Mark: the log erases in the middle of a write
			this.medium.erasesInWrites++;
			this.eraseNext();
		}
		this.erased--;
		if (this.aheadMax < 2) this.aheadMax++;
		this.medium.wantsErase = true;
		return this.headSequence + 1;
	}

	/** Makes a sector the head: one that was just opened, or that recovery walks through. */
	enter(sequence: number, firstIndex: number): void {
		this.headSequence = sequence;
		this.low[sequence % this.sectors] = firstIndex;
		this.mixed[sequence % this.sectors] = 0;
		this.measure();
	}

	/** Notes where the head's records end, before the next sector becomes the head. */
	leave(end: number): void {
		this.ends[this.headSequence % this.sectors] = end / PROGRAM_UNIT;
	}

	/** Makes the head the only sector in use: replay begins there, or the log restarts. */
	dropBeforeHead(firstIndex: number): void {
		this.medium.wantsErase = true;
		this.tailSequence = this.headSequence;
		this.snapshotSequence = this.headSequence;
		this.low[this.headSequence % this.sectors] = firstIndex;
		this.measure();
	}

	/** Frees the oldest sector, whatever it holds. */
	dropOldest(): void {
		this.tailSequence++;
		this.measure();
	}

	/** Entries from `fromIndex` on are void: every sector that begins above it begins at it now. */
	cut(fromIndex: number): void {
		const low = this.low;
		this.mixed[this.headSequence % this.sectors] = 1;
		let sequence = this.headSequence;
		while (sequence >= this.tailSequence && low[sequence % this.sectors] > fromIndex) {
			low[sequence % this.sectors] = fromIndex;
			sequence--;
		}
	}

	/**
	 * Frees the sectors whose entries are all below `index`. The entry at `index` itself stays, so
	 * that recovery can compare its term with the snapshot's.
	 * @returns true when the tail moved
	 */
	free(index: number): boolean {
		const needed = this.sectorOf(index);
		if (needed <= this.tailSequence) return false;
		this.tailSequence = needed;
		this.medium.wantsErase = true;
		this.measure();
		return true;
	}

	/** The newest snapshot ends at `index`: what comes after it makes the ring crowded. */
	noteSnapshot(index: number): void {
		this.snapshotSequence = Math.max(this.sectorOf(index), this.tailSequence);
		this.measure();
	}

	/** The head, the tail or the newest snapshot is elsewhere. */
	private measure(): void {
		const after = this.headSequence - this.snapshotSequence;
		const used = this.headSequence - this.tailSequence + 1;
		this.freeSectors = this.sectors - used;
		this.isCrowded = after * 3 > this.sectors || this.freeSectors <= RESERVE_SECTORS + 1;
	}

	/** A boot begins. @param grows false when the boot before this one added nothing to the log */
	beginBoot(grows: boolean): void {
		this.aheadMax = grows ? 1 : 0;
	}

	/**
	 * Erases the sector that the head comes to next, unless `ahead` of them are erased already.
	 * @returns true when it erased
	 */
	prepare(ahead: number): boolean {
		if (this.erased >= ahead || this.erased >= this.aheadMax || this.erased >= this.freeSectors) return false;
		this.eraseNext();
		return true;
	}

	private eraseNext(): void {
		this.medium.erase(this.placeOf(this.headSequence + 1 + this.erased), REGION_LOG);
		this.erased++;
	}
}
