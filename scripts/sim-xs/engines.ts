/** Where a simulation can run: in this process, and in XS on this machine or on the emulated board. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildBoard, buildHost } from "../firmware/build";
import { boardParameters } from "../firmware/emulator";
import { type EngineMemory, WIDE_MEMORY } from "../firmware/memory";
import { BUILD, ROOT } from "../firmware/paths";
import { run } from "../firmware/process";
import type { XsTarget } from "../firmware/run-on-xs";
import { METER, type Meter, perform, type Request } from "./program";

/** Told of each run as it ends: its line, and what it has cost where that is known. */
export type Told = (line: string, meter: Meter | null) => void;

export interface Engine {
	readonly name: string;
	/**
	 * @returns all lines
	 * @throws EngineEnded if the engine ends before it has answered
	 */
	ask(request: Request, told?: Told): Promise<string[]>;
}

/** An engine has stopped in the middle: it had not enough memory, or something was thrown. */
export class EngineEnded extends Error {
	override readonly name = "EngineEnded";
}

/**
 * Pools of several sizes, so that garbage is collected at other moments: `scarce` is little more than
 * a run needs, which collects again and again; with `ample` most runs end before the first collection.
 * The judgement needs the whole history, so what is scarce grows with the calls in it.
 */
export const MEMORY_NAMES = Object.freeze(["scarce", "ample"] as const);
export type MemoryName = (typeof MEMORY_NAMES)[number];
const AMPLE = memory(4_000_000, 256_000_000);
const SCARCE = Object.freeze([
	{ callsMax: 300, memory: memory(60_000, 3_500_000) },
	{ callsMax: 2_000, memory: memory(180_000, 6_000_000) },
	{ callsMax: Infinity, memory: memory(1_200_000, 20_000_000) },
]);
/** More do not fit the 16 MiB that a board has beside its RAM. */
export const BOARD_CALLS_MAX = 2_000;

function memory(slots: number, chunkBytes: number): EngineMemory {
	return { ...WIDE_MEMORY, slots, chunkBytes, isExternal: true };
}

/** @returns the pools for a run with so many calls */
export function memoryOf(name: MemoryName, calls: number): EngineMemory {
	return SCARCE.find(({ callsMax }) => name === "scarce" && calls <= callsMax)?.memory ?? AMPLE;
}

/** A line of the emulator's own. */
const EMULATOR = /^qemu-system-arm: /;
const TIMEOUT_MS = 3_600_000;

export const nodeEngine: Engine = {
	name: "node",
	async ask(request, told = () => {}) {
		const lines: string[] = [];
		perform(request, (line) => {
			lines.push(line);
			if (request.kind === "runs") told(line, null);
		});
		return lines;
	},
};

let programs = 0;
/** Builds go one after the other: they share the folder of objects. */
let building: Promise<unknown> = Promise.resolve();

export function xsEngine(target: XsTarget, memoryName: MemoryName, memory: EngineMemory): Engine {
	return {
		name: `xs-${target} ${memoryName}`,
		async ask(request, told = () => {}) {
			mkdirSync(BUILD, { recursive: true });
			const folder = mkdtempSync(join(BUILD, "sim-xs-"));
			try {
				const built = building.then(() => build(target, memory, request, folder));
				building = built.catch(() => {});
				const path = await built;
				return await answerOf(target, path, told);
			} finally {
				rmSync(folder, { recursive: true, force: true });
			}
		},
	};
}

/** A program that answers this request: XS has no command line. */
async function build(target: XsTarget, memory: EngineMemory, request: Request, folder: string): Promise<string> {
	const entry = join(folder, "entry.ts");
	const specifier = `./${relative(folder, join(ROOT, "scripts/sim-xs/firmware"))}`;
	writeFileSync(
		entry,
		`import { answer } from ${JSON.stringify(specifier)};\nexport default () => answer(${JSON.stringify(request)});\n`,
	);
	const name = `sim-xs-${process.pid}-${programs++}`;
	const options = { entry, name, memory, preload: false };
	const { path } = await (target === "host" ? buildHost(options) : buildBoard(options));
	return path;
}

async function answerOf(target: XsTarget, path: string, told: Told): Promise<string[]> {
	const lines: string[] = [];
	let rest = "";
	const take = (line: string) => {
		if (line === "" || EMULATOR.test(line)) return;
		if (line.startsWith(METER)) return told(lines[lines.length - 1], JSON.parse(line.slice(METER.length)) as Meter);
		lines.push(line);
	};
	const onOutput = (text: string) => {
		const pieces = (rest + text).split(/\r?\n/);
		rest = pieces.pop() ?? "";
		pieces.forEach(take);
	};
	const board = boardParameters({ elf: path, exitOnReset: true, deterministic: true });
	const [command, parameters] = target === "host" ? [path, []] : ["qemu-system-arm", board];
	try {
		const { code } = await run(command, parameters, { timeoutMs: TIMEOUT_MS, onOutput });
		if (code !== 0) throw new EngineEnded(`ended with ${code ?? "a signal"}: ${lines.slice(-20).join("\n")}`);
		return lines;
	} finally {
		rmSync(path, { force: true });
	}
}
