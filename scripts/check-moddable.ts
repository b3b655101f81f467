/**
 * `npm run check:moddable`: the firmware against a real Moddable SDK, as far as that goes without
 * ESP-IDF: manifest, type check, bytecode, link. Without $MODDABLE it says that it skips, and ends
 * with 0; anything that is wrong ends it with 1.
 * `--write-preload` first brings the manifest's list of preloaded modules up to date.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Build } from "./moddable/build";
import { BuildFailed, configure, link } from "./moddable/build";
import {
	creationOf,
	findDevice,
	findLink,
	findPartitions,
	findPreloads,
	ownModules,
	ownWarnings,
} from "./moddable/findings";
import { writePreload } from "./moddable/preload";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MANIFEST = join(ROOT, "manifest.json");
const TARGETS = ["esp32", "esp32/esp32c6"];

function checkTarget(target: string, build: Build, problems: string[]): void {
	const makefile = readFileSync(build.makefile, "utf8");
	const early = [...findPreloads(makefile), ...findDevice(makefile, readFileSync(build.sdkconfig, "utf8"))];
	problems.push(...early);
	if (early.length > 0) return;
	const output = link(build);
	const modules = ownModules(makefile);
	problems.push(...ownWarnings(output));
	const sizes = modules
		.map((module) => ({ module, bytes: statSync(join(build.bytecode, `${module}.xsb`)).size }))
		.sort((one, other) => other.bytes - one.bytes);
	const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
	const linked = findLink(readFileSync(build.linked, "utf8"));
	console.log(`\n${target}: bytes of bytecode, before the linker`);
	for (const { module, bytes } of sizes) console.log(`  ${String(bytes).padStart(7)}  ${module}`);
	console.log(`  ${String(total).padStart(7)}  in all, ${modules.length} modules`);
	console.log(`linked, with what is used of XS and the SDK:`);
	console.log(`  ${String(linked.slotBytes).padStart(7)}  bytes of slots in flash (${linked.slots})`);
	console.log(`  ${String(linked.aliasBytes).padStart(7)}  bytes of aliases in RAM (${linked.aliases})`);
	console.log(`  ${String(linked.keys).padStart(7)}  keys`);
	console.log(`${creationOf(makefile)}`);
}

function main(): number {
	if (process.argv.includes("--write-preload")) console.log(`the manifest preloads ${writePreload(MANIFEST)} modules`);
	const problems = findPartitions(readFileSync(join(ROOT, "platform/moddable/partitions.csv"), "utf8"), "factory");
	problems.push(...findPartitions(readFileSync(join(ROOT, "platform/moddable/partitions-ota.csv"), "utf8"), "ota_1"));
	const sdk = process.env["MODDABLE"];
	if (sdk === undefined || sdk === "") {
		for (const problem of problems) console.error(problem);
		console.log("SKIPPED: no Moddable SDK here ($MODDABLE is not set). Only the partition tables were checked.");
		return problems.length === 0 ? 0 : 1;
	}
	if (!existsSync(join(sdk, "xs/includes/xsmc.h"))) {
		console.error(`$MODDABLE is ${sdk}, which is no Moddable SDK`);
		return 1;
	}
	const scratch = mkdtempSync(join(tmpdir(), "balsa-moddable-"));
	try {
		for (const target of TARGETS) checkTarget(target, configure(sdk, scratch, MANIFEST, target), problems);
	} catch (error) {
		if (!(error instanceof BuildFailed)) throw error;
		problems.push(error.message);
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
	for (const problem of problems) console.error(`\n${problem}`);
	console.log(problems.length === 0 ? "\nthe firmware links for Moddable" : `\n${problems.length} problems`);
	return problems.length === 0 ? 0 : 1;
}

process.exitCode = main();
