/** What the pages of `docs` name must be there: scenarios, tests, files, mutants. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export const SCENARIOS: ReadonlySet<string> = new Set(
	readdirSync(join(ROOT, "test/scenarios"))
		.filter((name) => name.endsWith(".txt"))
		.map((name) => name.slice(0, -4)),
);

export function page(name: string): string {
	return readFileSync(join(ROOT, "docs", name), "utf8");
}

/** @returns the cells of all rows of tables in a part of a page, without their heads */
export function rowsOf(text: string): string[][] {
	const rows: string[][] = [];
	let isBody = false;
	for (const line of text.split("\n")) {
		if (!line.startsWith("|")) isBody = false;
		else if (/^\|[-|]+\|$/.test(line)) isBody = true;
		else if (isBody) {
			const cells = line.split("|").slice(1, -1);
			rows.push(cells.map((cell) => cell.trim()));
		}
	}
	return rows;
}

/** @param title of an `it`, or how it begins where the rest is made up when it runs */
export function assertTest(path: string, title: string): void {
	assert.ok(existsSync(join(ROOT, path)), `no file ${path}`);
	const source = readFileSync(join(ROOT, path), "utf8");
	const found = ['it("', "it(`"].some((begin) => source.includes(begin + title));
	assert.ok(found, `${path} has no test "${title}"`);
}

/**
 * Every `scenario` and every `test/….test.ts` "title" of a text is there.
 * @returns how many were found
 */
export function assertShown(text: string): number {
	let count = 0;
	for (const [, name, title] of text.matchAll(/`([^`]+)`(?: "([^"]+)")?/g)) {
		if (title !== undefined) assertTest(name, title);
		else assert.ok(SCENARIOS.has(name), `no scenario ${name}`);
		count++;
	}
	return count;
}
