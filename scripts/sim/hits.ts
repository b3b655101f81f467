/** Counts the marks of the core; the bundle of the simulator calls it where they stand (`marks.ts`). */

/** More than there will ever be. */
const MARKS_MAX = 512;

/** By number of the mark, since the last `clearHits`. */
const hits = new Float64Array(MARKS_MAX);

export function hit(mark: number): void {
	hits[mark]++;
}

export function takeHits(count: number): number[] {
	return [...hits.subarray(0, count)];
}

export function clearHits(): void {
	hits.fill(0);
}
