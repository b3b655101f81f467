import { cpSync, existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** Loads a module of the set-up, which is plain JavaScript; the test names what it uses of it. */
export function load<Module>(name: string): Promise<Module> {
	return import(pathToFileURL(join(ROOT, "scripts", "setup", name)).href) as Promise<Module>;
}

/** Copies the set-up alone into a folder, as a fresh clone would have it. */
export function copySetup(folder: string): void {
	for (const path of ["scripts/setup", "scripts/setup.mjs", "platform/node/kernel-lock.mjs"]) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		cpSync(join(ROOT, path), join(folder, path), { recursive: true });
	}
}

/** @returns where a program of this machine is */
export function pathOf(program: string): string {
	const folders = (process.env["PATH"] ?? "").split(delimiter);
	const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
	if (found === undefined) throw new Error(`${program} is not in PATH`);
	return found;
}
