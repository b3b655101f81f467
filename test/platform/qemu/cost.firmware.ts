/** Firmware that says what things cost in instructions, under `-icount shift=0,sleep=off`. */
import { counter, exit, microseconds, print, SLOTS_ALLOCATED, stopWatchdog } from "../../../platform/qemu/board";

const ROUNDS = 2000;

class Cell {
	value = 0;
	add(amount: number): void {
		this.value += amount;
	}
}

class Costs {
	private readonly cell = new Cell();
	private readonly bytes = new Uint8Array(64);

	empty(): void {
		for (let i = 0; i < ROUNDS; i++);
	}

	calls(): void {
		for (let i = 0; i < ROUNDS; i++) this.cell.add(1);
	}

	natives(): void {
		for (let i = 0; i < ROUNDS; i++) counter(0);
	}

	array(): void {
		for (let i = 0; i < ROUNDS; i++) this.bytes[i % 64] = i;
	}
}

/** Prints instructions a round, and the slots that were allocated in all of them. */
function measure(name: string, work: () => void): void {
	work();
	const slots = counter(SLOTS_ALLOCATED);
	const start = microseconds();
	work();
	const end = microseconds();
	print(`${name} ${((end - start) * 1000) / ROUNDS} instructions, ${counter(SLOTS_ALLOCATED) - slots} slots`);
}

export default function main(): void {
	stopWatchdog();
	const costs = new Costs();
	measure("empty", () => costs.empty());
	measure("call", () => costs.calls());
	measure("native", () => costs.natives());
	measure("array", () => costs.array());
	exit(0);
}
