/** What a node says of its platform. The SDK counts allocations and collections in instrumented builds only. */
import type { Gauges } from "../../core/ports";
import { GAUGE_HEAP_BYTES, GAUGE_HEAP_USED_BYTES } from "../../core/ports";
import { heapBytes, heapUsedBytes } from "./natives";

export class DeviceGauges implements Gauges {
	gauge(which: number): number {
		if (which === GAUGE_HEAP_USED_BYTES) return heapUsedBytes();
		return which === GAUGE_HEAP_BYTES ? heapBytes() : 0;
	}
}
