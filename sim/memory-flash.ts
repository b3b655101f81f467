/**
 * NOR flash in memory, with its rules enforced and a power cut on demand: for tests, benchmarks and
 * the simulated world. Stricter than a chip: a program unit may be programmed once between erases,
 * as flash with ECC or encryption demands.
 */
import type { Flash } from "../core/ports";

const UNIT = 16;
const BLANK = 0xff;
/** Says that no cut is planned. */
export const NEVER = -1;

/** Thrown out of the call during which the power fails, and out of each later one. */
export class PowerCut extends Error {
	constructor() {
		super("the power failed");
		this.name = "PowerCut";
	}
}

/**
 * What a cut call leaves.
 * @param before the bytes that it was to change, as they were
 * @param after as they would be had it ended
 * @param target where to write what they are instead
 */
export type Tear = (before: Uint8Array, after: Uint8Array, target: Uint8Array) => void;

export class MemoryFlash implements Flash {
	readonly size: number;
	readonly sectorSize: number;
	readonly stallMsMax = 400;
	/** The image. */
	readonly bytes: Uint8Array;
	/** By program unit: 1 when it was programmed since its last erase. */
	readonly programmed: Uint8Array;

	/** Calls of `program` and `erase` so far, the cut one included. */
	operations = 0;
	/** The operation, counted from 0, during which the power fails; or NEVER. */
	cutAt = NEVER;
	/** What that leaves; by default nothing of it happened. */
	tear: Tear = (before, _after, target) => target.set(before);
	isOff = false;

	reads = 0;
	programs = 0;
	programmedBytes = 0;
	/** By sector. */
	readonly erases: Uint32Array;

	constructor(size: number, sectorSize: number) {
		this.size = size;
		this.sectorSize = sectorSize;
		this.bytes = new Uint8Array(size).fill(BLANK);
		this.programmed = new Uint8Array(size / UNIT);
		this.erases = new Uint32Array(size / sectorSize);
	}

	/** @returns another flash with the same image: what the next boot finds */
	copy(): MemoryFlash {
		const other = new MemoryFlash(this.size, this.sectorSize);
		other.bytes.set(this.bytes);
		other.programmed.set(this.programmed);
		return other;
	}

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		this.demand(offset, length);
		this.reads++;
		target.set(this.bytes.subarray(offset, offset + length), targetOffset);
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		this.demand(offset, length);
		if (offset % UNIT !== 0 || length % UNIT !== 0) throw new RangeError("not whole program units");
		for (let unit = offset / UNIT; unit < (offset + length) / UNIT; unit++) {
			if (this.programmed[unit] !== 0) throw new RangeError(`unit ${unit} is programmed twice`);
			this.programmed[unit] = 1;
		}
		const before = this.bytes.slice(offset, offset + length);
		const after = source.slice(sourceOffset, sourceOffset + length);
		for (let i = 0; i < length; i++)
			if ((before[i] & after[i]) !== after[i]) throw new RangeError(`a program raises a bit at ${offset + i}`);
		this.programs++;
		this.programmedBytes += length;
		this.change(offset, before, after);
	}

	erase(offset: number): void {
		this.demand(offset, this.sectorSize);
		if (offset % this.sectorSize !== 0) throw new RangeError("not the start of a sector");
		this.erases[offset / this.sectorSize]++;
		const before = this.bytes.slice(offset, offset + this.sectorSize);
		const after = new Uint8Array(this.sectorSize).fill(BLANK);
		this.programmed.fill(0, offset / UNIT, (offset + this.sectorSize) / UNIT);
		this.change(offset, before, after);
	}

	private demand(offset: number, length: number): void {
		if (this.isOff) throw new PowerCut();
		if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw new RangeError("outside the partition");
	}

	private change(offset: number, before: Uint8Array, after: Uint8Array): void {
		const isCut = this.operations++ === this.cutAt;
		const target = this.bytes.subarray(offset, offset + after.length);
		if (!isCut) {
			target.set(after);
			return;
		}
		this.tear(before, after, target);
		// A unit that reads blank after the cut is all that anybody can know of it.
		for (let at = 0; at < target.length; at += UNIT)
			this.programmed[(offset + at) / UNIT] = target.subarray(at, at + UNIT).every((byte) => byte === BLANK) ? 0 : 1;
		this.isOff = true;
		throw new PowerCut();
	}
}
