/** Memory of V8, for the status. What V8 does not count since start is 0. */
import { memoryUsage } from "node:process";
import { GAUGE_HEAP_BYTES, GAUGE_HEAP_USED_BYTES, type Gauges } from "../../core/ports";

export class NodeGauges implements Gauges {
	gauge(which: number): number {
		if (which === GAUGE_HEAP_USED_BYTES) return memoryUsage().heapUsed;
		if (which === GAUGE_HEAP_BYTES) return memoryUsage().heapTotal;
		return 0;
	}
}
