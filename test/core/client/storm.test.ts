import { strict as assert } from "node:assert";
import { STEPS, STORM_ANSWERS, STORM_DIGEST, Storm } from "./storm";

describe("client: a storm", () => {
	it("leaves the bytes behind that it leaves on every engine", () => {
		const storm = new Storm();
		storm.run(STEPS);
		assert.deepEqual([storm.answers, storm.digest], [STORM_ANSWERS, STORM_DIGEST]);
		assert.ok(storm.begun - storm.answers <= 8);
		assert.equal(
			storm.client.datagrams.frame.drops.reduce((sum, count) => sum + count, 0),
			0,
		);
	});
});
