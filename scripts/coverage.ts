/**
 * `npm run coverage`: branch coverage of a folder of the core by the tests that mirror it and by no
 * others, counted on the TypeScript source. Both ways of an `if`, with or without an `else`, each
 * operand of `&&` and `||` and each case of a `switch` are branches.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Command } from "commander";
import coverage from "istanbul-lib-coverage";
import { createInstrumenter } from "istanbul-lib-instrument";
import report from "istanbul-lib-report";
import reports from "istanbul-reports";

const ROOT = join(import.meta.dirname, "..");
const BRANCHES_MIN = 98;
/** Tests of whole replicas that show rules of a folder, which no test of a node without frames can show. */
const MORE_TESTS: { readonly [folder: string]: readonly string[] } = {
	"core/raft": ["test/core/replica/shared.test.ts", "test/core/replica/far-terms.test.ts"],
};

/** Runs mocha on `test/<folder>` with counters in `folder`. @returns what they say, or undefined when a test failed */
function count(folder: string): coverage.CoverageMap | undefined {
	const file = join(ROOT, "build/coverage.json");
	mkdirSync(join(ROOT, "build"), { recursive: true });
	const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
	const tests = [`test/${folder}/**/*.test.ts`, ...(MORE_TESTS[folder] ?? [])];
	const child = spawnSync(
		process.execPath,
		[
			"--import",
			"./scripts/coverage/register.mjs",
			mocha,
			"--no-config",
			"--reporter=dot",
			"--timeout=300000",
			...tests,
		],
		{
			cwd: ROOT,
			stdio: "inherit",
			env: { ...process.env, BALSA_COVERAGE_FOLDER: join(ROOT, folder, "/"), BALSA_COVERAGE_FILE: file },
		},
	);
	if (child.status !== 0) return undefined;
	const map = coverage.createCoverageMap(JSON.parse(readFileSync(file, "utf8")));
	const instrumenter = createInstrumenter({ esModules: true, parserPlugins: ["typescript"] });
	for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
		const path = join(ROOT, folder, name);
		if (!name.endsWith(".ts") || map.files().includes(path)) continue;
		// No test loads it: all of it is uncovered.
		instrumenter.instrumentSync(readFileSync(path, "utf8"), path);
		map.addFileCoverage(instrumenter.lastFileCoverage());
	}
	return map;
}

/** @returns a line for each branch that was never taken */
function uncovered(map: coverage.CoverageMap): string[] {
	const lines: string[] = [];
	for (const path of map.files().sort()) {
		const file = map.fileCoverageFor(path).data;
		const source = readFileSync(path, "utf8").split("\n");
		for (const [id, counts] of Object.entries(file.b)) {
			for (const [way, taken] of counts.entries()) {
				if (taken > 0) continue;
				const { type, loc, locations } = file.branchMap[id];
				const line = locations[way].start?.line ?? loc.start.line;
				const which = type === "if" ? (way === 0 ? "never true" : "never false") : `${type}, way ${way + 1}`;
				lines.push(`${relative(ROOT, path)}:${line}: ${which}: ${source[line - 1].trim()}`);
			}
		}
	}
	return lines;
}

function main(): number {
	const program = new Command("npm run coverage --")
		.description("Branch coverage of a folder of the core by the tests of its own, on the TypeScript source.")
		.argument("[folder]", "of the repository", "core/raft")
		.option("--branches <percent>", "fail below", Number, BRANCHES_MIN)
		.parse();
	const folder = program.args[0] ?? "core/raft";
	const { branches } = program.opts<{ branches: number }>();
	if (!existsSync(join(ROOT, folder)) || !existsSync(join(ROOT, "test", folder))) {
		console.error(`there is no folder ${folder} with tests in test/${folder}`);
		return 2;
	}
	const map = count(folder);
	if (map === undefined) return 1;
	const context = report.createContext({ dir: join(ROOT, "coverage"), coverageMap: map });
	reports.create("text", { skipFull: false }).execute(context);
	reports.create("html").execute(context);
	for (const line of uncovered(map)) console.log(line);
	const { covered, total, pct } = map.getCoverageSummary().branches;
	console.log(`${covered} of ${total} branches, ${pct} %; at least ${branches} % are wanted`);
	return pct >= branches ? 0 : 1;
}

process.exitCode = main();
