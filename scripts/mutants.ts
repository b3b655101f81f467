/**
 * `npm run mutants`: how good the tests, the exploration and the simulator are at finding mistakes
 * that others have shipped. Each is put into the source as a small patch when a program is bundled,
 * and the programs are run until one of them complains.
 */
import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { checkCatalogue, MUTANTS, NOT_BUILT } from "./mutants/catalogue";
import { type Mutant, MutantDrift } from "./mutants/mutant";
import { printTable, type Row, summary } from "./mutants/report";
import { Results, STAGES, type Stage } from "./mutants/results";
import { judge, type Plan } from "./mutants/runner";

interface Options {
	readonly only?: string[];
	readonly folder?: string;
	readonly budget: number;
	readonly seeds: number;
	readonly stages: Stage[];
	readonly simulatorAlone: boolean;
	readonly jobs: number;
	readonly json: boolean;
	readonly list: boolean;
}

function number(text: string): number {
	const value = Number(text);
	if (!(value > 0)) throw new InvalidArgumentError("a number above 0 is wanted");
	return value;
}

function stages(text: string): Stage[] {
	const names = text.split(",");
	const wrong = names.find((name) => !(STAGES as readonly string[]).includes(name));
	if (wrong !== undefined) throw new InvalidArgumentError(`no such stage: ${wrong}; there are ${STAGES.join(", ")}`);
	return names as Stage[];
}

function parse(): Options {
	return new Command("npm run mutants --")
		.description("Seeds known mistakes into the source and shows what notices each.")
		.option("--only <ids>", "these mutants, or all of a pitfall: 15,17b", (text) => text.split(","))
		.option("--folder <path>", "those that patch a file in it: core/raft")
		.option("--budget <minutes>", "stop then, and say what is left", number, Infinity)
		.option("--seeds <count>", "of the simulator for a mutant at most", number, 1000)
		.option("--stages <names>", `of ${STAGES.join(", ")}`, stages, [...STAGES])
		.option("--simulator-alone", "the same as --stages simulator", false)
		.option("--jobs <count>", "mutants at once", number, availableParallelism())
		.option("--json", "the table as JSON", false)
		.option("--list", "the catalogue, with nothing run", false)
		.parse()
		.opts<Options>();
}

function chosen({ only, folder }: Options): Mutant[] {
	const isNamed = ({ id }: Mutant) => only?.some((name) => id === name || id.replace(/[a-z]$/, "") === name) ?? true;
	const isThere = ({ edits }: Mutant) =>
		edits.some(({ file }) => folder === undefined || file.startsWith(`${folder}/`));
	const found = MUTANTS.filter((mutant) => isNamed(mutant) && isThere(mutant));
	if (found.length === 0) throw new MutantDrift(`no such mutant: ${[only, folder].flat().join(" ")}`);
	return found;
}

async function main(): Promise<number> {
	const options = parse();
	checkCatalogue();
	const mutants = chosen(options);
	if (options.list) {
		for (const { id, oracle, name, why } of mutants) console.log(`${id.padEnd(4)} ${oracle} ${name}: ${why}`);
		return 0;
	}
	const plan: Plan = {
		stages: options.simulatorAlone ? ["simulator"] : options.stages,
		seeds: options.seeds,
		deadlineMs: Date.now() + options.budget * 60_000,
	};
	// What complains of the source as it is says nothing of a mutant.
	const results = new Results();
	const clean = await judge(undefined, { ...plan, seeds: Math.min(plan.seeds, 200) }, results);
	if (clean.stage !== undefined) {
		console.error(`the ${clean.stage} stage complains of the source without any mutant: ${clean.by}`);
		return 1;
	}

	const rows: Row[] = [];
	const queue = [...mutants];
	const work = async () => {
		for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
			const outcome = await judge(mutant, plan, results);
			rows.push({ mutant, outcome });
			if (options.json) continue;
			const said = outcome.stage === undefined ? (outcome.isWhole ? "SURVIVES" : "left") : outcome.by;
			console.error(`${rows.length}/${mutants.length} ${mutant.id} ${mutant.name}: ${said}`);
		}
	};
	await Promise.all(Array.from({ length: options.jobs }, work));
	rows.sort((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant));
	const sum = summary(rows);
	if (options.json) console.log(JSON.stringify({ rows, notBuilt: NOT_BUILT, ...sum }, null, "\t"));
	else printTable(rows, mutants.length === MUTANTS.length ? NOT_BUILT : [], sum);
	return sum.survivors.length === 0 ? 0 : 1;
}

try {
	process.exitCode = await main();
} catch (error) {
	if (!(error instanceof MutantDrift)) throw error;
	console.error(error.message);
	process.exitCode = 2;
}
