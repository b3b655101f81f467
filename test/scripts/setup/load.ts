import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** Loads a module of the set-up, which is plain JavaScript; the test names what it uses of it. */
export function load<Module>(name: string): Promise<Module> {
	return import(pathToFileURL(join(ROOT, "scripts", "setup", name)).href) as Promise<Module>;
}
