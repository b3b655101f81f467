/**
 * What a node wants to send. Each send is a row of integers in wire order, and names the write
 * that must be durable before it leaves, so that the order of durability is kept by data and not
 * by the driver's care.
 */
import { assert } from "../assert";
import { COLUMNS_MAX, KIND, TERM } from "./messages";

/** Says that there is nothing to send. */
export const NO_SEND = -1;

/** Stands in `after` of a slot whose send was taken: no write has this sequence. */
const TAKEN = Infinity;
/** The kinds of answers, each at most twice per peer among the sends that wait: behind the write under way and behind the next. */
const ANSWER_KINDS = 4;

export class Outbox {
	/** By slot: the message's kind, the place of its receiver. */
	readonly kind: Uint8Array;
	readonly receiver: Uint8Array;
	/** By slot: sequence of the write that must be durable first; 0 waits for none. */
	readonly after: Float64Array;
	/** By slot, APPEND_REQUEST: the entries to carry, from first to last; first > last means none. */
	readonly firstIndex: Float64Array;
	readonly lastIndex: Float64Array;
	/** By slot, APPEND_REQUEST: 1 when the entries are not in RAM; as many whole ones as fit are read from the journal, `lastIndex` at most. */
	readonly stored: Uint8Array;
	/** By slot, SNAPSHOT_REQUEST: bytes of the chunk; where it begins is in the row. */
	readonly chunkLength: Uint32Array;
	/** COLUMNS_MAX columns a slot, the message's integers in wire order, kind first. */
	readonly fields: Float64Array;
	/** The same, for `writeIntegers` of core/bytes: slot s begins at value `s * COLUMNS_MAX`. */
	readonly row: DataView;
	private readonly capacity: number;
	/** Slots in use are [head, head + count), round the ring. */
	private head = 0;
	private count = 0;

	/**
	 * @param members of the cluster at most
	 * @param appendsInFlight to one of them at most
	 */
	constructor(members: number, appendsInFlight: number) {
		// One turn makes at most: a request to each peer (a vote, or a window of appends and one
		// heartbeat), and answers. Only answers may wait for a write across turns.
		this.capacity = members * (appendsInFlight + 4 + 2 * ANSWER_KINDS);
		this.kind = new Uint8Array(this.capacity);
		this.receiver = new Uint8Array(this.capacity);
		this.after = new Float64Array(this.capacity);
		this.firstIndex = new Float64Array(this.capacity);
		this.lastIndex = new Float64Array(this.capacity);
		this.stored = new Uint8Array(this.capacity);
		this.chunkLength = new Uint32Array(this.capacity);
		this.fields = new Float64Array(this.capacity * COLUMNS_MAX);
		this.row = new DataView(this.fields.buffer);
	}

	/**
	 * Opens a slot at the end; the caller fills the columns after the first two.
	 * @param after sequence of the write to wait for, or 0
	 * @returns offset of the slot's row in `fields`
	 */
	open(kind: number, receiver: number, term: number, after: number): number {
		assert(this.count < this.capacity, "the outbox was not drained");
		let slot = this.head + this.count;
		if (slot >= this.capacity) slot -= this.capacity;
		this.count++;
		this.kind[slot] = kind;
		this.receiver[slot] = receiver;
		this.after[slot] = after;
		const row = slot * COLUMNS_MAX;
		this.fields[row + KIND] = kind;
		this.fields[row + TERM] = term;
		return row;
	}

	/**
	 * Takes the first send that need not wait. Its slot stays readable until the next is opened.
	 * @param durable sequence of the last write that is durable
	 * @returns the slot, or NO_SEND
	 */
	take(durable: number): number {
		let slot = this.head;
		for (let i = this.count; i > 0; i--) {
			if (this.after[slot] <= durable) {
				this.after[slot] = TAKEN;
				this.dropTaken();
				return slot;
			}
			if (++slot === this.capacity) slot = 0;
		}
		return NO_SEND;
	}

	/** Gives back the slots at the head whose sends were taken. */
	private dropTaken(): void {
		while (this.count > 0 && this.after[this.head] === TAKEN) {
			this.count--;
			if (++this.head === this.capacity) this.head = 0;
		}
	}

	/** Drops the sends that still wait: those of a term that has ended (see `enterTerm`). */
	discardWaiting(): void {
		this.count = 0;
	}

	/** True when nothing is left, waiting or not. */
	isEmpty(): boolean {
		return this.count === 0;
	}
}
