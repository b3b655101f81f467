/** The benchmark as a program for XS: on the emulated board with counted instructions, or on this machine. */
import {
	CHUNK_BYTES_ALLOCATED,
	COLLECTIONS,
	counter,
	exit,
	microseconds,
	print,
	SLOTS_ALLOCATED,
	stopWatchdog,
} from "../platform/qemu/board";
import { type Meter, measure, SHAPES } from "../sim/bench/run";

const WARM_UP = 256;
const ENTRIES = 1024;

export default function main(): void {
	stopWatchdog();
	const meter: Meter = {
		runtime: "xs-board",
		ticks: microseconds,
		slots: () => counter(SLOTS_ALLOCATED),
		chunkBytes: () => counter(CHUNK_BYTES_ALLOCATED),
		collections: () => counter(COLLECTIONS),
	};
	for (const shape of SHAPES) {
		print(
			measure(meter, shape, WARM_UP, ENTRIES, (ticks, entries) => ({
				// With -icount shift=0 an instruction is a nanosecond.
				instructions_per_entry: Math.round((ticks * 1000) / entries),
			})),
		);
	}
	exit(0);
}
