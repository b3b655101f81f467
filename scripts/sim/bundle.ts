/** The simulator as one file for the processes that run it, with the core's marks counted. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build, type Plugin } from "esbuild";
import { countMarks, type Mark, readMarks } from "./marks";

const ROOT = join(import.meta.dirname, "../..");

/** A change of the source for this bundle alone: how a test makes a mistake that is to be found. */
export interface Patch {
	/** From the repository's top. */
	readonly file: string;
	/** Text that occurs in it exactly once. */
	readonly find: string;
	readonly replace: string;
}

export interface Bundle {
	readonly path: string;
	/** By number, as the bundle counts them. */
	readonly marks: readonly Mark[];
}

function patched(file: string, source: string, patches: readonly Patch[]): string {
	let text = source;
	for (const patch of patches) {
		if (patch.file !== file) continue;
		if (text.split(patch.find).length !== 2) throw new Error(`${file} does not have "${patch.find}" exactly once`);
		text = text.replace(patch.find, () => patch.replace);
	}
	return text;
}

function sources(marks: readonly Mark[], patches: readonly Patch[]): Plugin {
	return {
		name: "sources",
		setup(builder) {
			builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
				const file = relative(ROOT, path).split(sep).join("/");
				const source = patched(file, readFileSync(path, "utf8"), patches);
				return { contents: file.startsWith("core/") ? countMarks(file, source, marks) : source, loader: "ts" };
			});
		},
	};
}

/**
 * Named by its contents: a command that runs for hours is not disturbed by a change of the source.
 * @throws Error when a source does not compile, has a mark where none may stand, or does not fit a patch
 */
export async function bundleSimulator(patches: readonly Patch[] = []): Promise<Bundle> {
	const marks = readMarks();
	const result = await build({
		entryPoints: [join(ROOT, "scripts/sim/worker.ts")],
		absWorkingDir: ROOT,
		bundle: true,
		write: false,
		format: "esm",
		platform: "node",
		target: "node20",
		sourcemap: "inline",
		logLevel: "silent",
		plugins: [sources(marks, patches)],
	});
	const [{ text }] = result.outputFiles;
	const name = createHash("sha256").update(text).digest("hex").slice(0, 16);
	const folder = join(ROOT, "build/sim");
	const path = join(folder, `${name}.mjs`);
	if (!existsSync(path)) {
		mkdirSync(folder, { recursive: true });
		// Two commands at once write the same; neither may read half of it.
		writeFileSync(`${path}.${process.pid}`, text);
		renameSync(`${path}.${process.pid}`, path);
	}
	return { path, marks };
}
