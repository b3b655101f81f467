/**
 * Which term each entry is of, without its bytes: runs of one term, so that the log matching
 * checks of entries that long left RAM need no flash. Terms only rise along a log.
 */
import { assert } from "../assert";

export class TermRuns {
	/** The run r holds the indices from `first[r]` to before `first[r + 1]`; the first begins at the log's base. */
	private readonly first: Float64Array;
	private readonly term: Uint32Array;
	/** Runs in use. */
	count = 0;
	/** Where the last run begins. */
	lastStart = 0;
	/** Runs at most. */
	readonly capacity: number;

	/** @param capacity runs at most */
	constructor(capacity: number) {
		this.first = new Float64Array(capacity);
		this.term = new Uint32Array(capacity);
		this.capacity = capacity;
	}

	/** Begins anew with the entry at `index`, the log's base. */
	reset(index: number, term: number): void {
		this.first[0] = index;
		this.term[0] = term;
		this.count = 1;
		this.lastStart = index;
	}

	/**
	 * The entry at `index`, one after the last, is of `term`.
	 * @returns false if that needs a run more than there are
	 */
	add(index: number, term: number): boolean {
		const last = this.term[this.count - 1];
		assert(term >= last, "terms fall along the log");
		if (term === last) return true;
		if (this.count === this.capacity) return false;
		this.first[this.count] = index;
		this.term[this.count] = term;
		this.count++;
		this.lastStart = index;
		return true;
	}

	/** Forgets the entries from `index` on; it is above the base. */
	truncate(index: number): void {
		while (this.first[this.count - 1] >= index) this.count--;
		this.lastStart = this.first[this.count - 1];
	}

	/** The base moves up to `index`: what is before it is forgotten. */
	compact(index: number): void {
		const run = this.runOf(index);
		this.first.copyWithin(0, run, this.count);
		this.term.copyWithin(0, run, this.count);
		this.count -= run;
		this.first[0] = index;
		this.lastStart = this.first[this.count - 1];
	}

	lastTerm(): number {
		return this.term[this.count - 1];
	}

	/** @param index from the base to the log's end */
	termAt(index: number): number {
		return this.term[this.runOf(index)];
	}

	/**
	 * @param index from the base to the log's end
	 * @returns the last index at or before `index` whose term is at most `term`; the one before the base when none is
	 */
	lastAtMost(index: number, term: number): number {
		let run = this.runOf(index);
		if (this.term[run] <= term) return index;
		while (run > 0) {
			if (this.term[run - 1] <= term) return this.first[run] - 1;
			run--;
		}
		return this.first[0] - 1;
	}

	/** @returns a base with as few runs before it as possible: the start of the second run; Infinity when there is one run */
	secondStart(): number {
		return this.count > 1 ? this.first[1] : Infinity;
	}

	private runOf(index: number): number {
		let run = this.count - 1;
		while (run > 0 && this.first[run] > index) run--;
		return run;
	}
}
