/**
 * Exceptions inside XS: the interpreter's own variables live in registers, which must be right again
 * after a jump back to a `catch`, from however deep and however changed in between.
 */
import { copy } from "../../core/bytes";
import { describe, equal, it } from "./harness";

class Failure extends Error {
	readonly at: number;
	constructor(at: number) {
		super(`at ${at}`);
		this.at = at;
	}
}

function throwBelow(depth: number, at: number): number {
	const local = depth * 3;
	if (depth === 0) throw new Failure(at);
	const result = throwBelow(depth - 1, at) + local;
	return result;
}

/** Catches, goes on in the same frame with locals that changed inside the `try`, and catches again. */
function catchInLoop(rounds: number): number {
	let sum = 0;
	let inside = 0;
	for (let i = 0; i < rounds; i++) {
		const before = i * 7;
		try {
			inside += i;
			sum += throwBelow(i % 9, i);
			sum = -1;
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			sum += error.at + before;
		} finally {
			sum += 1;
		}
	}
	return sum * 100_000 + inside;
}

function* throwingGenerator(): Generator<number, number, number> {
	let caught = 0;
	for (let i = 0; i < 5; i++) {
		const step = i * 10;
		try {
			const sent: number = yield step + caught;
			if (sent % 2 === 1) throwBelow(4, sent);
			caught += sent;
		} catch (error) {
			caught += error instanceof Failure ? 1000 * error.at : 0;
		}
	}
	return caught;
}

describe("exceptions", () => {
	it("come back to the frame that catches, from any depth", () => {
		// Sum of i + 7i + 1, and of i, for i below 500.
		equal(catchInLoop(500), (8 * 124_750 + 500) * 100_000 + 124_750);
	});

	it("pass through frames of natives, and leave an outer catch as it was", () => {
		const seen: number[] = [];
		for (let round = 0; round < 50; round++) {
			try {
				[3, 2, 1].forEach((value, place) => {
					try {
						if (value === 2) copy(new Uint8Array(1), 0, new Uint8Array(1), 0, 2);
						seen.push(value);
					} catch (error) {
						seen.push(error instanceof RangeError ? 10 + place : -1);
					}
					if (value === 1) throwBelow(round % 5, round);
				});
			} catch (error) {
				seen.push(error instanceof Failure ? 100 + error.at : -1);
			}
		}
		for (let round = 0; round < 50; round++) {
			equal(seen[round * 4], 3);
			equal(seen[round * 4 + 1], 11);
			equal(seen[round * 4 + 2], 1);
			equal(seen[round * 4 + 3], 100 + round);
		}
		equal(seen.length, 200);
	});

	it("are thrown again, and run what is in finally on their way", () => {
		const order: string[] = [];
		const outer = (): string => {
			try {
				try {
					throwBelow(3, 1);
				} catch (error) {
					order.push("inner");
					throw error;
				} finally {
					order.push("finally");
				}
				return "none";
			} catch (error) {
				return error instanceof Failure ? "outer" : "other";
			} finally {
				order.push("last");
			}
		};
		equal(outer(), "outer");
		equal(order.join(), "inner,finally,last");
	});

	it("are caught in a generator that was left inside its try", () => {
		const generator = throwingGenerator();
		let total = 0;
		let result = generator.next(0);
		for (let i = 1; !result.done; i++) {
			total += result.value;
			result = generator.next(i);
		}
		// Sent: 1 (thrown), 2, 3 (thrown), 4, 5 (thrown); what was caught so far comes with each step.
		equal(result.value, 1000 + 2 + 3000 + 4 + 5000);
		equal(total, 0 + (10 + 1000) + (20 + 1002) + (30 + 4002) + (40 + 4006));
	});
});
