/** The simulated network's end at one node or client: a bounded inbox; the world does the rest. */
import type { Network } from "../core/ports";

/** Datagrams that wait at a node; more are dropped, as a driver's queue drops them. */
const INBOX_MAX = 80;

export interface Datagram {
	readonly fromAddress: number;
	readonly fromPort: number;
	readonly bytes: Uint8Array;
}

/** Takes a datagram on its way. */
export type Transmit = (address: number, port: number, datagram: Datagram) => void;

export class SimulatedNetwork implements Network {
	sourceAddress = 0;
	sourcePort = 0;
	dropped = 0;
	private readonly inbox: Datagram[] = [];
	private readonly transmit: Transmit;
	/** Where it is reached; of a node, the router deals it (router.ts). */
	address: number;
	private readonly port: number;

	constructor(address: number, port: number, transmit: Transmit) {
		this.address = address;
		this.port = port;
		this.transmit = transmit;
	}

	arrive(datagram: Datagram): void {
		if (this.inbox.length === INBOX_MAX) this.dropped++;
		else this.inbox.push(datagram);
	}

	receive(buffer: Uint8Array): number {
		const datagram = this.inbox.shift();
		if (datagram === undefined) return 0;
		buffer.set(datagram.bytes);
		this.sourceAddress = datagram.fromAddress;
		this.sourcePort = datagram.fromPort;
		return datagram.bytes.length;
	}

	send(address: number, port: number, buffer: Uint8Array, length: number): void {
		// A driver drops it; but whoever is sent to stands, or stood, in a configuration that says where it is.
		if (address === 0 || port === 0) throw new Error("a datagram is sent to nowhere");
		this.transmit(address, port, {
			fromAddress: this.address,
			fromPort: this.port,
			bytes: buffer.slice(0, length),
		});
	}

	/** What waits is lost: the node has lost its power. */
	clear(): void {
		this.inbox.length = 0;
	}
}
