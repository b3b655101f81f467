/** Compiling C: an object is kept under the hash of everything that it was made of. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { BUILD } from "./paths";
import { must } from "./process";

/** Compilers that run at the same time. */
const WORKERS = 2;

export interface Source {
	path: string;
	flags: readonly string[];
	/** Headers, or folders of headers, that it may include: a change makes it anew. */
	includes: readonly string[];
}

export interface Compilation {
	/** Shown while it lasts, for example "the engine for the board". */
	title: string;
	compiler: string;
	sources: readonly Source[];
	report: (line: string) => void;
}

function headersBelow(folder: string): string[] {
	const files: string[] = [];
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) files.push(...headersBelow(path));
		else if (entry.name.endsWith(".h")) files.push(path);
	}
	return files.sort();
}

const hashes = new Map<string, string>();

/** Hash of a header, or of all headers below a folder; read once a run, since a build changes none. */
function hashHeaders(path: string): string {
	let digest = hashes.get(path);
	if (digest === undefined) {
		const hash = createHash("sha256");
		for (const file of statSync(path).isFile() ? [path] : headersBelow(path))
			hash.update(file).update(readFileSync(file));
		digest = hash.digest("hex");
		hashes.set(path, digest);
	}
	return digest;
}

const versions = new Map<string, Promise<string>>();

function versionOf(compiler: string): Promise<string> {
	let version = versions.get(compiler);
	if (version === undefined) {
		version = must(compiler, ["--version"]);
		versions.set(compiler, version);
	}
	return version;
}

/** @returns the objects' paths, in the order of the sources */
export async function compileObjects(work: Compilation): Promise<string[]> {
	const folder = join(BUILD, "objects");
	mkdirSync(folder, { recursive: true });
	const version = await versionOf(work.compiler);
	const objects = work.sources.map(({ path, flags, includes }) => {
		const hash = createHash("sha256").update(version).update(path).update(flags.join("\0")).update(readFileSync(path));
		for (const include of includes) hash.update(hashHeaders(include));
		return join(folder, `${basename(path).replace(/\.[^.]*$/, "")}-${hash.digest("hex").slice(0, 20)}.o`);
	});
	const missing = objects.flatMap((object, index) => (existsSync(object) ? [] : [index]));
	let next = 0;
	let done = 0;
	const worker = async () => {
		while (next < missing.length) {
			const index = missing[next++];
			const { path, flags } = work.sources[index];
			const temporary = `${objects[index]}.${process.pid}.tmp`;
			await must(work.compiler, [...flags, "-c", path, "-o", temporary]);
			renameSync(temporary, objects[index]);
			done += 1;
			if (done % 16 === 0 || done === missing.length)
				work.report(`compiled ${work.title}: ${done} of ${missing.length} files`);
		}
	};
	await Promise.all(Array.from({ length: WORKERS }, worker));
	return objects;
}
