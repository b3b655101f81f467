/** What a person may ask of `npm run sim`, and the command that asks the same again. */
import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { FAULTS, type FaultName, isFaultName, LATER_FAULTS } from "../../sim/faults/names";
import type { Overrides } from "../../sim/options";
import { integer } from "../balsa/parse";
import { usageError } from "../story/usage";

const SEED_MAX = 0xffffffff;
const SEEDS = 1000;
/** Enough for what happens once in a thousand runs. */
const COVERAGE_SEEDS = 5000;
/** What `--evidence` and `--resume` do before they write a line. */
const EVIDENCE_SEEDS = 5000;
const NO_FAULT = "none";

export interface Request {
	readonly from: number;
	/** Included. */
	readonly to: number;
	readonly isOneSeed: boolean;
	readonly overrides: Overrides;
	readonly jobs: number;
	readonly secondsMax: number;
	readonly keepGoing: boolean;
	readonly verbose: boolean;
	readonly json: boolean;
	readonly history: string | null;
	readonly shrink: boolean;
	readonly coverage: boolean;
	readonly evidence: boolean;
	readonly resume: number | null;
	readonly since: string | null;
	readonly evidenceTable: boolean;
	readonly evidenceFile: string;
	readonly chunk: number;
	readonly dirty: boolean;
}

interface Values {
	seeds?: number;
	seed?: number;
	from?: number;
	to?: number;
	nodes?: number;
	clients?: number;
	duration?: number;
	only?: FaultName[];
	without: FaultName[];
	wildClocks: boolean;
	jobs: number;
	timeout: number;
	keepGoing: boolean;
	verbose: boolean;
	json: boolean;
	history?: string;
	shrink: boolean;
	coverage: boolean;
	evidence: boolean;
	resume?: number;
	since?: string;
	evidenceTable: boolean;
	evidenceFile: string;
	chunk: number;
	dirty: boolean;
}

function fault(text: string, before: FaultName[] = []): FaultName[] {
	if (isFaultName(text)) return [...before, text];
	throw new InvalidArgumentError(
		`\nThere are: ${FAULTS.join(", ")}.\nNot handled yet, and only by name: ${LATER_FAULTS.join(", ")}.`,
	);
}

/** "none" says that no fault is to happen. */
function onlyFault(text: string, before: FaultName[] = []): FaultName[] {
	return text === NO_FAULT ? before : fault(text, before);
}

function duration(text: string): number {
	const milliseconds = Math.round(Number(text) * 1000);
	if (!(milliseconds >= 1 && milliseconds <= 3_600_000))
		throw new InvalidArgumentError("It must be seconds, from 0.001 to 3600.");
	return milliseconds;
}

function program(): Command {
	return new Command("npm run sim --")
		.description(
			"Runs whole clusters in a simulated world with everything that can go wrong in it; see docs/simulator.md.",
		)
		.option(
			"--seeds <count>",
			`from 1, or from --from (default: ${SEEDS}, with --coverage ${COVERAGE_SEEDS})`,
			integer(1, SEED_MAX),
		)
		.option("--seed <n>", "this one alone", integer(1, SEED_MAX))
		.option("--from <n>", "the first seed", integer(1, SEED_MAX))
		.option("--to <n>", "the last seed", integer(1, SEED_MAX))
		.option("--nodes <count>", "instead of what the seed says", integer(1, 7))
		.option("--clients <count>", "instead of what the seed says", integer(1, 64))
		.option("--duration <seconds>", "simulated, under faults, instead of what the seed says", duration)
		.option("--only <fault>", `this fault and no other; may be repeated; "${NO_FAULT}" for no fault at all`, onlyFault)
		.option("--without <fault>", "not this fault; may be repeated", fault, [])
		.option("--wild-clocks", "clocks that differ by more than any lease's bound allows", false)
		.option("--verbose", "each step of a seed in words (with --seed)", false)
		.option("--history <file>", "write what the clients of a seed asked and were told as JSON lines (with --seed)")
		.option("--shrink", "look for a smaller run that breaks the same property (with --seed)", false)
		.option("--keep-going", "do not stop at the first failure: count failures by property", false)
		.option("--coverage", "print fault by state, and the core's marks; a gap is a failure", false)
		.option("--json", "one line of JSON for each failure and for the sum", false)
		.option("--jobs <count>", "processes", integer(1, 256), availableParallelism())
		.option("--timeout <seconds>", "a seed that takes longer runs for ever", integer(1, 86_400), 60)
		.option("--evidence", "append what comes of it to the evidence, a line for each chunk", false)
		.option("--resume <to>", "evidence for the seeds from 1 to this one that have none yet", integer(1, SEED_MAX))
		.option("--since <commit>", "with --resume: evidence of this commit and of later ones counts too")
		.option("--evidence-table", "print the sum of the evidence", false)
		.option("--evidence-file <file>", "where it is", "docs/evidence/seeds.jsonl")
		.option("--chunk <seeds>", "for a line of the evidence", integer(1, 1_000_000), EVIDENCE_SEEDS)
		.option("--dirty", "evidence though core/ or sim/ differ from the commit; the line says so", false)
		.exitOverride(usageError);
}

/** @param argv as of `process.argv`; a mistake in it ends the process with 2 */
export function parse(argv: readonly string[]): Request {
	const command = program().parse([...argv]);
	const values = command.opts<Values>();
	const wrong = (reason: string): never => command.error(`error: ${reason}`);
	const { from = 1, seed, seeds, to } = values;
	if (seed !== undefined && (seeds ?? values.from ?? to) !== undefined)
		wrong("--seed stands alone, without --seeds, --from and --to");
	if (seeds !== undefined && to !== undefined) wrong("--seeds and --to both say where to stop");
	const isOneSeed = seed !== undefined;
	for (const name of ["verbose", "history", "shrink"] as const)
		if (values[name] && !isOneSeed) wrong(`--${name} is for one run: say --seed`);
	const first = seed ?? from;
	const last = seed ?? to ?? from + (seeds ?? (values.coverage ? COVERAGE_SEEDS : SEEDS)) - 1;
	if (last < first || last > SEED_MAX) wrong(`there are no seeds from ${first} to ${last}`);
	const overrides = overridesOf(values);
	if ((values.evidence || values.resume !== undefined) && (isOneSeed || commandOptions(overrides) !== ""))
		wrong("evidence is for ranges of seeds as they are, with nothing said instead");
	if (values.resume !== undefined && (seeds ?? values.from ?? to) !== undefined)
		wrong("--resume says itself which seeds");
	return {
		...values,
		from: first,
		to: last,
		isOneSeed,
		overrides,
		secondsMax: values.timeout,
		history: values.history ?? null,
		resume: values.resume ?? null,
		since: values.since ?? null,
	};
}

function overridesOf(values: Values): Overrides {
	const { clients, duration, nodes, only, wildClocks, without } = values;
	return {
		...(nodes === undefined ? {} : { nodes }),
		...(clients === undefined ? {} : { clients }),
		...(duration === undefined ? {} : { durationMs: duration }),
		...(only === undefined ? {} : { only }),
		...(without.length === 0 ? {} : { without }),
		...(wildClocks ? { wildClocks } : {}),
	};
}

/** @returns what says these overrides on the command line, with a blank before each option; "" for none */
function commandOptions(overrides: Overrides): string {
	const { clients, durationMs, nodes, only, wildClocks, without = [] } = overrides;
	let text = "";
	if (nodes !== undefined) text += ` --nodes ${nodes}`;
	if (clients !== undefined) text += ` --clients ${clients}`;
	if (durationMs !== undefined) text += ` --duration ${durationMs / 1000}`;
	if (only?.length === 0) text += ` --only ${NO_FAULT}`;
	for (const name of only ?? []) text += ` --only ${quoted(name)}`;
	for (const name of without) text += ` --without ${quoted(name)}`;
	if (wildClocks) text += " --wild-clocks";
	return text;
}

function quoted(name: string): string {
	return name.includes(" ") ? `"${name}"` : name;
}

/** @returns the one command that runs a seed again */
export function commandOf(seed: number, overrides: Overrides): string {
	return `npm run sim -- --seed ${seed}${commandOptions(overrides)}`;
}
