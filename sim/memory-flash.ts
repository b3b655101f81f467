/**
 * NOR flash in memory, with its rules enforced and a power cut on demand: for tests, benchmarks and
 * the simulated world. Stricter than a chip: only blank cells may be programmed, once and in whole
 * units, as flash with ECC or encryption demands. Nothing is allocated unless the power fails.
 *
 * Cells that a cut left between two states are unsettled: they read as something now, and as something
 * else later. An erase settles them, and so does a program that makes them 0. To program a sector whose
 * erase was cut off is refused, although it may read as blank.
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

/** Bits that have not settled, from a place of the flash on: 1 where they have not. */
interface Unsettled {
	readonly offset: number;
	readonly bits: Uint8Array;
	readonly isErase: boolean;
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
	private readonly unsettled: Unsettled[] = [];

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
		other.become(this);
		return other;
	}

	/** Takes over the image of another flash of the same size. */
	become(other: MemoryFlash): void {
		this.bytes.set(other.bytes);
		this.settle();
		for (const { offset, bits, isErase } of other.unsettled) this.unsettle(offset, bits, isErase);
	}

	/** These bits, from `offset` on, have not settled, because an erase or a program was cut off. */
	unsettle(offset: number, bits: Uint8Array, isErase: boolean): void {
		this.unsettled.push({ offset, bits: bits.slice(), isErase });
	}

	/** True when there are cells that may change their mind. */
	get isUnsettled(): boolean {
		return this.unsettled.length > 0;
	}

	/** Cells that have not settled read as `draw` says from now on: called for each byte, it gives its bits. */
	stir(draw: () => number): void {
		for (const { offset, bits } of this.unsettled)
			for (let i = 0; i < bits.length; i++) {
				const at = offset + i;
				if (bits[i] !== 0) this.bytes[at] = (this.bytes[at] & ~bits[i]) | (draw() & bits[i]);
			}
	}

	/** Every cell is settled as it reads. */
	settle(): void {
		this.unsettled.length = 0;
	}

	/** An erase has ended: so have the doubts about its sector. */
	private settleSector(offset: number): void {
		for (let i = this.unsettled.length - 1; i >= 0; i--) {
			const at = this.unsettled[i].offset;
			if (at >= offset && at < offset + this.sectorSize) this.unsettled.splice(i, 1);
		}
	}

	/** What a program is to make 0 will have settled; what it leaves has not, and may read as blank until then. */
	private settleProgrammed(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		for (const region of this.unsettled) {
			const { bits } = region;
			const from = Math.max(offset, region.offset);
			const to = Math.min(offset + length, region.offset + bits.length);
			for (let at = from; at < to; at++) {
				if (region.isErase) throw new RangeError("a sector whose erase was cut off is programmed");
				this.bytes[at] |= bits[at - region.offset];
				bits[at - region.offset] &= source[sourceOffset + at - offset];
			}
		}
	}

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		if (this.isOff) throw new PowerCut();
		this.reads++;
		copy(target, targetOffset, this.bytes, offset, length);
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		if (this.isOff) throw new PowerCut();
		if (offset % UNIT !== 0 || length % UNIT !== 0) throw new RangeError("not whole program units");
		if (this.unsettled.length > 0) this.settleProgrammed(offset, source, sourceOffset, length);
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
		if (this.unsettled.length > 0) this.settleSector(offset);
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
