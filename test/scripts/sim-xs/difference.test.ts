import assert from "node:assert/strict";
import { type Difference, findDifference } from "../../../scripts/sim-xs/difference";
import { type Engine, memoryOf, nodeEngine, xsEngine } from "../../../scripts/sim-xs/engines";
import { perform, type Request } from "../../../scripts/sim-xs/program";
import { Random } from "../../../sim/random";

const SEED = 72;
/** Its run has fewer. */
const CALLS = 2_000;

/** An engine whose random numbers are wrong from one on. */
class FaultyEngine implements Engine {
	readonly name = "faulty";
	/** Of the last run. */
	numbers = 0;
	private readonly wrongFrom: number;

	constructor(wrongFrom: number) {
		this.wrongFrom = wrongFrom;
	}

	async ask(request: Request): Promise<string[]> {
		const { next } = Random.prototype;
		const engine = this;
		this.numbers = 0;
		Random.prototype.next = function () {
			const value = next.call(this);
			return ++engine.numbers < engine.wrongFrom ? value : (value ^ 1) >>> 0;
		};
		try {
			return await nodeEngine.ask(request);
		} finally {
			Random.prototype.next = next;
		}
	}
}

/** All that a run comes by, in one piece. */
const WHOLE: Request = { kind: "steps", seed: SEED, from: 0, to: null, everyEvents: 1 };

/** @param one all that one engine says of the run */
function assertDifference(found: Difference | null, one: readonly string[], other: readonly string[]): void {
	const at = one.findIndex((line, i) => line !== other[i]);
	assert.ok(at > 0, "the run is another");
	assert.ok(found !== null && found.common.length > 0);
	assert.deepEqual(found, {
		common: one.slice(at - found.common.length, at),
		one: one.slice(at, at + 4),
		other: other.slice(at, at + 4),
	});
}

describe("the place where two engines part", () => {
	for (const percent of [5, 50, 95]) {
		it(`is found when chance is another after ${percent} % of a run`, async () => {
			const sound = new FaultyEngine(Infinity);
			const expected = await sound.ask(WHOLE);
			const faulty = new FaultyEngine(Math.floor((sound.numbers * percent) / 100));
			const actual = await faulty.ask(WHOLE);
			assertDifference(await findDifference(nodeEngine, faulty, SEED), expected, actual);
		});
	}

	it("is found between Node.js and XS", async function () {
		this.timeout(120_000);
		const sound = new FaultyEngine(Infinity);
		const expected = await sound.ask(WHOLE);
		const faulty = new FaultyEngine(Math.floor(sound.numbers / 2));
		const actual = await faulty.ask(WHOLE);
		const xs = xsEngine("host", "scarce", memoryOf("scarce", CALLS));
		assertDifference(await findDifference(faulty, xs, SEED), actual, expected);
	});

	it("is nowhere when both do the same", async () => {
		assert.equal(await findDifference(nodeEngine, nodeEngine, SEED), null);
	});

	it("is told of a run in words and hashes that end as the run does", () => {
		const lines: string[] = [];
		perform({ kind: "steps", seed: SEED, from: 0, to: null, everyEvents: 1_000 }, (line) => lines.push(line));
		assert.ok(lines.length > 2 && lines.every((line) => /^event \d+: [0-9a-f]{8}$/.test(line)));
		const words: string[] = [];
		perform({ kind: "steps", seed: SEED, from: 1_000, to: 2_000, everyEvents: 1 }, (line) => words.push(line));
		assert.ok(words.some((line) => /^ {2}.* ms {2}/.test(line)));
		assert.ok(words.every((line) => !line.startsWith("event ") || /^event (1\d{3}|2000):/.test(line)));
	});
});
