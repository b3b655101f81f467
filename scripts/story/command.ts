/** The `balsa` command as people type it, at the cluster of a story. */
import { main } from "../balsa/main";
import { statePath } from "../cluster/state";
import type { Boards } from "./boards";
import { expect } from "./expect";

export interface CommandReport {
	readonly command: string;
	/** What it said on stderr, line by line: of `member`, its stages. */
	readonly stages: readonly string[];
	/** What it printed. */
	readonly output: string;
	readonly milliseconds: number;
}

/** Runs a command line. @throws Unmet unless it ends with 0 */
export async function balsa(boards: Boards, ...words: readonly string[]): Promise<CommandReport> {
	const output: Buffer[] = [];
	const stages: string[] = [];
	process.env["BALSA_STATE"] = statePath(boards.folder);
	const startMs = performance.now();
	const code = await main(words, {
		out: (data) => output.push(Buffer.from(data)),
		error: (line) => stages.push(line),
	});
	const command = `balsa ${words.join(" ")}`;
	expect(code === 0, `\`${command}\` to be done`, `exit code ${code}: ${stages.join("; ")}`);
	return {
		command,
		stages,
		output: Buffer.concat(output).toString().trim(),
		milliseconds: Math.round(performance.now() - startMs),
	};
}
