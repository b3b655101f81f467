/**
 * Every text of test/scenarios is carried out and must come out as it stands. After a change that
 * is meant, BALSA_REGENERATE=1 writes them anew; read the difference.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as events from "../../../core/events";
import { ConsoleTrace } from "../../../firmware/events";
import { Scenario } from "./scenario";

const folder = new URL("../../scenarios/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));

/** Told by a whole replica; tests of core/replica see them. */
const OF_REPLICAS: readonly number[] = [events.EVENT_ADDRESS, events.EVENT_DIFFERS, events.EVENT_REFUSAL];

describe("scenarios", () => {
	const seen = new Set<number>();
	it("are there", () => assert.ok(names.length > 0));
	for (const name of names.sort()) {
		it(name.replace(".txt", ""), () => {
			const file = new URL(name, folder);
			const text = readFileSync(file, "utf8");
			const scenario = new Scenario();
			const told = scenario.run(text);
			for (const event of scenario.events) seen.add(event);
			if (process.env["BALSA_REGENERATE"] === "1") writeFileSync(file, told);
			else assert.equal(told, text);
		});
	}

	it("show every event of the trace, each with a number of its own and words", () => {
		const numbers = Object.values(events);
		assert.equal(new Set(numbers).size, numbers.length);
		const lines: string[] = [];
		const console = new ConsoleTrace((line) => lines.push(line));
		for (const [name, event] of Object.entries(events)) {
			assert.ok(seen.has(event) || OF_REPLICAS.includes(event), `${name} happens in no scenario`);
			console.event(event, 0, 0, 0);
			assert.doesNotMatch(lines.at(-1) ?? "", /^event/, `the console has no words for ${name}`);
		}
	});
});
