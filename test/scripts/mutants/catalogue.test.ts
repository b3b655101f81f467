import assert from "node:assert/strict";
import { checkCatalogue, MUTANTS, NOT_BUILT, SAFETY_ROWS } from "../../../scripts/mutants/catalogue";
import { check, isSafety, type Mutant, MutantDrift, patched, rowOf } from "../../../scripts/mutants/mutant";
import { summary } from "../../../scripts/mutants/report";

const EXAMPLE: Mutant = {
	id: "15b",
	name: "an example",
	oracle: "S3",
	why: "it shows what a patch must be",
	edits: [{ file: "core/raft/role.ts", find: "export const LEADER = 3;", replace: "export const LEADER = 2;" }],
};

describe("mutants", () => {
	it("fit the source as it is, and leave no pitfall out", () => {
		assert.doesNotThrow(checkCatalogue);
		for (const { row } of NOT_BUILT) assert.ok(!MUTANTS.some((mutant) => rowOf(mutant) === row), `${row} is both`);
	});

	it("are of a safety class for every pitfall that is about safety", () => {
		const rows = new Set(MUTANTS.filter(isSafety).map(rowOf));
		for (const row of SAFETY_ROWS) assert.ok(rows.has(row), `pitfall ${row}`);
	});

	it("have the weightier pitfalls at least twice", () => {
		const weighty = [1, 15, 17, 18, 19, 24, 25, 26, 33, 34, 35, 63, 64, 65, 71, 72, 73];
		for (const row of weighty) {
			const found = MUTANTS.filter((mutant) => rowOf(mutant) === row);
			assert.ok(found.length >= 2, `pitfall ${row} has ${found.length}`);
		}
	});

	it("change no file but their own", () => {
		const source = "export const LEADER = 3;\n";
		assert.equal(patched(EXAMPLE, "core/raft/role.ts", source), "export const LEADER = 2;\n");
		assert.equal(patched(EXAMPLE, "core/raft/raft.ts", source), source);
	});

	it("fail by name when the source has moved away from under them", () => {
		const moved: Mutant = { ...EXAMPLE, edits: [{ ...EXAMPLE.edits[0], find: "export const CHIEF = 3;" }] };
		assert.throws(() => check(moved), /mutant 15b: its text occurs 0 times in core\/raft\/role\.ts/);
		const twice: Mutant = { ...EXAMPLE, edits: [{ ...EXAMPLE.edits[0], find: "export const" }] };
		assert.throws(() => check(twice), /occurs 4 times/);
		const idle: Mutant = { ...EXAMPLE, edits: [{ ...EXAMPLE.edits[0], replace: EXAMPLE.edits[0].find }] };
		assert.throws(() => check(idle), /changes nothing/);
		assert.throws(() => check({ ...EXAMPLE, edits: [] }), MutantDrift);
	});

	it("are summed up by what caught them", () => {
		const caught = (seeds: number) => ({ stage: "simulator" as const, by: "lost", seeds, isWhole: true });
		const sum = summary([
			{ mutant: EXAMPLE, outcome: caught(7) },
			{ mutant: { ...EXAMPLE, id: "15c" }, outcome: caught(3) },
			{ mutant: { ...EXAMPLE, id: "16" }, outcome: { ...caught(90), stage: "tests" } },
			{ mutant: { ...EXAMPLE, id: "8", oracle: "L" }, outcome: { stage: undefined, by: "", seeds: 90, isWhole: true } },
			{ mutant: { ...EXAMPLE, id: "9", oracle: "L" }, outcome: { stage: undefined, by: "", seeds: 1, isWhole: false } },
		]);
		assert.deepEqual(sum, {
			killed: 3,
			seeded: 5,
			safety: { killed: 3, seeded: 3 },
			other: { killed: 0, seeded: 2 },
			medianSeeds: 3,
			survivors: ["8"],
			left: ["9"],
		});
	});
});
