/**
 * The superblock: whose flash this is and how it is divided. Two equal copies, each alone in its
 * sector, written by `format` as the last thing and never again. Behind copy 0 stands a unit that is
 * programmed when both were read back: where it is blank, the format may have been cut off.
 *
 *   0      4       5      6     8            12          16        18           20     24
 *   | magic| format| unit | id  | cluster high | low     | incarn. | slot size  | size | sector size | kind | … | crc |
 *     u32    u8      u8     u16   u32            u32        u16       u16 sectors  u32    u32 (28)      u8         60
 */
import { crc32c } from "../bytes";
import type { Identity } from "./identity";
import { FORMAT_VERSION, PROGRAM_UNIT } from "./layout";
import { type Medium, REGION_FORMAT } from "./medium";
import { READY, SUPERBLOCK_DAMAGED, UNFORMATTED, UNKNOWN_FORMAT } from "./status";

export const SUPERBLOCK_BYTES = 64;
/** What ends a format. */
const END_BYTES = 16;
const CRC_AT = 60;
/** "BLSA" in ASCII, little-endian. */
const MAGIC = 0x41534c42;
const KEEPER = 0;
const WITNESS = 1;

export class Superblock implements Identity {
	clusterHigh = 0;
	clusterLow = 0;
	id = 0;
	incarnation = 0;
	/** Sectors of one snapshot slot. */
	snapshotSectors = 0;
	/** Bytes of the partition and of a sector when it was formatted. */
	size = 0;
	sectorSize = 0;
	/** True for a node that keeps no state, in all of this life. */
	isWitness = false;
	/** True when the format surely ended; else the cells of copy 0 may fade. */
	isSettled = false;

	/** @returns READY, UNFORMATTED, UNKNOWN_FORMAT or SUPERBLOCK_DAMAGED */
	load(medium: Medium): number {
		this.isSettled = !medium.isBlank(SUPERBLOCK_BYTES, END_BYTES);
		const first = medium.isBlank(0, SUPERBLOCK_BYTES);
		const second = medium.isBlank(medium.sectorSize, SUPERBLOCK_BYTES);
		if (first && second) return UNFORMATTED;
		const found = this.loadCopy(medium, 0);
		if (found !== READY) return found;
		const crc = medium.scratchView.getUint32(CRC_AT, true);
		const other = this.loadCopy(medium, medium.sectorSize);
		if (other !== READY) return other;
		return crc === medium.scratchView.getUint32(CRC_AT, true) ? READY : SUPERBLOCK_DAMAGED;
	}

	private loadCopy(medium: Medium, place: number): number {
		medium.load(place, SUPERBLOCK_BYTES);
		const view = medium.scratchView;
		if (view.getUint32(0, true) !== MAGIC) return SUPERBLOCK_DAMAGED;
		// Before the checksum: a later version may keep it elsewhere.
		if (view.getUint8(4) !== FORMAT_VERSION || view.getUint8(5) !== PROGRAM_UNIT) return UNKNOWN_FORMAT;
		if (view.getUint32(CRC_AT, true) !== crc32c(0, medium.scratch, 0, CRC_AT)) return SUPERBLOCK_DAMAGED;
		const kind = view.getUint8(28);
		if (kind !== KEEPER && kind !== WITNESS) return UNKNOWN_FORMAT;
		this.isWitness = kind === WITNESS;
		this.id = view.getUint16(6, true);
		this.clusterHigh = view.getUint32(8, true);
		this.clusterLow = view.getUint32(12, true);
		this.incarnation = view.getUint16(16, true);
		this.snapshotSectors = view.getUint16(18, true);
		this.size = view.getUint32(20, true);
		this.sectorSize = view.getUint32(24, true);
		return READY;
	}

	/** Writes copy 1, then copy 0, each to a sector that it erases first, and says that the format ended. */
	save(medium: Medium): void {
		const bytes = new Uint8Array(SUPERBLOCK_BYTES);
		const view = new DataView(bytes.buffer);
		view.setUint32(0, MAGIC, true);
		view.setUint8(4, FORMAT_VERSION);
		view.setUint8(5, PROGRAM_UNIT);
		view.setUint16(6, this.id, true);
		view.setUint32(8, this.clusterHigh, true);
		view.setUint32(12, this.clusterLow, true);
		view.setUint16(16, this.incarnation, true);
		view.setUint16(18, this.snapshotSectors, true);
		view.setUint32(20, this.size, true);
		view.setUint32(24, this.sectorSize, true);
		view.setUint8(28, this.isWitness ? WITNESS : KEEPER);
		view.setUint32(CRC_AT, crc32c(0, bytes, 0, CRC_AT), true);
		for (let copy = 1; copy >= 0; copy--) {
			medium.erase(copy * medium.sectorSize, REGION_FORMAT);
			medium.program(copy * medium.sectorSize, bytes, 0, SUPERBLOCK_BYTES);
			medium.confirm(copy * medium.sectorSize, bytes, 0, SUPERBLOCK_BYTES);
		}
		medium.program(SUPERBLOCK_BYTES, new Uint8Array(END_BYTES), 0, END_BYTES);
	}
}
