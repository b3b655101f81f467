/** Numeric constants in their places: what may be replaced is, and nothing else. */
import assert from "node:assert/strict";
import { SourceMap, type SourceMapPayload } from "node:module";
import { build } from "esbuild";
import { inlineConstants } from "../../../scripts/firmware/constants";

interface Inlined {
	code: string;
	map: SourceMap;
	/** The default export, called. */
	value: unknown;
}

/** Bundles the text as the firmware's build does, inlines, and runs it. */
async function inline(text: string): Promise<Inlined> {
	const result = await build({
		stdin: { contents: text, sourcefile: "source.ts", loader: "ts" },
		bundle: true,
		format: "esm",
		target: "es2022",
		sourcemap: "external",
		write: false,
		outfile: "main.js",
	});
	const [map, code] = [".map", "main.js"].map(
		(suffix) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "",
	);
	const inlined = await inlineConstants(code, map);
	const loaded = await import(`data:text/javascript;base64,${Buffer.from(inlined.code).toString("base64")}`);
	return {
		code: inlined.code,
		map: new SourceMap(JSON.parse(inlined.map) as SourceMapPayload),
		value: loaded.default(),
	};
}

describe("numeric constants of a firmware image", () => {
	it("are replaced by their values, also those of expressions and negative ones", async () => {
		const { code, value } = await inline(`
			const SMALL = 7;
			const BITS = 1 << 20;
			const LEAST = -(SMALL + 1) * 2;
			const HEX = 0xff;
			const LARGE = 2 ** 48 - 1;
			export default () => [SMALL, BITS, LEAST, HEX, LARGE];`);
		assert.deepEqual(value, [7, 1048576, -16, 255, 281474976710655]);
		assert.doesNotMatch(code, /SMALL|BITS|LEAST|HEX|LARGE/);
	});

	it("leave what shadows them, properties and strings of the same name alone", async () => {
		const { value } = await inline(`
			const LIMIT = 7;
			function inner(LIMIT: number) { return LIMIT + 1; }
			const object = { LIMIT: 3 };
			export default () => [inner(1), object.LIMIT, "LIMIT", LIMIT, { LIMIT }.LIMIT];`);
		assert.deepEqual(value, [2, 3, "LIMIT", 7, 7]);
	});

	it("are none when they are assigned to, or are no numbers", async () => {
		const { code, value } = await inline(`
			let count = 1;
			let steps = 5;
			const TEXT = "1 + 1";
			const NOW = Math.floor(2.5);
			export default () => { count += 1; steps--; return [count, steps, TEXT, NOW]; };`);
		assert.deepEqual(value, [2, 4, "1 + 1", 2]);
		assert.match(code, /var count = 1/);
		assert.match(code, /var steps = 5/);
	});

	it("keep the lines of the source", async () => {
		const { code, map } = await inline(
			"const A = 1;\nconst B = 2;\n\nexport default function main() {\n\treturn A + B;\n}\n",
		);
		const line = code.split("\n").findIndex((text) => text.includes("return"));
		const entry = map.findEntry(line, code.split("\n")[line].search(/\S/));
		assert("originalLine" in entry);
		assert.equal(entry.originalLine, 4);
	});
});
