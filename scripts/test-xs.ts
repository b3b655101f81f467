/**
 * The core's tests inside XS: on this machine with the sanitizers on our C, and on the emulated
 * board. `--host` leaves the board out.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./firmware/paths";
import { runOnXs, type XsTarget } from "./firmware/run-on-xs";

const FOLDER = "test/xs";

const tests = readdirSync(join(ROOT, FOLDER))
	.filter((name) => name.endsWith(".xs.ts"))
	.sort()
	.map((name) => join(FOLDER, name));
const targets: XsTarget[] = process.argv.includes("--host") ? ["host"] : ["host", "board"];

let failed = 0;
let passed = 0;
for (const target of targets) {
	const result = await runOnXs({ tests, target, name: "tests", sanitize: target === "host" });
	const sum = /^xs: (\d+) passing, (\d+) failing$/m.exec(result.output);
	passed += Number(sum?.[1] ?? 0);
	failed += Number(sum?.[2] ?? 0) + (result.passed || Number(sum?.[2] ?? 0) > 0 ? 0 : 1);
	if (!result.passed) console.log(result.output);
	console.log(`inside XS on the ${target}: ${result.passed ? "ok" : "FAILED"}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
