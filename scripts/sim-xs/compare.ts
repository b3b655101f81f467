/** Whole runs inside XS and on Node.js, side by side. */
import { type Engine, FEW_CALLS_MAX, type MemoryName, nodeEngine, xsEngine } from "./engines";
import type { End, Meter } from "./program";

export interface Comparison {
	readonly seed: number;
	readonly engine: Engine;
	readonly hash: string;
	/** What Node.js says of the run, a line of JSON. */
	readonly expected: string;
	/** What the engine says of it, "" when it said nothing. */
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
	const { lines } = await nodeEngine.ask({ kind: "runs", seeds });
	return lines.map((line) => ({ ...(JSON.parse(line) as End), line }));
}

/** @returns true if a board has room for the run */
export function fitsBoard({ calls }: End): boolean {
	return calls <= FEW_CALLS_MAX;
}

/**
 * @param jobs programs that run at the same time; each takes its share of the seeds
 * @param told of each share as it ends
 */
export async function compareRuns(
	target: "host" | "board",
	memory: MemoryName,
	expected: readonly Expected[],
	jobs: number,
	told: (comparisons: readonly Comparison[]) => void,
): Promise<void> {
	const few = expected.filter(fitsBoard);
	const many = expected.filter((end) => !fitsBoard(end));
	for (const group of [few, many]) {
		const shares = Array.from({ length: Math.min(jobs, group.length) }, (_, job) =>
			group.filter((_, i) => i % jobs === job),
		);
		const calls = Math.max(...group.map((end) => end.calls));
		await Promise.all(shares.map(async (share) => told(await compareShare(xsEngine(target, memory, calls), share))));
	}
}

async function compareShare(engine: Engine, share: readonly Expected[]): Promise<Comparison[]> {
	const { lines, meters } = await engine.ask({ kind: "runs", seeds: share.map(({ seed }) => seed) });
	return share.map(({ hash, line, seed }, i) => {
		const isEqual = lines[i] === line;
		return { seed, engine, hash, expected: line, told: lines[i] ?? "", isEqual, meter: meters[i] ?? null };
	});
}
