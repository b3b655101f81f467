/** A file that this process opened and locked, so that no other process uses it meanwhile. */
import { closeSync, openSync } from "node:fs";
import { holderOf, isStillAt, tryLock } from "./kernel-lock.mjs";

/** Another process has the file; the message says what to do. */
export class FileInUse extends Error {
	readonly code = "LOCKED";

	constructor(path: string) {
		const holder = holderOf(path);
		const owner =
			holder === 0 ? "a process that is not seen from here (of another user or container)" : `process ${holder}`;
		super(`${path} is in use by ${owner}: stop it first, two nodes must never run from one flash`);
		this.name = "FileInUse";
	}
}

/**
 * Opens a file and takes the kernel's lock on it. Closing the descriptor gives the lock back, and so does any end of
 * this process. The lock is on the file itself, so it holds for each name and mount of it.
 * @param flags as for `open`, for writing
 * @returns the descriptor
 * @throws FileInUse; Error of the system
 */
export function openLocked(path: string, flags: number): number {
	for (;;) {
		const file = openSync(path, flags, 0o666);
		try {
			if (!tryLock(file)) throw new FileInUse(path);
			// `format` may have put another file in its place between the two calls.
			if (isStillAt(path, file)) return file;
		} catch (error) {
			closeSync(file);
			throw error;
		}
		closeSync(file);
	}
}
