import assert from "node:assert/strict";
import { GEOMETRY_DIFFERS, statusName } from "../../../core/journal/status";
import { UnusableFlash } from "../../../scripts/story/unusable-flash";

describe("story: boards that cannot use their flash", () => {
	const line = `journal: ${statusName(GEOMETRY_DIFFERS)}; this board answers its status only`;

	it("end the start by name once there can be no leader, and not before", () => {
		const unusable = new UnusableFlash();
		unusable.check(5, "build/cluster");
		for (const id of [5, 5, 2]) unusable.hear(id, line);
		unusable.hear(1, "leads: term, index of its no-op: 1 1 0");
		unusable.check(5, "build/cluster");
		unusable.hear(1, line);
		assert.throws(() => unusable.check(5, "build/cluster"), {
			code: "GEOMETRY_DIFFERS",
			message: /^boards 1, 2, 5 cannot use their flash, .* remove build\/cluster for a new, empty cluster$/,
		});
	});
});
