/** The node modules, as package-lock.json names them. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure } from "./failure.mjs";
import { npm, run } from "./run.mjs";

/**
 * node_modules holds what package-lock.json names; installed only where it does not.
 *
 * Not by `npm ci`: it refuses a lock file that lacks the optional binaries of foreign systems, which is how npm
 * writes one where a registry does not carry them. That versions and hashes are the locked ones is compared here.
 * @throws {SetupFailure} where npm fails or installs something else
 */
export async function setUpModules(context) {
	const lock = join(context.root, "package-lock.json");
	const wanted = readLock(lock);
	if (wanted === undefined) throw new SetupFailure(`${lock} is missing or not readable`);
	const folder = join(context.root, "node_modules");
	// npm takes a half-unpacked package that it finds for a whole one, so after a broken-off installation nothing of it stays.
	const unfinished = join(folder, ".balsa-unfinished");
	if (existsSync(unfinished)) rmSync(folder, { recursive: true, force: true });
	else if (isInstalled(context, wanted)) return;
	context.say("node modules: installing (about 150 MB on the disk)");
	mkdirSync(folder, { recursive: true });
	writeFileSync(unfinished, "");
	const install = npm("install", "--no-save", "--no-audit", "--no-fund");
	await run(context, "installing the node modules", install, { cwd: context.root });
	rmSync(unfinished, { force: true });
	if (!isInstalled(context, wanted))
		throw new SetupFailure(
			"package.json and package-lock.json do not match: what npm installed is not what the lock file names",
		);
}

function isInstalled(context, wanted) {
	const found = readLock(join(context.root, "node_modules", ".package-lock.json"));
	return found !== undefined && difference(wanted, found) === undefined;
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
	const isTooMuch = ([path, each]) => path !== "" && wanted.packages[path] === undefined && !each.optional;
	return Object.entries(found.packages).find(isTooMuch)?.[0];
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
