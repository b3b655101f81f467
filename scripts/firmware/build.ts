/**
 * Builds a TypeScript program for the emulated board (one ELF file) or for this machine, both in XS:
 *
 *   node --import tsx scripts/firmware/build.ts board ENTRY.ts NAME [--memory]
 *   node --import tsx scripts/firmware/build.ts host ENTRY.ts NAME [--sanitize]
 *
 * The entry's default export is called at the start. For the board everything at the top level of the
 * modules runs while the image is built, as Moddable's preload does.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type Bundle, bundle, NATIVE_MODULES } from "./bundle";
import {
	BOARD_COMPILER,
	BOARD_LINK,
	boardFlags,
	boardObjects,
	bytecodeCompilerObjects,
	HOST_COMPILER,
	hostFlags,
	hostObjects,
	imageObjects,
	OUTPUTS,
	type Report,
	SANITIZERS,
} from "./engine";
import { linesTable } from "./lines";
import { BOARD_MEMORY, checkMemory, type EngineMemory, WIDE_MEMORY } from "./memory";
import { BUILD, QEMU, ROOT } from "./paths";
import { must } from "./process";

const PRELOAD_TIMEOUT_MS = 60_000;

export interface BuildOptions {
	/** Path of the TypeScript file whose default export is called. */
	entry: string;
	/** The result's file name, without a suffix. */
	name: string;
	memory?: EngineMemory;
	/** Modules and built-ins in flash (the default on a board); false loads the modules at the start. */
	preload?: boolean;
	/** Board only: an image that prints at its exit which lines took the time (profile.ts). */
	profile?: boolean;
	/** Host only: our own C with the address and undefined-behaviour sanitizers. */
	sanitize?: boolean;
	/** Progress, a line each. */
	report?: Report;
}

export interface BuildResult {
	/** The ELF file. */
	path: string;
	/** Bytes of the modules' bytecode. */
	bytecodeBytes: number;
	/** Bytes of code and constants without the read-only heap, and of that heap. */
	flashBytes: number;
	preloadBytes: number;
	/** Bytes of RAM that are taken before the start, stacks and pools included. */
	ramBytes: number;
}

async function bytecodeCompiler(report: Report): Promise<string> {
	const objects = await bytecodeCompilerObjects(report);
	mkdirSync(OUTPUTS.tools, { recursive: true });
	const path = join(OUTPUTS.tools, "bytecode-compiler");
	const newest = Math.max(...objects.map((object) => statSync(object).mtimeMs));
	if (!existsSync(path) || statSync(path).mtimeMs < newest) {
		const temporary = `${path}.${process.pid}.tmp`;
		await must(HOST_COMPILER, [...objects, "-o", temporary, "-lm", "-lpthread"]);
		renameSync(temporary, path);
	}
	return path;
}

interface Image {
	/** C files with the image's tables. */
	tables: string[];
	bytecodeBytes: number;
	/** C files of the native modules that are used. */
	natives: string[];
}

/** Bundles, compiles to bytecode and writes the tables into the folder. */
async function makeImage(entry: string, preload: boolean, folder: string, report: Report): Promise<Image> {
	const compiler = await bytecodeCompiler(report);
	const program: Bundle = await bundle(entry, preload);
	const main = join(folder, "main.js");
	writeFileSync(main, program.code);
	const natives = NATIVE_MODULES.filter(({ name }) => program.natives.includes(name));
	const files = new Map(natives.map(({ name, javascript }) => [name, relative(ROOT, javascript)]));
	const code = join(folder, "code.c");
	const rows = join(folder, "lines.txt");
	const modules = ["main", ...natives.map(({ name }) => name)];
	const paths = [`main=${main}`, ...natives.map(({ name, javascript }) => `${name}=${javascript}`)];
	const sizes = await must(compiler, [code, rows, ...paths]);
	const lines = join(folder, "lines.c");
	writeFileSync(lines, linesTable(readFileSync(rows, "utf8"), modules, program, files));
	const bytecodeBytes = sizes
		.trim()
		.split("\n")
		.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
	return { tables: [code, lines], bytecodeBytes, natives: natives.flatMap(({ sources }) => sources) };
}

/** A folder of its own for each run, so that two builds may run at the same time. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
	mkdirSync(BUILD, { recursive: true });
	const folder = mkdtempSync(join(BUILD, "image-"));
	try {
		return await work(folder);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Runs the image once under the emulator, which writes the read-only heap, and links it in. */
async function linkPreloaded(objects: readonly string[], folder: string): Promise<{ elf: string; report: string }> {
	const first = join(folder, "first.elf");
	await must(BOARD_COMPILER, [...BOARD_LINK, ...objects, "-lm", "-o", first]);
	const printed = await must("qemu-system-arm", emulatorOf(first), { cwd: folder, timeoutMs: PRELOAD_TIMEOUT_MS });
	const object = join(folder, "preload.o");
	await must(BOARD_COMPILER, ["-c", join(QEMU, "board/preload.S"), `-Wa,-I${folder}`, "-mcpu=cortex-m7", "-o", object]);
	const elf = join(folder, "second.elf");
	await must(BOARD_COMPILER, [...BOARD_LINK, ...objects, object, "-lm", "-o", elf]);
	await checkSameCode(first, elf, folder);
	return { elf, report: printed };
}

const emulatorOf = (elf: string): string[] => [
	...["-M", "mps2-an500", "-kernel", elf, "-net", "none"],
	...["-semihosting-config", "enable=on,target=native", "-display", "none", "-monitor", "none", "-serial", "stdio"],
];

/** The read-only heap holds addresses of code and constants: they must not have moved. */
async function checkSameCode(first: string, second: string, folder: string): Promise<void> {
	const content: Buffer[] = [];
	for (const elf of [first, second]) {
		const binary = join(folder, "sections.bin");
		await must("arm-none-eabi-objcopy", ["-O", "binary", "-j", ".text", "-j", ".rodata", "-j", ".data", elf, binary]);
		content.push(readFileSync(binary));
	}
	if (!content[0].equals(content[1])) throw new Error("the code moved when the read-only heap was linked in");
}

async function sizesOf(elf: string): Promise<Map<string, number>> {
	const sizes = new Map<string, number>();
	for (const line of (await must("arm-none-eabi-size", ["-A", elf])).split("\n")) {
		const match = /^(\.\S+)\s+(\d+)/.exec(line);
		if (match !== null) sizes.set(match[1], Number(match[2]));
	}
	return sizes;
}

/** @returns the ELF file for QEMU's mps2-an500, in build/firmware */
export function buildBoard(options: BuildOptions): Promise<BuildResult> {
	const { entry, name, memory = BOARD_MEMORY, preload = true, profile = false, report = () => {} } = options;
	if (memory !== WIDE_MEMORY && memory.isExternal !== true) checkMemory(memory);
	const flags = boardFlags({ preload, profile });
	if (memory.isExternal === true) flags.push("-DBALSA_POOLS_EXTERNAL=1");
	return inFolder(async (folder) => {
		const image = await makeImage(entry, preload, folder, report);
		const objects = [
			...(await boardObjects({ preload, profile, memory }, image.natives, report)),
			...(await imageObjects(BOARD_COMPILER, flags, image.tables, memory)),
		];
		let elf = join(folder, "plain.elf");
		if (preload) {
			const linked = await linkPreloaded(objects, folder);
			elf = linked.elf;
			for (const line of linked.report.split("\n")) if (line.startsWith("preload:")) report(line);
		} else await must(BOARD_COMPILER, [...BOARD_LINK, ...objects, "-lm", "-o", elf]);
		const sizes = await sizesOf(elf);
		const size = (...sections: string[]) => sections.reduce((sum, section) => sum + (sizes.get(section) ?? 0), 0);
		mkdirSync(OUTPUTS.board, { recursive: true });
		const path = join(OUTPUTS.board, `${name}.elf`);
		renameSync(elf, path);
		return {
			path,
			bytecodeBytes: image.bytecodeBytes,
			flashBytes: size(".text", ".rodata", ".ARM.exidx", ".data"),
			preloadBytes: size(".preload"),
			ramBytes: size(".data", ".bss", ".heap", ".stack"),
		};
	});
}

/** @returns a program of this machine that runs the same bytecode, in build/xs-host */
export function buildHost(options: BuildOptions): Promise<BuildResult> {
	const { entry, name, memory = WIDE_MEMORY, sanitize = false, report = () => {} } = options;
	return inFolder(async (folder) => {
		const image = await makeImage(entry, false, folder, report);
		const objects = [
			...(await hostObjects({ sanitize, memory }, image.natives, report)),
			...(await imageObjects(HOST_COMPILER, hostFlags(), image.tables, memory)),
		];
		const program = join(folder, name);
		const flags = sanitize ? SANITIZERS : [];
		await must(HOST_COMPILER, [...flags, ...objects, "-Wl,--gc-sections", "-o", program, "-lm", "-lpthread", "-ldl"]);
		mkdirSync(OUTPUTS.host, { recursive: true });
		const path = join(OUTPUTS.host, name);
		renameSync(program, path);
		return { path, bytecodeBytes: image.bytecodeBytes, flashBytes: 0, preloadBytes: 0, ramBytes: 0 };
	});
}

async function main(parameters: string[]): Promise<void> {
	const flags = parameters.filter((parameter) => parameter.startsWith("--"));
	const [target, entry, name] = parameters.filter((parameter) => !parameter.startsWith("--"));
	if ((target !== "board" && target !== "host") || entry === undefined || name === undefined) {
		console.error("usage: build.ts board|host ENTRY.ts NAME [--sanitize] [--wide] [--no-preload]");
		process.exit(2);
	}
	const options: BuildOptions = {
		entry,
		name,
		sanitize: flags.includes("--sanitize"),
		preload: !flags.includes("--no-preload"),
		report: (line) => console.error(`build: ${line}`),
		...(flags.includes("--wide") ? { memory: WIDE_MEMORY } : {}),
	};
	const result = await (target === "board" ? buildBoard(options) : buildHost(options));
	console.log(`${relative(ROOT, result.path)}: bytecode ${result.bytecodeBytes} bytes`);
	if (target === "board") {
		console.log(
			`flash ${result.flashBytes} + read-only heap ${result.preloadBytes} bytes, RAM ${result.ramBytes} bytes`,
		);
	}
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	main(process.argv.slice(2)).catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exit(1);
	});
}
