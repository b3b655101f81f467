/** The walls of the house: who may import whom, and what may stand in modules that are frozen into flash. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const SOURCES = ["core", "platform", "firmware", "sim", "scripts"].flatMap((folder) =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
		.map((name) => join(folder, name)),
);

interface Import {
	readonly from: string;
	readonly specifier: string;
	/** Path from the root for a relative import, else the specifier. */
	readonly target: string;
	readonly isType: boolean;
}

function importsOf(path: string): Import[] {
	const text = readFileSync(join(ROOT, path), "utf8");
	const found: Import[] = [];
	for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?[^;"]*?from\s+"([^"]+)";/gms)) {
		const specifier = match[2];
		const target = specifier.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), specifier)) : specifier;
		found.push({ from: path, specifier, target, isType: match[1] !== undefined });
	}
	return found;
}

const IMPORTS = SOURCES.flatMap(importsOf);

/** What a folder may import, by the beginning of the target. Own files always. */
const ARROWS: { readonly [folder: string]: readonly string[] } = {
	"core/raft/": ["core/"],
	"core/journal/": ["core/"],
	"core/store/": ["core/"],
	"core/wire/": ["core/"],
	"core/client/": ["core/"],
	"core/replica/": ["core/"],
	"core/": ["core/"],
	"platform/node/": ["core/", "node:"],
	"platform/qemu/": ["core/"],
	"platform/moddable/": ["core/", "embedded:", "timer", "mc/", "net", "wifi"],
	"firmware/": ["core/", "platform/", "firmware/", "mc/", "timer"],
	"sim/": ["core/", "sim/"],
};
/** Parts of the core that do not know one another; what they share stands above them. */
const STRANGERS = ["core/raft/", "core/journal/", "core/store/"];

function folderOf(path: string): string | undefined {
	return Object.keys(ARROWS).find((folder) => path.startsWith(folder));
}

describe("architecture", () => {
	it("are read at all", () => assert.ok(IMPORTS.length > 400, `${IMPORTS.length} imports were found`));

	it("imports go only where the design's arrows point", () => {
		const wrong = IMPORTS.filter(({ from, target }) => {
			const folder = folderOf(from);
			if (folder === undefined || target.startsWith(folder)) return false;
			return !ARROWS[folder].some((allowed) => target.startsWith(allowed));
		});
		assert.deepEqual(wrong, []);
	});

	it("raft, journal and store do not know one another, nor the wire, the replica or the client", () => {
		const wrong = IMPORTS.filter(({ from, target }) => {
			const own = STRANGERS.find((folder) => from.startsWith(folder));
			if (own === undefined) return false;
			return [...STRANGERS, "core/wire/", "core/replica/", "core/client/"].some(
				(other) => other !== own && target.startsWith(other),
			);
		});
		assert.deepEqual(wrong, []);
	});

	it("relative imports name a file, without a suffix", () => {
		const files = new Set(SOURCES.map((path) => path.replace(/\.ts$/, "")));
		const declared = new Set(
			readdirSync(join(ROOT, "platform"), { recursive: true, encoding: "utf8" })
				.filter((name) => name.endsWith(".d.ts"))
				.map((name) => join("platform", name).replace(/\.d\.ts$/, "")),
		);
		const wrong = IMPORTS.filter(
			({ specifier, target }) =>
				specifier.startsWith(".") && !specifier.endsWith(".mjs") && !files.has(target) && !declared.has(target),
		);
		assert.deepEqual(wrong, []);
	});

	const frozen = SOURCES.filter((path) => /^(core|platform\/moddable|firmware)\//.test(path));

	it("modules that are frozen into flash have no mutable state of their own", () => {
		const wrong: string[] = [];
		for (const path of frozen) {
			// core/bytes is the TypeScript twin: boards have platform/native/bytes in its place.
			if (path === "core/bytes.ts") continue;
			for (const [number, line] of readFileSync(join(ROOT, path), "utf8").split("\n").entries())
				if (/^(export )?(let|var) |^(export )?const [^=]*= new |^\s+static (?!readonly)\w+ *[=:;]/.test(line))
					wrong.push(`${path}:${number + 1}: ${line}`);
		}
		assert.deepEqual(wrong, []);
	});

	it("core and sim use no clock, no chance and no arithmetic that differs between engines", () => {
		const banned =
			/\b(Date\b|performance\b|setTimeout|setInterval|setImmediate|process\.|console\.|Math\.(random|log\w*|exp\w*|pow|sin|cos|tan|a?sinh?|a?cosh?|a?tanh?2?|cbrt|hypot|fround))|\*\*/;
		const wrong: string[] = [];
		for (const path of SOURCES.filter((name) => /^(core|sim)\//.test(name))) {
			let inComment = false;
			for (const [number, line] of readFileSync(join(ROOT, path), "utf8").split("\n").entries()) {
				if (/^\s*\/\*/.test(line)) inComment = true;
				const code = inComment ? "" : line.replace(/\/\/.*$/, "").replace(/"[^"]*"|`[^`]*`/g, '""');
				if (/\*\/\s*$/.test(line)) inComment = false;
				if (banned.test(code)) wrong.push(`${path}:${number + 1}: ${line.trim()}`);
			}
		}
		assert.deepEqual(wrong, []);
	});

	it("no file holds more than 400 lines", () => {
		const wrong = SOURCES.map((path) => [path, readFileSync(join(ROOT, path), "utf8").split("\n").length - 1] as const)
			.filter(([, lines]) => lines > 400)
			.map(([path, lines]) => `${path}: ${lines}`);
		assert.deepEqual(wrong, []);
	});
});
