/**
 * Which call waits for which entry. Only a leader has such calls, and only for entries of its own
 * term, so an entry is known by its index alone; when it steps down all are answered at once.
 */
import { assert } from "../assert";
import { OUTCOME_UNKNOWN } from "../reasons";
import type { Answers } from "./answers";

/** Returned by `take` for an entry that no call of this node waits for. */
export const NO_CALL = 0;

/**
 * Bytes of the journal that proposals leave free: for the no-op of a next leader, and for entries
 * that a follower must take before they can be committed, applied and freed.
 */
export const STORAGE_RESERVE_BYTES = 4096;

export class Proposals {
	count = 0;
	/** Calls at once: none while leadership is handed over. Full is `count >= limit`. */
	limit: number;
	/** A ring in order of index. */
	private readonly call: Float64Array;
	private readonly index: Float64Array;
	private head = 0;

	constructor(capacity: number) {
		this.limit = capacity;
		this.call = new Float64Array(capacity);
		this.index = new Float64Array(capacity);
	}

	/** Leadership is handed over: nothing more is taken. */
	close(): void {
		this.limit = 0;
	}

	open(): void {
		this.limit = this.call.length;
	}

	isOpen(): boolean {
		return this.limit > 0;
	}

	add(call: number, index: number): void {
		assert(call > NO_CALL, "a call has a positive number");
		let slot = this.head + this.count;
		if (slot >= this.call.length) slot -= this.call.length;
		this.call[slot] = call;
		this.index[slot] = index;
		this.count++;
	}

	/** Takes the call that waits for the entry at `index`, which is being applied. @returns it, or NO_CALL */
	take(index: number): number {
		if (this.count === 0) return NO_CALL;
		const waiting = this.index[this.head];
		assert(waiting >= index, "an entry was applied without asking for its call");
		if (waiting > index) return NO_CALL;
		return this.pop();
	}

	/** The node leads no more: its entries may still be committed by the next leader, or never. */
	abandon(answers: Answers): void {
		while (this.count > 0) {
			// Mark: the outcome of a proposal is unknown because the lead is lost
			answers.add(this.pop(), OUTCOME_UNKNOWN, 0);
		}
	}

	private pop(): number {
		const call = this.call[this.head];
		this.count--;
		if (++this.head === this.call.length) this.head = 0;
		return call;
	}
}
