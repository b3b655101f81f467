/** Small random histories, judged by the checker and by the brute-force twin: the two must agree. */

import { Random } from "../random";
import { isLinearizable } from "./brute-force";
import type { Operation } from "./history";
import { judge, type Verdict } from "./linearizability";
import { corrupt, randomHistory } from "./random-history";

/** A brute force over more would take long. */
const OPERATIONS_MAX = 10;
/** Numbers at their edges: revisions go past 2^31 and 2^32 in the middle of a history. */
const INITIAL_REVISIONS: readonly number[] = Object.freeze([0, 0, 0x7ffffffd, 0xfffffffd]);

export interface Comparison {
	readonly operations: readonly Operation[];
	readonly initialRevision: number;
	/** An uncorrupted history is linearizable by the way it was made. */
	readonly isCorrupted: boolean;
	readonly verdict: Verdict;
	readonly isLinearizable: boolean;
	/** False: one of the two is wrong. */
	readonly agrees: boolean;
}

/** Makes the history of a seed, corrupts three of four, and has it judged by both. */
export function compare(seed: number): Comparison {
	const random = new Random(seed);
	const initialRevision = INITIAL_REVISIONS[random.below(INITIAL_REVISIONS.length)];
	const operations = randomHistory(random, {
		operations: random.between(3, OPERATIONS_MAX),
		clients: random.between(2, 5),
		keys: random.between(1, 3),
		unknownPermille: random.below(600),
		refusedPermille: 50,
		initialRevision,
		values: random.chance(200) ? 2 : 0,
	});
	const corruptions = random.below(4);
	for (let i = 0; i < corruptions; i++) corrupt(random, operations);
	const verdict = judge(operations, initialRevision);
	const expected = isLinearizable(operations, initialRevision);
	const isSound = corruptions > 0 || expected;
	const agrees = isSound && verdict.verdict === (expected ? "linearizable" : "not linearizable");
	return { operations, initialRevision, isCorrupted: corruptions > 0, verdict, isLinearizable: expected, agrees };
}
