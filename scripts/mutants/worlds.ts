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

/** Walks at random, after the scopes that are searched to their end. */
const WALKS = 2000;

/** Prints a line of JSON now and then: the states and steps seen, and the violation if there is one. */
const EXPLORING = `
import { SCOPES } from "./sim/explore/bounds";
import { explore } from "./sim/explore/explore";
import { HUNT_BOUNDS, Hunt } from "./sim/explore/hunt";
let count = 0;
let caught = null;
function say(more) {
	console.log(JSON.stringify({ count: count + more, caught }));
	return true;
}
for (const { name, bounds } of SCOPES) {
	const result = explore(bounds, say);
	count += result.states;
	if (result.violation !== null) caught = name + ": " + result.violation;
	say(0);
	if (caught !== null) process.exit();
}
const hunt = new Hunt(HUNT_BOUNDS, 1).run(${WALKS}, (walks, steps) => say(steps));
count += hunt.steps;
if (hunt.violation !== null) caught = "walk " + hunt.walks + ": " + hunt.violation;
say(0);
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
