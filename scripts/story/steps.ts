/** The steps of a story, with what each took, for people or for programs. */

export interface StepReport {
	readonly step: string;
	readonly milliseconds: number;
	readonly detail: string;
}

const NAME_WIDTH = 22;

export class Steps {
	readonly reports: StepReport[] = [];
	readonly #print: ((text: string) => void) | undefined;

	/** @param print takes text without a line end; left out, nothing is shown */
	constructor(print: ((text: string) => void) | undefined) {
		this.#print = print;
	}

	/** @param work returns what is worth telling, and perhaps what counts as the step's time */
	async step(name: string, work: () => Promise<string | { detail: string; milliseconds: number }>): Promise<void> {
		this.#print?.(`  ${name.padEnd(NAME_WIDTH)} `);
		const startMs = performance.now();
		try {
			const told = await work();
			const milliseconds = Math.round(typeof told === "string" ? performance.now() - startMs : told.milliseconds);
			const detail = typeof told === "string" ? told : told.detail;
			this.reports.push({ step: name, milliseconds, detail });
			this.#print?.(`${seconds(milliseconds).padStart(8)}  ${detail}\n`);
		} catch (error) {
			this.#print?.(`${seconds(performance.now() - startMs).padStart(8)}  FAILED\n`);
			throw error;
		}
	}
}

/** @returns for example `1.25 s` */
export function seconds(milliseconds: number): string {
	return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** @returns for example `1,000 writes`, `1 entry`, `2 entries` */
export function plural(count: number, noun: string): string {
	const many = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
	return `${count.toLocaleString("en-US")} ${count === 1 ? noun : many}`;
}
