/**
 * Marks: a line `// Mark: a rare path in words` of the core, at the start of a rare branch, becomes
 * a call that counts it when the simulator is bundled. The code that ships has nothing of it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const MARK = /^(\s*)\/\/ Mark: (.*\S)\s*$/;
const HITS = join(ROOT, "scripts/sim/hits");

export interface Mark {
	/** From the repository's top. */
	readonly file: string;
	readonly line: number;
	readonly words: string;
}

/** Thrown for a mark that cannot be counted where it stands. */
export class MisplacedMark extends Error {
	override readonly name = "MisplacedMark";
}

/** @returns the marks of a file's source, in the order of its lines */
export function marksIn(file: string, source: string): Mark[] {
	const found: Mark[] = [];
	const lines = source.split("\n");
	for (let i = 0; i < lines.length; i++) {
		const words = MARK.exec(lines[i])?.[2];
		if (words === undefined) continue;
		if (!isStatement(lines, i))
			throw new MisplacedMark(`${file}:${i + 1}: a mark stands where no statement may: put the branch in braces`);
		found.push({ file, line: i + 1, words });
	}
	return found;
}

/** A statement may begin after the line before: it ended one, opened a block, or is a label of a switch. */
function isStatement(lines: readonly string[], at: number): boolean {
	let before = at - 1;
	while (before >= 0 && /^\s*(\/\/.*)?$/.test(lines[before])) before--;
	return before >= 0 && /([{};]|(case\b.*|default):)\s*(\/\/.*)?$/.test(lines[before]);
}

/** @returns all marks of the core: a mark's number is its place */
export function readMarks(): Mark[] {
	const files = readdirSync(join(ROOT, "core"), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".ts"))
		.map((name) => `core/${name}`)
		.sort();
	const marks = files.flatMap((file) => marksIn(file, readFileSync(join(ROOT, file), "utf8")));
	const twice = marks.find((mark, i) => marks.some((other, k) => k < i && other.words === mark.words));
	if (twice !== undefined) throw new MisplacedMark(`two marks say "${twice.words}"`);
	return marks;
}

/**
 * @param marks all of them; a mark of `source` must be among them
 * @returns the source with calls in place of its marks, line by line as it was
 */
export function countMarks(file: string, source: string, marks: readonly Mark[]): string {
	const own = marksIn(file, source);
	if (own.length === 0) return source;
	const lines = source.split("\n");
	for (const { line, words } of own) {
		const number = marks.findIndex((mark) => mark.file === file && mark.words === words);
		if (number < 0) throw new MisplacedMark(`${file}:${line}: a mark came while they were counted`);
		lines[line - 1] = `hitMark(${number});`;
	}
	return `import { hit as hitMark } from ${JSON.stringify(HITS)}; ${lines.join("\n")}`;
}
