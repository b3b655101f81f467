/** The board as a measuring instrument: counted instructions, each run like the other. */
import assert from "node:assert/strict";
import { buildBoard } from "../../../scripts/firmware/build";
import { EmulatedBoard } from "../../../scripts/firmware/emulator";

const SOON_MS = 60_000;

describe("a board that counts instructions", function () {
	this.timeout(240_000);

	it("gives the same figures in each run, and allocates nothing in plain code", async () => {
		const { path: elf } = await buildBoard({ entry: "test/platform/qemu/cost.firmware.ts", name: "test-cost" });
		const outputs: string[] = [];
		for (let run = 0; run < 3; run++) {
			const board = new EmulatedBoard({ elf, deterministic: true });
			assert.equal(await board.wait(SOON_MS), 0);
			outputs.push(board.output);
		}
		assert.equal(outputs[1], outputs[0]);
		assert.equal(outputs[2], outputs[0]);
		const rows = [...outputs[0].matchAll(/^(\w+) ([\d.]+) instructions, (\d+) slots$/gm)];
		assert.deepEqual(
			rows.map(([, name]) => name),
			["empty", "call", "native", "array"],
		);
		for (const [, name, instructions, slots] of rows) {
			assert.equal(Number(slots), 0, name);
			assert(Number(instructions) > 100 && Number(instructions) < 3000, `${name} takes ${instructions}`);
		}
	});
});
