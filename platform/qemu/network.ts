/** Datagrams on the emulated board: lwIP's UDP, filled and emptied through the caller's buffers. */
import type { Network } from "../../core/ports";
import {
	datagramAddress,
	datagramHear,
	datagramOpen,
	datagramPort,
	datagramReceive,
	datagramRefused,
	datagramSend,
} from "./board";

export class BoardNetwork implements Network {
	sourceAddress = 0;
	sourcePort = 0;

	/** @param port the event loop calls the turn function when a datagram for it waits */
	constructor(port: number) {
		datagramOpen(port);
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
}
