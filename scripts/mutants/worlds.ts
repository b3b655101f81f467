/** The exhaustive exploration and the simulator as programs that look for one mutant. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, bundle } from "./bundle";
import { run } from "./child";
import { type Mutant, ROOT } from "./mutant";

/** Longest silence of a program: a seed takes well below a second, and an exploration says how it gets on. */
const SILENCE_SECONDS = 60;

const EXPLORATION = "sim/explore/explore.ts";
const SIMULATOR = "sim/run.ts";

/** Bounds that take a minute or less together; each finds what the others are too narrow for. */
const EXPLORED = `
	{ terms: 2, timeouts: 2, heartbeats: 1, entries: 1, crashes: 1, messages: 4, states: 200_000 },
	{ terms: 3, timeouts: 3, heartbeats: 0, entries: 2, crashes: 1, messages: 3, states: 200_000 },
	{ terms: 2, timeouts: 2, heartbeats: 1, entries: 1, reads: 1, crashes: 0, duplicates: 1, messages: 4, states: 200_000 },
`;

/** Prints a line of JSON for each bound: the states seen, and the violation if there is one. */
const EXPLORING = `
import { DEFAULT_BOUNDS } from "./sim/explore/bounds";
import { explore } from "./sim/explore/explore";
let count = 0;
for (const bounds of [${EXPLORED}]) {
	let caught = null;
	try {
		const result = explore({ ...DEFAULT_BOUNDS, ...bounds });
		count += result.states;
		caught = result.violation;
	} catch (error) {
		caught = String(error.message ?? error);
	}
	console.log(JSON.stringify({ count, caught }));
	if (caught !== null) break;
}
`;

/** Prints a line of JSON for each seed: how many were run, and what was violated. */
const SIMULATING = `
import { drawOptions } from "./sim/options";
import { simulate } from "./sim/run";
const [from, to] = process.argv.slice(2).map(Number);
for (let seed = from; seed <= to; seed++) {
	let caught = null;
	try {
		simulate(drawOptions(seed));
	} catch (error) {
		caught = String(error.message ?? error).split("\\n")[0];
	}
	console.log(JSON.stringify({ count: seed, caught }));
	if (caught !== null) break;
}
`;

export interface Found {
	/** What noticed the mutant, in words; null when nothing did. */
	readonly caught: string | null;
	/** Seeds or states. */
	readonly count: number;
}

export function hasExploration(): boolean {
	return existsSync(join(ROOT, EXPLORATION));
}

export function hasSimulator(): boolean {
	return existsSync(join(ROOT, SIMULATOR));
}

/** @returns undefined when none of the patch is in the program */
export function bundleExploration(mutant: Mutant | undefined): Promise<Bundle | undefined> {
	return bundle(mutant, "exploration", EXPLORING);
}

/** @returns undefined when none of the patch is in the program */
export function bundleSimulator(mutant: Mutant | undefined): Promise<Bundle | undefined> {
	return bundle(mutant, "simulator", SIMULATING);
}

/** @param from of the seeds, the first and the last included; the exploration has none */
export async function look(built: Bundle, from = 0, to = 0): Promise<Found> {
	let found: Found = { caught: null, count: from === 0 ? 0 : from - 1 };
	const ended = await run([built.path, String(from), String(to)], SILENCE_SECONDS, (line) => {
		if (line.startsWith("{")) found = JSON.parse(line);
	});
	if (found.caught !== null || (ended.code === 0 && !ended.timedOut)) return found;
	// A seed that never ends, or takes the process down, is noticed as well: it is the next one.
	const words = ended.output.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("{"));
	const why = ended.timedOut ? "it never ends" : (words.at(-1) ?? `it ends with ${ended.code}`);
	return { caught: why, count: found.count + 1 };
}
