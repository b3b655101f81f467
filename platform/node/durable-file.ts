/** Files that are on the disk as a whole when a call returns, whatever happens to the power meanwhile. */
import {
	closeSync,
	constants,
	existsSync,
	fsyncSync,
	ftruncateSync,
	mkdirSync,
	openSync,
	renameSync,
	rmSync,
	writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { openLocked } from "./locked-file";

/** What a file system says that cannot bring a folder to the disk by itself. */
const CANNOT_SYNC: readonly (string | undefined)[] = ["EINVAL", "ENOTSUP"];

/** There is such a file already, and it may not be replaced. */
export class FileExists extends Error {
	readonly code = "EXISTS";

	constructor(path: string) {
		super(`${path} is there already`);
		this.name = "FileExists";
	}
}

/** Brings the names in a folder to the disk: a file without its name is lost. */
export function syncFolder(path: string): void {
	const folder = openSync(path, constants.O_RDONLY);
	try {
		fsyncSync(folder);
	} catch (error) {
		if (!CANNOT_SYNC.includes((error as NodeJS.ErrnoException).code)) throw error;
	} finally {
		closeSync(folder);
	}
}

/** Makes a folder and those above it, and brings them to the disk. */
export function makeFolder(path: string): void {
	const first = mkdirSync(path, { recursive: true });
	if (first === undefined) return;
	const top = dirname(resolve(first));
	for (let folder = dirname(resolve(path)); folder.length >= top.length; folder = dirname(folder)) {
		syncFolder(folder);
		if (folder === dirname(folder)) return;
	}
}

/**
 * Makes a file. It gets its name when it is whole and on the disk, and the name is on the disk when this returns.
 * Neither a file that is replaced nor the draft may be in use: both are locked until then.
 * @param write writes the content into the open file
 * @param mayReplace false: a file of that name stays as it is
 * @param isLocked the caller has locked the file that is replaced
 * @throws FileInUse, FileExists; Error of the system
 */
export function writeWhole(path: string, write: (file: number) => void, mayReplace = true, isLocked = false): void {
	const draft = `${path}.new`;
	const file = openLocked(draft, constants.O_RDWR | constants.O_CREAT);
	let replaced: number | undefined;
	try {
		if (existsSync(path)) {
			if (!mayReplace) throw new FileExists(path);
			if (!isLocked) replaced = openLocked(path, constants.O_RDWR);
		}
		ftruncateSync(file, 0);
		write(file);
		fsyncSync(file);
		renameSync(draft, path);
		syncFolder(dirname(path));
	} catch (error) {
		rmSync(draft, { force: true });
		throw error;
	} finally {
		if (replaced !== undefined) closeSync(replaced);
		closeSync(file);
	}
}

/** Writes all bytes of a part of an array to a place in a file. */
export function writeAll(file: number, bytes: Uint8Array, offset: number, length: number, position: number): void {
	let done = 0;
	while (done < length) done += writeSync(file, bytes, offset + done, length - done, position + done);
}
