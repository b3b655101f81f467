import assert from "node:assert/strict";
import { compare } from "../../../sim/history/agreement";
import { toJsonLine } from "../../../sim/history/history";
import { judge } from "../../../sim/history/linearizability";
import { randomHistory } from "../../../sim/history/random-history";
import { Random } from "../../../sim/random";
import { DIGEST_OF_VERDICTS, digestOfVerdicts } from "../verdicts";

const HISTORIES = 5000;

describe("the linearizability checker and its brute-force twin", () => {
	it(`agree on ${HISTORIES} small random histories`, () => {
		let linearizable = 0;
		for (let seed = 1; seed <= HISTORIES; seed++) {
			const comparison = compare(seed);
			if (comparison.isLinearizable) linearizable++;
			if (comparison.agrees) continue;
			const lines = comparison.operations.map(toJsonLine).join("\n");
			assert.fail(`seed ${seed}: ${comparison.verdict.verdict}, twin ${comparison.isLinearizable}\n${lines}`);
		}
		// Both verdicts in numbers, or nothing was compared.
		assert.ok(linearizable > HISTORIES / 4 && linearizable < (HISTORIES * 3) / 4, `${linearizable} linearizable`);
	});

	// The same sum is computed inside XS (test/xs/linearizability.xs.ts).
	it("say the same on every engine", () => assert.equal(digestOfVerdicts(), DIGEST_OF_VERDICTS));

	it("the checker accepts long histories, and needs few steps for them", () => {
		let unknown = 0;
		for (let seed = 1; seed <= 50; seed++) {
			const operations = randomHistory(new Random(seed), {
				operations: 400,
				clients: 6,
				keys: 6,
				unknownPermille: 150,
				refusedPermille: 50,
				initialRevision: 0,
				values: 0,
			});
			unknown += operations.filter((operation) => operation.outcome === "unknown").length;
			const { steps, verdict, violation } = judge(operations);
			assert.equal(verdict, "linearizable", `seed ${seed}: ${violation?.message}`);
			assert.ok(steps < 4 * operations.length, `seed ${seed}: ${steps} steps`);
		}
		assert.ok(unknown > 2000, `only ${unknown} unknown outcomes`);
	});
});
