/** Programs of this repository as processes, and what of them is still there. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { ROOT } from "../../scripts/firmware/paths";

const POLL_MS = 50;
export const LIMIT_MS = 60_000;

/** A program with what it wrote so far. */
export class Program {
	readonly child: ChildProcess;
	output = "";

	constructor(command: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
		const env = { ...process.env, ...environment };
		this.child = spawn(command, words, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [this.child.stdout, this.child.stderr])
			stream?.on("data", (data: Buffer) => (this.output += data));
	}

	async until(what: RegExp | (() => boolean)): Promise<void> {
		const endMs = performance.now() + LIMIT_MS;
		while (!(typeof what === "function" ? what() : what.test(this.output))) {
			if (performance.now() > endMs) assert.fail(`waited in vain for ${what}: ${this.output}`);
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	}

	/** @returns exit code, or the signal that ended it */
	async ended(): Promise<number | string> {
		const { child } = this;
		if (child.exitCode === null && child.signalCode === null) await once(child, "close");
		return child.exitCode ?? child.signalCode ?? "";
	}
}

/** @returns ids of the processes, boards and host members alike, whose flash lies in the folder */
export function membersIn(folder: string): number[] {
	return readdirSync("/proc")
		.map(Number)
		.filter((pid) => pid > 0 && isMember(pid, folder));
}

function isMember(pid: number, folder: string): boolean {
	try {
		const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
		if (words[0] === "qemu-system-arm") return words.some((word) => word.includes(`mem-path=${folder}/`));
		return words.includes("serve") && words.some((word) => word.startsWith(`${folder}/`));
	} catch {
		return false;
	}
}
