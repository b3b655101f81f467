/** What a story that failed has to say. */
import { Refusal } from "../cluster/refusal";
import type { Boards } from "./boards";
import { Unmet } from "./expect";

export interface Failure {
	readonly expected: string;
	readonly seen: string;
	/** Where logs and flash images stay until the next run; left out where there was no cluster. */
	readonly folder?: string;
	/** The last line of each board's console. */
	readonly consoles?: Readonly<Record<string, string>>;
}

export function failureOf(error: unknown, boards: Boards | undefined): Failure {
	const where =
		boards === undefined ? {} : { folder: boards.folder, consoles: Object.fromEntries(boards.consoles.lastWords) };
	if (error instanceof Unmet) return { expected: error.expected, seen: error.seen, ...where };
	if (error instanceof Refusal) return { expected: "no refusal", seen: `${error.code}: ${error.message}`, ...where };
	const seen = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return { expected: "no error", seen, ...where };
}

/** @returns the error in one line: its name, where it has one that its message lacks, and its message */
export function lineOf({ code, message }: Error & { code?: string }): string {
	return code === undefined || message.startsWith(code) ? message : `${code}: ${message}`;
}

/** @returns the failure in lines for people */
export function linesOf(failure: Failure): string[] {
	const { consoles = {}, expected, folder, seen } = failure;
	return [
		`  expected: ${expected}`,
		`  seen:     ${seen}`,
		...(folder === undefined ? [] : [`  logs:     ${folder}`]),
		...Object.entries(consoles).map(([id, line]) => `  board ${id}:  ${line}`),
	];
}
