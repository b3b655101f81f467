/**
 * Two snapshot slots: the stream, and in front of it a header that is programmed last, when the
 * stream was read back and matches. The newest whole slot is never touched.
 *
 * Behind the header stands a unit that is programmed when the header was read back. Where it is blank, the
 * header may have been cut off, and its cells may fade: then the elder slot and the log count.
 *
 *   0       4        8          12      18      20      24     28           32     36 … 60  60    64
 *   | magic | format | sequence | index | zero  | term  | size | stream CRC | hash | blank  | crc | zeros | stream …
 *     u32     u32      u32        u48     u16     u32     u32    u32          u32             u32   (16)    (80)
 */
import { assert } from "../assert";
import { copy, crc32c, fill, isFilled } from "../bytes";
import { aligned, FORMAT_VERSION, type Layout, SNAPSHOT_HEADER_BYTES } from "./layout";
import { BLANK, type Medium, REGION_SNAPSHOT } from "./medium";
import { READY, SNAPSHOT_DAMAGED, UNKNOWN_FORMAT } from "./status";

const SLOTS = 2;
const CRC_AT = 60;
/** Of the header without what follows it. */
const HEADER_BYTES = 64;
const CONFIRMATION_BYTES = SNAPSHOT_HEADER_BYTES - HEADER_BYTES;
/** "BSNP" in ASCII, little-endian. */
const MAGIC = 0x504e5342;
const U32 = 0x100000000;
/** Bytes that are programmed at once. */
const PAGE_BYTES = 256;
const NO_SLOT = -1;

/** What the header of a slot says. */
class Slot {
	/** True when header and stream are whole. */
	whole = false;
	/** True when the header is whole: then a stream that does not match has rotted. */
	finished = false;
	/** True when the program of the header surely ended. */
	settled = false;
	sequence = 0;
	index = 0;
	term = 0;
	size = 0;
	streamCrc = 0;
	hash = 0;
}

export class SnapshotSlots {
	/** Bytes that a stream may have. */
	readonly capacity: number;
	/** Of the newest whole snapshot. */
	index = 0;
	term = 0;
	size = 0;
	hash = 0;
	/** Of the snapshot that is being written. */
	writingIndex = 0;
	writingTerm = 0;

	private readonly medium: Medium;
	private readonly start: number;
	private readonly sectors: number;
	/** By sector of both slots: 1 when this boot has erased it and programmed nothing there since. */
	private readonly erased: Uint8Array;
	private readonly slots: readonly Slot[] = [new Slot(), new Slot()];
	private newest = NO_SLOT;
	/** The sequence number that the next snapshot gets. */
	nextSequence = 1;

	/** The slot that is being written, or NO_SLOT. */
	private writing = NO_SLOT;
	/** Sectors of that slot, from its first on, that are erased or hold what was written. */
	private preparedSectors = 0;
	private written = 0;
	private crc = 0;
	/** The bytes of the slot from `pageAt` to `pageEnd`, not programmed yet; a page begins at a multiple of its size. */
	private readonly page = new Uint8Array(PAGE_BYTES);
	private readonly pageView = new DataView(this.page.buffer);
	private pageAt = 0;
	private pageEnd = 0;

	constructor(medium: Medium, layout: Layout) {
		this.medium = medium;
		this.start = layout.snapshots * medium.sectorSize;
		this.sectors = layout.snapshotSectors;
		this.erased = new Uint8Array(SLOTS * this.sectors);
		this.capacity = layout.snapshotCapacity();
	}

	/**
	 * Reads both slots; the newest whole one is the snapshot.
	 * @param known sequence number of the snapshot that the boot before this one relied on
	 * @param next of the first that it may have finished: it left out what is between
	 * @returns READY, UNKNOWN_FORMAT or SNAPSHOT_DAMAGED
	 */
	recover(known: number, next: number): number {
		for (let slot = 0; slot < SLOTS; slot++) {
			const found = this.slots[slot];
			if (!this.readHeader(slot)) return UNKNOWN_FORMAT;
			if (found.finished) this.nextSequence = Math.max(this.nextSequence, found.sequence + 1);
			if (found.sequence === known) found.settled = true;
			if (found.sequence > known && found.sequence < next) found.finished = false;
			found.whole = found.finished && this.streamMatches(slot);
			if (found.whole && (this.newest === NO_SLOT || found.sequence > this.slots[this.newest].sequence))
				this.newest = slot;
		}
		if (this.newest === NO_SLOT) return SNAPSHOT_DAMAGED;
		this.adopt(this.newest);
		return READY;
	}

	/**
	 * The log may go on after the elder snapshot: then that is in force, unless the header of the newest surely stands.
	 * @param terms by slot: the term that the log has at its index
	 * @param lastIndex of the log
	 */
	preferSettled(terms: readonly number[], lastIndex: number): void {
		const newest = this.slots[this.newest];
		const elder = this.slots[1 - this.newest];
		if (newest.settled || !elder.whole || elder.index > lastIndex || elder.term !== terms[1 - this.newest]) return;
		// Mark: the header of a snapshot may have been cut off
		newest.whole = false;
		newest.finished = false;
		this.adopt(1 - this.newest);
	}

	/** @returns the sequence number of the snapshot in force */
	get sequence(): number {
		return this.slots[this.newest].sequence;
	}

	/** @returns true when a snapshot newer than the one in force was finished, and has rotted since */
	lostNewest(): boolean {
		const other = this.slots[1 - this.newest];
		return other.finished && !other.whole && other.sequence > this.slots[this.newest].sequence;
	}

	/** @returns the index of the slot, or -1 when it is not whole */
	indexOf(slot: number): number {
		return this.slots[slot].whole ? this.slots[slot].index : -1;
	}

	/** @returns the number of the slot in force */
	get newestSlot(): number {
		return this.newest;
	}

	/**
	 * What the log must keep, so that "the other slot and the log" can recover.
	 * @param base a snapshot before it is of no use with the log
	 * @returns the index of the elder of two whole slots; -1 when there is only one
	 */
	olderIndex(base: number): number {
		const other = this.slots[1 - this.newest];
		if (!other.whole) return -1;
		return other.index < base ? this.index : other.index;
	}

	/** As `Journal.beginSnapshot`. */
	begin(index: number, term: number): void {
		this.writing = this.newest === NO_SLOT ? 0 : 1 - this.newest;
		this.slots[this.writing].whole = false;
		this.slots[this.writing].finished = false;
		this.writingIndex = index;
		this.writingTerm = term;
		this.preparedSectors = 0;
		this.written = 0;
		this.crc = 0;
		this.pageAt = SNAPSHOT_HEADER_BYTES;
		this.pageEnd = SNAPSHOT_HEADER_BYTES;
		this.medium.wantsErase = true;
	}

	abandon(): void {
		this.writing = NO_SLOT;
	}

	/**
	 * Erases the next sector of the slot that is being written, its header's first: from then on
	 * the slot does not count.
	 * @returns true when it erased; a sector that this boot erased ahead for an earlier snapshot needs none
	 */
	prepare(): boolean {
		const size = this.medium.sectorSize;
		while (this.writing !== NO_SLOT && this.preparedSectors < this.sectors && this.room() < size) {
			const number = this.preparedSectors++;
			if (this.erased[this.writing * this.sectors + number] === 1) continue;
			this.medium.erase(this.placeOf(this.writing) + number * size, REGION_SNAPSHOT);
			this.erased[this.writing * this.sectors + number] = 1;
			return true;
		}
		return false;
	}

	/** @returns bytes of the stream for which sectors are erased */
	private room(): number {
		return this.preparedSectors * this.medium.sectorSize - SNAPSHOT_HEADER_BYTES - this.written;
	}

	/** As `Journal.writeSnapshot`. */
	write(bytes: Uint8Array, offset: number, length: number): number {
		assert(this.writing !== NO_SLOT, "no snapshot was begun");
		assert(this.written + length <= this.capacity, "a snapshot is larger than its slot");
		const taken = Math.max(0, Math.min(length, this.room()));
		this.crc = crc32c(this.crc, bytes, offset, taken);
		let at = offset;
		while (at < offset + taken) {
			const inPage = this.pageEnd % PAGE_BYTES;
			const part = Math.min(offset + taken - at, PAGE_BYTES - inPage);
			copy(this.page, inPage, bytes, at, part);
			at += part;
			this.pageEnd += part;
			if (this.pageEnd % PAGE_BYTES === 0) this.programPage();
		}
		this.written += taken;
		this.medium.wantsErase = true;
		return taken;
	}

	/** Programs what the page holds, filled up to a program unit. */
	private programPage(): void {
		const from = this.pageAt % PAGE_BYTES;
		const length = this.pageEnd - this.pageAt;
		const padded = aligned(length);
		fill(this.page, from + length, padded - length, BLANK);
		if (padded > 0) this.program(this.pageAt, from, padded);
		this.pageAt = this.pageEnd;
	}

	/** Programs bytes of the page to the slot that is being written. @param at from the slot's first byte on */
	private program(at: number, from: number, length: number): void {
		const size = this.medium.sectorSize;
		const first = this.writing * this.sectors + Math.floor(at / size);
		const last = this.writing * this.sectors + Math.floor((at + length - 1) / size);
		fill(this.erased, first, last - first + 1, 0);
		this.medium.program(this.placeOf(this.writing) + at, this.page, from, length);
	}

	/** As `Journal.finishSnapshot`. */
	finish(size: number, hash: number): boolean {
		assert(this.writing !== NO_SLOT && this.preparedSectors > 0, "no snapshot was begun and prepared");
		assert(size === this.written, "a snapshot of another size than was written");
		this.programPage();
		const writing = this.writing;
		const slot = this.slots[writing];
		slot.sequence = this.nextSequence++;
		slot.index = this.writingIndex;
		slot.term = this.writingTerm;
		slot.size = size;
		slot.streamCrc = this.crc;
		slot.hash = hash;
		const matches = this.streamMatches(writing);
		if (matches) this.writeHeader(writing);
		else this.medium.readBacksFailed++;
		this.writing = NO_SLOT;
		if (!matches) return false;
		slot.finished = true;
		slot.whole = true;
		this.adopt(writing);
		return true;
	}

	private adopt(number: number): void {
		const slot = this.slots[number];
		this.newest = number;
		this.index = slot.index;
		this.term = slot.term;
		this.size = slot.size;
		this.hash = slot.hash;
	}

	/** @returns true when the newest stream, read again, matches its checksum */
	verify(): boolean {
		return this.streamMatches(this.newest);
	}

	/** As `Journal.readSnapshot`. */
	read(at: number, target: Uint8Array, targetOffset: number, length: number): number {
		const part = Math.max(0, Math.min(length, this.size - at));
		if (part > 0)
			this.medium.flash.read(this.placeOf(this.newest) + SNAPSHOT_HEADER_BYTES + at, target, targetOffset, part);
		return part;
	}

	/** As `Journal.readBegunSnapshot`: from flash, and what the page still holds. */
	readBegun(at: number, target: Uint8Array): number {
		assert(this.writing !== NO_SLOT, "no snapshot was begun");
		const length = Math.min(target.length, this.written - at);
		const onFlash = this.pageAt - SNAPSHOT_HEADER_BYTES;
		const programmed = Math.max(0, Math.min(length, onFlash - at));
		const place = this.placeOf(this.writing) + SNAPSHOT_HEADER_BYTES + at;
		if (programmed > 0) this.medium.flash.read(place, target, 0, programmed);
		const inPage = (this.pageAt % PAGE_BYTES) + at + programmed - onFlash;
		if (length > programmed) copy(target, programmed, this.page, inPage, length - programmed);
		return length;
	}

	private placeOf(slot: number): number {
		return this.start + slot * this.sectors * this.medium.sectorSize;
	}

	private streamMatches(slot: number): boolean {
		const { medium } = this;
		const { size, streamCrc } = this.slots[slot];
		const place = this.placeOf(slot) + SNAPSHOT_HEADER_BYTES;
		let crc = 0;
		let at = 0;
		while (at < size) {
			const part = Math.min(size - at, medium.scratch.length);
			medium.load(place + at, part);
			crc = crc32c(crc, medium.scratch, 0, part);
			at += part;
		}
		return crc === streamCrc;
	}

	/** @returns false when the header is whole, but of another format */
	private readHeader(number: number): boolean {
		const slot = this.slots[number];
		const place = this.placeOf(number);
		this.medium.load(place, SNAPSHOT_HEADER_BYTES);
		const view = this.medium.scratchView;
		if (view.getUint32(CRC_AT, true) !== this.checksum(this.medium.scratch, place)) return true;
		if (view.getUint32(0, true) !== MAGIC) return true;
		if (view.getUint32(4, true) !== FORMAT_VERSION) return false;
		slot.sequence = view.getUint32(8, true);
		slot.index = view.getUint32(12, true) + view.getUint16(16, true) * U32;
		slot.term = view.getUint32(20, true);
		slot.size = view.getUint32(24, true);
		slot.streamCrc = view.getUint32(28, true);
		slot.hash = view.getUint32(32, true);
		slot.finished = slot.size <= this.capacity;
		slot.settled = !isFilled(this.medium.scratch, HEADER_BYTES, CONFIRMATION_BYTES, BLANK);
		return true;
	}

	private writeHeader(number: number): void {
		const slot = this.slots[number];
		const place = this.placeOf(number);
		const view = this.pageView;
		const low = slot.index % U32;
		fill(this.page, 0, HEADER_BYTES, BLANK);
		fill(this.page, HEADER_BYTES, CONFIRMATION_BYTES, 0);
		view.setUint32(0, MAGIC, true);
		view.setUint32(4, FORMAT_VERSION, true);
		view.setUint32(8, slot.sequence, true);
		view.setUint32(12, low, true);
		view.setUint32(16, (slot.index - low) / U32, true);
		view.setUint32(20, slot.term, true);
		view.setUint32(24, slot.size, true);
		view.setUint32(28, slot.streamCrc, true);
		view.setUint32(32, slot.hash, true);
		view.setUint32(CRC_AT, this.checksum(this.page, place), true);
		this.program(0, 0, HEADER_BYTES);
		this.medium.confirm(place, this.page, 0, HEADER_BYTES);
		this.program(HEADER_BYTES, HEADER_BYTES, CONFIRMATION_BYTES);
		slot.settled = true;
	}

	/** Seeded with identity and place: a slot copied elsewhere does not count. */
	private checksum(bytes: Uint8Array, place: number): number {
		return crc32c((this.medium.seed ^ place) >>> 0, bytes, 0, CRC_AT);
	}
}
