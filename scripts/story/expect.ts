/** An expectation of a story that did not hold: what was expected, and what was seen instead. */
export class Unmet extends Error {
	readonly expected: string;
	readonly seen: string;

	constructor(expected: string, seen: string) {
		super(`expected ${expected}; seen: ${seen}`);
		this.name = "Unmet";
		this.expected = expected;
		this.seen = seen;
	}
}

/** @throws Unmet unless it holds */
export function expect(holds: boolean, expected: string, seen: string): void {
	if (!holds) throw new Unmet(expected, seen);
}

const POLL_MS = 20;

/**
 * Asks until the answer satisfies.
 * @returns that answer
 * @throws Unmet with the last answer in words, when `limitMs` have gone by
 */
export async function waitFor<Seen>(
	expected: string,
	limitMs: number,
	ask: () => Seen | Promise<Seen>,
	satisfies: (seen: Seen) => boolean,
	words: (seen: Seen) => string = String,
): Promise<Seen> {
	const endMs = performance.now() + limitMs;
	for (;;) {
		const seen = await ask();
		if (satisfies(seen)) return seen;
		expect(performance.now() < endMs, `${expected} within ${limitMs} ms`, words(seen));
		await pause(POLL_MS);
	}
}

export function pause(milliseconds: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
