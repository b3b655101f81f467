/**
 * What answers say about the past: "this value was written at revision 9". Each such statement names
 * the write that took revision 9, or at least its key; so most writes with an unknown outcome that
 * did happen are found here, and need not be searched for.
 */
import type { Answer, Operation, Pair } from "./history";
import { type Answered, isAnswered, isWrite, type Timeline, type Violation, violation } from "./timeline";
import { Versions } from "./versions";

/** What is known of the write that took one revision, although its own answer was lost. */
export class Trace {
	/** null: nothing. */
	key: string | null = null;
	/** null: that it was a put, or nothing. */
	value: string | null = null;
	/** Who said so. */
	by: Answered | null = null;
	/** The highest place at which `key` was still as this write had left it, and who said so. */
	until = 0;
	untilBy: Answered | null = null;
}

export class Statements {
	/** By place in the timeline. */
	readonly traces: Trace[] = [];
	/** By id of a write: the place that it must have, because its value was seen there. */
	readonly places = new Map<number, number>();
	/** Keys and values that were seen. */
	readonly seen = new Set<string>();
	readonly versions: Versions;
	private readonly timeline: Timeline;
	/** Writes that did not fail, and those that were refused, by key and value. */
	private readonly writers = new Map<string, Operation[]>();
	private readonly refused = new Map<string, Operation[]>();

	constructor(timeline: Timeline) {
		this.timeline = timeline;
		this.versions = new Versions(timeline);
	}

	/** Takes in what all answers say. @returns why that cannot be, or null */
	collect(operations: readonly Operation[]): Violation | null {
		for (let place = 0; place <= this.timeline.last; place++) this.traces.push(new Trace());
		for (let i = 0; i < operations.length; i++) {
			const operation = operations[i];
			if (operation.value === null) continue;
			const name = nameOf(operation.key, operation.value);
			const failed = operation.outcome === "refused" || operation.reason === "CONFLICT";
			const table = failed ? this.refused : this.writers;
			const list = table.get(name);
			if (list === undefined) table.set(name, [operation]);
			else list.push(operation);
		}
		for (let i = 0; i < operations.length; i++) {
			const operation = operations[i];
			const problem = isAnswered(operation) ? this.listen(operation) : null;
			if (problem !== null) return problem;
		}
		this.versions.close();
		return this.compareTraces();
	}

	/** Nobody reads what another has seen overwritten by then. */
	private compareTraces(): Violation | null {
		const latest = new Map<string, Trace>();
		for (let place = 0; place < this.traces.length; place++) {
			const trace = this.traces[place];
			if (trace.key === null || trace.by === null) continue;
			const before = latest.get(trace.key);
			if (before !== undefined && before.untilBy !== null && before.until >= place) {
				const what = `finds key ${trace.key} as it was before revision ${this.timeline.first + place} wrote it, says`;
				return this.wrong(before.untilBy, trace.key, what, trace.by);
			}
			latest.set(trace.key, trace);
		}
		return null;
	}

	/** Takes in what one answer says of keys as it found them. */
	private listen(operation: Answered): Violation | null {
		const { answer, key } = operation;
		if (operation.operation === "range") {
			for (let i = 0; i < answer.pairs.length; i++) {
				const pair = answer.pairs[i];
				const problem = this.see(operation, pair.key, pair.value, pair, answer.revision);
				if (problem !== null) return problem;
			}
			return null;
		}
		if (!answer.found) return null;
		// A delete found the key one revision earlier.
		if (operation.operation === "delete") return this.see(operation, key, null, answer, answer.revision - 1);
		const isPut = isWrite(operation) && operation.reason === "DONE";
		return this.see(operation, key, isPut ? operation.value : answer.value, answer, answer.revision);
	}

	/** Takes in how a key was at `revision`. */
	private see(
		by: Answered,
		key: string,
		value: string | null,
		numbers: Answer | Pair,
		revision: number,
	): Violation | null {
		const { first } = this.timeline;
		const { createRevision, modRevision, version } = numbers;
		if (!(first < createRevision && createRevision <= modRevision && modRevision <= revision)) {
			const what = `is told that key ${key} was created at revision ${createRevision} and modified at ${modRevision}`;
			return this.wrong(by, key, `${what}, which cannot be`);
		}
		this.versions.note(key, createRevision, modRevision, version);
		const modified = modRevision - first;
		const trace = this.traces[modified];
		if (trace.untilBy === null || revision - first > trace.until) {
			trace.until = revision - first;
			trace.untilBy = by;
		}
		return (
			this.trace(by, modified, key, value) ??
			this.trace(by, createRevision - first, key, null) ??
			(value === null || by.value === value ? null : this.recognize(by, key, value, modified))
		);
	}

	/** One revision is one write: of one key, and of one value. */
	private trace(by: Answered, place: number, key: string, value: string | null): Violation | null {
		const trace = this.traces[place];
		const revision = this.timeline.first + place;
		if (trace.by !== null && trace.key !== key)
			return this.wrong(by, key, `says that revision ${revision} wrote key ${key}, but another key by`, trace.by);
		if (trace.by !== null && value !== null && trace.value !== null && trace.value !== value) {
			const what = `says that revision ${revision} wrote value ${value} to key ${key}, but another by`;
			return this.wrong(by, key, what, trace.by);
		}
		trace.key = key;
		trace.value ??= value;
		trace.by ??= by;
		return null;
	}

	/** Finds the write that a value which was read comes from: each value is written once. */
	private recognize(by: Answered, key: string, value: string, place: number): Violation | null {
		const name = nameOf(key, value);
		this.seen.add(name);
		const writers = this.writers.get(name);
		if (writers === undefined) {
			const refused = this.refused.get(name);
			if (refused === undefined) return this.wrong(by, key, `reads value ${value} of key ${key}, which nobody wrote`);
			return this.wrong(by, key, `reads value ${value} of key ${key}, whose write did not happen:`, ...refused);
		}
		// A value that was written twice says nothing.
		if (writers.length > 1) return null;
		const writer = writers[0];
		const own = isAnswered(writer) ? writer.answer.revision - this.timeline.first : this.places.get(writer.id);
		if (own !== undefined && own !== place) {
			const revision = this.timeline.first + place;
			const elsewhere = this.timeline.first + own;
			const what = `reads value ${value} of key ${key} as written at revision ${revision}, but it was at ${elsewhere}, by`;
			return this.wrong(by, key, what, writer);
		}
		this.places.set(writer.id, place);
		return null;
	}

	private wrong(by: Answered, key: string, what: string, ...others: Operation[]): Violation {
		return { ...violation(by, what, others), key };
	}
}

/** @returns a name for a value of a key; hex has no such sign */
export function nameOf(key: string, value: string): string {
	return `${key}=${value}`;
}
