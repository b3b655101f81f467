/** A board is replaced, another joins and leaves, leadership goes round, a board drains, all rest; scripts/rolling.ts does more of it. */
import assert from "node:assert/strict";
import { buildFirmware } from "../../scripts/build";
import { rolling } from "../../scripts/story/rolling";

describe("boards", function () {
	this.timeout(300_000);
	it("come and go under load, and no client notices but by waiting", async () => {
		const firmware = await buildFirmware(() => {});
		const report = await rolling({
			firmware,
			replaced: [1],
			transfers: 4,
			drained: [2],
			sessions: 3,
			booted: () => {},
			told: () => {},
		});
		assert.ok(report.acknowledged > 20, `${report.acknowledged} writes`);
		assert.equal(report.interruptions.transfer.count, 4);
		const replaced = report.commands.find(({ command }) => command === "balsa member replace 1 1");
		assert.equal(replaced?.output, "done: 1.2 is in the place of 1.1");
		assert.equal(replaced?.stages[0], "1.2: learner");
		assert.equal(replaced?.stages.at(-1), "joint");
		assert.equal(report.framesAtRest, 0);
	});
});
