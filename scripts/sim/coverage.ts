/**
 * Whether the world was as rough as it says: each fault must have happened, in each state of a node,
 * and each rare path of the core must have been walked. A gap fails, and so does a thing that was
 * said to be impossible and happened.
 */

import { IMPOSSIBLE, whyImpossible } from "../../sim/faults/impossible";
import { FAULTS } from "../../sim/faults/names";
import { STATES } from "../../sim/faults/states";
import type { Mark } from "./marks";
import type { Totals } from "./totals";

const NAME_WIDTH = 24;

export interface Coverage {
	readonly lines: readonly string[];
	/** What is missing, or must not be; empty if all is well. */
	readonly gaps: readonly string[];
}

export function coverage(totals: Totals, marks: readonly Mark[]): Coverage {
	const table = matrixLines(totals);
	const walked = markLines(totals, marks);
	return { lines: [...table.lines, "", ...walked.lines], gaps: [...table.gaps, ...walked.gaps] };
}

function matrixLines({ matrix }: Totals): Coverage {
	const gaps: string[] = [];
	const widths = STATES.map((state) => Math.max(7, ...state.split(" ").map((word) => word.length)));
	const lines = headings(widths);
	for (const fault of FAULTS) {
		let line = fault.padEnd(NAME_WIDTH) + String(matrix.total(fault)).padStart(9);
		if (matrix.total(fault) === 0) gaps.push(`${fault} never happened`);
		for (let i = 0; i < STATES.length; i++) {
			const cell = matrix.cell(fault, STATES[i]);
			const why = whyImpossible(fault, STATES[i]);
			line += (cell === 0 && why !== null ? "-" : String(cell)).padStart(widths[i] + 2);
			if (cell === 0 && why === null) gaps.push(`${fault} never struck in the state "${STATES[i]}"`);
			if (cell > 0 && why !== null)
				gaps.push(`${fault} struck in the state "${STATES[i]}", said to be impossible: ${why}`);
		}
		lines.push(line);
	}
	if (IMPOSSIBLE.length > 0) lines.push("", "- is impossible:");
	for (const { faults, reason, states } of IMPOSSIBLE)
		lines.push(`  ${faults.join(", ")} in ${states.map((state) => `"${state}"`).join(", ")}: ${reason}`);
	return { lines, gaps };
}

/** The names of the states, a word a line. */
function headings(widths: readonly number[]): string[] {
	const words = STATES.map((state) => state.split(" "));
	const height = Math.max(...words.map((each) => each.length));
	return Array.from({ length: height }, (_, row) => {
		const first = row === height - 1 ? "fault".padEnd(NAME_WIDTH) + "in all".padStart(9) : " ".repeat(NAME_WIDTH + 9);
		return first + words.map((each, i) => (each[row + each.length - height] ?? "").padStart(widths[i] + 2)).join("");
	});
}

function markLines({ marks: hits }: Totals, marks: readonly Mark[]): Coverage {
	const gaps: string[] = [];
	const lines: string[] = [];
	for (let i = 0; i < marks.length; i++) {
		const { file, line, words } = marks[i];
		lines.push(`${String(hits[i] ?? 0).padStart(12)}  ${words}  (${file}:${line})`);
		if ((hits[i] ?? 0) === 0) gaps.push(`never walked: ${words} (${file}:${line})`);
	}
	return { lines, gaps };
}
