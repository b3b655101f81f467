/** Datagrams on an ESP32: our own UDP socket, filled and emptied through the caller's buffers. */
import type { Network } from "../../core/ports";
import {
	datagramAddress,
	datagramHear,
	datagramOpen,
	datagramPort,
	datagramReceive,
	datagramRefused,
	datagramSend,
	datagramsDropped,
} from "./natives";

export class DeviceNetwork implements Network {
	sourceAddress = 0;
	sourcePort = 0;

	/** @param onReadable called when datagrams wait, once for all of them */
	constructor(port: number, onReadable: () => void) {
		datagramOpen(port, onReadable);
	}

	receive(buffer: Uint8Array): number {
		const length = datagramReceive(buffer);
		if (length > 0) {
			this.sourceAddress = datagramAddress();
			this.sourcePort = datagramPort();
		}
		return length;
	}

	hear(heads: Uint8Array, seed: number, memberSeed: number): void {
		datagramHear(heads, seed, memberSeed);
	}

	refused(reason: number): number {
		return datagramRefused(-reason);
	}

	send(address: number, port: number, buffer: Uint8Array, length: number): void {
		datagramSend(address, port, buffer, length);
	}

	/** Datagrams lost for want of room, memory or a route, since boot. */
	dropped(): number {
		return datagramsDropped();
	}
}
