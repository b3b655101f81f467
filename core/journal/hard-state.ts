/**
 * Hard state (Raft figure 2, "persistent state": currentTerm, votedFor), and the boot epoch. Each
 * write goes to copy A, then to copy B, each read back, before the vote or the term leaves the node
 * (pitfalls 1, 27). A copy is two sectors of 64-byte slots, used in turn.
 *
 *   0       4        5        6             8       12           16         20           24           28          32
 *   | magic | format | vote's | incarnation | term  | boot epoch | sequence | log sector | log offset | log chain | snapshot | …
 *     u32     u8       id u8    u16           u32     u32          u32        u32          u32          u32         u32
 *   36      40 … 60    60
 *   | next  | reserved | crc |
 *     u32     blank      u32
 *
 * The log's end as this boot found it: what stands before it counts, whatever its cells say later, and what
 * stands behind it in its sector never does (recovery.ts). And the sequence numbers of the snapshot that it
 * found and of the next one: a snapshot between them was left out, and stays so. Reserved: the highest boot epoch seen of each member, which tells a node that was restored from
 * an old image of itself.
 *
 * The sequence number says in which slot a write stands, in both copies. The power may have failed in a
 * program that left no trace yet: its slot reads as blank, and as something else later. So each boot leaves
 * out a number, and erases the sectors that it goes on in.
 */
import { assert } from "../assert";
import { crc32c, fill } from "../bytes";
import { FORMAT_VERSION, type Layout } from "./layout";
import { BLANK, type Medium, REGION_HARD_STATE } from "./medium";
import { HARD_STATE_DAMAGED, READY, UNKNOWN_FORMAT } from "./status";

const SLOT_BYTES = 64;
const CRC_AT = 60;
/** "BHST" in ASCII, little-endian. */
const MAGIC = 0x54534842;
const SEQUENCE_MAX = 0xffffffff;
/** So many slots before a sector is full, the other one is erased, by a boot that writes more than that it began. */
const ERASE_AHEAD_SLOTS = 4;
/** Says that no boot has found an end of the log, or a snapshot, yet. */
export const NOT_FOUND = 0xffffffff;

/** Says that there is no run of slots. */
const NO_RUN = -1;

/** One of the two copies. Its two sectors are used in turn: each time that one is filled is a run. */
class Copy {
	/** First bytes of its two sectors in the flash. */
	readonly place: number;
	/** Of the newest valid slot; 0 when there is none. */
	sequence = 0;
	/** The run that was written to last, or NO_RUN: its sector was erased by the boot that began it. */
	run = NO_RUN;
	/** The run for which this boot has erased a sector, or NO_RUN. */
	erasedRun = NO_RUN;

	constructor(place: number) {
		this.place = place;
	}
}

export class HardState {
	term = 0;
	votedFor = 0;
	votedIncarnation = 0;
	bootEpoch = 0;
	/** Of the last write. */
	sequence = 0;
	/** Where the log ended when this boot began: sequence number of the sector, offset, and chain. */
	logSector = NOT_FOUND;
	logOffset = NOT_FOUND;
	logChain = NOT_FOUND;
	/** The snapshot in force when this boot began: its sequence number. */
	snapshotSequence = NOT_FOUND;
	/** Of the first snapshot that this boot may have finished. */
	nextSnapshot = NOT_FOUND;

	private readonly medium: Medium;
	private readonly slots: number;
	private readonly a: Copy;
	private readonly b: Copy;
	private readonly stage = new Uint8Array(SLOT_BYTES);
	private readonly view = new DataView(this.stage.buffer);
	/** True once this boot has written more than that it began. */
	private isInUse = false;

	constructor(medium: Medium, layout: Layout) {
		this.medium = medium;
		this.slots = medium.sectorSize / SLOT_BYTES;
		this.a = new Copy(layout.hardStateA * medium.sectorSize);
		this.b = new Copy(layout.hardStateB * medium.sectorSize);
		fill(this.stage, 0, SLOT_BYTES, BLANK);
		this.view.setUint32(0, MAGIC, true);
		this.view.setUint8(4, FORMAT_VERSION);
	}

	/**
	 * The newest valid slot of both copies wins; the write of the boot epoch heals the other.
	 *
	 * A write is begun in copy B when it is whole in copy A. So garbage in B in a slot behind the newest of both
	 * means that A lost a write that was whole: the node may have forgotten a vote.
	 * @returns READY, HARD_STATE_DAMAGED or UNKNOWN_FORMAT
	 */
	recover(): number {
		const { a, b } = this;
		if (!this.scan(a) || !this.scan(b)) return UNKNOWN_FORMAT;
		if (a.sequence === 0 && b.sequence === 0) return HARD_STATE_DAMAGED;
		for (let next = this.sequence + 1; this.runOf(next) === b.run; next++)
			if (!this.isBlank(b, next)) return HARD_STATE_DAMAGED;
		return READY;
	}

	/** Takes over what a whole slot says, from the read that its checksum was made of: another may differ. */
	private take(view: DataView): void {
		this.votedFor = view.getUint8(5);
		this.votedIncarnation = view.getUint16(6, true);
		this.term = view.getUint32(8, true);
		this.bootEpoch = view.getUint32(12, true);
		this.sequence = view.getUint32(16, true);
		this.logSector = view.getUint32(20, true);
		this.logOffset = view.getUint32(24, true);
		this.logChain = view.getUint32(28, true);
		this.snapshotSequence = view.getUint32(32, true);
		this.nextSnapshot = view.getUint32(36, true);
	}

	/** Format: the first write of a life. */
	create(): void {
		this.write(0, 0, 0);
	}

	/**
	 * Called once a boot, when everything else was understood. The first three say where the log ends, the others
	 * are sequence numbers of the snapshot in force and of the next.
	 */
	countBoot(logSector: number, logOffset: number, logChain: number, snapshot: number, nextSnapshot: number): void {
		assert(this.bootEpoch < SEQUENCE_MAX, "boot epochs are used up");
		this.bootEpoch++;
		// A write that was cut off in copy A has the next number, and one in copy B has that of A. If this boot is
		// cut off in A, the next one begins with the same bytes in the same place, which settles its cells.
		this.sequence++;
		// A slot before a torn one may read as blank: its boot read it as whole, and it is no longer (seed 223859).
		for (let next = this.sequence + 1; this.runOf(next) === this.a.run; next++) {
			if (this.isBlank(this.a, next)) continue;
			// Mark: a slot of the hard state is torn
			this.sequence = next;
		}
		this.logSector = logSector;
		this.logOffset = logOffset;
		this.logChain = logChain;
		this.snapshotSequence = snapshot;
		this.nextSnapshot = nextSnapshot;
		this.save();
	}

	write(term: number, votedFor: number, votedIncarnation: number): void {
		assert(term >= this.term, "the term falls");
		assert(this.sequence + 1 < SEQUENCE_MAX, "hard state writes are used up");
		this.term = term;
		this.votedFor = votedFor;
		this.votedIncarnation = votedIncarnation;
		this.save();
		this.isInUse = true;
	}

	/**
	 * Writes both copies. Two power cuts may have left a slot of copy A in doubt that no boot can know of: if it
	 * does not read back, it is left out, and the next one must.
	 */
	private save(): void {
		this.stageNext();
		let isWritten = this.writeCopy(this.a);
		if (!isWritten) {
			this.stageNext();
			isWritten = this.writeCopy(this.a);
		}
		if (!isWritten || !this.writeCopy(this.b)) this.medium.failReadBack();
	}

	/** Stages the next write. */
	private stageNext(): void {
		this.sequence++;
		const view = this.view;
		view.setUint8(5, this.votedFor);
		view.setUint16(6, this.votedIncarnation, true);
		view.setUint32(8, this.term, true);
		view.setUint32(12, this.bootEpoch, true);
		view.setUint32(16, this.sequence, true);
		view.setUint32(20, this.logSector, true);
		view.setUint32(24, this.logOffset, true);
		view.setUint32(28, this.logChain, true);
		view.setUint32(32, this.snapshotSequence, true);
		view.setUint32(36, this.nextSnapshot, true);
		this.medium.wantsErase = true;
	}

	/** @returns false when the flash reads back something else */
	private writeCopy(copy: Copy): boolean {
		const medium = this.medium;
		const run = this.runOf(this.sequence);
		if (copy.run !== run) {
			// Mark: the hard state goes on in its other sector
			if (copy.erasedRun !== run) {
				// Mark: the hard state erases in the middle of a write
				medium.erasesInWrites++;
				this.erase(copy, run);
			}
			copy.run = run;
		}
		const place = this.placeOf(copy, this.sequence);
		this.view.setUint32(CRC_AT, this.checksum(this.stage, place), true);
		medium.program(place, this.stage, 0, SLOT_BYTES);
		return medium.matches(place, this.stage, 0, SLOT_BYTES);
	}

	/**
	 * Erases the sector that a copy needs next, once the one in use is nearly full. A boot that does no more
	 * than begin erases nothing ahead: many of them would erase it again and again.
	 * @returns true when it erased
	 */
	prepare(): boolean {
		const run = this.runOf(this.sequence + ERASE_AHEAD_SLOTS);
		if (!this.isInUse || run === this.runOf(this.sequence)) return false;
		return this.prepareCopy(this.a, run) || this.prepareCopy(this.b, run);
	}

	private prepareCopy(copy: Copy, run: number): boolean {
		if (copy.erasedRun === run) return false;
		this.erase(copy, run);
		return true;
	}

	private erase(copy: Copy, run: number): void {
		this.medium.erase(copy.place + (run % 2) * this.medium.sectorSize, REGION_HARD_STATE);
		copy.erasedRun = run;
	}

	/** Counts the sectors that were filled before that write. */
	private runOf(sequence: number): number {
		return Math.floor(sequence / this.slots);
	}

	private placeOf(copy: Copy, sequence: number): number {
		return copy.place + (sequence % (2 * this.slots)) * SLOT_BYTES;
	}

	private isBlank(copy: Copy, sequence: number): boolean {
		return this.medium.isBlank(this.placeOf(copy, sequence), SLOT_BYTES);
	}

	/** @returns false when a slot is whole, but of another format */
	private scan(copy: Copy): boolean {
		const medium = this.medium;
		copy.sequence = 0;
		for (let index = 0; index < 2 * this.slots; index++) {
			const place = copy.place + index * SLOT_BYTES;
			medium.load(place, SLOT_BYTES);
			const view = medium.scratchView;
			if (view.getUint32(CRC_AT, true) !== this.checksum(medium.scratch, place)) continue;
			if (view.getUint32(0, true) !== MAGIC) continue;
			if (view.getUint8(4) !== FORMAT_VERSION) return false;
			const sequence = view.getUint32(16, true);
			if (sequence % (2 * this.slots) !== index || sequence <= copy.sequence) continue;
			if (sequence >= this.sequence) this.take(view);
			copy.sequence = sequence;
			copy.run = this.runOf(sequence);
		}
		return true;
	}

	/** Seeded with identity and place: a slot copied elsewhere does not count. */
	private checksum(bytes: Uint8Array, place: number): number {
		return crc32c((this.medium.seed ^ place) >>> 0, bytes, 0, CRC_AT);
	}
}
