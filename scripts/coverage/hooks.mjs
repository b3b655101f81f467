/**
 * Module hooks that put counters into the TypeScript source of some files before its types are
 * stripped, so that a branch is one that the source has, and nothing that a compiler added. They stand
 * in the place of tsx, which would compile first.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { createInstrumenter } from "istanbul-lib-instrument";

const instrumenter = createInstrumenter({ esModules: true, parserPlugins: ["typescript"], compact: false });
/** Paths that begin with this are counted. */
let counted = "";

export function initialize(data) {
	counted = data.counted;
}

/** Relative imports name a TypeScript file without its suffix. */
export function resolve(specifier, context, next) {
	if (!specifier.startsWith(".") || context.parentURL === undefined) return next(specifier, context);
	const url = new URL(`${specifier}.ts`, context.parentURL);
	return existsSync(url) ? { url: url.href, format: "module", shortCircuit: true } : next(specifier, context);
}

export async function load(url, context, next) {
	if (!(url.startsWith("file:") && url.endsWith(".ts"))) return next(url, context);
	const path = fileURLToPath(url);
	let source = await readFile(path, "utf8");
	if (path.startsWith(counted)) source = instrumenter.instrumentSync(source, path);
	const { code } = await transform(source, { loader: "ts", format: "esm", sourcefile: path, sourcemap: "inline" });
	return { format: "module", source: code, shortCircuit: true };
}
