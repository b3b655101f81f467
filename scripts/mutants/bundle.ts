/** Programs with a mutant's patch in them, each one file. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { type Mutant, patched, ROOT } from "./mutant";

export interface Bundle {
	readonly path: string;
	/** Tells it from a bundle of any other source or patch. */
	readonly fingerprint: string;
}

function sources(mutant: Mutant | undefined, used: Set<string>): Plugin {
	return {
		name: "sources",
		setup(builder) {
			builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
				const name = relative(ROOT, path).split(sep).join("/");
				let source = readFileSync(path, "utf8");
				if (mutant !== undefined) {
					const mutated = patched(mutant, name, source);
					if (mutated !== source) used.add(name);
					source = mutated;
				}
				// A test finds its files beside itself, not beside the bundle.
				source = source.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
				source = source.replaceAll("import.meta.dirname", JSON.stringify(dirname(path)));
				return { contents: source, loader: "ts" };
			});
		},
	};
}

/**
 * @param mutant undefined for the source as it is
 * @param program TypeScript that stands at the repository's top
 * @param extra what the program reads besides its modules, for the fingerprint
 * @returns undefined when none of the patch is in the program: it cannot notice the mutant
 */
export async function bundle(
	mutant: Mutant | undefined,
	name: string,
	program: string,
	extra = "",
): Promise<Bundle | undefined> {
	const used = new Set<string>();
	const result = await build({
		stdin: { contents: program, resolveDir: ROOT, loader: "ts" },
		absWorkingDir: ROOT,
		bundle: true,
		write: false,
		format: "esm",
		platform: "node",
		target: "node20",
		packages: "external",
		logLevel: "silent",
		plugins: [sources(mutant, used)],
	});
	if (mutant !== undefined && used.size === 0) return undefined;
	const [{ text }] = result.outputFiles;
	const path = join(ROOT, "build/mutants", `${mutant?.id ?? "none"}-${name}.mjs`);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, text);
	const fingerprint = createHash("sha256").update(text).update(extra).digest("hex").slice(0, 16);
	return { path, fingerprint };
}
