/** A program in a process of its own, which may hang, crash or fill its memory. */
import { spawn } from "node:child_process";
import { ROOT } from "./mutant";

/** Ends a program that allocates without end long before the machine feels it. */
const HEAP_MEGABYTES = 1024;
/** Of what a program prints, the end is kept. */
const OUTPUT_MAX = 100_000;

export interface Ended {
	/** Null when it was ended by us, or by a signal. */
	readonly code: number | null;
	readonly timedOut: boolean;
	readonly output: string;
}

/**
 * @param seconds of silence after which it is ended
 * @param onLine is called with each whole line of its standard output
 */
export function run(parameters: readonly string[], seconds: number, onLine?: (line: string) => void): Promise<Ended> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MEGABYTES}`, ...parameters], {
			cwd: ROOT,
			stdio: ["ignore", "pipe", "pipe"],
		});
		let output = "";
		let rest = "";
		let timedOut = false;
		const end = () => {
			timedOut = true;
			child.kill("SIGKILL");
		};
		let timer = setTimeout(end, seconds * 1000);
		const take = (piece: string) => {
			output = (output + piece).slice(-OUTPUT_MAX);
			clearTimeout(timer);
			timer = setTimeout(end, seconds * 1000);
		};
		child.stdout.setEncoding("utf8").on("data", (piece: string) => {
			take(piece);
			const lines = (rest + piece).split("\n");
			rest = lines.pop() ?? "";
			if (onLine !== undefined) lines.forEach(onLine);
		});
		child.stderr.setEncoding("utf8").on("data", take);
		child.on("error", reject);
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve({ code, timedOut, output });
		});
	});
}
