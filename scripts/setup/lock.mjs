/** One set-up at a time in one repository. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const POLL_MS = 200;

/**
 * Waits until no other process holds the lock, then takes it.
 * A lock whose process is dead is taken over.
 * @param {string} path
 * @param {(pid: number) => void} onWait called once, before the first wait
 * @returns {Promise<() => void>} gives the lock back
 */
export async function takeLock(path, onWait) {
	mkdirSync(dirname(path), { recursive: true });
	const own = `${process.pid} ${startOf(process.pid)}`;
	let told = false;
	while (!create(path, own)) {
		const holder = read(path);
		if (holder !== undefined && !isAlive(holder)) {
			removeStale(path, holder);
			continue;
		}
		if (!told && holder !== undefined) {
			onWait(Number.parseInt(holder, 10));
			told = true;
		}
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
	return () => {
		if (read(path) === own) rmSync(path, { force: true });
	};
}

// A link makes the file appear with its content, so nobody ever reads an empty lock.
function create(path, content) {
	const draft = `${path}.${process.pid}`;
	writeFileSync(draft, content);
	try {
		linkSync(draft, path);
		return true;
	} catch (error) {
		if (error.code !== "EEXIST") throw error;
		return false;
	} finally {
		rmSync(draft, { force: true });
	}
}

// Two may find the same dead holder: what was moved away is looked at again, and a living lock is put back.
function removeStale(path, holder) {
	const aside = `${path}.${process.pid}.stale`;
	try {
		renameSync(path, aside);
		if (read(aside) !== holder) linkSync(aside, path);
	} catch (error) {
		if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
	} finally {
		rmSync(aside, { force: true });
	}
}

function read(path) {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
		return undefined;
	}
}

// A process id is used again after a while, so its start time belongs to the holder's name.
function isAlive(holder) {
	const [pid, start] = holder.split(" ");
	return startOf(Number(pid)) === start;
}

/** Start time of a process in clock ticks since boot, or "0" where there is none (proc(5), field 22 of stat). */
function startOf(pid) {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
	} catch {
		return "0";
	}
}
