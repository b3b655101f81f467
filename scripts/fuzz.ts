/**
 * `npm run fuzz`: nearly right bytes at every decoder of the core. Exit code 0 if all held, 1 with the
 * seed that repeats it if not.
 *
 * Inputs come in ranges of a million, each with a seed of its own, so that any range can be run again.
 */
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { crc32c } from "../core/bytes";
import { integer } from "./balsa/parse";
import { readVersion, type Version } from "./sim/evidence";
import { usageError } from "./story/usage";

/** Tests are run from here, and not built upon: nothing that ships with the tools needs them. */
const TESTS = "../test/core/fuzz/targets";
const { TARGETS } = (await import(TESTS)) as typeof import("../test/core/fuzz/targets");

const RANGE = 1_000_000;
const EVIDENCE = join(import.meta.dirname, "../docs/evidence/fuzz.jsonl");
/** Ranges of one line of evidence. */
const RANGES_A_LINE = 10;
const SHARES = 1000;
const PROGRESS_MS = 5000;

interface Options {
	inputs: number;
	seed: number;
	json?: boolean;
	evidence?: boolean;
}

/** What came of some ranges. */
interface Line {
	/** Seeds of the ranges, both included, and inputs of all of them together. */
	from: number;
	to: number;
	inputs: number;
	/** By target. */
	accepted: { [target: string]: number };
	refused: { [target: string]: number };
	/** Of every answer to every input, in order. */
	digest: number;
}

function blank(seed: number): Line {
	return { from: seed, to: seed, inputs: 0, accepted: {}, refused: {}, digest: 0 };
}

/** Adds what came of one seed. Throws with the target's name. */
function runRange(line: Line, seed: number, inputs: number): void {
	const digests = new Uint32Array(TARGETS.length);
	for (const [at, { name, run, share }] of TARGETS.entries()) {
		const count = Math.ceil((inputs * share) / SHARES);
		try {
			const { accepted, refused, digest } = run(count, seed);
			line.accepted[name] = (line.accepted[name] ?? 0) + accepted;
			line.refused[name] = (line.refused[name] ?? 0) + refused;
			line.inputs += count;
			digests[at] = digest;
		} catch (error) {
			throw new Error(`${name}, seed ${seed}`, { cause: error });
		}
	}
	line.to = seed;
	line.digest = crc32c(line.digest, new Uint8Array(digests.buffer), 0, digests.byteLength);
}

function why(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause === undefined ? error.message : `${error.message}: ${why(error.cause)}`;
}

function keep(line: Line, { commit, sources }: Version): void {
	mkdirSync(dirname(EVIDENCE), { recursive: true });
	appendFileSync(EVIDENCE, `${JSON.stringify({ commit, sources, ...line })}\n`);
}

const program = new Command("npm run fuzz --")
	.exitOverride(usageError)
	.description(
		"Gives random and mutated bytes to every decoder: nothing may be thrown, no byte outside of the input may be read, and only the one encoding of anything may be accepted.",
	)
	.option("--inputs <n>", "how many, in all", integer(SHARES, 1_000_000_000_000), RANGE)
	.option("--seed <n>", "of the first million; one more for each further million", integer(0, 0xffffffff), 0)
	.option("--json", "a line of JSON at the end, and nothing else")
	.option("--evidence", "append what came of it to docs/evidence/fuzz.jsonl; the sources must be those of the commit")
	.parse();

const options = program.opts<Options>();
// At the start: what is loaded now is what runs.
const version = options.evidence ? readVersion() : undefined;
if (version?.isDirty) {
	console.error("The sources differ from the commit: it would be evidence of nothing.");
	process.exit(2);
}
const say = options.json ? () => {} : console.log;
const startMs = performance.now();
let toldMs = startMs;
let inputs = 0;
let line = blank(options.seed);
const lines: Line[] = [line];
try {
	const ranges = Math.ceil(options.inputs / RANGE);
	for (let range = 0; range < ranges; range++) {
		if (range > 0 && range % RANGES_A_LINE === 0) {
			line = blank(options.seed + range);
			lines.push(line);
		}
		const wanted = Math.min(RANGE, options.inputs - range * RANGE);
		runRange(line, options.seed + range, wanted);
		inputs += wanted;
		const isWhole = range === ranges - 1 || (range + 1) % RANGES_A_LINE === 0;
		if (version !== undefined && isWhole) keep(line, version);
		const nowMs = performance.now();
		if (nowMs - toldMs < PROGRESS_MS) continue;
		toldMs = nowMs;
		say(`  ${inputs} of ${options.inputs} inputs, ${Math.round((inputs * 1000) / (nowMs - startMs))} inputs/s`);
	}
} catch (error) {
	console.error(`FAILED ${why(error)}`);
	process.exit(1);
}
const seconds = (performance.now() - startMs) / 1000;
if (options.json) console.log(JSON.stringify({ inputs, seconds, lines }));
for (const { name } of TARGETS) {
	let accepted = 0;
	let refused = 0;
	for (const one of lines) {
		accepted += one.accepted[name];
		refused += one.refused[name];
	}
	say(`${name}: ${accepted + refused} inputs, ${accepted} accepted`);
}
say(`${inputs} inputs, nothing amiss; ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} inputs/s`);
