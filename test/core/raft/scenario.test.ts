/**
 * Every text of test/scenarios is carried out and must come out as it stands. After a change that
 * is meant, BALSA_REGENERATE=1 writes them anew; read the difference.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Scenario } from "./scenario";

const folder = new URL("../../scenarios/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));

describe("scenarios", () => {
	it("are there", () => assert.ok(names.length > 0));
	for (const name of names.sort()) {
		it(name.replace(".txt", ""), () => {
			const file = new URL(name, folder);
			const text = readFileSync(file, "utf8");
			const told = new Scenario().run(text);
			if (process.env["BALSA_REGENERATE"] === "1") writeFileSync(file, told);
			else assert.equal(told, text);
		});
	}
});
