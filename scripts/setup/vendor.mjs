/** Foreign sources below build/vendor: fetched, compared with the pinned hash, unpacked whole or not at all. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure } from "./failure.mjs";
import { run } from "./run.mjs";

const STAMP = ".balsa-pin";

/** The pinned versions and hashes. */
export const pins = JSON.parse(readFileSync(new URL("pins.json", import.meta.url), "utf8"));

/**
 * Brings one archive to build/vendor/NAME, unless the pinned one stands there already.
 * @param {object} context of the set-up
 * @param {{ name: string, title: string, file: string, sha256: string, hint: string,
 *   fetch: (folder: string) => Promise<void>, tarArguments: string[] }} part
 *   `fetch` leaves `file` in the folder that it is given
 * @throws {SetupFailure} where it cannot be fetched or is not what was pinned
 */
export async function vendor(context, part) {
	const target = join(context.build, "vendor", part.name);
	// The arguments decide what is unpacked, so they belong to the key.
	const key = createHash("sha256")
		.update(JSON.stringify([part.sha256, part.tarArguments]))
		.digest("hex");
	if (stampOf(target) === key) return;
	context.say(`${part.title}: fetching (${part.hint})`);
	const download = join(context.work, part.name);
	rmSync(download, { recursive: true, force: true });
	mkdirSync(download, { recursive: true });
	await part.fetch(download);
	const archive = join(download, part.file);
	checkHash(part.title, archive, part.sha256);

	const draft = join(download, "unpacked");
	mkdirSync(draft);
	await run(context, `unpacking ${part.title}`, [
		"tar",
		"-xf",
		archive,
		"-C",
		draft,
		"--no-same-owner",
		...part.tarArguments,
	]);
	writeFileSync(join(draft, STAMP), key);
	mkdirSync(join(context.build, "vendor"), { recursive: true });
	rmSync(target, { recursive: true, force: true });
	renameSync(draft, target);
	rmSync(download, { recursive: true, force: true });
}

/**
 * @param {string} title of the archive, for the error
 * @param {string} path of the archive
 * @param {string} expected SHA-256 in hexadecimal
 * @throws {SetupFailure} names the archive and both hashes
 */
export function checkHash(title, path, expected) {
	let content;
	try {
		content = readFileSync(path);
	} catch (error) {
		throw new SetupFailure(`${title}: no file ${path} came (${error.code})`);
	}
	const found = createHash("sha256").update(content).digest("hex");
	if (found !== expected)
		throw new SetupFailure(
			`${title}: the file that came is not the one that was pinned (sha256 ${found}, expected ${expected})`,
		);
}

function stampOf(folder) {
	try {
		return readFileSync(join(folder, STAMP), "utf8");
	} catch {
		return undefined;
	}
}
