/** One direction between two endpoints, with what may go wrong on it. */

export interface Faults {
	/** Of all frames, 0 to 100. */
	lossPercent: number;
	delayMs: number;
	/** Up to this is added to the delay. Frames keep their order all the same. */
	jitterMs: number;
	duplicatePercent: number;
	/** A frame that is reordered leaves after the next one, or after REORDER_MS where none comes. */
	reorderPercent: number;
	cut: boolean;
	/** Longer packets are lost, in bytes of IPv4; 0 for no bound. */
	mtuBytes: number;
}

export const NO_FAULTS: Readonly<Faults> = Object.freeze({
	lossPercent: 0,
	delayMs: 0,
	jitterMs: 0,
	duplicatePercent: 0,
	reorderPercent: 0,
	cut: false,
	mtuBytes: 0,
});

/** What became of the frames of one link. */
export interface LinkCounters {
	sent: number;
	lost: number;
	cut: number;
	duplicated: number;
	reordered: number;
	/** Dropped, because too many waited already. */
	overflow: number;
	/** Lost, because they were longer than the path takes. */
	long: number;
}

export interface Time {
	/** Milliseconds, monotone. */
	now(): number;
	after(milliseconds: number, callback: () => void): void;
}

/** Frames that may wait on one link. */
export const WAITING_MAX = 1024;
export const REORDER_MS = 50;

interface Waiting {
	readonly dueMs: number;
	readonly deliver: () => void;
}

export class Link {
	faults: Faults = { ...NO_FAULTS };
	readonly counters: LinkCounters = { sent: 0, lost: 0, cut: 0, duplicated: 0, reordered: 0, overflow: 0, long: 0 };
	readonly #random: Random;
	readonly #time: Time;
	readonly #waiting: Waiting[] = [];
	#timerRuns = false;
	#held: (() => void) | undefined;

	/** @param seed decides, with the order of the frames alone, what happens to each */
	constructor(seed: number, time: Time) {
		this.#random = new Random(seed);
		this.#time = time;
	}

	/**
	 * @param deliver called once for each copy that arrives, at its time
	 * @param packetBytes of its IPv4 packet, 0 for a frame without one
	 */
	send(deliver: () => void, packetBytes = 0): void {
		const { faults, counters } = this;
		counters.sent += 1;
		// Drawn in the same order whatever the outcome, so that one fault does not shift another's sequence.
		const isLost = this.#random.percent(faults.lossPercent);
		const isDoubled = this.#random.percent(faults.duplicatePercent);
		const isLate = this.#random.percent(faults.reorderPercent);
		if (faults.cut) {
			counters.cut += 1;
			return;
		}
		if (faults.mtuBytes > 0 && packetBytes > faults.mtuBytes) {
			counters.long += 1;
			return;
		}
		if (isLost) {
			counters.lost += 1;
			return;
		}
		if (isDoubled) counters.duplicated += 1;
		if (isLate && this.#held === undefined) {
			this.#hold(deliver);
			if (isDoubled) this.#pass(deliver);
			return;
		}
		this.#pass(deliver);
		if (isDoubled) this.#pass(deliver);
		this.#release();
	}

	#hold(deliver: () => void): void {
		this.counters.reordered += 1;
		this.#held = deliver;
		this.#time.after(REORDER_MS, () => {
			if (this.#held === deliver) this.#release();
		});
	}

	#release(): void {
		const held = this.#held;
		this.#held = undefined;
		if (held !== undefined) this.#pass(held);
	}

	#pass(deliver: () => void): void {
		const { delayMs, jitterMs } = this.faults;
		if (delayMs === 0 && jitterMs === 0 && this.#waiting.length === 0) {
			deliver();
			return;
		}
		if (this.#waiting.length >= WAITING_MAX) {
			this.counters.overflow += 1;
			return;
		}
		// One that is due earlier than those before it waits for them: that keeps the order.
		const dueMs = this.#time.now() + delayMs + jitterMs * this.#random.fraction();
		this.#waiting.push({ dueMs, deliver });
		this.#wait();
	}

	#wait(): void {
		if (this.#timerRuns || this.#waiting.length === 0) return;
		this.#timerRuns = true;
		this.#time.after(Math.max(0, this.#waiting[0].dueMs - this.#time.now()), () => {
			this.#timerRuns = false;
			const now = this.#time.now();
			while (this.#waiting.length > 0 && this.#waiting[0].dueMs <= now) this.#waiting.shift()?.deliver();
			this.#wait();
		});
	}
}

/** mulberry32: small, seeded, good enough to lose frames by. */
class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
	}

	/** @returns at least 0, less than 1 */
	fraction(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
	}

	percent(percent: number): boolean {
		return this.fraction() * 100 < percent;
	}
}
