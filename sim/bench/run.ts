/** Measures the shapes of the benchmark on any runtime, and says each as one line of JSON. */
import { PROFILE_M } from "../../core/limits";
import { FRAME_BYTES } from "../../core/wire/frame";
import { BenchCluster } from "./cluster";

const PAYLOAD_BYTES = 16;
const FLASH_BYTES = 192 * 1024;

/** What a runtime can read; 0 where it cannot. */
export interface Meter {
	readonly runtime: string;
	/** Microseconds, or thousands of instructions on a board that counts them. */
	ticks(): number;
	slots(): number;
	chunkBytes(): number;
	collections(): number;
}

export interface Shape {
	readonly name: string;
	readonly depth: number;
}

export const SHAPES: readonly Shape[] = Object.freeze([
	Object.freeze({ name: "depth1", depth: 1 }),
	Object.freeze({ name: "batch16", depth: 16 }),
	Object.freeze({ name: "batch64", depth: 64 }),
]);

/**
 * @param entries measured after a warm-up; a multiple of the depth
 * @param unit name of the field that `ticks` becomes, and what it is made of the ticks an entry
 */
export function measure(
	meter: Meter,
	shape: Shape,
	warmUp: number,
	entries: number,
	unit: (ticks: number, entries: number) => { readonly [name: string]: number },
): string {
	const cluster = new BenchCluster(PROFILE_M, FLASH_BYTES, PAYLOAD_BYTES);
	cluster.run(warmUp, shape.depth);
	const messages = cluster.messages();
	const bytes = cluster.messageBytes();
	const flash = cluster.flashBytes();
	const slots = meter.slots();
	const chunks = meter.chunkBytes();
	const collections = meter.collections();
	const start = meter.ticks();
	cluster.run(entries, shape.depth);
	const ticks = meter.ticks() - start;
	const slotsEnd = meter.slots();
	const chunksEnd = meter.chunkBytes();
	const sent = cluster.messages() - messages;
	const sentBytes = cluster.messageBytes() - bytes;
	const result = {
		bench: "replicate",
		runtime: meter.runtime,
		shape: shape.name,
		nodes: cluster.replicas.length,
		payload_bytes: PAYLOAD_BYTES,
		entries,
		messages_per_entry: sent / entries,
		wire_bytes_per_entry: sentBytes / entries,
		body_bytes_per_entry: (sentBytes - sent * FRAME_BYTES) / entries,
		slots_per_entry: (slotsEnd - slots) / entries,
		chunk_bytes_per_entry: (chunksEnd - chunks) / entries,
		collections: meter.collections() - collections,
		flash_bytes_per_entry: (cluster.flashBytes() - flash) / entries,
		...unit(ticks, entries),
	};
	cluster.checkEqual();
	return JSON.stringify(result);
}
