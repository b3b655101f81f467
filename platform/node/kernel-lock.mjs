/**
 * One process at a time: an exclusive advisory lock of the kernel on a file that is open (flock(2)).
 * It ends with the process that holds it, however that ends, and it holds across containers, because
 * it belongs to the file and names no process id.
 *
 * Node.js has no call for it. flock(1) of util-linux takes it on a file that it inherits: the lock
 * belongs to the open file, which this process shares, so it stays after flock(1) has ended.
 * Plain JavaScript, because the set-up needs it before there are node modules.
 */
import { spawnSync } from "node:child_process";
import { fstatSync, readdirSync, readFileSync, statSync } from "node:fs";

/** What flock(1) ends with where another process has the lock. */
const TAKEN = 1;

/** The program that takes the lock is not there. */
export class LockToolMissing extends Error {
	constructor() {
		super(
			"flock is missing, which locks files: install util-linux (Debian: apt-get install util-linux; macOS: brew install flock)",
		);
		this.name = "LockToolMissing";
		this.code = "MISSING_TOOL";
	}
}

/**
 * Takes the lock of an open file, and does not wait. Closing the file gives it back.
 * @param {number} file descriptor, open for writing
 * @returns {boolean} false where another opening of this file has the lock, in this process or in another
 * @throws {Error} where the system cannot lock it
 */
export function tryLock(file) {
	const { error, signal, status, stderr } = spawnSync("flock", ["-x", "-n", "3"], {
		stdio: ["ignore", "ignore", "pipe", file],
		encoding: "utf8",
	});
	if (error?.code === "ENOENT") throw new LockToolMissing();
	if (error !== undefined) throw error;
	if (status === 0) return true;
	if (status === TAKEN) return false;
	throw new Error(`flock failed (${signal ?? status}): ${stderr.trim() || "it gave no reason"}`);
}

/** True while `path` names the file that is open: a lock on a file that was replaced guards nothing. */
export function isStillAt(path, file) {
	const there = statSync(path, { throwIfNoEntry: false });
	const open = fstatSync(file);
	return there !== undefined && there.dev === open.dev && there.ino === open.ino;
}

/**
 * For messages only: procfs may be missing, and processes of other users and containers are not seen.
 * @returns {number} id of the process that holds the lock of a file, 0 where it cannot be seen
 */
export function holderOf(path) {
	const file = statSync(path, { throwIfNoEntry: false });
	if (file === undefined) return 0;
	for (const name of entriesOf("/proc")) if (/^\d+$/.test(name) && holds(name, file)) return Number(name);
	return 0;
}

function holds(process, file) {
	for (const name of entriesOf(`/proc/${process}/fd`)) {
		try {
			const open = statSync(`/proc/${process}/fd/${name}`);
			if (open.dev !== file.dev || open.ino !== file.ino) continue;
			if (/^lock:.*\bFLOCK\b/m.test(readFileSync(`/proc/${process}/fdinfo/${name}`, "latin1"))) return true;
		} catch {
			// It was closed meanwhile.
		}
	}
	return false;
}

function entriesOf(folder) {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
