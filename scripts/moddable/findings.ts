/** What a build for Moddable must hold, read out of what the SDK's tools wrote. Pure functions of texts. */

/** Modules of ours, by the folder that their names begin with. */
const OWN = /^(core|platform|firmware)\//;

const POOL_BYTES_MAX = 98_304;
const POOLS_BYTES_MAX = 157_696;
const SLOT_BYTES = 16;
const ALIAS_BYTES = 4;
const FLASH_BYTES = 4 * 1024 * 1024;
const JOURNAL_BYTES = 1024 * 1024;
const SECTOR_BYTES = 4096;
/** Where the second-stage bootloader and the partition table end. */
const FIRST_FREE = 0x9000;
const APPLICATION_ALIGNMENT = 0x10000;

function listed(makefile: string, name: string, pattern: RegExp): string[] {
	const start = makefile.indexOf(`\n${name} =\\`);
	if (start < 0) return [];
	const end = makefile.indexOf("\n\n", start + 1);
	return [...makefile.slice(start, end).matchAll(pattern)].map((match) => match[1]);
}

/** @returns our modules in the build, in order of their names */
export function ownModules(makefile: string): string[] {
	const modules = listed(makefile, "MODULES", /\$\(MODULES_DIR\)\/(.*)\.xsb/g);
	return modules.filter((module) => OWN.test(module)).sort();
}

/** Every module of ours lies in flash, or it would cost RAM and time at each start. */
export function findPreloads(makefile: string): string[] {
	const modules = ownModules(makefile);
	if (modules.length === 0) return ["no module of ours is in the build"];
	const preloads = new Set(listed(makefile, "PRELOADS", /-p (.*)\.xsb/g));
	const missing = modules.filter((module) => !preloads.has(module));
	if (missing.length === 0) return [];
	return [`not preloaded (npm run check:moddable -- --write-preload): ${missing.join(", ")}`];
}

/** The memory of XS, as mcconfig hands it to the linker: chunks in bytes, heap and stack in slots. */
function creation(makefile: string) {
	const fields = /^CREATION = -c ([^\n]*)$/m.exec(makefile)?.[1].split(",").map(Number) ?? [];
	const [chunk, chunkIncrement, slots, slotIncrement, stack] = fields;
	return { chunk, chunkIncrement, slots, slotIncrement, stack };
}

/** @returns one line about the memory of XS */
export function creationOf(makefile: string): string {
	const { chunk, slots, stack } = creation(makefile);
	const bytes = chunk + (slots + stack) * SLOT_BYTES;
	return `XS memory: ${chunk} bytes of chunks, ${slots} slots, ${stack} slots of stack: ${bytes} bytes in all`;
}

/** Memory that is fixed and fits, a watchdog above the longest erase, a console. */
export function findDevice(makefile: string, sdkconfig: string): string[] {
	const problems: string[] = [];
	const { chunk, chunkIncrement, slots, slotIncrement } = creation(makefile);
	if (chunkIncrement !== 0 || slotIncrement !== 0) problems.push("XS memory may grow");
	if (!(chunk <= POOL_BYTES_MAX && slots * SLOT_BYTES <= POOL_BYTES_MAX))
		problems.push("a pool is larger than a free block of an ESP32");
	if (!(chunk + slots * SLOT_BYTES <= POOLS_BYTES_MAX)) problems.push("both pools are larger than 157,696 bytes");

	const values = new Map<string, string>();
	for (const match of sdkconfig.matchAll(/^(CONFIG_[A-Z0-9_]+)=(.*)$/gm)) values.set(match[1], match[2]);
	for (const [name, value] of [
		["CONFIG_ESP_TASK_WDT_EN", "y"],
		["CONFIG_ESP_TASK_WDT_PANIC", "y"],
		["CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT", "y"],
		["CONFIG_ESP_CONSOLE_UART_DEFAULT", "y"],
	])
		if (values.get(name) !== value) problems.push(`${name} is ${values.get(name) ?? "not set"}, not ${value}`);
	if (!(Number(values.get("CONFIG_ESP_TASK_WDT_TIMEOUT_S")) >= 2))
		problems.push("the watchdog is not above the longest erase");
	return problems;
}

/** @returns the linker's complaints, those about the SDK's own modules left out: state that would lie in flash */
export function ownWarnings(output: string): string[] {
	return output
		.split("\n")
		.filter((line) => /^### (warning|error)/.test(line))
		.filter((line) => !line.startsWith("### warning: embedded:"));
}

/** What all preloaded modules, classes and functions take together, the SDK's among them. */
export interface Linked {
	/** Read-only slots, in flash. */
	readonly slots: number;
	readonly slotBytes: number;
	/** Slots that may be written and are then copied, in RAM. */
	readonly aliases: number;
	readonly aliasBytes: number;
	readonly keys: number;
}

function defined(linked: string, name: string): number {
	const match = new RegExp(`#define ${name} (\\d+)`).exec(linked);
	if (match === null) throw new Error(`the linker's output has no ${name}`);
	return Number(match[1]);
}

/** @param linked the C file that xsl writes */
export function findLink(linked: string): Linked {
	const slots = defined(linked, "mxHeapCount");
	const aliases = defined(linked, "mxAliasCount");
	return {
		slots,
		slotBytes: slots * SLOT_BYTES,
		aliases,
		aliasBytes: aliases * ALIAS_BYTES,
		keys: defined(linked, "mxKeysCount"),
	};
}

/**
 * @param csv a partition table of ESP-IDF whose offsets are all written out
 * @param application the last application partition
 */
export function findPartitions(csv: string, application: string): string[] {
	const problems: string[] = [];
	const rows = csv
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.startsWith("#"))
		.map((line) => line.split(",").map((field) => field.trim()))
		.map(([name, type, , offset, size]) => ({ name, type, offset: Number(offset), size: Number(size) }));
	let end = FIRST_FREE;
	for (const { name, type, offset, size } of rows) {
		if (!(offset >= end && size > 0)) problems.push(`partition ${name} overlaps the one before it`);
		if (offset % (type === "app" ? APPLICATION_ALIGNMENT : SECTOR_BYTES) !== 0)
			problems.push(`partition ${name} is not aligned`);
		end = offset + size;
	}
	if (end > FLASH_BYTES) problems.push("the partitions are larger than 4 MB");
	const journal = rows.find((row) => row.name === "balsa");
	if (journal?.size !== JOURNAL_BYTES || journal.type !== "data")
		problems.push("there is no data partition balsa of 1 MiB");
	if (!rows.some((row) => row.name === application && row.type === "app"))
		problems.push(`there is no application ${application}`);
	return problems;
}
