/**
 * The order that the store's own answers claim: every answer carries the revision it was given at,
 * and every write that took effect has a revision of its own. So the place of what was answered is
 * known, but for reads of one revision, whose order does not matter; only of writes with an unknown
 * outcome it is open whether and where they stand.
 */
import type { Answer, Operation } from "./history";
import { describe } from "./words";

/** Why a history is not linearizable. */
export interface Violation {
	readonly message: string;
	/** The key concerned, null if it is none in particular. */
	readonly key: string | null;
	/** Ids of the operations that contradict one another. */
	readonly operations: readonly number[];
}

/** An operation that the store answered. */
export interface Answered extends Operation {
	readonly answer: Answer;
	readonly returned: number;
}

export function isAnswered(operation: Operation): operation is Answered {
	if (operation.outcome !== "done") return false;
	if (operation.answer === null || operation.returned === null)
		throw new Error(`${describe(operation)} is done without an answer`);
	return true;
}

export function isWrite(operation: Operation): boolean {
	return operation.operation !== "get" && operation.operation !== "range";
}

/** @returns true if the store says that the write changed something */
function tookEffect(operation: Answered): boolean {
	return isWrite(operation) && operation.reason === "DONE";
}

export class Timeline {
	/** The revision of the empty store; places in the arrays count from it. */
	readonly first: number;
	/** The place of the highest revision that was answered. */
	last = 0;
	/** By place: the write that was answered with this revision, null if there is none. */
	readonly writers: (Answered | null)[] = [];
	/** By place: what looked at the store at this revision. */
	readonly observers: Answered[][] = [];
	/** Writes of which nobody knows whether they happened, in the order of the calls. */
	readonly unknown: Operation[] = [];
	/** By position in `unknown`: the highest place that had been answered when it was called. */
	readonly after: number[] = [];

	constructor(first: number) {
		this.first = first;
	}

	/** Sets everything from the operations. @returns why that cannot be, or null */
	build(operations: readonly Operation[]): Violation | null {
		const answered = operations.filter(isAnswered);
		const writes = operations.filter((operation) => isWrite(operation) && operation.outcome !== "refused").length;
		for (let i = 0; i < answered.length; i++) {
			const operation = answered[i];
			const place = operation.answer.revision - this.first;
			const isOne = Number.isInteger(place) && place >= (tookEffect(operation) ? 1 : 0);
			if (!isOne) return violation(operation, "is told a revision from before the beginning", []);
			if (place > writes)
				return violation(operation, `is told a revision that takes more than the ${writes} writes`, []);
			this.last = Math.max(this.last, place);
		}
		for (let place = 0; place <= this.last; place++) {
			this.writers.push(null);
			this.observers.push([]);
		}
		for (let i = 0; i < answered.length; i++) {
			const problem = this.add(answered[i]);
			if (problem !== null) return problem;
		}
		return this.compareWithTime(operations, answered);
	}

	private add(operation: Answered): Violation | null {
		const place = operation.answer.revision - this.first;
		if (!tookEffect(operation)) {
			this.observers[place].push(operation);
			return null;
		}
		const other = this.writers[place];
		if (other !== null) return violation(operation, "and another write are told the same revision:", [other]);
		this.writers[place] = operation;
		return null;
	}

	/** What returned before another was called must stand before it: revisions never go back in real time. */
	private compareWithTime(operations: readonly Operation[], answered: Answered[]): Violation | null {
		const calls = operations.filter((operation) => operation.outcome !== "refused").sort((a, b) => a.called - b.called);
		const returns = answered.slice().sort((a, b) => a.returned - b.returned);
		let latest: Answered | null = null;
		let at = 0;
		for (let i = 0; i < calls.length; i++) {
			const operation = calls[i];
			for (; at < returns.length && returns[at].returned < operation.called; at++)
				if (latest === null || returns[at].answer.revision > latest.answer.revision) latest = returns[at];
			const place = latest === null ? 0 : latest.answer.revision - this.first;
			if (!isAnswered(operation)) {
				if (!isWrite(operation)) continue;
				this.unknown.push(operation);
				this.after.push(place);
				continue;
			}
			const least = tookEffect(operation) ? place + 1 : place;
			if (latest !== null && operation.answer.revision - this.first < least)
				return violation(operation, "is stale: an older revision than was told before it was called, to", [latest]);
		}
		return null;
	}
}

/** @returns a violation in the words "<operation> <what> <others>" */
export function violation(operation: Operation, what: string, others: readonly Operation[]): Violation {
	let message = `${describe(operation)} ${what}`;
	const operations = [operation.id];
	for (let i = 0; i < others.length; i++) {
		message += `${i === 0 ? " " : ", "}${describe(others[i])}`;
		operations.push(others[i].id);
	}
	return { message, key: operation.operation === "range" ? null : operation.key, operations };
}
