/**
 * The flash, with what every part of the journal needs around it: one scratch buffer for what is
 * read back, the seed of all checksums, and counters.
 */
import { assert } from "../assert";
import { compare, isFilled } from "../bytes";
import type { Flash } from "../ports";

/**
 * Erased flash, if the erase ended. A sector whose erase was cut off may read as blank now and otherwise
 * later, until it is erased to the end. So a sector counts as erased only in the boot that erased it, and
 * nothing is programmed because it reads as blank.
 */
export const BLANK = 0xff;
/** Says that the scratch buffer holds no record that may be used again. */
export const NO_RECORD = -1;

/** Regions by which erases are counted. */
export const REGION_LOG = 0;
export const REGION_SNAPSHOT = 1;
export const REGION_HARD_STATE = 2;
export const REGION_FORMAT = 3;
export const REGIONS = 4;

export class Medium {
	readonly flash: Flash;
	readonly sectorSize: number;
	/** The longest record; whoever fills it sets `cached`. */
	readonly scratch: Uint8Array;
	readonly scratchView: DataView;
	/** Place in the flash of the record that the scratch buffer holds, or NO_RECORD. */
	cached = NO_RECORD;
	/** True when `Journal.prepare` may find a sector to erase: set by whoever uses one up or frees one. */
	wantsErase = true;
	/** CRC of the node's identity. */
	seed = 0;

	programs = 0;
	programmedBytes = 0;
	/** Erases by region. */
	readonly erases = new Float64Array(REGIONS);
	/** Erases that a write had to wait for, because `prepare` had not been called often enough. */
	erasesInWrites = 0;
	readBacksFailed = 0;

	constructor(flash: Flash, scratchBytes: number) {
		this.flash = flash;
		this.sectorSize = flash.sectorSize;
		this.scratch = new Uint8Array(scratchBytes);
		this.scratchView = new DataView(this.scratch.buffer);
	}

	/** Reads to the start of the scratch buffer. */
	load(place: number, length: number): void {
		this.cached = NO_RECORD;
		this.flash.read(place, this.scratch, 0, length);
	}

	/** Programs whole units. What this returns from is not yet known to stand: `confirm` it. */
	program(place: number, source: Uint8Array, offset: number, length: number): void {
		this.programs++;
		this.programmedBytes += length;
		this.flash.program(place, source, offset, length);
	}

	/**
	 * Reads back what was programmed. A difference stops the node before anything is acknowledged;
	 * trying again could acknowledge what a worn cell loses later (pitfall 66).
	 */
	confirm(place: number, source: Uint8Array, offset: number, length: number): void {
		if (!this.matches(place, source, offset, length)) this.failReadBack();
	}

	/** @returns true when the flash reads back those bytes */
	matches(place: number, source: Uint8Array, offset: number, length: number): boolean {
		this.load(place, length);
		return compare(this.scratch, 0, length, source, offset, length) === 0;
	}

	failReadBack(): void {
		this.readBacksFailed++;
		assert(false, "flash reads back other bytes than were programmed");
	}

	/** Erases a sector and looks whether it is blank; once more if not. From now on this boot may program it. */
	erase(place: number, region: number): void {
		this.eraseOnce(place, region);
		if (this.isBlank(place, this.sectorSize)) return;
		this.readBacksFailed++;
		this.eraseOnce(place, region);
		assert(this.isBlank(place, this.sectorSize), "a sector does not erase");
	}

	private eraseOnce(place: number, region: number): void {
		this.erases[region]++;
		this.flash.erase(place);
	}

	isBlank(place: number, length: number): boolean {
		const { flash, scratch } = this;
		this.cached = NO_RECORD;
		let part = scratch.length;
		for (let at = 0; at < length; at += part) {
			if (part > length - at) part = length - at;
			flash.read(place + at, scratch, 0, part);
			if (!isFilled(scratch, 0, part, BLANK)) return false;
		}
		return true;
	}
}
