/**
 * Flash in a file, with the rules of NOR: a program lets bits only fall. The partition stands at
 * the start of the file, as in the file that is an emulated board's flash, so either may go on where
 * the other stopped.
 *
 * Durability: the file is opened with O_DSYNC, so each program and erase is on the disk, as far as
 * the disk does not lie, when the call returns and before anything is acknowledged; and they get
 * there in the order in which the journal made them. With `durable: false` they are only handed to
 * the operating system: that outlives a killed process, not a power cut of the host.
 */
import { closeSync, constants, fstatSync, fsyncSync, readSync } from "node:fs";
import { dirname } from "node:path";
import type { Flash } from "../../core/ports";
import { syncFolder, writeAll, writeWhole } from "./durable-file";
import { openLocked } from "./locked-file";

const BLANK = 0xff;

export interface NodeFlashOptions {
	/** Bytes of the partition; the file may be larger. */
	readonly size?: number;
	readonly sectorSize?: number;
	readonly durable?: boolean;
}

/** 1 MiB in sectors of 4 KiB: what an ESP32 gives. */
export const PARTITION_BYTES = 1024 * 1024;
export const SECTOR_BYTES = 4096;

/** A file that was cut short: what a node promised may be in the part that is gone. */
export class FlashTooShort extends Error {
	readonly code = "BAD_FLASH";

	constructor(path: string, bytes: number, wanted: number) {
		super(
			`${path} has ${bytes} bytes, and a flash has ${wanted}: it was cut short. Format a later incarnation and let \`balsa member replace\` take it in`,
		);
		this.name = "FlashTooShort";
	}
}

export class NodeFlash implements Flash {
	readonly size: number;
	readonly sectorSize: number;
	/** What a disk may take for one synchronous write, generously. */
	readonly stallMsMax = 400;

	programs = 0;
	programmedBytes = 0;
	erases = 0;

	private readonly file: number;
	private readonly sector: Uint8Array;
	private readonly blank: Uint8Array;

	/**
	 * Opens a file that is there, for this process alone.
	 * @throws FileInUse, FlashTooShort; Error when it is missing
	 */
	constructor(path: string, options: NodeFlashOptions = {}) {
		this.size = options.size ?? PARTITION_BYTES;
		this.sectorSize = options.sectorSize ?? SECTOR_BYTES;
		if (this.size % this.sectorSize !== 0) throw new RangeError("the partition does not hold whole sectors");
		this.sector = new Uint8Array(this.sectorSize);
		this.blank = new Uint8Array(this.sectorSize).fill(BLANK);
		this.file = openLocked(path, constants.O_RDWR | (options.durable === false ? 0 : constants.O_DSYNC));
		try {
			const { size } = fstatSync(this.file);
			if (size < this.size) throw new FlashTooShort(path, size, this.size);
			if (options.durable !== false) {
				// The program that made the file may have left it, and its name, to the operating system.
				fsyncSync(this.file);
				syncFolder(dirname(path));
			}
		} catch (error) {
			closeSync(this.file);
			throw error;
		}
	}

	/** Makes a file of blank flash, on the disk when this returns. @throws FileExists when there is one already */
	static create(path: string, size = PARTITION_BYTES): void {
		const blank = new Uint8Array(size).fill(BLANK);
		writeWhole(path, (file) => writeAll(file, blank, 0, size, 0), false);
	}

	close(): void {
		closeSync(this.file);
	}

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		this.demand(offset, length);
		let done = 0;
		while (done < length) {
			const part = readSync(this.file, target, targetOffset + done, length - done, offset + done);
			if (part === 0) throw new Error("the flash file is shorter than its partition");
			done += part;
		}
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		this.demand(offset, length);
		const before = this.sector;
		for (let done = 0; done < length; done += before.length) {
			const part = Math.min(before.length, length - done);
			this.read(offset + done, before, 0, part);
			for (let i = 0; i < part; i++) {
				const after = source[sourceOffset + done + i];
				if ((before[i] & after) !== after) throw new RangeError(`a program raises a bit at ${offset + done + i}`);
			}
		}
		this.programs++;
		this.programmedBytes += length;
		writeAll(this.file, source, sourceOffset, length, offset);
	}

	erase(offset: number): void {
		this.demand(offset, this.sectorSize);
		if (offset % this.sectorSize !== 0) throw new RangeError("not the start of a sector");
		this.erases++;
		writeAll(this.file, this.blank, 0, this.sectorSize, offset);
	}

	private demand(offset: number, length: number): void {
		if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw new RangeError("outside the partition");
	}
}
