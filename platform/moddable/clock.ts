/** Time on an ESP32: 64 bits of microseconds, which go on through light sleep: there is no pause to report. */
import type { Clock } from "../../core/ports";
import { milliseconds } from "./natives";

export class DeviceClock implements Clock {
	milliseconds(): number {
		return milliseconds();
	}
}
