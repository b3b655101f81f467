import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as events from "../../core/events";
import { ConsoleTrace } from "../../firmware/events";
import { MUTANTS } from "../../scripts/mutants/catalogue";
import { RunTrace } from "../../sim/trace";
import { Scenario } from "../core/raft/scenario";
import { page, ROOT, rowsOf, SCENARIOS } from "./references";

const TEXT = page("protocol.md");
const TOKENS = Array.from(TEXT.matchAll(/`([^`]+)`/g), ([, token]) => token);

/** All of the core's source, for its names. */
function source(): string {
	const folder = join(ROOT, "core");
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
	return names
		.filter((name) => name.endsWith(".ts"))
		.map((name) => readFileSync(join(folder, name), "utf8"))
		.join("\n");
}

/** @returns the events of all the nodes' traces in a scenario */
function eventsOf(name: string): ReadonlySet<number> {
	const scenario = new Scenario();
	scenario.run(readFileSync(join(ROOT, "test/scenarios", `${name}.txt`), "utf8"));
	return scenario.events;
}

describe("docs/protocol.md", () => {
	it("names files, scenarios and names of the core that are there", () => {
		const core = source();
		for (const token of TOKENS) {
			if (token.includes("/")) assert.ok(existsSync(join(ROOT, token)), `no file ${token}`);
			else if (token.includes("-")) assert.ok(SCENARIOS.has(token), `no scenario ${token}`);
			else if (!SCENARIOS.has(token))
				for (const name of token.split(".")) assert.match(core, new RegExp(`\\b${name}\\b`), `no name ${name}`);
		}
		for (const [, path] of TEXT.matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(join(ROOT, "docs", path)), path);
	});

	it("has every kind of message", () => {
		const [kinds] = readFileSync(join(ROOT, "core/raft/messages.ts"), "utf8").split("export const KIND ");
		const names = Array.from(kinds.matchAll(/^export const (\w+) = \d+;/gm), ([, name]) => name);
		assert.ok(names.length > 10);
		for (const name of names) assert.ok(TOKENS.includes(name), `nothing is said of ${name}`);
	});

	it("names scenarios by pitfalls that have some", () => {
		let count = 0;
		for (const [, row] of TEXT.matchAll(/\bp(\d\d)\b(?!-)/g)) {
			assert.ok(
				Array.from(SCENARIOS).some((name) => name.startsWith(`p${row}-`)),
				`no scenario p${row}`,
			);
			count++;
		}
		assert.ok(count > 0);
	});

	it("names mutants that are in the catalogue", () => {
		const ids = new Set(MUTANTS.map(({ id }) => id));
		let count = 0;
		for (const [, list] of TEXT.matchAll(/\b[Mm]utants? (\d+[a-z]?(?:(?:, | and )\d+[a-z]?)*)/g)) {
			for (const id of list.split(/, | and /)) {
				assert.ok(ids.has(id), `no mutant ${id}`);
				count++;
			}
		}
		assert.ok(count > 100, `${count} mutants are named`);
	});

	it("says of each departure who guards it", () => {
		const [, departures] = TEXT.split("## Departures from the paper");
		const rows = rowsOf(departures.split(/^## /m)[0]);
		assert.ok(rows.length > 10);
		for (const [what, why, guard] of rows) {
			assert.ok(why.length > 20, what);
			assert.match(guard, /mutants? \d|`[a-z0-9-]+`/, `nothing guards "${what}"`);
		}
	});

	it("has every event of the trace, with its number and a scenario in which it is told", () => {
		const rows = rowsOf(TEXT.split("## What the trace tells")[1]);
		const said = rows.map(([number, name]) => [name, Number(number)]);
		const there = Object.entries(events).map(([name, number]) => [`\`${name}\``, number]);
		assert.deepEqual(
			said,
			there.sort((a, b) => Number(a[1]) - Number(b[1])),
		);
		for (const [number, name, , where] of rows) {
			// What happens below consensus has a test of whole replicas instead of a scenario.
			if (where.includes("/")) continue;
			const told = eventsOf(where.replaceAll("`", ""));
			assert.ok(told.has(Number(number)), `${name} is not told in ${where}`);
		}
	});
});

describe("the words of the trace", () => {
	it("are there for every event, in the simulator and on the console", () => {
		for (const [name, event] of Object.entries(events)) {
			const lines: string[] = [];
			const console = new ConsoleTrace((line) => lines.push(line));
			console.event(event, 0, 0, 0);
			new RunTrace((line) => lines.push(line)).event(0, 1, event, 0, 0, 0, undefined);
			assert.equal(lines.length, 2, name);
			for (const line of lines) assert.doesNotMatch(line, /event \d/, `no words for ${name}`);
		}
	});
});
