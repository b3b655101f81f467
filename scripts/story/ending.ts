/** However a program with boards ends, its boards end first. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";

const PARENT_POLL_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `end` once, when a signal asks for it, or when the parent is gone. Under npm the parent is
 * a shell that outlives npm, so then the shell's parent counts as well.
 * @param end gets the signal's name, or undefined for the parent's death
 */
export function onEnding(end: (signal: string | undefined) => void): void {
	let isEnding = false;
	const once = (signal: string | undefined) => {
		if (isEnding) return;
		isEnding = true;
		end(signal);
	};
	for (const signal of SIGNALS) process.on(signal, () => once(signal));
	const parent = process.ppid;
	const isUnderNpm = process.env["npm_lifecycle_event"] !== undefined;
	const grandparent = isUnderNpm ? parentOf(parent) : 0;
	setInterval(() => {
		if (process.ppid !== parent || (isUnderNpm && parentOf(parent) !== grandparent)) once(undefined);
	}, PARENT_POLL_MS).unref();
}

/** @returns the parent's process id (proc(5), field 4 of stat), 0 where it cannot be told */
function parentOf(pid: number): number {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
	} catch {
		return 0;
	}
}

/** @returns what a shell reports of a process that the signal ended; 1 for a lost parent */
export function endingCode(signal: string | undefined): number {
	return signal === undefined ? 1 : 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
