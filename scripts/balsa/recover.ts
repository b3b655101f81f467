/** recover: a new cluster of one member out of one flash file, when the majority of the old one is gone for good. */
import { randomBytes } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, ftruncateSync, readFileSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { NOBODY, ROLE_NONE } from "../../core/configuration";
import { READY, statusName } from "../../core/journal/status";
import { PROFILE_M } from "../../core/limits";
import { holdsMore, placeOfSurvivor, recoverByForce, Survivor } from "../../core/replica/recover";
import { unusableAddress } from "../../core/replica/usable";
import { writeAll, writeWhole } from "../../platform/node/durable-file";
import { FileInUse, openLocked } from "../../platform/node/locked-file";
import { addressNumber } from "../../platform/node/network";
import { MemoryFlash } from "../../sim/memory-flash";
import { recoverIdentity } from "../cluster/identity";
import { adviceOf } from "../cluster/status-words";
import { PARTITION_BYTES, SECTOR_BYTES } from "../flash-image";
import { takeLock } from "../setup/lock.mjs";
import { refused, usage } from "./exit";
import { example } from "./help";
import { lifeName } from "./membership";
import type { Output } from "./output";
import { existingClusterId, type MemberAddress, memberAddress } from "./parse";
import { resolveMember } from "./target";

interface RecoverOptions {
	force?: boolean;
	clusterId?: { readonly high: number; readonly low: number };
	address?: MemberAddress;
	json?: boolean;
}

/** A flash file that this process has locked. */
interface OpenFile {
	readonly path: string;
	readonly file: number;
	readonly bytes: Uint8Array;
	readonly survivor: Survivor;
}

function hexOf(high: number, low: number): string {
	return [high, low].map((half) => half.toString(16).padStart(8, "0")).join("");
}

function clusterOf({ survivor: { journal } }: OpenFile): string {
	return hexOf(journal.clusterHigh, journal.clusterLow);
}

/** Reads a flash and locks it; its node must not run. The file is not written to. */
function openFile(path: string): OpenFile {
	let file: number;
	try {
		file = openLocked(path, constants.O_RDWR);
	} catch (error) {
		if (error instanceof FileInUse) throw refused(`${error.code}: ${error.message}`);
		throw refused(`NO_FLASH: ${path} cannot be opened: ${(error as Error).message}`);
	}
	const bytes = new Uint8Array(fstatSync(file).size);
	for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, at);
	if (bytes.length < PARTITION_BYTES) {
		closeSync(file);
		throw refused(`BAD_FLASH: ${path} has ${bytes.length} bytes, and a flash has ${PARTITION_BYTES}: it was cut short`);
	}
	const flash = new MemoryFlash(PARTITION_BYTES, SECTOR_BYTES);
	flash.bytes.set(bytes.subarray(0, PARTITION_BYTES));
	return { path, file, bytes, survivor: new Survivor(flash, PROFILE_M) };
}

/** What a file holds, for people and for programs. */
function describe(open: OpenFile): { [name: string]: unknown } {
	const { path, survivor } = open;
	const { configuration, journal, store } = survivor;
	if (survivor.status !== READY) return { path, error: statusName(survivor.status) };
	const { ids, incarnations, roles } = configuration;
	const members = [];
	for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place))
		if (roles[place] !== ROLE_NONE) members.push(lifeName({ id: ids[place], incarnation: incarnations[place] }));
	return {
		path,
		member: lifeName(journal),
		cluster: clusterOf(open),
		lastTerm: survivor.lastTerm,
		lastIndex: survivor.lastIndex,
		term: journal.term,
		snapshotIndex: journal.snapshotIndex,
		revision: store.revision,
		keys: store.keys.count,
		keepsState: survivor.keepsState,
		members,
	};
}

function print(output: Output, open: OpenFile, isMost: boolean): void {
	const facts = describe(open);
	if (facts["error"] !== undefined) {
		output.out(`${open.path}: ${facts["error"]}: ${adviceOf(open.survivor.status)}\n`);
		return;
	}
	output.out(
		`${open.path}: member ${facts["member"]} of cluster ${facts["cluster"]}, term ${facts["term"]}\n` +
			`  log to index ${facts["lastIndex"]} of term ${facts["lastTerm"]}, revision ${facts["revision"]}, ${facts["keys"]} keys${isMost ? "  <- the most" : ""}\n` +
			`  members as it knows them: ${(facts["members"] as string[]).join(" ")}${facts["keepsState"] ? "" : "; it keeps no state, so nothing can be made of it"}\n`,
	);
}

/** Shows what each file holds, and which one holds the most. */
function survey(files: readonly OpenFile[], options: RecoverOptions, output: Output): void {
	const usable = files.filter(({ survivor }) => survivor.keepsState);
	const [most] = [...usable].sort((one, other) => (holdsMore(one.survivor, other.survivor) ? -1 : 1));
	const clusters = new Set(usable.map(clusterOf));
	if (options.json)
		output.out(`${JSON.stringify({ files: files.map(describe), most: clusters.size === 1 ? most.path : null })}\n`);
	else for (const file of files) print(output, file, file === most && usable.length > 1 && clusters.size === 1);
	if (most === undefined) throw refused("NO_STATE: none of these files holds a member's state");
	if (clusters.size > 1) throw refused("OTHER_CLUSTER: these files are of different clusters; give those of one");
	if (options.json) return;
	output.out(
		"Nothing was written. First try to bring a majority of the old members back: nothing is lost then.\n" +
			`If it is gone for good: balsa recover ${most.path} --force --cluster-id ${clusterOf(most)}\n`,
	);
}

/** Has a person type the old cluster's id, unless the command line has it. */
async function confirm(open: OpenFile, options: RecoverOptions): Promise<void> {
	const old = clusterOf(open);
	let typed = options.clusterId === undefined ? undefined : hexOf(options.clusterId.high, options.clusterId.low);
	if (typed === undefined && process.stdin.isTTY) {
		const terminal = createInterface({ input: process.stdin, output: process.stderr });
		typed = (await terminal.question("The old cluster never comes back. Type its id to go on: ")).trim().toLowerCase();
		terminal.close();
	}
	if (typed === undefined) throw usage(`--force needs the id of the old cluster: --cluster-id ${old}`);
	if (typed !== old)
		throw refused(`OTHER_CLUSTER: ${open.path} is of cluster ${old}, not ${typed}; nothing was written`);
}

/** Keeps the old image; one that is there already from a recovery that was cut off is the same. */
function keepOldImage(open: OpenFile): string {
	const path = `${open.path}.${clusterOf(open)}`;
	if (existsSync(path)) {
		if (Buffer.compare(readFileSync(path), open.bytes) !== 0)
			throw refused(`EXISTS: ${path} is another image of that cluster: move it away first`);
		return path;
	}
	writeWhole(path, (file) => writeAll(file, open.bytes, 0, open.bytes.length, 0), false);
	return path;
}

/** @returns where members that are added later reach the new member */
async function addressOf({ survivor }: OpenFile, options: RecoverOptions): Promise<{ address: number; port: number }> {
	if (options.address === undefined) {
		const place = placeOfSurvivor(survivor);
		if (place === NOBODY) return { address: 0, port: 0 };
		return { address: survivor.configuration.addresses[place], port: survivor.configuration.ports[place] };
	}
	const { address, port } = await resolveMember(options.address);
	const problem = unusableAddress(addressNumber(address), port);
	if (problem !== "") throw usage(`BAD_ADDRESS: ${problem}`);
	return { address: addressNumber(address), port };
}

/** Old image aside, new image whole and on the disk, then its name: a cut at any place leaves one of the two. */
async function recover(open: OpenFile, options: RecoverOptions, output: Output): Promise<void> {
	const { path, survivor } = open;
	if (survivor.status !== READY) throw refused(`${statusName(survivor.status)}: ${adviceOf(survivor.status)}`);
	if (!survivor.keepsState) throw refused(`NO_STATE: ${path} is of a witness or of a node that was never added`);
	if (!options.json) print(output, open, false);
	await confirm(open, options);
	const { address, port } = await addressOf(open, options);
	const random = randomBytes(8);
	const { id, incarnation } = survivor.journal;
	const identity = {
		clusterHigh: random.readUInt32LE(0),
		clusterLow: random.readUInt32LE(4),
		id,
		incarnation: incarnation + 1,
	};
	const old = survivor.lastIndex;
	const members = (describe(open)["members"] as string[]).join(" ");
	const flash = new MemoryFlash(PARTITION_BYTES, SECTOR_BYTES);
	recoverByForce(flash, PROFILE_M, survivor, identity, address, port);
	const aside = keepOldImage(open);
	// The launcher's note of who its boards are goes first: as long as the flash is the old one, this may be typed again.
	const folder = dirname(dirname(path));
	const isBoards = await recoverBoards(folder, open, identity);
	writeWhole(
		path,
		(file) => {
			writeAll(file, flash.bytes, 0, flash.bytes.length, 0);
			ftruncateSync(file, open.bytes.length);
		},
		true,
		true,
	);
	const cluster = hexOf(identity.clusterHigh, identity.clusterLow);
	if (options.json) output.out(`${JSON.stringify({ path, cluster, member: lifeName(identity), oldImage: aside })}\n`);
	else
		output.out(
			`${path}: member ${lifeName(identity)}, alone in the new cluster ${cluster}; the old image is ${aside}\n` +
				`Lost may be what members of the old cluster (${members}) acknowledged after index ${old}. What the log held is kept, also what was never acknowledged.\n` +
				`Next: ${isBoards ? "`npm start` starts that board alone" : `\`balsa serve --id ${id}\` starts it`}; format new members with --join --cluster-id ${cluster}, and \`balsa member add\` takes them in. See docs/recovery.md.\n`,
		);
}

/** @returns true where the flash is that of a board of `npm start` */
async function recoverBoards(
	folder: string,
	open: OpenFile,
	identity: { clusterHigh: number; clusterLow: number; id: number; incarnation: number },
): Promise<boolean> {
	if (!existsSync(join(folder, "identity.json"))) return false;
	const unlock = await takeLock(join(folder, "lock"), () => {
		throw refused(`RUNNING: the cluster in ${folder} runs: end it first (Ctrl-C of \`npm start\`)`);
	});
	try {
		const { clusterHigh, clusterLow } = open.survivor.journal;
		return recoverIdentity(folder, { clusterHigh, clusterLow }, identity);
	} finally {
		unlock();
	}
}

export function addRecoverCommand(balsa: Command, output: Output): void {
	balsa
		.command("recover")
		.argument("<file...>", "flash files of members of one cluster, none of which runs")
		.description("The last resort when a majority is gone for good: a new cluster of one member out of one flash file.")
		.option("--force", "do it, with the one file that is named; without it, only show what each file holds")
		.addOption(
			new Option("--cluster-id <hex>", "id of the old cluster, in place of typing it").argParser(existingClusterId),
		)
		.addOption(
			new Option("--address <host:port>", "where members that are added later reach it").argParser(memberAddress),
		)
		.option("--json", "print one line of JSON")
		.addHelpText(
			"after",
			`
What the named member holds goes on, under a new cluster id, with revisions a billion higher; what only others
held is lost. The old image stays beside the file. docs/recovery.md says what to look at first.
${example("recover a/1.flash b/3.flash", "recover b/3.flash --force --cluster-id 8f0c9a3b5d17e642")}`,
		)
		.action(async (paths: string[], options: RecoverOptions) => {
			if (options.force && paths.length !== 1) throw usage("--force takes one file: the one that holds the most");
			const files: OpenFile[] = [];
			try {
				for (const path of paths) files.push(openFile(path));
				if (options.force) await recover(files[0], options, output);
				else survey(files, options, output);
			} finally {
				for (const { file } of files) closeSync(file);
			}
		});
}
