/**
 * The log of entries on flash: records written at the head of a ring of sectors. An append that
 * begins at an index the log has already replaces what was there: nothing is erased to truncate.
 */
import { assert } from "../assert";
import { copy, crc32c, fill } from "../bytes";
import { ENTRY_HEADER_BYTES, entryLength, entryTerm } from "../entry";
import type { Limits } from "../limits";
import type { Flash } from "../ports";
import {
	type Layout,
	PROGRAM_UNIT,
	RECORD_HEADER_BYTES,
	recordBytesMax,
	SECTOR_HEADER_BYTES,
	TRAILER_BYTES,
} from "./layout";
import { BLANK, type Medium } from "./medium";
import {
	NO_TERM,
	placeSeed,
	RECORD_ENTRIES,
	RECORD_RESTART,
	RECORD_TRUNCATION,
	writeRecordHeader,
	writeTrailer,
} from "./record";
import { RESERVE_SECTORS, Ring } from "./ring";
import { type SectorHeader, sectorSeed, writeSectorHeader } from "./sector";

const OVERHEAD_BYTES = RECORD_HEADER_BYTES + TRAILER_BYTES;

export class Log {
	readonly ring: Ring;
	/** Bytes of the head sector that are written. */
	headOffset = 0;
	/** True when what follows in the head sector is torn: the next record opens a sector. */
	sealed = false;

	/** What the log continues from: entries from baseIndex + 1 to lastIndex can be read. */
	baseIndex = 0;
	/** Or NO_TERM. */
	baseTerm = 0;
	lastIndex = 0;
	lastTerm = 0;
	/** Grows whenever entries were replaced: what a reader remembers is then void. */
	replacements = 0;
	/** CRC of the last record, or of the head sector's header: `previous` of the next. */
	chain = 0;

	private readonly medium: Medium;
	private readonly flash: Flash;
	private readonly sectorSize: number;
	private headPlace = 0;
	private headSeed = 0;
	private readonly entryBytesMax: number;
	private readonly stage: Uint8Array;
	private readonly view: DataView;
	private readonly four = new Uint8Array(4);

	constructor(medium: Medium, layout: Layout, limits: Limits) {
		this.medium = medium;
		this.flash = medium.flash;
		this.ring = new Ring(medium, layout);
		this.sectorSize = medium.sectorSize;
		this.entryBytesMax = ENTRY_HEADER_BYTES + limits.commandBytes;
		this.stage = new Uint8Array(recordBytesMax(limits, medium.sectorSize));
		this.view = new DataView(this.stage.buffer);
	}

	/** @returns what seeds the checksums of that sector's records */
	seedOf(sequence: number): number {
		return sectorSeed(this.medium.seed, sequence, this.four);
	}

	/** @returns bytes of the sector that hold records which count */
	endOf(sequence: number): number {
		return sequence === this.ring.headSequence ? this.headOffset : this.ring.endOf(sequence);
	}

	/** Appends as `Journal.append` says; a range that does not fit one record becomes several. */
	append(
		firstIndex: number,
		count: number,
		firstTerm: number,
		lastTerm: number,
		bytes: Uint8Array,
		offset: number,
		length: number,
	): void {
		if (count < 1 || firstIndex > this.lastIndex + 1) assert(false, "an append leaves a gap");
		if (length <= this.entryRoom()) {
			this.write(RECORD_ENTRIES, count, firstIndex, firstTerm, lastTerm, bytes, offset, length);
			return;
		}
		const end = offset + length;
		let at = offset;
		let index = firstIndex;
		while (at < end) {
			const taken = this.appendPiece(index, bytes, at, end);
			if (taken > 0) {
				index = this.lastIndex + 1;
				at += taken;
			} else this.openSector();
		}
		assert(index === firstIndex + count, "the count of an append is not that of its entries");
	}

	/** Writes as many whole entries of `bytes[at, end)` as one record takes. @returns their bytes, or 0 */
	private appendPiece(firstIndex: number, bytes: Uint8Array, at: number, end: number): number {
		const room = this.entryRoom();
		let to = at;
		let count = 0;
		let term = 0;
		while (to < end) {
			const next = to + ENTRY_HEADER_BYTES + entryLength(bytes, to);
			if (next - at > room) break;
			term = entryTerm(bytes, to);
			to = next;
			count++;
		}
		if (count > 0) this.write(RECORD_ENTRIES, count, firstIndex, entryTerm(bytes, at), term, bytes, at, to - at);
		else assert(this.headOffset > SECTOR_HEADER_BYTES || this.sealed, "an entry does not fit a sector");
		return to - at;
	}

	/** @param previousTerm of the entry before `fromIndex` */
	truncate(fromIndex: number, previousTerm: number): void {
		if (this.entryRoom() < 0) this.openSector();
		this.write(RECORD_TRUNCATION, 0, fromIndex, 0, previousTerm, this.stage, 0, 0);
	}

	/** Drops every entry; the log goes on behind a snapshot. */
	restart(snapshotIndex: number, snapshotTerm: number): void {
		if (this.entryRoom() < 0) this.openSector();
		this.write(RECORD_RESTART, 0, snapshotIndex + 1, 0, snapshotTerm, this.stage, 0, 0);
	}

	/**
	 * Writes a record again that recovery accepted although its trailer is not whole: it may be
	 * a torn write that reads well today.
	 * @param length of the entries, which stand at `offset` in `bytes`
	 * @returns false when the ring has no room for it; the link of the next sector then vouches for it
	 */
	rewrite(
		type: number,
		count: number,
		firstIndex: number,
		firstTerm: number,
		lastTerm: number,
		bytes: Uint8Array,
		offset: number,
		length: number,
	): boolean {
		copy(this.stage, RECORD_HEADER_BYTES, bytes, offset, length);
		if (length > this.entryRoom()) {
			if (this.ring.freeSectors() === 0) return false;
			// The header of the sector is staged where the record's header goes, before the entries.
			this.openSector();
		}
		this.write(type, count, firstIndex, firstTerm, lastTerm, this.stage, RECORD_HEADER_BYTES, length);
		return true;
	}

	/** @returns bytes of entries that one record may hold here; negative when not even an empty one fits */
	private entryRoom(): number {
		if (this.sealed) return -1;
		const rest = this.sectorSize - this.headOffset - OVERHEAD_BYTES;
		const most = this.stage.length - OVERHEAD_BYTES;
		return rest < most ? rest : most - (most % PROGRAM_UNIT);
	}

	/**
	 * Record, then trailer, then both read back: two programs, because cells of one program may
	 * settle in any order and the trailer must not stand before the record does.
	 */
	private write(
		type: number,
		count: number,
		firstIndex: number,
		firstTerm: number,
		lastTerm: number,
		bytes: Uint8Array,
		offset: number,
		length: number,
	): void {
		const stage = this.stage;
		const at = this.headOffset;
		const padded = (length + PROGRAM_UNIT - 1) & -PROGRAM_UNIT;
		const body = RECORD_HEADER_BYTES + padded;
		const total = body + TRAILER_BYTES;
		if (this.sealed || at + total > this.sectorSize) assert(false, "a record passes the end of its sector");

		copy(stage, RECORD_HEADER_BYTES, bytes, offset, length);
		if (padded > length) fill(stage, RECORD_HEADER_BYTES + length, padded - length, BLANK);
		const dataCrc = crc32c(0, stage, RECORD_HEADER_BYTES, length);
		const seed = (this.headSeed ^ at) >>> 0;
		const chain = this.chain;
		this.chain = writeRecordHeader(
			stage,
			this.view,
			seed,
			type,
			count,
			firstIndex,
			length,
			firstTerm,
			lastTerm,
			dataCrc,
			chain,
		);
		const lastIndex = firstIndex + count - 1;
		writeTrailer(stage, this.view, body, (this.headSeed ^ (at + body)) >>> 0, type, count, lastIndex, lastTerm);

		const medium = this.medium;
		const place = this.headPlace + at;
		this.flash.program(place, stage, 0, body);
		this.flash.program(place + body, stage, body, TRAILER_BYTES);
		medium.programs += 2;
		medium.programmedBytes += total;
		medium.confirm(place, stage, 0, total);

		this.headOffset = at + total;
		if (type === RECORD_ENTRIES && firstIndex === this.lastIndex + 1) {
			this.lastIndex = lastIndex;
			this.lastTerm = lastTerm;
		} else this.advance(type, count, firstIndex, lastTerm);
	}

	/** Takes in what a record means; recovery calls it for each that it reads. */
	advance(type: number, count: number, firstIndex: number, lastTerm: number): void {
		if (firstIndex !== this.lastIndex + 1 || type !== RECORD_ENTRIES) this.cut(firstIndex);
		this.lastIndex = firstIndex + count - 1;
		this.lastTerm = lastTerm;
		if (type !== RECORD_RESTART) return;
		this.baseIndex = firstIndex - 1;
		this.baseTerm = lastTerm;
		this.ring.dropBeforeHead(firstIndex);
	}

	private cut(fromIndex: number): void {
		this.replacements++;
		this.ring.cut(fromIndex);
		if (fromIndex > this.baseIndex) return;
		this.baseIndex = fromIndex - 1;
		this.baseTerm = NO_TERM;
	}

	/** Opens the next sector. Its header links to the last record, and so ends the sector before. */
	private openSector(): void {
		const { medium, ring, stage } = this;
		const next = ring.take();
		const place = ring.placeOf(next);
		const firstIndex = this.lastIndex + 1;
		const crc = writeSectorHeader(stage, this.view, medium.seed, next, firstIndex, this.lastTerm, this.chain);
		medium.program(place, stage, 0, SECTOR_HEADER_BYTES);
		medium.confirm(place, stage, 0, SECTOR_HEADER_BYTES);
		this.leave();
		this.enter(next, firstIndex, crc);
	}

	/** Makes a sector the head, with no records yet. */
	enter(sequence: number, firstIndex: number, headerCrc: number): void {
		this.ring.enter(sequence, firstIndex);
		this.headPlace = this.ring.placeOf(sequence);
		this.headSeed = this.seedOf(sequence);
		this.headOffset = SECTOR_HEADER_BYTES;
		this.sealed = false;
		this.chain = headerCrc;
	}

	/** Notes where the head's records end, before another sector becomes the head. */
	leave(): void {
		this.ring.leave(this.headOffset);
	}

	/** Recovery: replay begins at this sector. */
	begin(header: SectorHeader): void {
		this.baseIndex = header.firstIndex - 1;
		this.baseTerm = header.lastTerm;
		this.lastIndex = this.baseIndex;
		this.lastTerm = header.lastTerm;
		this.enter(header.sequence, header.firstIndex, header.crc);
		this.ring.dropBeforeHead(header.firstIndex);
	}

	/** Format: opens the first sector of an empty log on blank flash. */
	create(): void {
		this.openSector();
	}

	/**
	 * A snapshot at `newest` stands: frees the sectors that only hold entries below `older`, the
	 * index of the other one.
	 */
	free(older: number, newest: number): void {
		if (this.ring.free(older)) {
			this.baseIndex = this.ring.lowOf(this.ring.tailSequence) - 1;
			this.baseTerm = NO_TERM;
		}
		this.ring.noteSnapshot(newest);
	}

	/** As `Journal.roomFor`: counts the end of every sector as lost, where the largest entry might not fit. */
	roomFor(bytes: number, urgent: boolean): boolean {
		if (bytes <= this.entryRoom()) return true;
		const perRecord = OVERHEAD_BYTES + PROGRAM_UNIT - 1;
		const recordLeast = Math.max(1, this.stage.length - OVERHEAD_BYTES - PROGRAM_UNIT - this.entryBytesMax);
		const need = bytes + perRecord * (1 + Math.floor(bytes / recordLeast));
		const perSector = this.sectorSize - SECTOR_HEADER_BYTES - this.entryBytesMax - 2 * perRecord;
		const free = this.ring.freeSectors() - (urgent ? 0 : RESERVE_SECTORS);
		return free > 0 && need <= free * Math.max(perSector, this.entryBytesMax + perRecord);
	}

	/** @returns the seed of a checksum at `offset` in the head sector */
	seedAt(offset: number): number {
		return placeSeed(this.headSeed, offset);
	}

	/** @returns the place in the flash of `offset` in the head sector */
	placeAt(offset: number): number {
		return this.headPlace + offset;
	}
}
