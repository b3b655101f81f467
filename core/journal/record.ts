/**
 * A record of the log: the range of entries of one append, as it came, behind one header, and a
 * trailer that is programmed when the record is. Numbers little-endian.
 *
 *   0       1      2       4             10       12           16          20         24         28
 *   | magic | type | count | first index | length | first term | last term | data CRC | previous | header CRC |
 *     u8      u8     u16     u48           u16      u32          u32         u32        u32        u32
 *   | entries: `length` bytes, filled up to a program unit |
 *   | magic u8 | type u8 | count u16 | last index, low u32 | last term u32 | CRC u32 |
 *
 * Both CRCs are seeded with the node's identity, the sector's sequence number and the place in the
 * sector, so that stale and misdirected bytes fail. `previous` is the header CRC of the record
 * before, which shows a lost write; the first of a sector has the CRC of the sector's header there.
 */
import { crc32c } from "../bytes";
import { aligned, RECORD_HEADER_BYTES, TRAILER_BYTES } from "./layout";

/** Entries from `first index` on; what the log has from there on is replaced. */
export const RECORD_ENTRIES = 1;
/** The entries from `first index` on are dropped; `last term` is that of the entry before. */
export const RECORD_TRUNCATION = 2;
/** The log restarts behind a snapshot at `first index` - 1, whose term is `last term`. */
export const RECORD_RESTART = 3;

export const RECORD_MAGIC = 0xa7;
export const TRAILER_MAGIC = 0xc3;
/** A term that is not known: of what came before a truncation behind the oldest sector. */
export const NO_TERM = -1;

const U32 = 0x100000000;

/** @returns bytes that a record with `length` bytes of entries takes, trailer included */
export function recordBytes(length: number): number {
	return RECORD_HEADER_BYTES + aligned(length) + TRAILER_BYTES;
}

/** @returns the seed of a checksum at `offset` bytes in a sector with this seed of its own */
export function placeSeed(sectorSeed: number, offset: number): number {
	return (sectorSeed ^ offset) >>> 0;
}

/** The header of a record, read. */
export class RecordHeader {
	type = 0;
	count = 0;
	firstIndex = 0;
	length = 0;
	firstTerm = 0;
	lastTerm = 0;
	dataCrc = 0;
	previous = 0;
	crc = 0;

	/**
	 * Reads the header at the start of `bytes`.
	 * @param seed `placeSeed` of where it stands
	 * @returns false when its checksum is wrong; the fields are then those of before
	 */
	read(bytes: Uint8Array, view: DataView, seed: number): boolean {
		if (bytes[0] !== RECORD_MAGIC) return false;
		const crc = view.getUint32(28, true);
		if (crc !== crc32c(seed, bytes, 0, 28)) return false;
		this.type = bytes[1];
		this.count = view.getUint16(2, true);
		this.firstIndex = view.getUint32(4, true) + view.getUint16(8, true) * U32;
		this.length = view.getUint16(10, true);
		this.firstTerm = view.getUint32(12, true);
		this.lastTerm = view.getUint32(16, true);
		this.dataCrc = view.getUint32(20, true);
		this.previous = view.getUint32(24, true);
		this.crc = crc;
		return true;
	}
}

/** @returns true when a whole trailer stands at `at` */
export function isTrailer(bytes: Uint8Array, view: DataView, at: number, seed: number): boolean {
	return bytes[at] === TRAILER_MAGIC && view.getUint32(at + 12, true) === crc32c(seed, bytes, at, 12);
}
