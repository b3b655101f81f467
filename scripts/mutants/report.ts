/** The mutation score as a table. */
import { isSafety, type Mutant, type NotBuilt } from "./mutant";
import type { Outcome } from "./runner";

export interface Row {
	readonly mutant: Mutant;
	readonly outcome: Outcome;
}

export interface Summary {
	readonly killed: number;
	readonly seeded: number;
	readonly safety: { readonly killed: number; readonly seeded: number };
	readonly other: { readonly killed: number; readonly seeded: number };
	/** Of those that the simulator caught; undefined when it caught none. */
	readonly medianSeeds: number | undefined;
	/** Ids of the mutants that all stages were done with. */
	readonly survivors: readonly string[];
	/** Ids of the mutants that there was no time for. */
	readonly left: readonly string[];
}

export function summary(rows: readonly Row[]): Summary {
	const score = (some: readonly Row[]) => ({
		killed: some.filter(({ outcome }) => outcome.stage !== undefined).length,
		seeded: some.length,
	});
	const alive = rows.filter(({ outcome }) => outcome.stage === undefined);
	const seeds = rows.filter(({ outcome }) => outcome.stage === "simulator").map(({ outcome }) => outcome.seeds);
	return {
		...score(rows),
		safety: score(rows.filter(({ mutant }) => isSafety(mutant))),
		other: score(rows.filter(({ mutant }) => !isSafety(mutant))),
		medianSeeds: seeds.sort((a, b) => a - b)[Math.floor((seeds.length - 1) / 2)],
		survivors: alive.filter(({ outcome }) => outcome.isWhole).map(({ mutant }) => mutant.id),
		left: alive.filter(({ outcome }) => !outcome.isWhole).map(({ mutant }) => mutant.id),
	};
}

/** Long words of a test are cut: the table is read on a screen. */
const BY_MAX = 100;

export function printTable(rows: readonly Row[], notBuilt: readonly NotBuilt[], sum: Summary): void {
	console.log("\n| Number | Mistake | Class | Caught by | Seeds |\n|---|---|---|---|---|");
	for (const { mutant, outcome } of rows) {
		const { stage, by, seeds, isWhole } = outcome;
		const caught = stage === undefined ? (isWhole ? "**nothing**" : "no time") : `${stage}: ${cut(by)}`;
		console.log(`| ${mutant.id} | ${mutant.name} | ${mutant.oracle} | ${caught} | ${seeds === 0 ? "" : seeds} |`);
	}
	for (const { row, part } of notBuilt) console.log(`| ${row} | | | not built yet: ${part} | |`);
	console.log(`\n${sum.killed} of ${sum.seeded} caught`);
	console.log(`  safety ${sum.safety.killed} of ${sum.safety.seeded}`);
	console.log(`  liveness and bounds ${sum.other.killed} of ${sum.other.seeded}`);
	if (sum.medianSeeds !== undefined)
		console.log(`  median ${sum.medianSeeds} seeds, of those that the simulator caught`);
	const named = (ids: readonly string[]) =>
		rows.filter(({ mutant }) => ids.includes(mutant.id)).map(({ mutant }) => `  ${mutant.id} ${mutant.name}`);
	if (sum.survivors.length > 0) console.log(`survivors:\n${named(sum.survivors).join("\n")}`);
	if (sum.left.length > 0) console.log(`left, for another run:\n${named(sum.left).join("\n")}`);
}

function cut(text: string): string {
	const one = text.replaceAll("|", "/").replaceAll("\n", " ");
	return one.length > BY_MAX ? `${one.slice(0, BY_MAX - 1)}…` : one;
}
