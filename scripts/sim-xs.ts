/**
 * `npm run sim:xs`: the simulator inside XS, on this machine or on the emulated board. Its traces
 * must be those of Node.js, whatever memory the engine has. Exit code 0 only if they all are.
 */
import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { integer } from "./balsa/parse";
import type { XsTarget } from "./firmware/run-on-xs";
import { type Comparison, compareRuns, expectedOf, fitsBoard } from "./sim-xs/compare";
import { findDifference } from "./sim-xs/difference";
import { MEMORY_NAMES, type MemoryName, nodeEngine } from "./sim-xs/engines";
import type { Meter } from "./sim-xs/program";
import { usageError } from "./story/usage";

interface Options {
	seed?: number;
	seeds?: number;
	from?: number;
	to?: number;
	board?: boolean;
	memory?: MemoryName;
	jobs: number;
	json?: boolean;
}

const SEED_MAX = 0xffffffff;
const seed = integer(1, SEED_MAX);

const program = new Command("npm run sim:xs --")
	.exitOverride(usageError)
	.description("Runs seeds of the simulator inside XS and on Node.js; their traces must be the same.")
	.option("--seed <n>", "this seed alone", seed)
	.option("--seeds <n>", "seeds 1 to n", seed)
	.option("--from <n>", "the first seed", seed)
	.option("--to <n>", "the last seed", seed)
	.option("--board", "on the emulated board, with counted instructions, instead of this machine")
	.addOption(
		new Option(
			"--memory <name>",
			"the engine's memory, which decides when it collects garbage (default: each)",
		).choices(MEMORY_NAMES),
	)
	.option("--jobs <n>", "engines at the same time", integer(1, 64), availableParallelism())
	.option("--json", "a line of JSON for each run, and one at the end")
	.parse();

function seedsOf(options: Options): number[] {
	const first = options.seed ?? options.from ?? 1;
	const last = options.seed ?? options.seeds ?? options.to ?? first;
	if (last < first) program.error("--to is below --from", { exitCode: 2 });
	return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function tell(comparison: Comparison, target: XsTarget, json: boolean): void {
	const { engine, expected, hash, isEqual, meter, seed, told } = comparison;
	if (json) return console.log(JSON.stringify({ seed, engine: engine.name, hash, isEqual, ...meter }));
	const cost = meter === null ? "" : `, ${inWords(meter, target)}`;
	console.log(`seed ${seed} ${engine.name}: ${hash} ${isEqual ? "equal" : "DIFFERENT"}${cost}`);
	if (isEqual) return;
	console.log(`  node: ${expected}`);
	console.log(`  ${engine.name}: ${told}`);
}

function inWords({ chunkBytesPeak, collections, microseconds, slotsPeak }: Meter, target: XsTarget): string {
	// A board's clock counts instructions: a thousand are a microsecond.
	const time = target === "board" ? `${microseconds} thousand instructions` : `${(microseconds / 1e6).toFixed(2)} s`;
	return `${time}, ${collections} collections, at most ${slotsPeak} slots and ${chunkBytesPeak} chunk bytes`;
}

async function explain({ engine, meter, seed }: Comparison, say: (line: string) => void): Promise<void> {
	if (meter === null) return say(`${engine.name} did not come to the end of seed ${seed}`);
	const difference = await findDifference(nodeEngine, engine, seed);
	if (difference === null) return say(`seed ${seed}: no step differs when it is done again`);
	const tell = (title: string, lines: readonly string[]) => say([title, ...lines].join("\n  "));
	tell(`seed ${seed}: the last that both did`, difference.common);
	tell("then node", difference.one);
	tell(`then ${engine.name}`, difference.other);
}

async function main(options: Options): Promise<number> {
	const { board = false, jobs, json = false, memory } = options;
	if (board && memory === "ample") program.error("a board has no ample memory", { exitCode: 2 });
	const all = await expectedOf(seedsOf(options));
	const expected = board ? all.filter(fitsBoard) : all;
	const tooLong = all.length - expected.length;
	if (tooLong > 0 && !json) console.log(`${tooLong} runs have more calls than a board has room for: left out`);
	const target = board ? "board" : "host";
	const names: readonly MemoryName[] = memory !== undefined ? [memory] : board ? ["scarce"] : MEMORY_NAMES;
	let equal = 0;
	const different: Comparison[] = [];
	for (const name of names) {
		await compareRuns(target, name, expected, jobs, (comparison) => {
			tell(comparison, target, json);
			if (comparison.isEqual) equal++;
			else different.push(comparison);
		});
	}
	if (different.length > 0) await explain(different[0], json ? console.error : console.log);
	if (json) console.log(JSON.stringify({ seeds: all.length, tooLong, equal, different: different.length }));
	else console.log(`${equal} runs equal those of Node.js, ${different.length} differ`);
	return different.length === 0 && equal > 0 ? 0 : 1;
}

process.exitCode = await main(program.opts<Options>());
