/**
 * What a node wants to send. Each send is a row of integers in wire order, and names the write
 * that must be durable before it leaves, so that the order of durability is kept by data and not
 * by the driver's care.
 */
import { assert } from "../assert";
import { compare } from "../bytes";
import { APPEND_REQUEST_COLUMNS, COLUMNS_MAX, KIND, TERM } from "./messages";

/** Says that there is nothing to send. */
export const NO_SEND = -1;

/** Bytes of a row, and of the columns of an APPEND_REQUEST in it. */
const ROW_BYTES = COLUMNS_MAX * 8;
const APPEND_BYTES = APPEND_REQUEST_COLUMNS * 8;

/** Stands in `after` of a slot whose send was taken: no write has this sequence. */
const TAKEN = Infinity;

/**
 * Sends to one peer at most. A leader's term is durable, so nothing of it waits: in a turn a window of
 * appends, an empty one for reads, a chunk, an order to rest, a question for levels and four kinds of
 * answers. With anybody else three kinds of answers may also wait for the write under way and for the
 * next (one of a kind for each, `find`), and there is a probe, a vote request and the answer to a chunk.
 */
const LEADERS_BESIDES_WINDOW = 8;
const OTHERS = 12;
/**
 * Sends to one of all peers: a leader's order to stand for election; or a follower's order sent back, its
 * answer that it rests, and its question for a read index and its levels, which may wait as answers do.
 */
const TO_ONE = 8;

export class Outbox {
	/** Sends that were not taken, those that wait among them. */
	count = 0;
	/** Slots in use are [head, head + count), round the ring. */
	private head = 0;
	private readonly capacity: number;
	/** By slot: sequence of the write that must be durable first; 0 waits for none. */
	readonly after: Float64Array;
	/** By slot: the message's kind, the place of its receiver. */
	readonly kind: Uint8Array;
	readonly receiver: Uint8Array;
	/** COLUMNS_MAX columns a slot, the message's integers in wire order, kind first. */
	readonly fields: Float64Array;
	/** The slot that was opened last. */
	slot = 0;
	/**
	 * By slot, APPEND_REQUEST: the entries to carry; first > last means none. When the first is not
	 * in RAM (`firstIndex < log.firstCached`), as many whole ones as fit are read from the journal.
	 */
	readonly firstIndex: Float64Array;
	readonly lastIndex: Float64Array;
	/** By slot, SNAPSHOT_REQUEST: bytes of the chunk; where it begins is in the row. */
	readonly chunkLength: Uint32Array;
	/** The same, for `writeIntegers` of core/bytes: slot s begins at value `s * COLUMNS_MAX`. */
	readonly row: DataView;
	/** And as bytes, to compare two rows. */
	private readonly rowBytes: Uint8Array;

	/**
	 * @param members of the cluster at most
	 * @param appendsInFlight to one of them at most
	 */
	constructor(members: number, appendsInFlight: number) {
		this.capacity = members * Math.max(appendsInFlight + LEADERS_BESIDES_WINDOW, OTHERS) + TO_ONE;
		this.kind = new Uint8Array(this.capacity);
		this.receiver = new Uint8Array(this.capacity);
		this.after = new Float64Array(this.capacity);
		this.firstIndex = new Float64Array(this.capacity);
		this.lastIndex = new Float64Array(this.capacity);
		this.chunkLength = new Uint32Array(this.capacity);
		this.fields = new Float64Array(this.capacity * COLUMNS_MAX);
		this.row = new DataView(this.fields.buffer);
		this.rowBytes = new Uint8Array(this.fields.buffer);
	}

	/**
	 * Takes the first send that need not wait, of at least one. Its slot stays readable until the next is opened.
	 * @param durable sequence of the last write that is durable
	 * @returns the slot, or NO_SEND
	 */
	take(durable: number): number {
		const { after, capacity } = this;
		let { count, head } = this;
		let slot = head;
		if (after[slot] <= durable) {
			// The slots at the head are given back once all before them were taken.
			do {
				count--;
				if (++head === capacity) head = 0;
			} while (count > 0 && after[head] === TAKEN);
			this.head = head;
			this.count = count;
			return slot;
		}
		while (--count > 0) {
			if (++slot === capacity) slot = 0;
			if (after[slot] <= durable) {
				after[slot] = TAKEN;
				return slot;
			}
		}
		return NO_SEND;
	}

	/** @returns true if two slots with an APPEND_REQUEST, each still readable, differ in their receivers alone */
	isSameAppend(one: number, other: number): boolean {
		if (this.lastIndex[one] !== this.lastIndex[other]) return false;
		const bytes = this.rowBytes;
		return compare(bytes, one * ROW_BYTES, APPEND_BYTES, bytes, other * ROW_BYTES, APPEND_BYTES) === 0;
	}

	/**
	 * Opens a slot at the end; the caller fills the columns after the first two.
	 * @param after sequence of the write to wait for, or 0
	 * @returns offset of the slot's row in `fields`
	 */
	open(kind: number, receiver: number, term: number, after: number): number {
		if (this.count === this.capacity) this.compact();
		let slot = this.head + this.count;
		if (slot >= this.capacity) slot -= this.capacity;
		this.count++;
		this.slot = slot;
		this.kind[slot] = kind;
		this.receiver[slot] = receiver;
		this.after[slot] = after;
		const row = slot * COLUMNS_MAX;
		this.fields[row + KIND] = kind;
		this.fields[row + TERM] = term;
		return row;
	}

	/**
	 * @returns offset of the row of an answer of this kind that has not left and waits for the same
	 * write, so that one answer can speak for both; or NO_SEND
	 */
	find(kind: number, receiver: number, after: number): number {
		let slot = this.head;
		for (let i = this.count; i > 0; i--) {
			if (this.kind[slot] === kind && this.receiver[slot] === receiver && this.after[slot] === after) {
				return slot * COLUMNS_MAX;
			}
			if (++slot === this.capacity) slot = 0;
		}
		return NO_SEND;
	}

	/** The row of an answer: the latest of its kind takes the place of one that has not left. */
	openAnswer(kind: number, receiver: number, term: number, after: number): number {
		const row = this.find(kind, receiver, after);
		return row === NO_SEND ? this.open(kind, receiver, term, after) : row;
	}

	/** Drops what waits to be sent to a receiver. */
	dropTo(receiver: number): void {
		let slot = this.head;
		for (let i = this.count; i > 0; i--) {
			if (this.receiver[slot] === receiver) this.after[slot] = TAKEN;
			if (++slot === this.capacity) slot = 0;
		}
		while (this.count > 0 && this.after[this.head] === TAKEN) {
			this.count--;
			if (++this.head === this.capacity) this.head = 0;
		}
	}

	/**
	 * Closes the gaps that taken sends have left behind one that waits: a write that is long under
	 * way must not fill the outbox with what was sent meanwhile.
	 */
	private compact(): void {
		let to = this.head;
		let kept = 0;
		for (let i = 0; i < this.count; i++) {
			const from = (this.head + i) % this.capacity;
			if (this.after[from] === TAKEN) continue;
			this.kind[to] = this.kind[from];
			this.receiver[to] = this.receiver[from];
			this.after[to] = this.after[from];
			this.firstIndex[to] = this.firstIndex[from];
			this.lastIndex[to] = this.lastIndex[from];
			this.chunkLength[to] = this.chunkLength[from];
			this.fields.copyWithin(to * COLUMNS_MAX, from * COLUMNS_MAX, (from + 1) * COLUMNS_MAX);
			if (++to === this.capacity) to = 0;
			kept++;
		}
		this.count = kept;
		assert(kept < this.capacity, "the outbox was not drained");
	}

	/**
	 * Drops all: they are of a term that has ended here. A receiver of that term would take them for
	 * late, one of the new term would refuse them, and any datagram may be lost: nothing relies on
	 * them. To send them after all would be as safe, but they would fill the outbox.
	 */
	discard(): void {
		this.count = 0;
	}
}
