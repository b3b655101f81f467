/** Running a tool: bounded in time, gone when we are gone, its words kept for the error. */
import { spawn } from "node:child_process";

export interface ToolOptions {
	cwd?: string;
	timeoutMs?: number;
	/** Called for each piece of output as it comes. */
	onOutput?: (text: string) => void;
}

export interface ToolResult {
	/** Exit code, or null when the time was over or a signal ended it. */
	code: number | null;
	output: string;
}

/** @returns what the tool printed on both streams, and its exit code */
export function run(command: string, parameters: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
	return new Promise((resolve, reject) => {
		const child = spawn("setpriv", ["--pdeathsig", "KILL", command, ...parameters], {
			cwd: options.cwd,
			stdio: ["ignore", "pipe", "pipe"],
		});
		let output = "";
		const take = (data: Buffer) => {
			output += data.toString("utf8");
			options.onOutput?.(data.toString("utf8"));
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 600_000);
		child.on("error", (error) => {
			clearTimeout(timer);
			reject(new Error(`${command}: ${error.message}`));
		});
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve({ code, output });
		});
	});
}

/** @returns the output; throws with it when the tool fails */
export async function must(command: string, parameters: readonly string[], options: ToolOptions = {}): Promise<string> {
	const result = await run(command, parameters, options);
	if (result.code !== 0) throw new Error(`${command} failed (exit code ${result.code})\n${result.output}`);
	return result.output;
}
