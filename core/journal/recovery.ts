/**
 * Replays the log from flash: a pure function of the image, which writes nothing. First match wins:
 *
 *   what follows the last good record of a sector        verdict
 *   the next sector's link names that record             the sector ends there, whatever follows
 *   an earlier boot found the end of the log there       the log ends there, whatever follows
 *   nothing but blank cells                              clean end
 *   any record, its trailer and all behind it blank      never acknowledged: the log ends before it
 *   a whole record, its trailer neither blank nor whole  accepted: it may have been acknowledged, and adopting
 *                                                        what was not is legal Raft
 *   a bad record, and a whole trailer or record behind   an acknowledged record has rotted: stop
 *   a bad record, a trailer neither blank nor whole      nothing tells which: stop
 *   a sector that was opened, and is blank               the log ends in the sector before it
 *
 * A trailer is programmed only when its record is, so a record whose trailer was begun is whole for good. What
 * was programmed last may have been cut off, and then reads as it likes, today as blank or whole, tomorrow
 * as neither: a record, a trailer or a sector's header. So each boot writes to the hard state where it found the
 * end, before it relies on it, and goes on in a sector that it erased itself.
 */
import { crc32c } from "../bytes";
import { ENTRY_HEADER_BYTES, entryLength, entryTerm } from "../entry";
import { type HardState, NOT_FOUND } from "./hard-state";
import { FORMAT_VERSION, RECORD_HEADER_BYTES, SECTOR_HEADER_BYTES, TRAILER_BYTES } from "./layout";
import type { Log } from "./log";
import type { Medium } from "./medium";
import {
	isTrailer,
	NO_TERM,
	placeSeed,
	RECORD_ENTRIES,
	RECORD_MAGIC,
	RECORD_RESTART,
	RECORD_TRUNCATION,
	RecordHeader,
	recordBytes,
	TRAILER_MAGIC,
} from "./record";
import { SectorHeader } from "./sector";
import {
	CHAIN_BROKEN,
	LOG_GAP,
	READY,
	RECORD_DAMAGED,
	SECTOR_DAMAGED,
	TAIL_AMBIGUOUS,
	UNKNOWN_FORMAT,
	UNKNOWN_RECORD,
} from "./status";

const NOTHING = -1;

export class Recovery {
	/** By number of the snapshot's slot: the term that the log has at its index, or NO_TERM. */
	readonly terms = [NO_TERM, NO_TERM];

	private readonly medium: Medium;
	private readonly log: Log;
	private readonly hardState: HardState;
	private readonly indexes: readonly number[];
	/** Number of a sector whose header could not be read again, or 0. */
	private unreadable = 0;
	private readonly record = new RecordHeader();
	private readonly sector = new SectorHeader();

	/** @param indexes of the snapshots by slot; -1 where there is none */
	constructor(medium: Medium, log: Log, hardState: HardState, indexes: readonly number[]) {
		this.medium = medium;
		this.log = log;
		this.hardState = hardState;
		this.indexes = indexes;
	}

	/** Fills `log`. @returns READY, or the name of what it does not understand */
	replay(): number {
		const ring = this.log.ring;
		const found = new Array<number>(ring.sectors).fill(0);
		let head = 0;
		for (let at = 0; at < ring.sectors; at++) {
			if (!this.loadSector(at)) continue;
			if (this.sector.format !== FORMAT_VERSION) return UNKNOWN_FORMAT;
			if (this.sector.sequence % ring.sectors !== at) continue;
			found[at] = this.sector.sequence;
			if (found[at] > head) head = found[at];
		}
		if (head === 0) return SECTOR_DAMAGED;
		let tail = head;
		while (tail > 1 && head - tail + 1 < ring.sectors && found[(tail - 1) % ring.sectors] === tail - 1) tail--;
		// Sectors are opened and freed in order: a whole one outside the run means that one between is lost.
		for (let sequence = tail; sequence <= head; sequence++) found[sequence % ring.sectors] = 0;
		if (found.some((sequence) => sequence !== 0)) return LOG_GAP;
		if (head - tail + 1 < ring.sectors && this.holdsRecords(head + 1)) return SECTOR_DAMAGED;
		const { logSector } = this.hardState;
		if (logSector !== NOT_FOUND && logSector > head) return SECTOR_DAMAGED;

		const status = this.replayAll(tail, head);
		const isEmpty = status === READY ? this.isHeadEmpty() : this.unreadable === head;
		if (!isEmpty || tail === head || ring.tailSequence === head) return status;
		// Mark: a sector was opened and nothing written to it
		return this.replayAll(tail, head - 1);
	}

	/** @returns true when nothing was programmed behind the head's header, which then may have been cut off */
	private isHeadEmpty(): boolean {
		const { medium, log } = this;
		const at = log.headOffset;
		return at === SECTOR_HEADER_BYTES && medium.isBlank(log.placeAt(at), medium.sectorSize - at);
	}

	/** @returns true when the log ends where the boot before this one found its end */
	isKnownEnd(): boolean {
		const { log, hardState } = this;
		return log.ring.headSequence === hardState.logSector && log.headOffset === hardState.logOffset;
	}

	private replayAll(tail: number, head: number): number {
		const status = this.replayFrom(tail, head);
		const isTails = this.log.ring.headSequence === tail || this.unreadable === tail;
		// The oldest sector may be half erased, its header still whole. If the snapshot does not cover
		// what it held, the gap is found when the snapshot is looked for in the log.
		if (status !== READY && status !== UNKNOWN_RECORD && isTails && this.unreadable !== head && tail < head) {
			// Mark: the oldest sector of the log is half erased
			return this.replayFrom(tail + 1, head);
		}
		return status;
	}

	private loadSector(at: number): boolean {
		this.medium.load(this.log.ring.placeOf(at), SECTOR_HEADER_BYTES);
		return this.sector.read(this.medium.scratch, this.medium.scratchView, this.medium.seed);
	}

	/** @returns false when its header, whole a moment ago, is so no longer: it was programmed or erased last, and cut off */
	private isSequence(sequence: number): boolean {
		const is = this.loadSector(sequence) && this.sector.sequence === sequence;
		if (!is) this.unreadable = sequence;
		return is;
	}

	/**
	 * The sector behind the head, without a valid header: blank, half erased, or its header torn, and
	 * then without records.
	 */
	private holdsRecords(sequence: number): boolean {
		const { medium, log } = this;
		const place = log.ring.placeOf(sequence);
		if (medium.isBlank(place, medium.sectorSize)) return false;
		// Mark: the sector behind the log has a torn header, or is half erased
		return this.somethingWhole(place, log.seedOf(sequence), SECTOR_HEADER_BYTES);
	}

	private replayFrom(tail: number, head: number): number {
		const log = this.log;
		this.unreadable = 0;
		for (let sequence = tail; sequence <= head; sequence++) {
			let link = NOTHING;
			if (sequence < head) {
				if (!this.isSequence(sequence + 1)) return SECTOR_DAMAGED;
				link = this.sector.link;
			}
			if (!this.isSequence(sequence)) return SECTOR_DAMAGED;
			if (sequence === tail) this.begin();
			else {
				if (this.sector.firstIndex !== log.lastIndex + 1) return CHAIN_BROKEN;
				log.leave();
				log.enter(sequence, this.sector.firstIndex, this.sector.crc);
			}
			const status = this.replaySector(link);
			if (status !== READY) return status;
		}
		return READY;
	}

	private begin(): void {
		this.log.begin(this.sector);
		for (let slot = 0; slot < this.terms.length; slot++)
			this.terms[slot] = this.indexes[slot] === this.log.baseIndex ? this.log.baseTerm : NO_TERM;
	}

	/** @param link CRC of the record at which the sector ends; NOTHING when that is to be found */
	private replaySector(link: number): number {
		const { medium, log } = this;
		while (log.chain !== link) {
			const at = log.headOffset;
			const rest = medium.sectorSize - at;
			// What counts for sure: what the next sector names, and what an earlier boot has relied on.
			const counts = link !== NOTHING || at < this.knownEnd();
			if (!counts && this.knownEnd() !== NOTHING) return this.endsAsKnown() ? READY : CHAIN_BROKEN;
			if (rest < RECORD_HEADER_BYTES + TRAILER_BYTES) return counts ? RECORD_DAMAGED : READY;
			if (!counts && medium.isBlank(log.placeAt(at), rest)) return READY;
			const status = this.replayRecord(at, rest, counts);
			if (status === TORN && !counts) {
				// Mark: a torn record ends the log
				return READY;
			}
			if (status !== READY) return status === TORN ? RECORD_DAMAGED : status;
		}
		return READY;
	}

	/** @returns the offset at which an earlier boot found the end of the log, in the sector that is replayed; or NOTHING */
	private knownEnd(): number {
		const { log, hardState } = this;
		return log.ring.headSequence === hardState.logSector ? hardState.logOffset : NOTHING;
	}

	private endsAsKnown(): boolean {
		const { log, hardState } = this;
		return log.headOffset === hardState.logOffset && log.chain === hardState.logChain;
	}

	/**
	 * Takes one record in.
	 * @param counts true when it may have been acknowledged, whatever its trailer says
	 * @returns READY, TORN, or what is wrong
	 */
	private replayRecord(at: number, rest: number, counts: boolean): number {
		const { medium, log, record } = this;
		const place = log.placeAt(at);
		medium.load(place, RECORD_HEADER_BYTES);
		if (!record.read(medium.scratch, medium.scratchView, log.seedAt(at))) return this.judgeTail(at, rest);
		if (record.previous !== log.chain) return CHAIN_BROKEN;
		const isKnown = record.type >= RECORD_ENTRIES && record.type <= RECORD_RESTART;
		if (!isKnown) return UNKNOWN_RECORD;
		const bytes = recordBytes(record.length);
		if (bytes > rest || bytes > medium.scratch.length) return RECORD_DAMAGED;

		medium.load(place, bytes);
		const trailerAt = bytes - TRAILER_BYTES;
		const { scratch, scratchView } = medium;
		const confirmed = isTrailer(scratch, scratchView, trailerAt, log.seedAt(at + trailerAt));
		const isWhole = record.dataCrc === crc32c(0, scratch, RECORD_HEADER_BYTES, record.length);
		if (!confirmed && !counts) {
			const isEnd = medium.isBlank(place + trailerAt, rest - trailerAt);
			if (isEnd && isWhole) {
				// Mark: the last record has no trailer
				return TORN;
			}
			if (isEnd) {
				// Mark: the entries of a record are torn
				return TORN;
			}
			medium.load(place, bytes);
		}
		if (!isWhole) {
			if (confirmed || counts) return RECORD_DAMAGED;
			return medium.isBlank(place + trailerAt, TRAILER_BYTES) ? RECORD_DAMAGED : TAIL_AMBIGUOUS;
		}
		if (record.type !== RECORD_RESTART && record.firstIndex > log.lastIndex + 1) return LOG_GAP;
		this.noteTerms();
		log.advance(record.type, record.count, record.firstIndex, record.lastTerm);
		log.follow(at + bytes, record.crc);
		return READY;
	}

	/**
	 * A header that is not whole: torn, unless something whole stands behind it, or more is programmed
	 * than the longest record could have left.
	 */
	private judgeTail(at: number, rest: number): number {
		const { medium, log } = this;
		const sectorPlace = log.placeAt(0);
		if (this.somethingWhole(sectorPlace, log.seedAt(0), at + TRAILER_BYTES)) return RECORD_DAMAGED;
		const longest = medium.scratch.length - TRAILER_BYTES;
		if (rest > longest && !medium.isBlank(log.placeAt(at + longest), rest - longest)) return RECORD_DAMAGED;
		// Mark: the header of a record is torn
		return TORN;
	}

	/** @returns true when a whole record header or trailer stands in the sector at or behind `from` */
	private somethingWhole(sectorPlace: number, seed: number, from: number): boolean {
		const { medium } = this;
		const { scratch, scratchView } = medium;
		const header = new RecordHeader();
		for (let at = from; at + TRAILER_BYTES <= medium.sectorSize; at += TRAILER_BYTES) {
			medium.load(sectorPlace + at, Math.min(RECORD_HEADER_BYTES, medium.sectorSize - at));
			if (scratch[0] === TRAILER_MAGIC && isTrailer(scratch, scratchView, 0, placeSeed(seed, at))) return true;
			if (scratch[0] !== RECORD_MAGIC || at + RECORD_HEADER_BYTES > medium.sectorSize) continue;
			if (header.read(scratch, scratchView, placeSeed(seed, at))) return true;
		}
		return false;
	}

	/** Keeps `terms` right across the record that is in the scratch buffer. */
	private noteTerms(): void {
		const { record } = this;
		for (let slot = 0; slot < this.terms.length; slot++) {
			const index = this.indexes[slot];
			const before = record.type === RECORD_RESTART || record.type === RECORD_TRUNCATION;
			if (before && index === record.firstIndex - 1) this.terms[slot] = record.lastTerm;
			else if (record.type === RECORD_RESTART || index >= record.firstIndex) this.terms[slot] = this.termIn(index);
		}
	}

	/** @returns the term of the entry at `index` in the record, or NO_TERM */
	private termIn(index: number): number {
		const { record, medium } = this;
		if (record.type !== RECORD_ENTRIES || index >= record.firstIndex + record.count) return NO_TERM;
		let at = RECORD_HEADER_BYTES;
		for (let skip = record.firstIndex; skip < index; skip++) at += ENTRY_HEADER_BYTES + entryLength(medium.scratch, at);
		return entryTerm(medium.scratch, at);
	}
}

/** Of one record: no status of the journal, because a torn end is none. */
const TORN = -2;
