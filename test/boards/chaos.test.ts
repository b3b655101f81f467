/** A few power cuts under load; scripts/chaos.ts does fifty and more. */
import assert from "node:assert/strict";
import { buildFirmware } from "../../scripts/build";
import { chaos } from "../../scripts/story/chaos";

const ROUNDS = 6;

describe("boards", function () {
	this.timeout(300_000);
	it("lose nothing acknowledged and apply nothing twice, whoever loses power", async () => {
		const firmware = await buildFirmware(() => {});
		const report = await chaos({
			firmware,
			rounds: ROUNDS,
			seed: 7,
			badNetwork: true,
			booted: () => {},
			round: () => {},
		});
		assert.ok(report.acknowledged > ROUNDS && report.leaderKills > 0 && report.twoDead > 0, JSON.stringify(report));
	});
});
