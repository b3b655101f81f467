import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { ROOT } from "../../../scripts/firmware/paths";
import { type Comparison, compareRuns, compareShare, type Expected, expectedOf } from "../../../scripts/sim-xs/compare";
import { type Engine, EngineEnded } from "../../../scripts/sim-xs/engines";

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);

/** Runs that are quick and still rough: of those with crashes and commits, the ones with the fewest events. */
async function quickest(count: number): Promise<Expected[]> {
	const rough = (await expectedOf(SEEDS)).filter(({ line }) => {
		const { committed, crashes } = JSON.parse(line) as { committed?: number; crashes?: number };
		return (committed ?? 0) >= 50 && (crashes ?? 0) > 0;
	});
	const events = ({ line }: Expected) => (JSON.parse(line) as { events: number }).events;
	return rough.sort((a, b) => events(a) - events(b)).slice(0, count);
}

async function compared(target: "host" | "board", expected: readonly Expected[]): Promise<Comparison[]> {
	const all: Comparison[] = [];
	await compareRuns(target, "scarce", expected, 1, (comparison) => all.push(comparison));
	return all;
}

describe("runs of the simulator inside XS", function () {
	this.timeout(120_000);
	let expected: Expected[];
	before(async () => {
		expected = await quickest(3);
		assert.equal(expected.length, 3);
	});

	for (const [target, count] of [
		["host", 3],
		["board", 1],
	] as const) {
		it(`come to the end that they have on Node.js, on the ${target}`, async () => {
			const comparisons = await compared(target, expected.slice(0, count));
			assert.equal(comparisons.length, count);
			for (const { expected: line, meter, told } of comparisons) {
				assert.equal(told, line);
				assert.ok(meter !== null && meter.microseconds > 0);
			}
			// Else the engine's garbage collection was no part of it.
			assert.ok(comparisons.some(({ meter }) => meter !== null && meter.collections > 0));
		});
	}

	it("differ when Node.js came to another end", async () => {
		const [first, second] = expected;
		const [comparison] = await compared("host", [{ ...second, seed: first.seed }]);
		assert.equal(comparison.isEqual, false);
		assert.equal(comparison.told, first.line);
	});
});

describe("an engine that ends in the middle", () => {
	const share = [1, 2, 3, 4].map((seed) => ({ seed, hash: `hash ${seed}`, calls: 1, line: `end ${seed}` }));

	/** It does not survive seed 2, and ends as if all were well at seed 4. */
	const engine: Engine = {
		name: "frail",
		async ask(request, told = () => {}) {
			if (request.kind !== "runs") throw new Error("only runs are compared");
			for (const seed of request.seeds) {
				if (seed === 2) throw new EngineEnded("not enough memory");
				if (seed === 4) break;
				told(`end ${seed}`, null);
			}
			return [];
		},
	};

	it("has failed that run alone", async () => {
		const all: Comparison[] = [];
		await compareShare(engine, share, (comparison) => all.push(comparison));
		assert.deepEqual(
			all.map(({ isEqual, seed, told }) => [seed, isEqual, told]),
			[
				[1, true, "end 1"],
				[2, false, "not enough memory"],
				[3, true, "end 3"],
				[4, false, "ended before its last run"],
			],
		);
	});

	it("is not excused for another mistake", async () => {
		const broken: Engine = { name: "broken", ask: () => Promise.reject(new Error("no compiler")) };
		await assert.rejects(
			compareShare(broken, share, () => {}),
			/no compiler/,
		);
	});
});

describe("npm run sim:xs", () => {
	const run = (...words: string[]) =>
		spawnSync("node", ["--import", "tsx", "scripts/sim-xs.ts", ...words], {
			cwd: ROOT,
			encoding: "utf8",
			timeout: 60_000,
		});

	it("says what it takes", () => {
		const { status, stdout } = run("--help");
		assert.equal(status, 0);
		for (const option of ["--seed", "--seeds", "--from", "--to", "--board", "--memory", "--json"])
			assert.ok(stdout.includes(option), option);
	});

	it("refuses what it cannot do", () => {
		for (const words of [
			["--seed", "0"],
			["--memory", "none"],
			["--from", "9", "--to", "8"],
			["--frob"],
			["--board", "--memory", "ample"],
		])
			assert.equal(run(...words).status, 2, words.join(" "));
	});
});
