import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bundleSimulator } from "../../../scripts/sim/bundle";
import { countMarks, MisplacedMark, marksIn, readMarks } from "../../../scripts/sim/marks";

const SOURCE = `function f(a: number): number {
	if (a > 1) {
		// Mark: a is large
		return 2;
	}
	switch (a) {
		case 0:
			// Mark: a is nothing
			return 0;
		default:
			return 1;
	}
}
`;

describe("marks of rare paths", () => {
	it("are found with their lines", () => {
		assert.deepEqual(marksIn("core/f.ts", SOURCE), [
			{ file: "core/f.ts", line: 3, words: "a is large" },
			{ file: "core/f.ts", line: 8, words: "a is nothing" },
		]);
	});

	it("become calls that count them, line by line", () => {
		const counted = countMarks("core/f.ts", SOURCE, marksIn("core/f.ts", SOURCE)).split("\n");
		assert.equal(counted.length, SOURCE.split("\n").length);
		assert.equal(counted[2], "hitMark(0);");
		assert.equal(counted[7], "hitMark(1);");
		assert.match(counted[0], /^import \{ hit as hitMark \} from ".*"; function f/);
	});

	it("may not stand where a call would change the program", () => {
		assert.throws(() => marksIn("core/f.ts", "if (a)\n\t// Mark: wrong\n\treturn;\n"), MisplacedMark);
		assert.throws(() => marksIn("core/f.ts", "f(\n\t// Mark: wrong\n\ta,\n);\n"), MisplacedMark);
	});

	it("of the core are many, and each is another", () => {
		const marks = readMarks();
		assert.ok(marks.length >= 50, `${marks.length}`);
		assert.equal(new Set(marks.map(({ words }) => words)).size, marks.length);
	});

	it("are calls in the bundle, one for each", async () => {
		const { marks, path } = await bundleSimulator();
		const text = readFileSync(path, "utf8").replace(/\/\/# sourceMappingURL=.*/, "");
		assert.equal([...text.matchAll(/\bhit\(\d+\);/g)].length, marks.length);
	});
});
