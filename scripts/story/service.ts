/** Whether clients are served all the time: when writes were acknowledged, by whomever. */
import { waitFor } from "./expect";

/** How long service was interrupted, in milliseconds, over several times that something was done. */
export interface Interruptions {
	readonly count: number;
	readonly median: number;
	readonly p90: number;
	readonly longest: number;
	readonly all: readonly number[];
}

export class Service {
	/** Ascending. */
	readonly #acknowledgedMs: number[] = [];
	readonly #enough: number;

	/** @param enough acknowledgements in a row say that clients are served again */
	constructor(enough: number) {
		this.#enough = enough;
	}

	/** To be told of each write as it is acknowledged. */
	readonly acknowledged = (): void => {
		this.#acknowledgedMs.push(performance.now());
	};

	get count(): number {
		return this.#acknowledgedMs.length;
	}

	/**
	 * Does something and waits until writes are acknowledged after it.
	 * @returns the longest time without an acknowledgement to anyone that has a part in it, in milliseconds
	 */
	async interruptionBy(work: () => Promise<unknown>, limitMs: number): Promise<number> {
		const from = Math.max(0, this.count - 1);
		await work();
		const done = this.count;
		await waitFor(
			"writes to be acknowledged again",
			limitMs,
			() => this.count,
			(count) => count >= done + this.#enough,
			(count) => `${count - done} of them`,
		);
		return this.longest(from);
	}

	/** @returns the longest pause since acknowledgement number `from`, in milliseconds */
	longest(from: number): number {
		let longest = 0;
		for (let at = from + 1; at < this.count; at++)
			longest = Math.max(longest, this.#acknowledgedMs[at] - this.#acknowledgedMs[at - 1]);
		return Math.round(longest);
	}
}

export function interruptionsOf(milliseconds: readonly number[]): Interruptions {
	const sorted = [...milliseconds].sort((one, other) => one - other);
	const quantile = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
	return {
		count: sorted.length,
		median: quantile(0.5),
		p90: quantile(0.9),
		longest: quantile(1),
		all: milliseconds,
	};
}
