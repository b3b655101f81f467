import assert from "node:assert/strict";
import { openPatterns } from "../../../scripts/firmware/destructuring";

describe("patterns in firmware", () => {
	it("become one read for each name, in their order", () => {
		assert.equal(openPatterns("\tconst { a, b: c } = this;"), "\tconst a = this.a, c = this.b;");
		assert.equal(openPatterns("let { head } = node;\nhead++;"), "let head = node.head;\nhead++;");
		assert.equal(openPatterns("  const { raft } = this.member;"), "  const raft = this.member.raft;");
	});

	it("stay where something would be evaluated twice, or mean something else", () => {
		for (const line of [
			"const { a, b } = this.member;",
			"const { a } = make();",
			"const { a = 1 } = options;",
			"const { a, ...rest } = options;",
			"const { a: { b } } = options;",
			"const { node } = node;",
			"const [a, b] = pair;",
			"for (const { a } of list) a();",
		])
			assert.equal(openPatterns(line), line);
	});

	it("read the same properties as before, in the same order", () => {
		const code = "const { first, second: renamed } = source;\nreturn [first, renamed];";
		const run = (text: string): [unknown, string[]] => {
			const order: string[] = [];
			const source = new Proxy({}, { get: (_target, name) => order.push(String(name)) });
			return [new Function("source", text)(source), order];
		};
		assert.notEqual(openPatterns(code), code);
		assert.deepEqual(run(openPatterns(code)), run(code));
		assert.throws(() => new Function("source", openPatterns(code))(null), TypeError);
	});
});
