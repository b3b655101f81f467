/**
 * The log of entries on flash: records written at the head of a ring of sectors. An append that
 * begins at an index the log has already replaces what was there: nothing is erased to truncate.
 */
import { assert } from "../assert";
import { compare, copy, crc32c, fill } from "../bytes";
import { ENTRY_HEADER_BYTES, entryLength, entryTerm } from "../entry";
import type { Limits } from "../limits";
import type { Flash } from "../ports";
import {
	type Layout,
	PROGRAM_UNIT,
	RECORD_HEADER_BYTES,
	RECORD_WASTE_BYTES,
	recordBytesMax,
	SECTOR_HEADER_BYTES,
	sectorRoomBytes,
	TRAILER_BYTES,
} from "./layout";
import { BLANK, type Medium, NO_RECORD } from "./medium";
import {
	NO_TERM,
	placeSeed,
	RECORD_ENTRIES,
	RECORD_MAGIC,
	RECORD_RESTART,
	RECORD_TRUNCATION,
	TRAILER_MAGIC,
} from "./record";
import { Ring } from "./ring";
import { type SectorHeader, sectorSeed, writeSectorHeader } from "./sector";

const U32 = 0x100000000;
const OVERHEAD_BYTES = RECORD_HEADER_BYTES + TRAILER_BYTES;

export class Log {
	readonly ring: Ring;
	/** Bytes of the head sector that are written. */
	headOffset = 0;
	/**
	 * Bytes of entries that one record may hold in the head sector; negative when not even an empty one
	 * fits, or when an earlier boot wrote the sector.
	 */
	room = -1;

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
	/** Bytes of entries that an empty sector surely takes. */
	private readonly sectorRoom: number;
	/** The most that `room` can be. */
	private readonly roomMax: number;
	/** The record with its trailer, as it goes to flash. */
	private readonly stage: Uint8Array;
	private readonly view: DataView;
	/** The same bytes as little-endian numbers: an interpreter sets these for two thirds of a call of DataView. */
	private readonly words: Uint32Array;
	private readonly four = new Uint8Array(4);

	constructor(medium: Medium, layout: Layout, limits: Limits) {
		this.medium = medium;
		this.flash = medium.flash;
		this.ring = new Ring(medium, layout);
		this.sectorSize = medium.sectorSize;
		this.sectorRoom = sectorRoomBytes(limits, this.sectorSize);
		this.stage = new Uint8Array(recordBytesMax(limits, medium.sectorSize));
		this.view = new DataView(this.stage.buffer);
		this.words = new Uint32Array(this.stage.buffer, 0, this.stage.length >> 2);
		this.words[0] = 1;
		assert(this.stage[0] === 1, "the engine's typed arrays are not little-endian");
		const most = this.stage.length - OVERHEAD_BYTES;
		this.roomMax = most - (most % PROGRAM_UNIT);
	}

	/** @returns what seeds the checksums of that sector's records */
	seedOf(sequence: number): number {
		return sectorSeed(this.medium.seed, sequence, this.four);
	}

	/** @returns bytes of the sector that hold records which count */
	endOf(sequence: number): number {
		return sequence === this.ring.headSequence ? this.headOffset : this.ring.endOf(sequence);
	}

	/**
	 * Appends a range that no single record holds here as several.
	 * @param count of whole entries in `bytes[offset, end)`
	 */
	appendInPieces(firstIndex: number, count: number, bytes: Uint8Array, offset: number, end: number): void {
		// Mark: a range of entries is written as several records
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
		let to = at;
		let count = 0;
		let term = 0;
		while (to < end) {
			const next = to + ENTRY_HEADER_BYTES + entryLength(bytes, to);
			if (next - at > this.room) break;
			term = entryTerm(bytes, to);
			to = next;
			count++;
		}
		if (count > 0) this.write(RECORD_ENTRIES, count, firstIndex, entryTerm(bytes, at), term, bytes, at, to - at);
		else assert(this.headOffset > SECTOR_HEADER_BYTES || this.room < 0, "an entry does not fit a sector");
		return to - at;
	}

	/** @param previousTerm of the entry before `fromIndex` */
	truncate(fromIndex: number, previousTerm: number): void {
		if (this.room < 0) this.openSector();
		this.write(RECORD_TRUNCATION, 0, fromIndex, 0, previousTerm, this.stage, 0, 0);
	}

	/**
	 * Drops every entry; the log goes on behind a snapshot. What the log holds is void already, so
	 * a full ring gives its oldest sector for this.
	 */
	restart(snapshotIndex: number, snapshotTerm: number): void {
		if (this.room < 0) {
			if (this.ring.freeSectors === 0) this.ring.dropOldest();
			this.openSector();
		}
		this.write(RECORD_RESTART, 0, snapshotIndex + 1, 0, snapshotTerm, this.stage, 0, 0);
	}

	/**
	 * Writes a record at the head: see `record.ts` for its layout. Record, then trailer, then both
	 * read back: two programs, because cells of one program may settle in any order and the trailer must
	 * not stand before the record does.
	 *
	 * Written out in one piece, since every append of every node passes here and on an interpreter
	 * a call with its arguments costs more than what would be in it.
	 * @param length of the entries at `bytes[offset]`, at most `room`
	 */
	write(
		type: number,
		count: number,
		firstIndex: number,
		firstTerm: number,
		lastTerm: number,
		bytes: Uint8Array,
		offset: number,
		length: number,
	): void {
		if (length > this.room) assert(false, "a record passes the end of its sector");
		const { flash, medium, stage, words } = this;
		const at = this.headOffset;
		const padded = (length + PROGRAM_UNIT - 1) & -PROGRAM_UNIT;
		const body = RECORD_HEADER_BYTES + padded;
		const total = body + TRAILER_BYTES;
		copy(stage, RECORD_HEADER_BYTES, bytes, offset, length);
		if (padded > length) fill(stage, RECORD_HEADER_BYTES + length, padded - length, BLANK);

		const kind = type * 0x100 + count * 0x10000;
		const indexLow = firstIndex % U32;
		words[0] = RECORD_MAGIC + kind;
		words[1] = indexLow;
		words[2] = (firstIndex - indexLow) / U32 + length * 0x10000;
		words[3] = firstTerm;
		words[4] = lastTerm;
		words[5] = crc32c(0, stage, RECORD_HEADER_BYTES, length);
		words[6] = this.chain;
		const crc = crc32c((this.headSeed ^ at) >>> 0, stage, 0, RECORD_HEADER_BYTES - 4);
		words[7] = crc;

		const trailer = body >> 2;
		const lastIndex = firstIndex + count - 1;
		words[trailer] = TRAILER_MAGIC + kind;
		words[trailer + 1] = lastIndex % U32;
		words[trailer + 2] = lastTerm;
		words[trailer + 3] = crc32c((this.headSeed ^ (at + body)) >>> 0, stage, body, TRAILER_BYTES - 4);

		const place = this.headPlace + at;
		flash.program(place, stage, 0, body);
		flash.program(place + body, stage, body, TRAILER_BYTES);
		medium.programs += 2;
		medium.programmedBytes += total;
		medium.cached = NO_RECORD;
		flash.read(place, medium.scratch, 0, total);
		if (compare(medium.scratch, 0, total, stage, 0, total) !== 0) medium.failReadBack();

		const next = at + total;
		let room = this.sectorSize - next - OVERHEAD_BYTES;
		if (room > this.roomMax) room = this.roomMax;
		this.headOffset = next;
		this.chain = crc;
		this.room = room;
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
		// Mark: entries on flash are replaced
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
		this.follow(SECTOR_HEADER_BYTES, headerCrc);
	}

	/** The head sector is written to here, and `crc` is what the next record follows. */
	follow(offset: number, crc: number): void {
		this.headOffset = offset;
		this.chain = crc;
		this.room = Math.min(this.sectorSize - offset - OVERHEAD_BYTES, this.roomMax);
	}

	/**
	 * Recovery: the next record opens another sector. What follows in the head is torn, or it reads as blank
	 * and a program was cut off there all the same.
	 * @param grows false when the boot before this one added nothing to the log
	 */
	seal(grows: boolean): void {
		this.room = -1;
		this.ring.beginBoot(grows);
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

	/** As `Journal.roomBytes`: counts the end of every sector as lost, where the largest entry might not fit. */
	roomBytes(): number {
		const ahead = this.ring.freeSectors * this.sectorRoom;
		// A range that is cut by the end of the ring in RAM comes as two records.
		return this.room > RECORD_WASTE_BYTES ? ahead + this.room - RECORD_WASTE_BYTES : ahead;
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
