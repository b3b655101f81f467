import { readFileSync } from "node:fs";

const LIMIT_MS = 20_000;
const POLL_MS = 10;

/** Waits until something holds, and fails by name where it never does. */
export async function until(what: string, holds: () => boolean): Promise<void> {
	const endMs = performance.now() + LIMIT_MS;
	while (!holds()) {
		if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
}

/** @returns the letter of proc(5), or undefined where there is no such process */
export function processState(pid: number): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		return stat.slice(stat.lastIndexOf(")") + 2)[0];
	} catch {
		return undefined;
	}
}

/** A zombie has died already; it waits for whoever asks after it. */
export function isAlive(pid: number): boolean {
	const state = processState(pid);
	return state !== undefined && state !== "Z" && state !== "X";
}
