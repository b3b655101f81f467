/**
 * The `balsa` command as one file, `build/balsa/command.mjs`. Compiling its TypeScript takes six times as long as
 * most commands run, so that is done when a source has changed and not at each start.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build", "balsa");
const BUNDLE = join(FOLDER, "command.mjs");
/** Its sources, from the repository's top, with what `stampOf` said of each when it was made. */
const SOURCES = join(FOLDER, "sources.json");

/** @returns the path of the bundle, made from the sources as they are now */
export async function commandBundle() {
	if (!isCurrent()) await make();
	return BUNDLE;
}

function isCurrent() {
	try {
		const stamps = JSON.parse(readFileSync(SOURCES, "utf8"));
		statSync(BUNDLE);
		return Object.entries(stamps).every(([path, stamp]) => stampOf(path) === stamp);
	} catch {
		return false;
	}
}

function stampOf(path) {
	const { mtimeMs, size } = statSync(join(ROOT, path));
	return `${mtimeMs} ${size}`;
}

async function make() {
	const { build } = await import("esbuild");
	const beside = {
		name: "beside",
		setup(builder) {
			// A module finds files beside its source, not beside the bundle.
			builder.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
				contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
				loader: "ts",
			}));
		},
	};
	const { metafile, outputFiles } = await build({
		entryPoints: [join(ROOT, "scripts/balsa/main.ts")],
		absWorkingDir: ROOT,
		outfile: BUNDLE,
		bundle: true,
		write: false,
		metafile: true,
		format: "esm",
		platform: "node",
		target: "node20",
		// Libraries in CommonJS call require.
		banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
		logLevel: "silent",
		plugins: [beside],
	});
	const stamps = Object.fromEntries(Object.keys(metafile.inputs).map((path) => [path, stampOf(path)]));
	mkdirSync(dirname(BUNDLE), { recursive: true });
	// The sources come last: a bundle without them is made again.
	for (const [path, text] of [
		[BUNDLE, outputFiles[0].text],
		[SOURCES, JSON.stringify(stamps)],
	]) {
		// Two commands at once write the same; neither may read half of it.
		writeFileSync(`${path}.${process.pid}`, text);
		renameSync(`${path}.${process.pid}`, path);
	}
}
