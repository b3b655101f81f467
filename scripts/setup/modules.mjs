/** The node modules, as package-lock.json names them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

/** node_modules holds what package-lock.json names; installed only where it does not. */
export async function setUpModules(context) {
	const wanted = readLock(join(context.root, "package-lock.json"));
	const found = readLock(join(context.root, "node_modules", ".package-lock.json"));
	if (wanted !== undefined && found !== undefined && difference(wanted, found) === undefined) return;
	context.say("node modules: installing (about 150 MB on the disk)");
	await run(context, "installing the node modules", ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
		cwd: context.root,
	});
}

/**
 * Compares a lock file with the one that npm keeps of what it installed.
 * @param {object} wanted the parsed package-lock.json
 * @param {object} found the parsed node_modules/.package-lock.json
 * @returns {string | undefined} path of the first package that is missing, different or too many
 */
export function difference(wanted, found) {
	for (const [path, each] of Object.entries(wanted.packages)) {
		if (path === "") continue;
		const installed = found.packages[path];
		if (installed === undefined) {
			if (!isForElsewhere(each)) return path;
		} else if (installed.version !== each.version || installed.integrity !== each.integrity) {
			return path;
		}
	}
	return Object.keys(found.packages).find((path) => path !== "" && wanted.packages[path] === undefined);
}

// Optional packages carry a binary for one kind of machine; npm leaves out the others.
function isForElsewhere(each) {
	if (!each.optional) return false;
	const fits = (list, own) => list === undefined || (list.includes(own) && !list.includes(`!${own}`));
	return !fits(each.os, process.platform) || !fits(each.cpu, process.arch) || each.libc !== undefined;
}

function readLock(path) {
	try {
		return JSON.parse(readFileSync(path, "utf8"));
	} catch {
		return undefined;
	}
}
