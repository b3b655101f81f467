import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { page, ROOT, rowsOf } from "./references";

describe("docs/reports.md", () => {
	const rows = rowsOf(page("reports.md"));

	it("names a test for each row that is named after the row", () => {
		assert.ok(rows.length > 12, `${rows.length} rows`);
		for (const row of rows) {
			const [name] = row;
			const path = row[row.length - 1].replaceAll("`", "");
			assert.ok(existsSync(join(ROOT, path)), `${name}: there is no ${path}`);
			const isScenario = basename(path).toLowerCase().startsWith(`${name.toLowerCase()}-`);
			const titles = readFileSync(join(ROOT, path), "utf8").match(/\b(describe|it)\((["`])[^\n]*/g) ?? [];
			const isNamed = new RegExp(`\\b${name.replace("attack ", "attack (row )?")}\\b`, "i");
			assert.ok(isScenario || titles.some((title) => isNamed.test(title)), `${path} has no test named after ${name}`);
		}
	});

	it("has every row once", () => {
		const names = rows.map(([name]) => name);
		assert.equal(new Set(names).size, names.length);
	});
});
