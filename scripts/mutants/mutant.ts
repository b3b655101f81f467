/**
 * A mutant: one mistake that a real implementation of Raft shipped, as a small patch to the source.
 * The patch is applied when a program is bundled; the source itself knows nothing of it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/**
 * What a mistake breaks. S1 election safety, S2 log matching, S3 leader completeness and durability of
 * what was acknowledged, S4 state machine safety, S5 linearizability of the clients' history, L
 * liveness after all has healed, B a bound.
 */
export type Oracle = "S1" | "S2" | "S3" | "S4" | "S5" | "L" | "B";

export interface Edit {
	/** From the repository's top. */
	readonly file: string;
	/** Text of the file that occurs in it exactly once. */
	readonly find: string;
	readonly replace: string;
}

export interface Mutant {
	/** The pitfall's number, with a letter for a second way to make the mistake: "15", "15b". */
	readonly id: string;
	readonly name: string;
	readonly oracle: Oracle;
	/** Why this is the mistake of the pitfall and no other. */
	readonly why: string;
	readonly edits: readonly Edit[];
}

/** A pitfall of a part that does not exist yet. */
export interface NotBuilt {
	readonly row: number;
	readonly part: string;
}

/** The pitfall's number of a mutant. */
export function rowOf(mutant: Mutant): number {
	return Number.parseInt(mutant.id, 10);
}

/** True for a mistake that loses or contradicts data, false for one that only stops or slows. */
export function isSafety(mutant: Mutant): boolean {
	return mutant.oracle.startsWith("S");
}

/** Thrown when the source has moved away from under a patch. */
export class MutantDrift extends Error {
	override readonly name = "MutantDrift";
}

/**
 * @param path from the repository's top
 * @returns `source` with the mutant's patches for that file
 */
export function patched(mutant: Mutant, path: string, source: string): string {
	let text = source;
	for (const { file, find, replace } of mutant.edits) {
		if (file !== path) continue;
		const times = text.split(find).length - 1;
		if (times !== 1) throw new MutantDrift(`mutant ${mutant.id}: its text occurs ${times} times in ${file}:\n${find}`);
		text = text.replace(find, () => replace);
		if (text === source) throw new MutantDrift(`mutant ${mutant.id} changes nothing in ${file}`);
	}
	return text;
}

/** Applies every patch of a mutant to the source as it is now. @throws {MutantDrift} */
export function check(mutant: Mutant): void {
	if (mutant.edits.length === 0) throw new MutantDrift(`mutant ${mutant.id} has no patch`);
	for (const file of new Set(mutant.edits.map((edit) => edit.file)))
		patched(mutant, file, readFileSync(join(ROOT, file), "utf8"));
}
