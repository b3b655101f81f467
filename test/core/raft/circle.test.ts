import assert from "node:assert/strict";
import { Circle, DIGEST_OF_RUN, run } from "./circle";

describe("five bare nodes", () => {
	it("say the same on V8 as on XS (test/xs/raft.xs.ts)", () => {
		const circle = new Circle();
		const leader = circle.elect();
		run(circle, leader);
		run(circle, leader);
		assert.equal(circle.answered, 2 * (100 + 20 * 16 + 20));
		assert.ok(circle.isLevel());
		assert.equal(circle.digest, DIGEST_OF_RUN);
	});
});
