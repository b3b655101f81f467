/**
 * Many seeds over all processes, in small ranges that are handed out in order. What comes of it does
 * not depend on how many processes there are: a failure counts only if all seeds before it are known.
 */
import type { Overrides } from "../../sim/options";
import type { Done, Failure } from "./messages";
import type { Pool } from "./pool";
import { Totals } from "./totals";

/** A range takes a fraction of a second, so that the processes end together. */
const SEEDS_A_RANGE = 10;

export interface Sweep {
	readonly from: number;
	/** Included. */
	readonly to: number;
	readonly overrides: Overrides;
	readonly keepGoing: boolean;
	readonly verbose?: boolean;
	readonly history?: boolean;
	/** How many marks the bundle counts. */
	readonly marks: number;
	/** Told after each range. */
	readonly onProgress?: (seeds: number, failures: number) => void;
}

export interface Outcome {
	readonly totals: Totals;
	/** In order of the seeds; one at most unless it keeps going. */
	readonly failures: readonly Failure[];
	/** Of the last seed, if it was asked for. */
	readonly history: string | null;
}

export async function sweep(pool: Pool, plan: Sweep): Promise<Outcome> {
	const { from, history = false, keepGoing, marks, overrides, to, verbose = false } = plan;
	const done: Done[] = [];
	let next = from;
	let last = to;
	let seeds = 0;
	let failed = 0;
	const work = async () => {
		while (next <= last) {
			const first = next;
			const job = {
				from: first,
				to: Math.min(first + SEEDS_A_RANGE - 1, to),
				overrides,
				keepGoing,
				verbose,
				history,
				marks,
			};
			next = job.to + 1;
			const ended = await pool.run(job);
			done[Math.floor((first - from) / SEEDS_A_RANGE)] = ended;
			seeds += job.to - first + 1;
			failed += ended.failures.length;
			// What comes after the first failure is not looked at; what comes before it may hold an earlier one.
			if (!keepGoing && ended.failures.length > 0) last = Math.min(last, ended.failures[0].seed);
			plan.onProgress?.(seeds, failed);
		}
	};
	await Promise.all(Array.from({ length: pool.size }, work));
	const totals = new Totals();
	const failures: Failure[] = [];
	let lines: string | null = null;
	for (const part of done) {
		totals.add(part.totals);
		failures.push(...part.failures);
		lines = part.history;
		if (!keepGoing && failures.length > 0) break;
	}
	return { totals, failures, history: lines };
}
