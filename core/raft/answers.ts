/** Answers to calls that wait to be taken: refused, unknown, and reads that may be served. */
import { assert } from "../assert";

export class Answers {
	/** The answer taken last: its call, DONE or the reason why not (core/reasons.ts), */
	call = 0;
	reason = 0;
	/** and for a read that may be served, the index that the state has reached. */
	index = 0;
	private readonly calls: Float64Array;
	private readonly reasons: Uint16Array;
	private readonly indices: Float64Array;
	/** Answers that wait. */
	count = 0;
	private head = 0;

	/** @param capacity calls that can be under way */
	constructor(capacity: number) {
		this.calls = new Float64Array(capacity);
		this.reasons = new Uint16Array(capacity);
		this.indices = new Float64Array(capacity);
	}

	add(call: number, reason: number, index: number): void {
		assert(this.count < this.calls.length, "the answers were not taken");
		let slot = this.head + this.count;
		if (slot >= this.calls.length) slot -= this.calls.length;
		this.calls[slot] = call;
		this.reasons[slot] = reason;
		this.indices[slot] = index;
		this.count++;
	}

	/** @returns false when there is none */
	take(): boolean {
		if (this.count === 0) return false;
		this.call = this.calls[this.head];
		this.reason = this.reasons[this.head];
		this.index = this.indices[this.head];
		this.count--;
		if (++this.head === this.calls.length) this.head = 0;
		return true;
	}
}
