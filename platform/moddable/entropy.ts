/**
 * The hardware generator. Its bits are truly random only while the radio runs, so Wi-Fi starts
 * before a node draws its seed.
 */
import type { Entropy } from "../../core/ports";
import { random32 } from "./natives";

export class DeviceEntropy implements Entropy {
	random32(): number {
		return random32();
	}
}
