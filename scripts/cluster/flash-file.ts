/**
 * The file that is a board's flash: exactly the 16 MiB that QEMU maps. Balsa's partition stands at
 * its start; the last 4 KiB are no flash, but words through which the host speaks to the board
 * (platform/qemu/board/control.h).
 */
import { randomBytes } from "node:crypto";
import { closeSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { writeAll, writeWhole } from "../../platform/node/durable-file";
import { Refusal } from "./refusal";

export const FLASH_FILE_BYTES = 16 * 1024 * 1024;
/** Of Balsa's partition, unless the board is told otherwise. */
export const PARTITION_BYTES = 1024 * 1024;
const CONTROL_OFFSET = FLASH_FILE_BYTES - 4096;
const ERASE_TIME_OFFSET = CONTROL_OFFSET;
const SEED_OFFSET = CONTROL_OFFSET + 16;
const SEED_BYTES = 16;
/** The longest erase that the core's timing allows for. */
export const ERASE_MS_MAX = 400;

/**
 * Makes sure that the file is there.
 * @param partition gives the content of a new flash, PARTITION_BYTES or fewer; the rest of the partition is blank
 * @throws Refusal where there is a file that is no flash
 */
export function ensureFlash(path: string, partition: () => Uint8Array): void {
	if (statSync(path, { throwIfNoEntry: false }) === undefined) writeFlash(path, partition());
	else checkFlash(path);
}

/** @throws Refusal where the file is missing, or is no whole flash */
export function checkFlash(path: string): void {
	const found = statSync(path, { throwIfNoEntry: false });
	if (found === undefined)
		throw new Refusal(
			"NO_FLASH",
			`${path} is gone: \`balsa node renew\` makes a fresh board in its next life, and \`balsa member replace\` takes it in`,
		);
	if (found.size !== FLASH_FILE_BYTES)
		throw new Refusal(
			"BAD_FLASH",
			`${path} is no flash image: it has ${found.size} bytes, not ${FLASH_FILE_BYTES}: \`balsa node renew\` makes a fresh board in its next life, and \`balsa member replace\` takes it in`,
		);
}

/**
 * A new flash, in the place of one that may be there: what that one had promised is forgotten, so its
 * board must be off, and begin another life. It is whole and on the disk before it has its name.
 * What QEMU writes into it later outlives a killed process, and no power cut of the host.
 */
export function writeFlash(path: string, content: Uint8Array): void {
	// Beyond the partition it is a hole, which takes no room on the disk.
	const partition = Buffer.alloc(PARTITION_BYTES, 0xff);
	partition.set(content);
	writeWhole(path, (file) => {
		writeAll(file, partition, 0, PARTITION_BYTES, 0);
		ftruncateSync(file, FLASH_FILE_BYTES);
	});
}

/** Gives the board's random numbers a new start; before each start of its QEMU. */
export function writeSeed(path: string): void {
	writeAt(path, SEED_OFFSET, randomBytes(SEED_BYTES));
}

/**
 * What an erase takes from now on, while the board runs.
 * @param milliseconds 1 to ERASE_MS_MAX, or 0 for the board's own default
 */
export function writeEraseTime(path: string, milliseconds: number): void {
	const word = Buffer.alloc(4);
	word.writeUInt32LE(milliseconds);
	writeAt(path, ERASE_TIME_OFFSET, word);
}

function writeAt(path: string, offset: number, bytes: Buffer): void {
	const file = openSync(path, "r+");
	try {
		writeSync(file, bytes, 0, bytes.length, offset);
	} finally {
		closeSync(file);
	}
}
