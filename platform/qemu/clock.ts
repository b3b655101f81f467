/** Time on the emulated board: a 1 MHz counter, unwrapped by the driver. */
import type { Clock } from "../../core/ports";
import { milliseconds } from "./board";

export class BoardClock implements Clock {
	milliseconds(): number {
		return milliseconds();
	}
}
