import assert from "node:assert/strict";
import { Matrix } from "../../sim/faults/matrix";
import { FAULTS } from "../../sim/faults/names";
import { drawOptions } from "../../sim/options";
import { simulate } from "../../sim/run";

describe("runs of the simulator", () => {
	it("hold for 150 seeds, in which every fault happens", function () {
		this.timeout(120_000);
		const matrix = new Matrix();
		let committed = 0;
		let installed = 0;
		for (let seed = 1; seed <= 150; seed++) {
			const report = simulate(drawOptions(seed));
			matrix.add(report.matrix.cells, report.matrix.totals);
			committed += report.committed;
			installed += report.snapshotsInstalled;
		}
		// The world must have been as rough as it says, or this has proved nothing.
		for (const fault of FAULTS) assert.ok(matrix.total(fault) > 0, `${fault} never happened`);
		assert.ok(committed > 15_000 && installed > 0, `${committed} committed, ${installed} installed`);
	});

	it("F10: hold where a slot of the hard state reads as blank before a torn one (seed 223859)", () => {
		simulate(drawOptions(223859));
	});

	it("come to the same end each time", () => {
		for (const seed of [7, 8, 9]) {
			const first = simulate(drawOptions(seed));
			const again = simulate(drawOptions(seed));
			assert.equal(again.traceHash, first.traceHash);
			assert.equal(again.history.toJsonLines(), first.history.toJsonLines());
		}
	});

	it("differ by seed", () => {
		assert.notEqual(simulate(drawOptions(1)).traceHash, simulate(drawOptions(2)).traceHash);
	});
});
