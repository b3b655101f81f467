/**
 * One process at a time: a file beside the locked one names its owner. An owner that died leaves it
 * behind, and the next process takes it over.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";

export class FileLock {
	private readonly path: string;

	/** @throws Error when a living process has it */
	constructor(path: string) {
		this.path = `${path}.lock`;
		if (this.take()) return;
		const owner = readFileSync(this.path, "utf8").trim();
		if (isAlive(owner)) throw new Error(`${path} is in use by process ${owner.split(" ")[0]}`);
		rmSync(this.path, { force: true });
		if (!this.take()) throw new Error(`${path} is in use: another process took ${this.path} just now`);
	}

	release(): void {
		rmSync(this.path, { force: true });
	}

	private take(): boolean {
		try {
			writeFileSync(this.path, `${process.pid} ${startOf(process.pid)}\n`, { flag: "wx" });
			return true;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
			throw error;
		}
	}
}

/** @param owner process id and start time: ids are used again, both together are not */
function isAlive(owner: string): boolean {
	const [id, start] = owner.split(" ");
	const pid = Number(id);
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
	}
	return startOf(pid) === start;
}

/** @returns clock ticks since boot at which the process started (proc(5), field 22), or "0" without procfs */
function startOf(pid: number): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
	} catch {
		return "0";
	}
}
