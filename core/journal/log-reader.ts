/**
 * Finds and reads entries of the log on flash: through the index of sectors, then from record to
 * record. Where it was last is remembered, so that reading on is one header and one range. What does
 * not match its checksum is never handed out: the node stops, and `open` then says why.
 */
import { assert } from "../assert";
import { copy, crc32c } from "../bytes";
import { ENTRY_HEADER_BYTES, entryLength, entryTerm } from "../entry";
import { RECORD_HEADER_BYTES, SECTOR_HEADER_BYTES } from "./layout";
import type { Log } from "./log";
import type { Medium } from "./medium";
import { placeSeed, RECORD_ENTRIES, RecordHeader, recordBytes } from "./record";
import { NO_SECTOR } from "./ring";

const DAMAGED = "a record of the log is damaged";

export class LogReader {
	/** Entries that the last `read` gave. */
	count = 0;

	private readonly medium: Medium;
	private readonly log: Log;
	private readonly header = new RecordHeader();
	/** Where the record found last stands; sector NO_SECTOR when there is none. */
	private sector = NO_SECTOR;
	private sectorPlace = 0;
	private sectorSeed = 0;
	private offset = 0;
	private length = 0;
	private firstTerm = 0;
	private lastTerm = 0;
	private dataCrc = 0;
	/** Its entries that are in force, from `first` to before `end`. */
	private first = 0;
	private end = 0;
	/** Of the log when it was found. */
	private replacements = 0;
	/** An entry of the record, and where it begins in the scratch buffer. */
	private entry = 0;
	private entryAt = 0;

	constructor(medium: Medium, log: Log) {
		this.medium = medium;
		this.log = log;
	}

	/** As `Journal.read`. */
	read(index: number, target: Uint8Array, offset: number, limit: number): number {
		this.count = 0;
		let at = offset;
		let next = index;
		while (next <= this.log.lastIndex) {
			this.load(next);
			const scratch = this.medium.scratch;
			const from = this.positionOf(next);
			let to = from;
			let end = next;
			while (end < this.end) {
				const after = to + ENTRY_HEADER_BYTES + entryLength(scratch, to);
				if (after - from > limit - at) break;
				to = after;
				end++;
			}
			copy(target, at, scratch, from, to - from);
			at += to - from;
			this.count += end - next;
			next = end;
			this.entry = end;
			this.entryAt = to;
			if (end < this.end) break;
		}
		return at - offset;
	}

	/** @param index from firstIndex to lastIndex @returns the term of that entry */
	termAt(index: number): number {
		this.load(index);
		if (this.firstTerm === this.lastTerm) return this.firstTerm;
		return entryTerm(this.medium.scratch, this.positionOf(index));
	}

	/** As `Journal.visitEntries`, from `index` on. */
	visitEntries(index: number, visit: (index: number, bytes: Uint8Array, offset: number) => void): void {
		const { log, medium } = this;
		let next = index;
		while (next <= log.lastIndex) {
			this.load(next);
			let at = this.positionOf(next);
			while (next < this.end) {
				visit(next, medium.scratch, at);
				at += ENTRY_HEADER_BYTES + entryLength(medium.scratch, at);
				next++;
			}
		}
	}

	/** Where the entry begins in the scratch buffer, which holds its record. */
	private positionOf(index: number): number {
		const scratch = this.medium.scratch;
		if (this.entry > index) {
			this.entry = this.first;
			this.entryAt = RECORD_HEADER_BYTES;
		}
		while (this.entry < index) {
			this.entryAt += ENTRY_HEADER_BYTES + entryLength(scratch, this.entryAt);
			this.entry++;
		}
		return this.entryAt;
	}

	/** Brings the record that holds the entry in force at `index` to the scratch buffer. */
	private load(index: number): void {
		const { medium, log } = this;
		assert(index > log.baseIndex && index <= log.lastIndex, "an entry that the log does not have");
		if (this.replacements !== log.replacements) {
			// Mark: the reader of the log forgets where it was
			this.sector = NO_SECTOR;
		}
		const known = this.sector !== NO_SECTOR && index >= this.first;
		if (!(known && index < this.end)) this.find(index, known);
		const place = this.sectorPlace + this.offset;
		if (medium.cached === place) return;
		medium.load(place, RECORD_HEADER_BYTES + this.length);
		assert(this.dataCrc === crc32c(0, medium.scratch, RECORD_HEADER_BYTES, this.length), DAMAGED);
		medium.cached = place;
		this.entry = this.first;
		this.entryAt = RECORD_HEADER_BYTES;
	}

	/**
	 * Finds the record: the last one in its sector that holds the index and was not replaced.
	 * @param known that a lower index in force was found last, and nothing replaced since: what is
	 * in force above it was written behind it
	 */
	private find(index: number, known: boolean): void {
		const { medium, log, header } = this;
		const { ring } = log;
		// A sector that was freed may have been taken again: its place says nothing of it any more.
		const isThere = known && this.sector >= ring.tailSequence;
		const isSame = isThere && (this.sector === ring.headSequence || index < ring.lowOf(this.sector + 1));
		if (!isSame) this.enter(ring.sectorOf(index));
		const end = log.endOf(this.sector);
		const mixed = ring.isMixed(this.sector);
		// What is in force above the record found last was written behind it.
		let offset = isSame ? this.offset + recordBytes(this.length) : SECTOR_HEADER_BYTES;
		let found = -1;
		while (offset < end) {
			medium.load(this.sectorPlace + offset, RECORD_HEADER_BYTES);
			assert(header.read(medium.scratch, medium.scratchView, placeSeed(this.sectorSeed, offset)), DAMAGED);
			const last = header.firstIndex + header.count - 1;
			if (header.type === RECORD_ENTRIES && header.firstIndex <= index && index <= last) {
				found = offset;
				this.first = header.firstIndex;
				this.end = last + 1;
				this.length = header.length;
				this.firstTerm = header.firstTerm;
				this.lastTerm = header.lastTerm;
				this.dataCrc = header.dataCrc;
				if (!mixed) break;
			} else if (mixed && header.firstIndex <= index) found = -1;
			else if (mixed && found >= 0) this.end = Math.min(this.end, header.firstIndex);
			offset += recordBytes(header.length);
		}
		assert(found >= 0, "an entry is not where the index of sectors says");
		if (this.sector < ring.headSequence) this.end = Math.min(this.end, ring.lowOf(this.sector + 1));
		this.offset = found;
		this.replacements = log.replacements;
	}

	private enter(sector: number): void {
		assert(sector !== NO_SECTOR, "an entry below the log");
		this.sector = sector;
		this.sectorPlace = this.log.ring.placeOf(sector);
		this.sectorSeed = this.log.seedOf(sector);
	}
}
