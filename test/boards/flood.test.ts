/** Floods of datagrams that boards must drop, a second of each kind at a time; scripts/flood.ts measures longer. */
import assert from "node:assert/strict";
import { buildFirmware } from "../../scripts/build";
import { measureFlood, RATIO_MIN } from "../../scripts/story/flood";
import { FLOOD_KINDS } from "../../scripts/story/junk";

const PER_SECOND = 2000;

describe("boards", function () {
	this.timeout(240_000);
	it("attack 7: a flood that will be dropped leaves clients at least a third of their throughput", async () => {
		const firmware = await buildFirmware(() => {});
		const reports = await measureFlood({
			firmware,
			perSecond: PER_SECOND,
			slices: 2,
			sliceMs: 1000,
			again: 3,
			seed: 1,
			booted: () => {},
			measured: () => {},
		});
		assert.deepEqual(
			reports.map(({ kind }) => kind),
			FLOOD_KINDS,
		);
		for (const report of reports) {
			assert.ok(report.ratio >= RATIO_MIN, JSON.stringify(report));
			assert.ok(report.sentPerSecond > PER_SECOND / 2, JSON.stringify(report));
			assert.ok(report.dropped > 0, JSON.stringify(report));
		}
	});
});
