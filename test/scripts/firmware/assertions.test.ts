/** Assertions of an image stay on, whatever the build does to their calls. */
import assert from "node:assert/strict";
import { openAssertions } from "../../../scripts/firmware/assertions";

const DECLARATION = "function assert2(condition, reason) {\n  if (!condition) throw new Error(reason);\n}\n";

/** Runs the function `main` of the text after the transformation. */
function runMain(body: string): unknown {
	const code = openAssertions(`${DECLARATION}function main(value) {\n${body}\n}\n`);
	assert.equal(code.split("\n").length, DECLARATION.split("\n").length + 3, "lines stay where they are");
	return new Function(`${code}return main;`)();
}

describe("assertions of a firmware image", () => {
	it("are called only when they fail, then with their reason", () => {
		const code = openAssertions(`${DECLARATION}\tassert2(a, "one (1), \\"two\\"");`);
		assert.match(code, /\n\t\(a\) \|\| assert2\(false, "one \(1\), \\"two\\""\);$/);
		const main = runMain('  assert2(value > 0 && Math.max(value, 2) === 2, "not, so");') as (value: number) => void;
		main(1);
		assert.throws(() => main(3), /^Error: not, so$/);
		assert.throws(() => main(-1), /^Error: not, so$/);
	});

	it("leave an else to the if that it belongs to", () => {
		const code = openAssertions(
			`${DECLARATION}function main(a) {\n  if (a)\n    assert2(a > 1, "small");\n  else\n    return "else";\n  return "if";\n}\n`,
		);
		const main = new Function(`${code}return main;`)() as (a: number) => string;
		assert.equal(main(0), "else");
		assert.equal(main(2), "if");
		assert.throws(() => main(1), /small/);
	});

	it("stay calls where they are no statement of their own, or their reason is no constant", () => {
		for (const line of ['  if (a) assert2(b, "c");', '  assert2(a, b + "c");', '  other(a, "c");'])
			assert.equal(openAssertions(`${DECLARATION}${line}`), `${DECLARATION}${line}`);
	});

	it("of a bundle without core/assert are left alone", () => {
		const code = 'function main() {\n  assert(a, "b");\n}\n';
		assert.equal(openAssertions(code), code);
	});
});
