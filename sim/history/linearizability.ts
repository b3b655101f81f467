/**
 * Judges whether a history of clients is linearizable (Herlihy and Wing 1990): whether its operations
 * can be ordered, none before what had returned when it was called, such that a store which does one
 * after the other gives exactly these answers: values, versions and revisions.
 *
 * Three looks, each at what the one before left open:
 * - `timeline.ts`: revisions never go back in real time, and belong to one write each;
 * - `statements.ts`: what was read was written, once, at the revision that it was read with;
 * - `search.ts`: for every key and revision the answers are right, with the writes whose outcome is
 *   unknown placed where they must have happened.
 */
import type { Operation } from "./history";
import { Search } from "./search";
import { Statements } from "./statements";
import { Timeline, type Violation } from "./timeline";

/** A fraction of a second. */
const STEPS_MAX = 200_000;

export interface Verdict {
	/** `undecided`: the search was given up, which proves nothing. */
	readonly verdict: "linearizable" | "not linearizable" | "undecided";
	/** The contradiction; null unless the verdict is `not linearizable`. */
	readonly violation: Violation | null;
	/** Revisions that the search tried. */
	readonly steps: number;
}

/**
 * @param operations in any order; values that are each written once are judged fastest, but need not be
 * @param initialRevision of the empty store at the beginning
 * @param stepsMax of the search, which then gives up
 */
export function judge(operations: readonly Operation[], initialRevision = 0, stepsMax = STEPS_MAX): Verdict {
	const timeline = new Timeline(initialRevision);
	const statements = new Statements(timeline);
	const violation = timeline.build(operations) ?? statements.collect(operations);
	if (violation !== null) return { verdict: "not linearizable", violation, steps: 0 };
	const search = new Search(timeline, statements, stepsMax);
	const found = search.run();
	const { steps } = search;
	if (found === null) return { verdict: "undecided", violation: null, steps };
	if (found) return { verdict: "linearizable", violation: null, steps };
	return { verdict: "not linearizable", violation: search.violation, steps };
}
