/** `npm run sim`, from its arguments to its exit code. */
import { writeFileSync } from "node:fs";
import type { Bundle } from "./bundle";
import { commandOf, parse, type Request } from "./command-line";
import { coverage } from "./coverage";
import { appendEvidence, missing, readEvidence, readVersion, relevant, sumEvidence } from "./evidence";
import { Pool } from "./pool";
import { count, hexOf, Progress, printFailure, printProperties, printTotals, sumLines } from "./print";
import { SEEDS_TRIED, shrink } from "./shrink";
import { type Outcome, type Sweep, sweep } from "./sweep";

/**
 * @param argv as of `process.argv`
 * @param bundled makes the program that the processes run
 * @returns 0 if all held, 1 if something did not
 */
export async function main(argv: readonly string[], bundled: () => Promise<Bundle>): Promise<number> {
	const request = parse(argv);
	if (request.evidenceTable) return printEvidence(request.evidenceFile);
	const bundle = await bundled();
	const pool = new Pool({
		bundle: bundle.path,
		jobs: request.isOneSeed && !request.shrink ? 1 : request.jobs,
		secondsMax: request.secondsMax,
		print: console.log,
	});
	try {
		if (request.evidence || request.resume !== null) return await gather(request, pool, bundle);
		return await look(request, pool, bundle);
	} finally {
		pool.stop();
	}
}

/** Runs the seeds and says what came of them. */
async function look(request: Request, pool: Pool, bundle: Bundle): Promise<number> {
	const { from, history, isOneSeed, json, overrides, to } = request;
	const progress = new Progress(to - from + 1);
	const outcome = await sweep(pool, {
		from,
		to,
		overrides,
		keepGoing: request.keepGoing,
		verbose: request.verbose,
		history: history !== null,
		marks: bundle.marks.length,
		...(isOneSeed ? {} : { onProgress: progress.tell }),
	});
	const { failures, totals } = outcome;
	if (!isOneSeed) progress.end(totals.sums.seeds + failures.length);
	if (history !== null && outcome.history !== null) writeFileSync(history, outcome.history);
	if (json) printJson(request, outcome);
	else {
		if (failures.length === 0 || request.keepGoing) printTotals(totals);
		if (request.keepGoing && failures.length > 0) {
			console.log(`${count(failures.length)} of ${count(to - from + 1)} seeds failed:`);
			printProperties(failures, overrides);
		} else for (const failure of failures) printFailure(failure, overrides);
	}
	if (request.shrink && failures.length > 0) await smaller(request, pool, bundle, outcome);
	const gaps = request.coverage ? printCoverage(outcome, bundle, json) : 0;
	return failures.length === 0 && gaps === 0 ? 0 : 1;
}

function printJson({ from, overrides, to }: Request, { failures, totals }: Outcome): void {
	for (const failure of failures)
		console.log(JSON.stringify({ ...failure, command: commandOf(failure.seed, overrides) }));
	const { sums } = totals;
	const traceHash = hexOf(totals.traceHash());
	console.log(JSON.stringify({ from, to, ...sums, faults: totals.faults(), traceHash, failures: failures.length }));
}

/** @returns how many gaps there are */
function printCoverage({ totals }: Outcome, { marks }: Bundle, json: boolean): number {
	const { gaps, lines } = coverage(totals, marks);
	if (json) {
		console.log(JSON.stringify({ gaps }));
		return gaps.length;
	}
	console.log(`\n${lines.join("\n")}`);
	if (gaps.length > 0) console.log(`\n${gaps.length} gaps:\n${gaps.map((gap) => `  ${gap}`).join("\n")}`);
	return gaps.length;
}

async function smaller(request: Request, pool: Pool, bundle: Bundle, { failures }: Outcome): Promise<void> {
	const { from: seed, json, overrides } = request;
	console.error(`looking for a smaller run that breaks "${failures[0].property}", each with ${SEEDS_TRIED} seeds`);
	const plan: Omit<Sweep, "from" | "to" | "overrides"> = { keepGoing: false, marks: bundle.marks.length };
	const found = await shrink(
		{ seed, overrides },
		failures[0],
		async (tried, property) => {
			// One that breaks something else first is no smaller way to the same.
			const outcome = await sweep(pool, { ...plan, ...tried, keepGoing: true });
			return outcome.failures.find((failure) => failure.property === property);
		},
		(candidate) => console.error(`  ${commandOf(candidate.seed, candidate.overrides)}`),
	);
	const command = commandOf(found.seed, found.overrides);
	console.log(json ? JSON.stringify({ smallest: command }) : `smallest: ${command}`);
}

/** Runs ranges of seeds, and appends a line of evidence after each. */
async function gather(request: Request, pool: Pool, bundle: Bundle): Promise<number> {
	const { chunk, dirty, evidenceFile, from, resume, since, to } = request;
	const version = readVersion();
	if (version.isDirty && !dirty) {
		console.error("core/ or sim/ differ from the commit: commit first, or say --dirty, which the line will say too");
		return 2;
	}
	const done = resume === null ? [] : relevant(readEvidence(evidenceFile), version, since);
	const ranges = resume === null ? missing(from, to, [], chunk) : missing(1, resume, done, chunk);
	const all = ranges.reduce((sum, range) => sum + range.to - range.from + 1, 0);
	const progress = new Progress(all);
	let seeds = 0;
	let failed = done.reduce((sum, line) => sum + line.failures.length, 0);
	if (failed > 0) console.log(`${count(failed)} seeds failed before, see ${evidenceFile}`);
	for (const range of ranges) {
		const outcome = await sweep(pool, {
			...range,
			overrides: {},
			keepGoing: true,
			marks: bundle.marks.length,
			onProgress: (some, failures) => progress.tell(seeds + some, failed + failures),
		});
		appendEvidence(evidenceFile, range.from, range.to, version, outcome);
		seeds += range.to - range.from + 1;
		failed += outcome.failures.length;
		const verdict = outcome.failures.length === 0 ? "clean" : `${outcome.failures.length} failed`;
		console.log(`seeds ${range.from} to ${range.to}: ${verdict}, trace hash ${hexOf(outcome.totals.traceHash())}`);
		printProperties(outcome.failures, {});
	}
	progress.end(seeds);
	if (ranges.length === 0) console.log("nothing is missing");
	return failed === 0 ? 0 : 1;
}

function printEvidence(path: string): number {
	for (const { commit, dirty, failures, faults, sources, sums } of sumEvidence(readEvidence(path))) {
		console.log(`commit ${commit.slice(0, 12)}${dirty ? " with changes" : ""} (core and sim: ${sources})`);
		for (const line of sumLines(sums)) console.log(`  ${line}`);
		const counts = Object.entries(faults).map(([name, times]) => `${name} ${count(times)}`);
		console.log(`  faults: ${counts.join(", ")}`);
		console.log(`  ${failures.length === 0 ? "no failure" : `${count(failures.length)} seeds failed:`}`);
		for (const { property, seed } of failures) console.log(`    seed ${seed}: ${property}`);
	}
	return 0;
}
