/** All mutants, and the pitfalls that have none because what they spoil does not exist yet. */
import { ADDRESS_MUTANTS } from "./addresses";
import { CLIENT_MUTANTS } from "./client";
import { CUT_MUTANTS } from "./cuts";
import { ELECTION_MUTANTS } from "./election";
import { HOST_MUTANTS } from "./hosts";
import { IDENTITY_MUTANTS } from "./identities";
import { LEADER_MUTANTS } from "./leader";
import { LEADERSHIP_MUTANTS } from "./leadership";
import { LEVEL_MUTANTS } from "./levels";
import { MEMBERSHIP_MUTANTS } from "./membership";
import { check, type Mutant, MutantDrift, type NotBuilt, rowOf } from "./mutant";
import { PATH_MUTANTS } from "./paths";
import { PROMISE_MUTANTS } from "./promises";
import { READ_MUTANTS } from "./reads";
import { REPLICATION_MUTANTS } from "./replication";
import { SERVICE_MUTANTS } from "./service";
import { STORAGE_MUTANTS } from "./storage";
import { TRUST_MUTANTS } from "./trust";
import { WITNESS_MUTANTS } from "./witness";

/** Pitfalls are numbered from 1. */
const ROWS = 74;

/** Pitfalls that lose or contradict data; docs/mutants.md says of 14 why it does not here. */
export const SAFETY_ROWS: readonly number[] = [
	...[1, 2, 3, 4, 5, 6, 13, 15, 16, 17, 18, 19, 21, 23, 24, 25, 26, 27, 33, 34, 35, 36, 38, 39, 40, 41, 42],
	...[43, 44, 45, 46, 47, 48, 49, 50, 52, 53, 56, 57, 58, 62, 63, 64, 65, 66, 67, 70, 71, 72, 73],
];

export const MUTANTS: readonly Mutant[] = [
	...ELECTION_MUTANTS,
	...REPLICATION_MUTANTS,
	...LEADER_MUTANTS,
	...MEMBERSHIP_MUTANTS,
	...IDENTITY_MUTANTS,
	...READ_MUTANTS,
	...LEADERSHIP_MUTANTS,
	...PROMISE_MUTANTS,
	...STORAGE_MUTANTS,
	...CUT_MUTANTS,
	...CLIENT_MUTANTS,
	...WITNESS_MUTANTS,
	...LEVEL_MUTANTS,
	...PATH_MUTANTS,
	...HOST_MUTANTS,
	...SERVICE_MUTANTS,
	...TRUST_MUTANTS,
	...ADDRESS_MUTANTS,
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
