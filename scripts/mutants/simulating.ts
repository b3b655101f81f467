/** A program: runs the seeds from its first argument to its second, and prints a line of JSON for each. */
import { drawOptions } from "../../sim/options";
import { simulate } from "../../sim/run";

/** @returns what was violated, in one line, or null */
function violation(seed: number): string | null {
	try {
		simulate(drawOptions(seed));
		return null;
	} catch (error) {
		return (error instanceof Error ? error.message : String(error)).split("\n")[0];
	}
}

const [from, to] = process.argv.slice(2).map(Number);
let caught: string | null = null;
for (let seed = from; seed <= to && caught === null; seed++) {
	caught = violation(seed);
	console.log(JSON.stringify({ count: seed, caught }));
}
