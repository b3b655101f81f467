/** What each stage said of each mutant: kept in a file, so that a run goes on where the last one ended. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./mutant";

/** What may notice a mutant, the quickest first. */
export const STAGES = ["scenarios", "tests", "exploration", "simulator"] as const;
export type Stage = (typeof STAGES)[number];

export interface Verdict {
	/** Of the program that was run: another one makes this verdict void. */
	readonly fingerprint: string;
	/** What noticed the mutant, in words; null when nothing did. */
	readonly caught: string | null;
	/** Simulator: seeds that were run, the one that caught it included. Exploration: states. */
	readonly count: number;
	readonly seconds: number;
}

export class Results {
	private readonly verdicts: { [key: string]: Verdict };
	private readonly file: string;

	constructor(file = join(ROOT, "build/mutants/results.json")) {
		this.file = file;
		this.verdicts = read(file);
	}

	/** @param part a program of the stage @returns undefined when there is no verdict on this very program */
	get(id: string, part: string, fingerprint: string): Verdict | undefined {
		const found = this.verdicts[`${id} ${part}`];
		return found?.fingerprint === fingerprint ? found : undefined;
	}

	set(id: string, part: string, verdict: Verdict): void {
		this.verdicts[`${id} ${part}`] = verdict;
		mkdirSync(dirname(this.file), { recursive: true });
		// In one step: a run that is cut leaves the old file or the new one.
		const draft = `${this.file}.${process.pid}`;
		writeFileSync(draft, `${JSON.stringify(this.verdicts, null, "\t")}\n`);
		renameSync(draft, this.file);
	}
}

function read(file: string): { [key: string]: Verdict } {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return {};
	}
}
