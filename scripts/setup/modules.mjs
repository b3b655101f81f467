/** The node modules, exactly as package-lock.json names them. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure } from "./failure.mjs";
import { npm, run } from "./run.mjs";

/**
 * Runs `npm ci` where node_modules is not what package-lock.json names for this machine.
 *
 * A stamp is written after the installation has ended, and `npm ci` removes it with the rest. So a broken-off
 * installation leaves no stamp, and the next set-up installs everything again.
 * @throws {SetupFailure} where the lock file cannot be read or npm fails
 */
export async function setUpModules(context) {
	const wanted = fingerprint(join(context.root, "package-lock.json"));
	const stamp = join(context.root, "node_modules", ".balsa-installed");
	if (read(stamp) === wanted) return;
	context.say("node modules: installing (about 150 MB on the disk)");
	await run(context, "installing the node modules", npm("ci", "--no-audit", "--no-fund"), { cwd: context.root });
	writeFileSync(stamp, wanted);
}

/** Optional packages hold binaries for one kind of machine, so the machine is part of it. */
function fingerprint(lock) {
	const text = read(lock);
	if (text === undefined)
		throw new SetupFailure(`${lock} cannot be read. Restore it with 'git checkout package-lock.json'.`);
	return createHash("sha256").update(`${process.platform} ${process.arch}\n${text}`).digest("hex");
}

function read(path) {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}
