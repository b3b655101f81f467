/**
 * The header of a sector of the log. Sectors are numbered in the order in which they are opened,
 * and the sequence number says where one lies: at `sequence % logSectors` of the ring.
 *
 *   0       2        3       4          8             14         16          20         24       28
 *   | magic | format | flags | sequence | first index | reserved | last term | reserved | link   | crc |
 *     u16     u8       u8      u32        u48           u16        u32         u32        u32      u32
 *
 * `first index` is the next one of the log when the sector was opened and `last term` the term of
 * the entry before (unknown when flag 1 is set): replay can start at any sector. `link` is the CRC of the last record before, so
 * it says where the sector before ends; what stands behind is torn, was never acknowledged, and is
 * skipped for good, even if its cells read otherwise one day.
 */
import { crc32c, fill } from "../bytes";
import { FORMAT_VERSION, SECTOR_HEADER_BYTES } from "./layout";
import { BLANK } from "./medium";
import { NO_TERM } from "./record";

/** "LS" in ASCII, little-endian. */
const MAGIC = 0x534c;
const U32 = 0x100000000;

/** @returns what seeds every checksum in the sector with this number; `four` is a scratch of 4 bytes */
export function sectorSeed(identity: number, sequence: number, four: Uint8Array): number {
	four[0] = sequence % 0x100;
	four[1] = Math.floor(sequence / 0x100) % 0x100;
	four[2] = Math.floor(sequence / 0x10000) % 0x100;
	four[3] = Math.floor(sequence / 0x1000000);
	return crc32c(identity, four, 0, 4);
}

export class SectorHeader {
	format = 0;
	sequence = 0;
	firstIndex = 0;
	/** Or NO_TERM. */
	lastTerm = 0;
	link = 0;
	crc = 0;

	/**
	 * Reads the header at the start of `bytes`; its checksum is seeded with the node's identity.
	 * @returns false when it is damaged or foreign
	 */
	read(bytes: Uint8Array, view: DataView, identity: number): boolean {
		if (view.getUint16(0, true) !== MAGIC) return false;
		this.crc = view.getUint32(28, true);
		if (this.crc !== crc32c(identity, bytes, 0, 28)) return false;
		this.format = bytes[2];
		this.sequence = view.getUint32(4, true);
		this.firstIndex = view.getUint32(8, true) + view.getUint16(12, true) * U32;
		this.lastTerm = bytes[3] === 0 ? view.getUint32(16, true) : NO_TERM;
		this.link = view.getUint32(24, true);
		return true;
	}
}

/** Writes a header at the start of `bytes`. @returns its CRC: `previous` of the sector's first record */
export function writeSectorHeader(
	bytes: Uint8Array,
	view: DataView,
	identity: number,
	sequence: number,
	firstIndex: number,
	lastTerm: number,
	link: number,
): number {
	const low = firstIndex % U32;
	fill(bytes, 0, SECTOR_HEADER_BYTES, BLANK);
	view.setUint16(0, MAGIC, true);
	view.setUint8(2, FORMAT_VERSION);
	view.setUint8(3, lastTerm === NO_TERM ? 1 : 0);
	view.setUint32(4, sequence, true);
	view.setUint32(8, low, true);
	view.setUint16(12, (firstIndex - low) / U32, true);
	view.setUint32(16, lastTerm === NO_TERM ? 0 : lastTerm, true);
	view.setUint32(24, link, true);
	const crc = crc32c(identity, bytes, 0, 28);
	view.setUint32(28, crc, true);
	return crc;
}
