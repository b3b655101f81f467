/** What a boot costs, as a program for the emulated board with counted instructions. */
import { exit, microseconds, print, stopWatchdog } from "../platform/qemu/board";
import { BOOTS, measureBoot } from "../sim/bench/boot";

export default function main(): void {
	stopWatchdog();
	for (const boot of BOOTS) {
		// With -icount shift=0 an instruction is a nanosecond.
		const unit = (ticks: number) => ({ instructions: Math.round(ticks * 1000) });
		print(measureBoot("xs-board", microseconds, boot, unit));
	}
	exit(0);
}
