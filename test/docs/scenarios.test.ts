import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assertShown, page, ROOT, rowsOf, SCENARIOS } from "./references";

const [, ETCD, METALRAFT] = page("scenarios.md").split(/^## /m);
const ETCD_TESTS = 28;
const METALRAFT_TESTS = 231;

/** A row is shown by something that is there, or says why it is not. */
function assertAnswered(row: string[]): void {
	const [name, shows, where] = row;
	assert.equal(row.length, 3, name);
	assert.ok(shows.length > 0, `${name} shows nothing`);
	if (where.startsWith("no: ")) {
		assert.ok(where.length >= 12, `${name} has no reason`);
		for (const [, token] of where.matchAll(/`([a-z0-9]+(?:-[a-z0-9]+)+)`/g)) assert.ok(SCENARIOS.has(token), token);
		return;
	}
	const shown = assertShown(where.split(";")[0]);
	assert.ok(shown > 0, `${name} is shown by nothing`);
}

describe("docs/scenarios.md", () => {
	it("has a row for each interaction test of etcd/raft", () => {
		const rows = rowsOf(ETCD);
		assert.equal(new Set(rows.map(([name]) => name)).size, ETCD_TESTS);
		assert.equal(rows.length, ETCD_TESTS);
		rows.forEach(assertAnswered);
	});

	it("has a row for each test of MetalRaft, by file", () => {
		const files = METALRAFT.split(/^### /m).slice(1);
		let count = 0;
		for (const file of files) {
			const [, path, said] = /^(\S+) \((\d+)\)\n/.exec(file) ?? [];
			const rows = rowsOf(file);
			assert.equal(rows.length, Number(said), path);
			assert.equal(new Set(rows.map(([name]) => name)).size, rows.length, path);
			rows.forEach(assertAnswered);
			count += rows.length;
		}
		assert.equal(count, METALRAFT_TESTS);
	});

	it("is of texts that each say what they show, in a sentence at their head", () => {
		for (const name of SCENARIOS) {
			const text = readFileSync(join(ROOT, "test/scenarios", `${name}.txt`), "utf8");
			assert.match(text, /^# [^\n]{30,}\n/, `${name} does not say what it shows`);
		}
	});
});
