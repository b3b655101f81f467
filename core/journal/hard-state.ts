/**
 * Hard state (Raft figure 2, "persistent state": currentTerm, votedFor), and the boot epoch. Each
 * write goes to copy A, then to copy B, each read back, before the vote or the term leaves the node
 * (pitfalls 1, 27). A copy is two sectors of 64-byte slots, used in turn.
 *
 *   0       4        5        6             8       12           16         20           24           28          32
 *   | magic | format | vote's | incarnation | term  | boot epoch | sequence | log sector | log offset | log chain | snapshot | …
 *     u32     u8       id u8    u16           u32     u32          u32        u32          u32          u32         u32
 *   36 … 60    60
 *   | reserved | crc |
 *     blank      u32
 *
 * The log's end as this boot found it: what stands before it counts, whatever its cells say later, and what
 * stands behind it in its sector never does (recovery.ts). And the sequence number of the snapshot that it
 * found. Reserved: the highest boot epoch seen of each member, which tells a node that was restored from
 * an old image of itself.
 *
 * The power may have failed in a program that left no trace yet: its slot reads as blank, and as something
 * else later. So each boot leaves out the slots where that may be, and erases the sector that it goes on in.
 */
import { assert } from "../assert";
import { crc32c, fill, isFilled } from "../bytes";
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

/** One of the two copies. */
class Copy {
	/** First bytes of its two sectors in the flash. */
	readonly place: number;
	/** The sector, 0 or 1, and the slot that the next write takes; slot = slots when the sector is full. */
	sector = 0;
	slot = 0;
	/** Whether this boot has erased the other sector, and not gone on there. */
	otherErased = false;
	/** Of the newest valid slot; 0 when there is none. */
	sequence = 0;
	/** Whether something that is not valid stands behind the newest: a torn write, or rot. */
	tailGarbage = false;

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
	 * A write cut in copy B leaves garbage there and the same write whole in A. So garbage behind
	 * the newest slot of B, while A is not newer than B, means that A lost a write that was whole:
	 * the node may have forgotten a vote.
	 * @returns READY, HARD_STATE_DAMAGED or UNKNOWN_FORMAT
	 */
	recover(): number {
		if (!this.scan(this.a) || !this.scan(this.b)) return UNKNOWN_FORMAT;
		const a = this.a;
		const b = this.b;
		if (a.sequence === 0 && b.sequence === 0) return HARD_STATE_DAMAGED;
		if (b.tailGarbage && a.sequence <= b.sequence) return HARD_STATE_DAMAGED;
		this.skipSuspects();
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
	}

	/** Format: the first write of a life. */
	create(): void {
		this.medium.erase(this.a.place, REGION_HARD_STATE);
		this.medium.erase(this.b.place, REGION_HARD_STATE);
		this.write(0, 0, 0);
	}

	/** Called once a boot, when everything else was understood. The first three say where the log ends. */
	countBoot(logSector: number, logOffset: number, logChain: number, snapshotSequence: number): void {
		assert(this.bootEpoch < SEQUENCE_MAX, "boot epochs are used up");
		this.bootEpoch++;
		this.logSector = logSector;
		this.logOffset = logOffset;
		this.logChain = logChain;
		this.snapshotSequence = snapshotSequence;
		this.write(this.term, this.votedFor, this.votedIncarnation);
		this.isInUse = false;
	}

	write(term: number, votedFor: number, votedIncarnation: number): void {
		assert(term >= this.term, "the term falls");
		assert(this.sequence < SEQUENCE_MAX, "hard state writes are used up");
		this.term = term;
		this.votedFor = votedFor;
		this.votedIncarnation = votedIncarnation;
		this.sequence++;
		const view = this.view;
		view.setUint8(5, votedFor);
		view.setUint16(6, votedIncarnation, true);
		view.setUint32(8, term, true);
		view.setUint32(12, this.bootEpoch, true);
		view.setUint32(16, this.sequence, true);
		view.setUint32(20, this.logSector, true);
		view.setUint32(24, this.logOffset, true);
		view.setUint32(28, this.logChain, true);
		view.setUint32(32, this.snapshotSequence, true);
		this.isInUse = true;
		this.writeCopy(this.a);
		this.writeCopy(this.b);
		this.medium.wantsErase = true;
	}

	private writeCopy(copy: Copy): void {
		const medium = this.medium;
		if (!copy.otherErased && copy.slot >= this.slots - 1) {
			// Mark: the hard state erases in the middle of a write
			medium.erasesInWrites++;
			this.eraseOther(copy);
		}
		if (copy.slot === this.slots) {
			// Mark: the hard state goes on in its other sector
			copy.sector = 1 - copy.sector;
			copy.slot = 0;
			copy.otherErased = false;
		}
		const place = copy.place + copy.sector * medium.sectorSize + copy.slot * SLOT_BYTES;
		this.view.setUint32(CRC_AT, this.checksum(this.stage, place), true);
		copy.slot++;
		medium.program(place, this.stage, 0, SLOT_BYTES);
		medium.confirm(place, this.stage, 0, SLOT_BYTES);
	}

	/**
	 * Erases the sector that a copy needs next, once the one in use is nearly full, and before its last
	 * slot is taken: so that whatever stands behind a last slot is a torn write and no cut erase. A boot
	 * that does no more than begin erases nothing ahead: many of them would erase it again and again.
	 * @returns true when it erased
	 */
	prepare(): boolean {
		return this.isInUse && (this.prepareCopy(this.a) || this.prepareCopy(this.b));
	}

	private prepareCopy(copy: Copy): boolean {
		if (copy.otherErased || copy.slot < this.slots - ERASE_AHEAD_SLOTS || copy.slot === this.slots) return false;
		this.eraseOther(copy);
		return true;
	}

	private eraseOther(copy: Copy): void {
		this.medium.erase(copy.place + (1 - copy.sector) * this.medium.sectorSize, REGION_HARD_STATE);
		copy.otherErased = true;
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
			if (sequence <= copy.sequence) continue;
			if (sequence > this.sequence) this.take(view);
			copy.sequence = sequence;
			copy.sector = index < this.slots ? 0 : 1;
			copy.slot = (index % this.slots) + 1;
		}
		this.findEnd(copy);
		return true;
	}

	/**
	 * Puts `slot` behind everything that was ever programmed, as far as it shows: no unit is programmed twice.
	 */
	private findEnd(copy: Copy): void {
		const medium = this.medium;
		const sector = copy.place + copy.sector * medium.sectorSize;
		const other = copy.place + (1 - copy.sector) * medium.sectorSize;
		copy.tailGarbage = copy.slot === this.slots && !medium.isBlank(other, medium.sectorSize);
		for (let slot = this.slots; slot > copy.slot; slot--) {
			medium.load(sector + (slot - 1) * SLOT_BYTES, SLOT_BYTES);
			if (isFilled(medium.scratch, 0, SLOT_BYTES, BLANK)) continue;
			// Mark: a slot of the hard state is torn
			copy.slot = slot;
			copy.tailGarbage = true;
			break;
		}
	}

	/**
	 * Leaves out what may have been programmed and left no trace; a sector that is full then, or that has no
	 * valid slot, is followed by one that this boot erases. A write that was cut off in A is the first of the
	 * next boot's too, in the same place and with the same bytes, which settles its cells. One that was cut off
	 * in B left its sequence number in A, and each such boot has taken another slot.
	 */
	private skipSuspects(): void {
		const { a, b, slots } = this;
		a.slot = a.sequence < b.sequence ? slots : Math.min(slots, a.slot + 1);
		b.slot = b.sequence === 0 ? slots : Math.min(slots, b.slot + 1 + Math.max(0, a.sequence - b.sequence));
	}

	/** Seeded with identity and place: a slot copied elsewhere does not count. */
	private checksum(bytes: Uint8Array, place: number): number {
		return crc32c((this.medium.seed ^ place) >>> 0, bytes, 0, CRC_AT);
	}
}
