/** One set-up, or one launcher, at a time in one folder. */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { holderOf, isStillAt, tryLock } from "../../platform/node/kernel-lock.mjs";

const POLL_MS = 200;

/**
 * Waits until no other process holds the lock, then takes it. It ends with this process.
 * The file stays when the lock is given back: were it removed, two processes could lock two files of that name.
 * @param {string} path
 * @param {(pid: number) => void} onWait called once, before the first wait; 0 where the holder cannot be seen
 * @returns {Promise<() => void>} gives the lock back
 */
export async function takeLock(path, onWait) {
	mkdirSync(dirname(path), { recursive: true });
	let told = false;
	for (;;) {
		const file = tryTake(path);
		if (file !== undefined) {
			let isHeld = true;
			return () => {
				if (isHeld) closeSync(file);
				isHeld = false;
			};
		}
		if (!told) onWait(holderOf(path));
		told = true;
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
}

function tryTake(path) {
	const file = openSync(path, "a");
	try {
		if (tryLock(file) && isStillAt(path, file)) return file;
	} catch (error) {
		closeSync(file);
		throw error;
	}
	closeSync(file);
	return undefined;
}
