/**
 * Runs tests inside XS: bundles files that declare tests with test/xs/harness.ts and runs them on this
 * machine, and on the emulated board.
 *
 *   node --import tsx scripts/firmware/run-on-xs.ts [--board] [--sanitize] TEST.xs.ts...
 *
 * The exit code is 0 if all passed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { buildBoard, buildHost } from "./build";
import { EmulatedBoard } from "./emulator";
import { WIDE_MEMORY } from "./memory";
import { BUILD, ROOT } from "./paths";
import { run } from "./process";

export type XsTarget = "host" | "board";

export interface XsOptions {
	/** Paths of the files with tests. */
	tests: readonly string[];
	target: XsTarget;
	/** The result's name below build/xs-host or build/firmware. */
	name: string;
	sanitize?: boolean;
	timeoutMs?: number;
	report?: (line: string) => void;
}

export interface XsResult {
	passed: boolean;
	output: string;
}

/** The last line of the harness; without it the tests never came to their end. */
const SUM = /^xs: [1-9]\d* passing, 0 failing$/m;

export async function runOnXs(options: XsOptions): Promise<XsResult> {
	const { tests, target, name, sanitize = false, timeoutMs = 300_000, report = () => {} } = options;
	mkdirSync(BUILD, { recursive: true });
	const folder = mkdtempSync(join(BUILD, "xs-"));
	try {
		const entry = join(folder, "entry.ts");
		const specifier = (path: string) =>
			JSON.stringify(`./${relative(folder, resolve(ROOT, path)).replace(/\.ts$/, "")}`);
		const imports = tests.map((path) => `import ${specifier(path)};`).join("\n");
		writeFileSync(entry, `${imports}\nexport { finish as default } from ${specifier("test/xs/harness.ts")};\n`);
		const built = { entry, name, sanitize, preload: false, memory: WIDE_MEMORY, report };
		if (target === "host") {
			const { path } = await buildHost(built);
			const result = await run(path, [], { timeoutMs, cwd: folder });
			return { passed: result.code === 0 && SUM.test(result.output), output: result.output };
		}
		const { path } = await buildBoard(built);
		const board = new EmulatedBoard({ elf: path, exitOnReset: true });
		const code = await board.wait(timeoutMs);
		return { passed: code === 0 && SUM.test(board.output), output: board.output };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function main(parameters: string[]): Promise<void> {
	const tests = parameters.filter((parameter) => !parameter.startsWith("--"));
	if (tests.length === 0) {
		console.error("usage: run-on-xs.ts [--board] [--sanitize] TEST.xs.ts...");
		process.exit(2);
	}
	const target = parameters.includes("--board") ? "board" : "host";
	const report = (line: string) => console.error(`build: ${line}`);
	const result = await runOnXs({ tests, target, name: "tests", sanitize: parameters.includes("--sanitize"), report });
	process.stdout.write(result.output);
	process.exit(result.passed ? 0 : 1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	main(process.argv.slice(2)).catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exit(1);
	});
}
