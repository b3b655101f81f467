/** What happens in a simulated world, in order of time, and of planning when the time is equal. */

export interface Planned {
	readonly timeMs: number;
	readonly order: number;
	readonly run: () => void;
}

/** A binary heap. */
export class EventQueue {
	private readonly heap: Planned[] = [];
	private order = 0;

	get size(): number {
		return this.heap.length;
	}

	add(timeMs: number, run: () => void): void {
		const heap = this.heap;
		const event = { timeMs, order: this.order++, run };
		let at = heap.length;
		heap.push(event);
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!isBefore(event, heap[parent])) break;
			heap[at] = heap[parent];
			at = parent;
		}
		heap[at] = event;
	}

	/** @returns when the next event is, Infinity for none */
	nextMs(): number {
		return this.heap.length === 0 ? Infinity : this.heap[0].timeMs;
	}

	take(): Planned | undefined {
		const heap = this.heap;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
			if (!isBefore(heap[child], last)) break;
			heap[at] = heap[child];
			at = child;
		}
		heap[at] = last;
		return first;
	}
}

function isBefore(a: Planned, b: Planned): boolean {
	return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}
