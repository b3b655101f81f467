import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Refusal } from "../../../scripts/cluster/refusal";
import { lineOf } from "../../../scripts/story/failure";

describe("story: an error in one line", () => {
	it("has its name once", () => {
		assert.equal(lineOf(new Refusal("RUNNING", "a cluster runs")), "RUNNING: a cluster runs");
		assert.equal(lineOf(new Error("no name")), "no name");
		assert.throws(
			() => readFileSync("/nowhere/file"),
			(error: Error) => /^ENOENT: no such file/.test(lineOf(error)),
		);
	});
});
