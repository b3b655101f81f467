import assert from "node:assert/strict";
import { DROP_COUNTERS, dropName } from "../../../core/wire/drops";
import { isOfMembers, isRequest } from "../../../core/wire/requests";
import { LAYOUTS } from "../../../core/wire/schema";
import { DIGEST_OF_CLIENT, DIGEST_OF_NODE, receiveFrames, SHORT_RUN } from "./frames";

const FRAMES = 1_000_000;

describe("a million frames, random and mutated", () => {
	for (const toNode of [true, false])
		it(`change nothing, throw nothing, and are counted by reason at a ${toNode ? "node" : "client"}`, () => {
			const { accepted, dropped, counted } = receiveFrames(FRAMES, toNode);
			assert.deepEqual(counted, dropped);
			const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
			assert.equal(sum(accepted.values()) + sum(dropped), FRAMES);
			for (let reason = 1; reason < DROP_COUNTERS; reason++)
				assert.ok(dropped[reason] > 0, `no frame was dropped as ${dropName(-reason)}`);
			const expected = Object.keys(LAYOUTS)
				.map(Number)
				.filter((kind) => (isOfMembers(kind) || isRequest(kind)) === toNode);
			assert.deepEqual(
				[...accepted.keys()].sort((a, b) => a - b),
				expected,
			);
			assert.ok(sum(accepted.values()) < FRAMES / 2, "too few of the frames were bad");
		});

	it("come to the same as inside XS", () => {
		assert.equal(receiveFrames(SHORT_RUN, true).digest, DIGEST_OF_NODE);
		assert.equal(receiveFrames(SHORT_RUN, false).digest, DIGEST_OF_CLIENT);
	});
});
