/**
 * NOR flash in memory, with its rules enforced and a power cut on demand: for tests, benchmarks and
 * the simulated world. Stricter than a chip: only blank cells may be programmed, once and in whole
 * units, as flash with ECC or encryption demands. Nothing is allocated unless the power fails.
 */
import { copy, fill, isFilled } from "../core/bytes";
import type { Flash } from "../core/ports";

const UNIT = 16;
const BLANK = 0xff;
/** Says that no cut is planned. */
export const NEVER = -1;

/** Thrown out of the call during which the power fails, and out of each later one. */
export class PowerCut extends Error {
	override readonly name = "PowerCut";

	constructor() {
		super("the power failed");
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
		this.erases = new Uint32Array(size / sectorSize);
	}

	/** @returns another flash with the same image: what the next boot finds */
	copy(): MemoryFlash {
		const other = new MemoryFlash(this.size, this.sectorSize);
		other.bytes.set(this.bytes);
		return other;
	}

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		if (this.isOff) throw new PowerCut();
		this.reads++;
		copy(target, targetOffset, this.bytes, offset, length);
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		if (this.isOff) throw new PowerCut();
		if (offset % UNIT !== 0 || length % UNIT !== 0) throw new RangeError("not whole program units");
		if (!isFilled(this.bytes, offset, length, BLANK)) throw new RangeError("cells that are not blank are programmed");
		this.programs++;
		this.programmedBytes += length;
		if (this.operations++ === this.cutAt) this.cut(offset, source.slice(sourceOffset, sourceOffset + length));
		copy(this.bytes, offset, source, sourceOffset, length);
	}

	erase(offset: number): void {
		if (this.isOff) throw new PowerCut();
		if (offset % this.sectorSize !== 0) throw new RangeError("not the start of a sector");
		this.erases[offset / this.sectorSize]++;
		if (this.operations++ === this.cutAt) this.cut(offset, new Uint8Array(this.sectorSize).fill(BLANK));
		fill(this.bytes, offset, this.sectorSize, BLANK);
	}

	private cut(offset: number, after: Uint8Array): never {
		const target = this.bytes.subarray(offset, offset + after.length);
		this.tear(target.slice(), after, target);
		this.isOff = true;
		throw new PowerCut();
	}
}
