import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ROOT } from "../../scripts/firmware/paths";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const SEEDS = ["3", "5", "71"];

interface Place {
	/** Of the process. */
	flags: readonly string[];
	folder: string;
	environment: { readonly [name: string]: string };
}

interface Circumstances {
	collections: number;
	folder: string;
	year: number;
}

function run({ environment, flags, folder }: Place): { ends: string[]; circumstances: Circumstances } {
	const program = fileURLToPath(new URL("run-child.ts", import.meta.url));
	const output = execFileSync("node", [...flags, "--import", TSX, program, ...SEEDS], {
		cwd: folder,
		env: { ...process.env, ...environment },
		encoding: "utf8",
		timeout: 60_000,
	});
	const ends = output.trim().split("\n");
	const circumstances = JSON.parse(ends.pop() ?? "") as Circumstances;
	return { ends, circumstances };
}

describe("a run in other circumstances", function () {
	this.timeout(120_000);

	it("comes to the same end: another day, folder, time zone, language, collector and compiler", () => {
		const here = run({ flags: [], folder: ROOT, environment: { TZ: "UTC" } });
		const anotherDay = new URL("another-day.mjs", import.meta.url).href;
		const there = run({
			flags: ["--max-semi-space-size=1", "--no-opt", "--hash-seed=77", "--import", anotherDay],
			folder: tmpdir(),
			environment: { TZ: "Pacific/Chatham", LC_ALL: "tr_TR.UTF-8" },
		});
		assert.equal(here.ends.length, SEEDS.length);
		assert.deepEqual(there.ends, here.ends);
		// The circumstances must have been others, or this has proved nothing.
		assert.ok(there.circumstances.year >= here.circumstances.year + 3);
		assert.notEqual(there.circumstances.folder, here.circumstances.folder);
		assert.ok(
			there.circumstances.collections > 2 * here.circumstances.collections,
			`${there.circumstances.collections} collections there, ${here.circumstances.collections} here`,
		);
	});
});
