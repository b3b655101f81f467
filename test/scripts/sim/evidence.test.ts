import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	appendEvidence,
	type EvidenceLine,
	missing,
	readEvidence,
	relevant,
	sumEvidence,
	type Version,
} from "../../../scripts/sim/evidence";
import { Totals } from "../../../scripts/sim/totals";

const VERSION: Version = { commit: "0123456789abcdef", sources: "aaaa+bbbb", isDirty: false };

function outcome(seeds: number, failed: number[] = []) {
	const totals = new Totals();
	totals.sums.seeds = seeds;
	totals.sums.messages = 10 * seeds;
	totals.matrix.count("crash");
	const failures = failed.map((seed) => ({ seed, property: "log matching", message: "", atMs: 1, lines: [] }));
	return { totals, failures, history: null };
}

describe("evidence of seeds", () => {
	const folder = mkdtempSync(join(tmpdir(), "balsa-evidence-"));
	const path = join(folder, "deep", "seeds.jsonl");
	after(() => rmSync(folder, { recursive: true }));

	it("knows which seeds are missing, in chunks", () => {
		assert.deepEqual(missing(1, 10, [], 4), [
			{ from: 1, to: 4 },
			{ from: 5, to: 8 },
			{ from: 9, to: 10 },
		]);
		const done = [
			{ from: 9, to: 20 },
			{ from: 1, to: 3 },
			{ from: 2, to: 5 },
		];
		assert.deepEqual(missing(1, 25, done, 10), [
			{ from: 6, to: 8 },
			{ from: 21, to: 25 },
		]);
		assert.deepEqual(missing(1, 5, done, 10), []);
		assert.deepEqual(missing(4, 6, done, 10), [{ from: 6, to: 6 }]);
	});

	it("is read as it was appended, and goes on where it ended", () => {
		assert.deepEqual(readEvidence(path), []);
		appendEvidence(path, 1, 100, VERSION, outcome(100));
		appendEvidence(path, 101, 200, VERSION, outcome(99, [150]));
		appendEvidence(path, 201, 300, { ...VERSION, isDirty: true }, outcome(100));
		appendEvidence(path, 301, 400, { ...VERSION, sources: "cccc+bbbb" }, outcome(100));
		const lines = readEvidence(path);
		assert.equal(lines.length, 4);
		assert.deepEqual(lines[1].failures, [{ seed: 150, property: "log matching" }]);
		assert.deepEqual(lines[0].faults, { crash: 1 });
		// What was run with other sources, or with changes, is no evidence for these; what failed runs again.
		const done = relevant(lines, VERSION, null);
		assert.deepEqual(missing(1, 400, done, 1000), [{ from: 101, to: 400 }]);
	});

	it("counts each seed once for a version of the sources", () => {
		const lines = readEvidence(path);
		const twice: EvidenceLine[] = [...lines, lines[0], { ...lines[0], from: 50, to: 149 }];
		const sums = sumEvidence(twice);
		assert.deepEqual(
			sums.map(({ dirty, sources, sums: { seeds } }) => [sources, dirty, seeds]),
			[
				["aaaa+bbbb", false, 199],
				["aaaa+bbbb", true, 100],
				["cccc+bbbb", false, 100],
			],
		);
		assert.deepEqual(sums[0].faults, { crash: 2 });
		assert.equal(sums[0].failures.length, 1);
	});
});
