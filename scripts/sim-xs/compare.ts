/** Whole runs inside XS and on Node.js, side by side. */
import type { EngineMemory } from "../firmware/memory";
import type { XsTarget } from "../firmware/run-on-xs";
import { BOARD_CALLS_MAX, type Engine, EngineEnded, type MemoryName, memoryOf, nodeEngine, xsEngine } from "./engines";
import type { End, Meter } from "./program";

export interface Comparison {
	readonly seed: number;
	readonly engine: Engine;
	readonly hash: string;
	/** What Node.js says of the run, a line of JSON. */
	readonly expected: string;
	/** What the engine says of it, or why it says nothing. */
	readonly told: string;
	readonly isEqual: boolean;
	readonly meter: Meter | null;
}

/** How a run ends on Node.js. */
export interface Expected extends End {
	readonly line: string;
}

/** @returns how the runs of these seeds end on Node.js */
export async function expectedOf(seeds: readonly number[]): Promise<Expected[]> {
	const lines = await nodeEngine.ask({ kind: "runs", seeds });
	return lines.map((line) => ({ ...(JSON.parse(line) as End), line }));
}

/** @returns true if a board has room for the run */
export function fitsBoard({ calls }: End): boolean {
	return calls <= BOARD_CALLS_MAX;
}

/**
 * @param jobs programs that run at the same time; each takes its share of the seeds
 * @param told of each run as it ends
 */
export async function compareRuns(
	target: XsTarget,
	memory: MemoryName,
	expected: readonly Expected[],
	jobs: number,
	told: (comparison: Comparison) => void,
): Promise<void> {
	const groups = new Map<EngineMemory, Expected[]>();
	for (const end of expected) {
		const pools = memoryOf(memory, end.calls);
		groups.set(pools, [...(groups.get(pools) ?? []), end]);
	}
	for (const [pools, group] of groups) {
		const engine = xsEngine(target, memory, pools);
		const shares = Array.from({ length: Math.min(jobs, group.length) }, (_, job) =>
			group.filter((_, i) => i % jobs === job),
		);
		await Promise.all(shares.map((share) => compareShare(engine, share, told)));
	}
}

/** Where the engine ends in the middle of a run, it goes on with the next one. */
export async function compareShare(
	engine: Engine,
	share: readonly Expected[],
	told: (comparison: Comparison) => void,
): Promise<void> {
	let at = 0;
	const compare = (line: string, meter: Meter | null) => {
		const { hash, line: expected, seed } = share[at++];
		told({ seed, engine, hash, expected, told: line, isEqual: line === expected, meter });
	};
	while (at < share.length) {
		const seeds = share.slice(at).map(({ seed }) => seed);
		try {
			await engine.ask({ kind: "runs", seeds }, compare);
			if (at < share.length) throw new EngineEnded("ended before its last run");
		} catch (error) {
			if (!(error instanceof EngineEnded) || at === share.length) throw error;
			compare(error.message, null);
		}
	}
}
