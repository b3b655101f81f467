/** Builds the firmware of the emulated board: `npm run build`. */
import { relative } from "node:path";
import { buildBoard } from "./firmware/build";
import { ROOT } from "./firmware/paths";

/** @returns the path of the ELF file, which is made anew only when something has changed */
export async function buildFirmware(report: (line: string) => void = console.log): Promise<string> {
	const built = await buildBoard({ entry: "firmware/qemu.ts", name: "balsa", report });
	const { bytecodeBytes, flashBytes, path, preloadBytes, ramBytes } = built;
	report(
		`${relative(ROOT, path)}: flash ${flashBytes} bytes, of which bytecode ${bytecodeBytes}; read-only heap ${preloadBytes}; RAM ${ramBytes}`,
	);
	return path;
}

/** For commands that build on their way: says on stderr what takes long, and nothing when nothing is to be compiled. */
export function buildProgress(line: string): void {
	if (line.startsWith("compiled")) console.error(`firmware: ${line}`);
}

if (process.argv[1]?.endsWith("build.ts")) await buildFirmware();
