/** Memory of the engine on the emulated board, for the status. */
import {
	GAUGE_CHUNK_BYTES_ALLOCATED,
	GAUGE_COLLECTIONS,
	GAUGE_HEAP_BYTES,
	GAUGE_HEAP_USED_BYTES,
	GAUGE_SLOTS_ALLOCATED,
	type Gauges,
} from "../../core/ports";
import {
	CHUNK_BYTES_ALLOCATED,
	CHUNK_BYTES_CAPACITY,
	CHUNK_BYTES_USED,
	COLLECTIONS,
	counter,
	SLOTS_ALLOCATED,
	SLOTS_CAPACITY,
	SLOTS_USED,
} from "./board";

/** Bytes of a slot of XS on a 32-bit processor. */
const SLOT_BYTES = 16;

export class BoardGauges implements Gauges {
	gauge(which: number): number {
		switch (which) {
			case GAUGE_HEAP_USED_BYTES:
				return counter(SLOTS_USED) * SLOT_BYTES + counter(CHUNK_BYTES_USED);
			case GAUGE_HEAP_BYTES:
				return counter(SLOTS_CAPACITY) * SLOT_BYTES + counter(CHUNK_BYTES_CAPACITY);
			case GAUGE_SLOTS_ALLOCATED:
				return counter(SLOTS_ALLOCATED);
			case GAUGE_CHUNK_BYTES_ALLOCATED:
				return counter(CHUNK_BYTES_ALLOCATED);
			case GAUGE_COLLECTIONS:
				return counter(COLLECTIONS);
			default:
				return 0;
		}
	}
}
