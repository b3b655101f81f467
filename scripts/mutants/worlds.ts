/** The exhaustive exploration and the simulator as programs that look for one mutant. */
import { type Bundle, bundle } from "./bundle";
import { run } from "./child";
import type { Mutant } from "./mutant";

/** Longest silence of a program: a seed takes well below a second, and an exploration says how it gets on. */
const SILENCE_SECONDS = 60;

export interface Found {
	/** What noticed the mutant, in words; null when nothing did. */
	readonly caught: string | null;
	/** Seeds or states. */
	readonly count: number;
}

/** @returns undefined when none of the patch is in the program */
export function bundleExploration(mutant: Mutant | undefined): Promise<Bundle | undefined> {
	return bundle(mutant, "exploration", 'import "./scripts/mutants/exploring";');
}

/** @returns undefined when none of the patch is in the program */
export function bundleSimulator(mutant: Mutant | undefined): Promise<Bundle | undefined> {
	return bundle(mutant, "simulator", 'import "./scripts/mutants/simulating";');
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
