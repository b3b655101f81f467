/** TypeScript to one ES module that the bytecode compiler takes, beside the modules with natives. */
import { existsSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { openAssertions } from "./assertions";
import { inlineConstants } from "./constants";
import { openPatterns } from "./destructuring";
import { ROOT } from "./paths";

/** A module in JavaScript whose functions are written in C; it stays a module of its own. */
interface NativeModule {
	name: string;
	/** Its JavaScript, with `@ "symbol"` declarations. */
	javascript: string;
	/** The C behind it, beyond the board's own. */
	sources: readonly string[];
	/** Imports of these paths, without suffix, mean this module. */
	replaces: readonly string[];
}

export const NATIVE_MODULES: readonly NativeModule[] = [
	{
		name: "board",
		javascript: join(ROOT, "platform/qemu/board.js"),
		sources: [],
		replaces: [join(ROOT, "platform/qemu/board")],
	},
	{
		name: "bytes",
		javascript: join(ROOT, "platform/native/bytes.js"),
		sources: [join(ROOT, "platform/native/bytes.c")],
		replaces: [join(ROOT, "core/bytes"), join(ROOT, "platform/native/bytes")],
	},
];

function nativeModules(used: Set<string>): Plugin {
	return {
		name: "native-modules",
		setup(builder) {
			builder.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
				const target = resolve(resolveDir, path).replace(/\.(d\.)?[jt]s$/, "");
				const found = NATIVE_MODULES.find(({ replaces }) => replaces.includes(target));
				if (found === undefined || !existsSync(found.javascript)) return undefined;
				used.add(found.name);
				return { path: found.name, external: true };
			});
		},
	};
}

export interface Bundle {
	/** The module "main". */
	code: string;
	/** Names of the native modules that it imports. */
	natives: string[];
	/** Where a line (from 1) of `code` comes from: a path from the repository's top and a line from 1. */
	origin(line: number): { file: string; line: number } | undefined;
}

/**
 * @param entry path of a TypeScript file
 * @param preload whether it goes to the read-only heap: what esbuild turned into `var` at the top
 * level is then a constant again, so that no memory is kept for a change of it, and a change throws
 */
export async function bundle(entry: string, preload: boolean): Promise<Bundle> {
	const used = new Set<string>();
	const result = await build({
		entryPoints: [entry],
		absWorkingDir: ROOT,
		bundle: true,
		format: "esm",
		target: "es2022",
		platform: "neutral",
		charset: "utf8",
		sourcemap: "external",
		write: false,
		outfile: "main.js",
		logLevel: "silent",
		plugins: [nativeModules(used)],
	});
	const output = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
	const inlined = await inlineConstants(openPatterns(openAssertions(output("main.js"))), output(".map"));
	const map = new SourceMap(JSON.parse(inlined.map) as SourceMapPayload);
	const declared = inlined.code;
	const code = preload ? declared.replace(/^var (\S+ = )/gm, "const $1") : declared;
	const lines = declared.split("\n");
	return {
		code,
		natives: [...used],
		origin(line) {
			const text = lines[line - 1] ?? "";
			const entry = map.findEntry(line - 1, Math.max(0, text.search(/\S/)));
			if (!("originalSource" in entry)) return undefined;
			return { file: relative(ROOT, resolve(ROOT, entry.originalSource)), line: entry.originalLine + 1 };
		},
	};
}
