/**
 * Where everything lies in the partition, as pure functions of its geometry and the limits.
 *
 *   | superblock ×2 | hard state A ×2 | hard state B ×2 | log … | snapshot 0 | snapshot 1 | spare ×2 |
 *
 * Each program unit is programmed once between two erases: flash with ECC or encryption forbids
 * more, so nothing here is a status bit that falls later.
 */
import { assert } from "../assert";
import { ENTRY_HEADER_BYTES } from "../entry";
import type { Limits } from "../limits";
import type { Flash } from "../ports";

/** Bytes that are programmed together, once. */
export const PROGRAM_UNIT = 16;
/** Of everything that is written here; another number means UNKNOWN_FORMAT. */
export const FORMAT_VERSION = 2;

const SUPERBLOCK_SECTORS = 2;
const HARD_STATE_SECTORS = 2;
const SPARE_SECTORS = 2;
/** Two that the reserve keeps, two that are erased ahead, and two that hold entries. */
const LOG_SECTORS_MIN = 6;

/** Before the stream of a snapshot in its slot: the header, and what is programmed when that has ended. */
export const SNAPSHOT_HEADER_BYTES = 80;
/** Before the range of entries in a record of the log. */
export const RECORD_HEADER_BYTES = 32;
/** After it, programmed when the record is. */
export const TRAILER_BYTES = 16;
/** At the start of each sector of the log. */
export const SECTOR_HEADER_BYTES = 32;

/** @returns `bytes` rounded up to whole program units */
export function aligned(bytes: number): number {
	return Math.ceil(bytes / PROGRAM_UNIT) * PROGRAM_UNIT;
}

/** @returns bytes that a snapshot of a state within `limits` may take, generously */
export function snapshotBytesMax(limits: Limits): number {
	return 2048 + limits.keys * 48 + limits.liveBytes + limits.sessions * (96 + limits.replyBytes);
}

/** @returns the longest record with its trailer: what one buffer must hold */
export function recordBytesMax(limits: Limits, sectorSize: number): number {
	const largest = RECORD_HEADER_BYTES + aligned(ENTRY_HEADER_BYTES + limits.commandBytes) + TRAILER_BYTES;
	const bytes = Math.min(sectorSize - SECTOR_HEADER_BYTES, Math.max(2048, largest));
	assert(bytes >= largest, "the largest entry does not fit a sector of the flash");
	return bytes;
}

/** What a record takes besides its entries at most. */
export const RECORD_WASTE_BYTES = RECORD_HEADER_BYTES + TRAILER_BYTES + PROGRAM_UNIT - 1;

/** @returns bytes of entries that an empty sector of the log surely takes: at its end the largest entry may not fit */
export function sectorRoomBytes(limits: Limits, sectorSize: number): number {
	const entryBytesMax = ENTRY_HEADER_BYTES + limits.commandBytes;
	return Math.max(sectorSize - SECTOR_HEADER_BYTES - entryBytesMax - 3 * RECORD_WASTE_BYTES, entryBytesMax);
}

/** Regions by their first sector, in sectors. */
export class Layout {
	readonly sectorSize: number;
	readonly sectors: number;
	readonly hardStateA: number;
	readonly hardStateB: number;
	readonly log: number;
	readonly logSectors: number;
	readonly snapshots: number;
	readonly snapshotSectors: number;

	/** @param snapshotSectors of one slot: from `planLayout`, or from the superblock */
	constructor(flash: Flash, snapshotSectors: number) {
		this.sectorSize = flash.sectorSize;
		this.sectors = flash.size / flash.sectorSize;
		this.hardStateA = SUPERBLOCK_SECTORS;
		this.hardStateB = this.hardStateA + HARD_STATE_SECTORS;
		this.log = this.hardStateB + HARD_STATE_SECTORS;
		this.snapshotSectors = snapshotSectors;
		this.snapshots = this.sectors - SPARE_SECTORS - 2 * snapshotSectors;
		this.logSectors = this.snapshots - this.log;
	}

	/** @returns true when every region has the room that it needs at least */
	isSound(): boolean {
		return this.snapshotSectors >= 1 && this.logSectors >= LOG_SECTORS_MIN;
	}

	/** @returns bytes that a snapshot's stream may have */
	snapshotCapacity(): number {
		return this.snapshotSectors * this.sectorSize - SNAPSHOT_HEADER_BYTES;
	}
}

/** @returns sectors that one snapshot slot needs for these limits */
export function snapshotSectors(flash: Flash, limits: Limits): number {
	return Math.ceil((SNAPSHOT_HEADER_BYTES + snapshotBytesMax(limits)) / flash.sectorSize);
}

/** @returns the layout that `format` gives a partition: the log takes what the rest leaves */
export function planLayout(flash: Flash, limits: Limits): Layout {
	assert(flash.sectorSize % 64 === 0 && flash.sectorSize <= 65536, "the flash's sector size is out of range");
	assert(flash.size % flash.sectorSize === 0, "the partition does not hold whole sectors");
	const layout = new Layout(flash, snapshotSectors(flash, limits));
	assert(layout.isSound(), "the partition is too small for these limits");
	return layout;
}
