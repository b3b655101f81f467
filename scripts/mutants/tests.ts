/** The scenarios and the unit tests as programs, each run by mocha in a process of its own. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, bundle } from "./bundle";
import { run } from "./child";
import { type Mutant, ROOT, rowOf } from "./mutant";

/** Folders of `test/core`, in the order in which they are asked; that of the patched file comes first. */
const FOLDERS = ["raft", "journal", "store", "replica", "client"] as const;
const SCENARIOS = "test/core/raft/scenario.test.ts";
/** Tests of a folder that take so long will never end: the slowest takes ten seconds on an idle machine. */
const SILENCE_SECONDS = 400;

export interface TestProgram {
	readonly name: string;
	/** Files from the repository's top. */
	readonly files: readonly string[];
	/** Tells what the tests read besides their modules. */
	readonly extra: string;
}

function filesIn(folder: string): string[] {
	return readdirSync(join(ROOT, "test/core", folder))
		.filter((name) => name.endsWith(".test.ts"))
		.map((name) => `test/core/${folder}/${name}`)
		.filter((name) => name !== SCENARIOS)
		.sort();
}

/** The golden scenarios of test/scenarios. */
export function scenarios(): TestProgram {
	const folder = join(ROOT, "test/scenarios");
	const texts = createHash("sha256");
	for (const name of readdirSync(folder).sort()) texts.update(name).update(readFileSync(join(folder, name)));
	return { name: "scenarios", files: [SCENARIOS], extra: texts.digest("hex") };
}

/** The unit and property tests of the core, those of the patched folder first. */
export function unitTests(mutant: Mutant | undefined): TestProgram[] {
	const own = FOLDERS.filter((folder) => mutant?.edits.some(({ file }) => file.startsWith(`core/${folder}/`)));
	return [...new Set([...own, ...FOLDERS])].map((folder) => ({ name: folder, files: filesIn(folder), extra: "" }));
}

/** @returns undefined when none of the patch is in the program */
export function bundleTests(mutant: Mutant | undefined, program: TestProgram): Promise<Bundle | undefined> {
	// A property that fails has said enough: the smallest case of it is not looked for.
	const shrinkless = 'import fc from "fast-check";\nfc.configureGlobal({ endOnFailure: true });\n';
	const text = shrinkless + program.files.map((file) => `import "./${file}";`).join("\n");
	return bundle(mutant, program.name, text, program.extra);
}

interface Failure {
	readonly fullTitle: string;
	readonly err: { readonly message?: string };
}

/** @returns what noticed the mutant, in words; null when all tests passed */
export async function runTests(
	mutant: Mutant | undefined,
	program: TestProgram,
	built: Bundle,
): Promise<string | null> {
	const report = built.path.replace(/\.mjs$/, ".json");
	rmSync(report, { force: true });
	const all = program.name === "scenarios";
	const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
	const ended = await run(
		[
			...[mocha, "--no-config", "--exit", ...(all ? [] : ["--bail"]), "--timeout=0"],
			...["--reporter=json", "--reporter-option", `output=${report}`, built.path],
		],
		SILENCE_SECONDS,
	);
	if (ended.code === 0) return null;
	if (ended.timedOut) return `${program.name}: no end within ${SILENCE_SECONDS} seconds`;
	let failures: Failure[] = [];
	try {
		failures = JSON.parse(readFileSync(report, "utf8")).failures;
	} catch {
		// No report: the program died before its end.
	}
	if (failures.length === 0) return `${program.name}: ${lastLine(ended.output)}`;
	const own = failures.find(({ fullTitle }) => mutant !== undefined && isOfRow(fullTitle, rowOf(mutant)));
	const { fullTitle, err } = own ?? failures[0];
	if (all)
		return fullTitle.replace("scenarios ", "scenario ") + (failures.length > 1 ? ` +${failures.length - 1}` : "");
	return `${fullTitle}: ${(err.message ?? "").split("\n")[0]}`;
}

function isOfRow(title: string, row: number): boolean {
	return title.startsWith(`scenarios p${String(row).padStart(2, "0")}-`);
}

function lastLine(output: string): string {
	const lines = output.split("\n").filter((line) => line.trim() !== "");
	return lines.find((line) => /Error|Failed/.test(line))?.trim() ?? lines.at(-1)?.trim() ?? "it died without a word";
}
