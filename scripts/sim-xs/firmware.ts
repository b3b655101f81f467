/** The simulator as a program for XS, on the emulated board or on this machine. */
import {
	CHUNK_BYTES_PEAK,
	COLLECTIONS,
	counter,
	exit,
	microseconds,
	print,
	SLOTS_PEAK,
	stopWatchdog,
} from "../../platform/qemu/board";
import { METER, type Meter, perform, type Request } from "./program";

/** Prints the lines that answer, and after each line that ends a run what it has cost; then the program ends. */
export function answer(request: Request): never {
	stopWatchdog();
	let start = microseconds();
	let collections = 0;
	perform(request, (line) => {
		print(line);
		if (request.kind === "steps") return;
		const meter: Meter = {
			microseconds: microseconds() - start,
			collections: counter(COLLECTIONS) - collections,
			slotsPeak: counter(SLOTS_PEAK),
			chunkBytesPeak: counter(CHUNK_BYTES_PEAK),
		};
		print(`${METER}${JSON.stringify(meter)}`);
		collections = counter(COLLECTIONS);
		start = microseconds();
	});
	exit(0);
}
