/**
 * Where the instructions of a firmware go, by function and by line of TypeScript:
 *
 *   node --import tsx scripts/firmware/profile.ts ENTRY.ts [LINES]
 *
 * The program runs on the emulated board with counted instructions until it exits. A sample is taken
 * every 97,000 instructions; what natives and the engine do counts for the line that asked for it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildBoard } from "./build";
import { EmulatedBoard } from "./emulator";
import { WIDE_MEMORY } from "./memory";
import { ROOT } from "./paths";

const TIMEOUT_MS = 600_000;
/** The head of a function, method or constructor as Biome prints it. */
const HEAD =
	/^\t?(?:export )?(?:default )?(?:(?:private|public|protected|static|override|readonly|get|set) )*(?:function )?([A-Za-z_#$][\w$]*)\s*(?:<[^>]*>)?\(/;
const NOT_HEADS = new Set(["if", "for", "while", "switch", "return", "assert", "super"]);

const sources = new Map<string, string[]>();

function sourceOf(file: string): string[] {
	let lines = sources.get(file);
	if (lines === undefined) {
		lines = readFileSync(join(ROOT, file), "utf8").split("\n");
		sources.set(file, lines);
	}
	return lines;
}

/** @returns the function around a line: the nearest head above it that is indented less */
function functionOf(file: string, line: number): string {
	const lines = sourceOf(file);
	for (let i = line - 1; i >= 0; i--) {
		const name = HEAD.exec(lines[i] ?? "")?.[1];
		if (name !== undefined && !NOT_HEADS.has(name) && /[{(,]$/.test(lines[i])) return `${name} (${file})`;
	}
	return `(${file})`;
}

async function main([entry, count = "40"]: string[]): Promise<void> {
	if (entry === undefined) throw new Error("usage: profile.ts ENTRY.ts [LINES]");
	const { path } = await buildBoard({ entry, name: "profile", memory: WIDE_MEMORY, profile: true });
	const board = new EmulatedBoard({ elf: path, deterministic: true });
	const code = await board.wait(TIMEOUT_MS);
	const functions = new Map<string, number>();
	const lines: { place: string; samples: number; text: string }[] = [];
	const merged = new Map<string, number>();
	let total = 0;
	for (const [, samples, place] of board.output.matchAll(/^profile (\d+) (\S+)$/gm)) {
		merged.set(place, (merged.get(place) ?? 0) + Number(samples));
		total += Number(samples);
	}
	for (const [place, samples] of merged) {
		const [file, line] = place.split(":");
		if (file === "elsewhere") continue;
		const name = functionOf(file, Number(line));
		functions.set(name, (functions.get(name) ?? 0) + samples);
		lines.push({ place, samples, text: sourceOf(file)[Number(line) - 1]?.trim() ?? "" });
	}
	console.log(board.output.replace(/^(profile|opcode|qemu).*\n/gm, ""));
	const percent = (samples: number) => `${((100 * samples) / total).toFixed(2).padStart(6)} %`;
	console.log(`${total} samples, exit code ${code}; by function:`);
	for (const [name, samples] of [...functions].sort((a, b) => b[1] - a[1]).slice(0, Number(count)))
		console.log(`${percent(samples)}  ${name}`);
	console.log("by line:");
	for (const { place, samples, text } of lines.sort((a, b) => b.samples - a.samples).slice(0, Number(count)))
		console.log(`${percent(samples)}  ${place}  ${text.slice(0, 100)}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
});
