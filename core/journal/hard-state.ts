/**
 * Hard state (Raft figure 2, "persistent state": currentTerm, votedFor), and the boot epoch. Each
 * write goes to copy A, then to copy B, each read back, before the vote or the term leaves the node
 * (pitfalls 1, 27). A copy is two sectors of 64-byte slots, used in turn.
 *
 *   0       4        5        6             8       12          16         20 … 60    60
 *   | magic | format | vote's | incarnation | term  | boot epoch | sequence | reserved | crc |
 *     u32     u8       id u8    u16           u32     u32          u32        blank      u32
 *
 * Reserved: the highest boot epoch seen of each member, which tells a node that was restored from
 * an old image of itself.
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

/** One of the two copies. */
class Copy {
	/** First bytes of its two sectors in the flash. */
	readonly place: number;
	/** The sector, 0 or 1, and the slot that the next write takes; slot = slots when the sector is full. */
	sector = 0;
	slot = 0;
	/** Whether the other sector is known to be blank. */
	otherBlank = false;
	/** Of the newest valid slot; 0 when there is none. */
	sequence = 0;
	/** Where that is in the flash. */
	newest = 0;
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

	private readonly medium: Medium;
	private readonly slots: number;
	private readonly a: Copy;
	private readonly b: Copy;
	private readonly stage = new Uint8Array(SLOT_BYTES);
	private readonly view = new DataView(this.stage.buffer);

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
		const newest = a.sequence >= b.sequence ? a : b;
		this.medium.load(newest.newest, SLOT_BYTES);
		const view = this.medium.scratchView;
		this.votedFor = view.getUint8(5);
		this.votedIncarnation = view.getUint16(6, true);
		this.term = view.getUint32(8, true);
		this.bootEpoch = view.getUint32(12, true);
		this.sequence = newest.sequence;
		return READY;
	}

	/** Called once a boot, when everything else was understood. */
	countBoot(): void {
		assert(this.bootEpoch < SEQUENCE_MAX, "boot epochs are used up");
		this.bootEpoch++;
		this.write(this.term, this.votedFor, this.votedIncarnation);
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
		this.writeCopy(this.a);
		this.writeCopy(this.b);
		this.medium.wantsErase = true;
	}

	private writeCopy(copy: Copy): void {
		const medium = this.medium;
		if (!copy.otherBlank && copy.slot >= this.slots - 1) {
			// Mark: the hard state erases in the middle of a write
			medium.erasesInWrites++;
			this.eraseOther(copy);
		}
		if (copy.slot === this.slots) {
			// Mark: the hard state goes on in its other sector
			copy.sector = 1 - copy.sector;
			copy.slot = 0;
			copy.otherBlank = false;
		}
		const place = copy.place + copy.sector * medium.sectorSize + copy.slot * SLOT_BYTES;
		this.view.setUint32(CRC_AT, this.checksum(this.stage, place), true);
		copy.slot++;
		medium.program(place, this.stage, 0, SLOT_BYTES);
		medium.confirm(place, this.stage, 0, SLOT_BYTES);
	}

	/**
	 * Erases the sector that a copy needs next, once the one in use is half full, and before its last
	 * slot is taken: so that whatever stands behind a last slot is a torn write and no cut erase.
	 * @returns true when it erased
	 */
	prepare(): boolean {
		return this.prepareCopy(this.a) || this.prepareCopy(this.b);
	}

	private prepareCopy(copy: Copy): boolean {
		if (copy.otherBlank || copy.slot * 2 < this.slots || copy.slot === this.slots) return false;
		this.eraseOther(copy);
		return true;
	}

	private eraseOther(copy: Copy): void {
		this.medium.erase(copy.place + (1 - copy.sector) * this.medium.sectorSize, REGION_HARD_STATE);
		copy.otherBlank = true;
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
			copy.sequence = sequence;
			copy.newest = place;
			copy.sector = index < this.slots ? 0 : 1;
			copy.slot = (index % this.slots) + 1;
		}
		this.findEnd(copy);
		return true;
	}

	/** Puts `slot` behind everything that was ever programmed: no unit is programmed twice. */
	private findEnd(copy: Copy): void {
		const medium = this.medium;
		const sector = copy.place + copy.sector * medium.sectorSize;
		const other = copy.place + (1 - copy.sector) * medium.sectorSize;
		copy.otherBlank = medium.isBlank(other, medium.sectorSize);
		copy.tailGarbage = copy.slot === this.slots && !copy.otherBlank;
		for (let slot = this.slots; slot > copy.slot; slot--) {
			medium.load(sector + (slot - 1) * SLOT_BYTES, SLOT_BYTES);
			if (isFilled(medium.scratch, 0, SLOT_BYTES, BLANK)) continue;
			// Mark: a slot of the hard state is torn
			copy.slot = slot;
			copy.tailGarbage = true;
		}
	}

	/** Seeded with identity and place: a slot copied elsewhere does not count. */
	private checksum(bytes: Uint8Array, place: number): number {
		return crc32c((this.medium.seed ^ place) >>> 0, bytes, 0, CRC_AT);
	}
}
