/** All mutants, and the pitfalls that have none because what they spoil does not exist yet. */
import { CLIENT_MUTANTS } from "./client";
import { ELECTION_MUTANTS } from "./election";
import { LEADER_MUTANTS } from "./leader";
import { LEADERSHIP_MUTANTS } from "./leadership";
import { LEVEL_MUTANTS } from "./levels";
import { MEMBERSHIP_MUTANTS } from "./membership";
import { check, type Mutant, MutantDrift, type NotBuilt, rowOf } from "./mutant";
import { READ_MUTANTS } from "./reads";
import { REPLICATION_MUTANTS } from "./replication";
import { STORAGE_MUTANTS } from "./storage";

/** Pitfalls are numbered from 1. */
const ROWS = 74;

export const MUTANTS: readonly Mutant[] = [
	...ELECTION_MUTANTS,
	...REPLICATION_MUTANTS,
	...LEADER_MUTANTS,
	...MEMBERSHIP_MUTANTS,
	...READ_MUTANTS,
	...LEADERSHIP_MUTANTS,
	...STORAGE_MUTANTS,
	...CLIENT_MUTANTS,
	...LEVEL_MUTANTS,
].sort((a, b) => rowOf(a) - rowOf(b) || a.id.localeCompare(b.id));

export const NOT_BUILT: readonly NotBuilt[] = [...notBuilt("watches", [74])].sort((a, b) => a.row - b.row);

function notBuilt(part: string, rows: readonly number[]): NotBuilt[] {
	return rows.map((row) => ({ row, part }));
}

/** @throws {MutantDrift} when a patch does not fit the source, an id is there twice, or a pitfall is forgotten */
export function checkCatalogue(): void {
	const ids = new Set(MUTANTS.map(({ id }) => id));
	if (ids.size !== MUTANTS.length) throw new MutantDrift("two mutants have one id");
	const rows = new Set([...MUTANTS.map(rowOf), ...NOT_BUILT.map(({ row }) => row)]);
	for (let row = 1; row <= ROWS; row++) if (!rows.has(row)) throw new MutantDrift(`pitfall ${row} is forgotten`);
	for (const mutant of MUTANTS) check(mutant);
}
