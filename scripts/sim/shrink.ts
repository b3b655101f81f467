/**
 * Looks for a smaller run that breaks the same property: one that stops sooner, with fewer faults,
 * nodes and clients. A change of these changes what chance brings, so some neighbouring seeds are
 * tried as well: a mistake that showed once by a hair shows again in one of them.
 */
import type { FaultName } from "../../sim/faults/names";
import { drawOptions, type Overrides } from "../../sim/options";
import type { Failure } from "./messages";
import type { Sweep } from "./sweep";

/** A run, by what a command says of it. */
export interface Candidate {
	readonly seed: number;
	readonly overrides: Overrides;
}

/** Seeds that are tried for each step to a smaller run. */
export const SEEDS_TRIED = 30;

/** Runs a few seeds. @returns the first failure of that property, or undefined */
export type Try = (plan: Pick<Sweep, "from" | "to" | "overrides">, property: string) => Promise<Failure | undefined>;

/**
 * @param failure of the run to start from
 * @param say told of each step to a smaller run
 * @returns the smallest run that was found; the first one if there is none
 */
export async function shrink(
	first: Candidate,
	failure: Failure,
	attempt: Try,
	say: (found: Candidate) => void,
): Promise<Candidate> {
	let best = shortened(first, failure);
	if (best !== first) say(best);
	for (let found: Candidate | undefined = best; found !== undefined; ) {
		found = undefined;
		for (const overrides of smaller(best)) {
			const from = best.seed;
			const same = await attempt(
				{ from, to: Math.min(from + SEEDS_TRIED - 1, 0xffffffff), overrides },
				failure.property,
			);
			if (same === undefined) continue;
			found = shortened({ seed: same.seed, overrides }, same);
			best = found;
			say(best);
			break;
		}
	}
	return best;
}

/** A run may end where it failed: everything before is as it was. */
function shortened(candidate: Candidate, failure: Failure): Candidate {
	const { durationMs } = drawOptions(candidate.seed, candidate.overrides);
	if (failure.atMs < 1 || failure.atMs >= durationMs) return candidate;
	return { seed: candidate.seed, overrides: { ...candidate.overrides, durationMs: failure.atMs } };
}

/** @returns runs that are smaller in one thing, the boldest first */
function smaller({ overrides, seed }: Candidate): Overrides[] {
	const { clients, durationMs, faults, nodes } = drawOptions(seed, overrides);
	const { without: _, ...rest } = overrides;
	// Said in full, so that another seed has the same.
	const base: Overrides = { ...rest, nodes, clients, durationMs, only: faults };
	const steps: Overrides[] = [];
	const half = Math.floor(faults.length / 2);
	if (half > 1) steps.push({ ...base, only: faults.slice(half) }, { ...base, only: faults.slice(0, half) });
	for (const fault of faults) steps.push({ ...base, only: allBut(faults, fault) });
	for (let fewer = 1; fewer < nodes; fewer++) steps.push({ ...base, nodes: fewer });
	for (let fewer = 1; fewer < clients; fewer++) steps.push({ ...base, clients: fewer });
	for (const share of [0.5, 0.8])
		if (durationMs > 500) steps.push({ ...base, durationMs: Math.ceil(durationMs * share) });
	return steps;
}

function allBut(faults: readonly FaultName[], fault: FaultName): FaultName[] {
	return faults.filter((name) => name !== fault);
}
