/** Tests inside XS: a failing one, and one that never comes to its end, must not pass. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BUILD, ROOT } from "../../../scripts/firmware/paths";
import { runOnXs } from "../../../scripts/firmware/run-on-xs";

describe("tests inside XS", function () {
	this.timeout(240_000);
	let folder: string;

	before(() => {
		folder = mkdtempSync(join(BUILD, "test-"));
	});
	after(() => rmSync(folder, { recursive: true, force: true }));

	function run(body: string, target: "host" | "board") {
		const path = join(folder, "sample.xs.ts");
		const harness = relative(folder, join(ROOT, "test/xs/harness"));
		writeFileSync(path, `import { describe, equal, it, throws } from ${JSON.stringify(harness)};\n${body}\n`);
		return runOnXs({ tests: [path], target, name: "test-sample", timeoutMs: 60_000 });
	}

	for (const target of ["host", "board"] as const) {
		it(`pass on the ${target}`, async () => {
			const body =
				'it("adds", () => equal(1 + 1, 2)); it("throws", () => throws(() => { throw new Error("so"); }, /so/));';
			const { passed, output } = await run(body, target);
			assert(passed, output);
			assert.match(output, /^xs: 2 passing, 0 failing$/m);
		});

		it(`fail on the ${target}, with the line`, async () => {
			const { passed, output } = await run('describe("sum", () => it("is wrong", () => equal(1 + 1, 3)));', target);
			assert(!passed);
			assert.match(
				output,
				/failing: sum › is wrong\nError: {2}expected 3, got 2\n at equal \(test\/xs\/harness\.ts:\d+\)/,
			);
		});

		it(`do not pass on the ${target} when they end too early, or are none`, async () => {
			assert(!(await run("const list: unknown[] = []; for (;;) list.push({});", target)).passed);
			assert(!(await run("export const none = [equal, it, throws, describe];", target)).passed);
		});
	}
});
