/**
 * The manifest's list of preloaded modules: all of ours. It is written out, because mcconfig's own
 * pattern "dir/*" does not see TypeScript, and kept by `npm run check:moddable -- --write-preload`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

type Modules = Readonly<Record<string, string | readonly string[]>>;

interface Manifest {
	readonly modules: Modules;
	readonly platforms: { readonly esp32: { readonly modules: Modules } };
	readonly preload: readonly string[];
}

/** @returns names of modules in a folder; declarations alone are none */
function modulesIn(folder: string): string[] {
	return readdirSync(folder)
		.filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith(".d.ts"))
		.map((name) => name.replace(/\.(ts|js)$/, ""));
}

function read(manifest: string): Manifest {
	return JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
}

/** @returns what should be preloaded: every module that the manifest's patterns find now, in order */
export function modulesOf(manifest: string): string[] {
	const { modules, platforms } = read(manifest);
	const found = new Set<string>();
	for (const [name, target] of [...Object.entries(modules), ...Object.entries(platforms.esp32.modules)]) {
		if (name === "~") continue;
		if (typeof target !== "string") throw new Error(`modules.${name} is not one path`);
		if (!name.endsWith("/*")) found.add(name);
		else
			for (const module of modulesIn(join(dirname(manifest), dirname(target)))) found.add(name.slice(0, -1) + module);
	}
	return [...found].sort();
}

/** @returns what is preloaded */
export function preloadOf(manifest: string): string[] {
	return [...read(manifest).preload];
}

/** Rewrites the list between the brackets of "preload", one module a line. */
export function writePreload(manifest: string): number {
	const modules = modulesOf(manifest);
	const list = modules.map((module) => `\n\t\t${JSON.stringify(module)}`).join(",");
	const text = readFileSync(manifest, "utf8");
	writeFileSync(manifest, text.replace(/"preload": \[[^\]]*\]/, `"preload": [${list}\n\t]`));
	return modules.length;
}
