/** Datagrams on Node.js: a UDP socket behind a gate and bounded queues in memory taken once. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { DATAGRAM_BYTES } from "../../core/limits";
import type { Network } from "../../core/ports";
import { DROP_COUNTERS } from "../../core/wire/drops";
import { CROWD, Gate, STRANGER } from "./gate";

/** Datagrams that wait to be taken; more are lost, as a network may lose any. */
const QUEUE = 256;
/** The same of strangers, who wait behind all others. */
const STRANGERS_QUEUE = 8;
/** Datagrams that the operating system has not taken yet. */
const OUTGOING = 256;
/** Address strings that are kept, so that a peer's is not made for every datagram. */
const NAMES_MAX = 256;

/** @returns 10.77.0.1 as 0x0a4d0001, or -1 for what is no IPv4 address */
export function addressNumber(address: string): number {
	let number = 0;
	let part = 0;
	let digits = 0;
	let parts = 1;
	for (let i = 0; i < address.length; i++) {
		const code = address.charCodeAt(i);
		if (code === 0x2e && digits > 0) {
			number = number * 256 + part;
			part = 0;
			digits = 0;
			parts++;
		} else if (code >= 0x30 && code <= 0x39 && digits < 3) {
			part = part * 10 + code - 0x30;
			digits++;
		} else return -1;
		if (part > 255 || parts > 4) return -1;
	}
	return parts === 4 && digits > 0 ? number * 256 + part : -1;
}

/** @returns 0x0a4d0001 as "10.77.0.1" */
export function addressName(address: number): string {
	return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** A ring of datagrams, first in, first out. */
class Queue {
	count = 0;
	private first = 0;
	private readonly capacity: number;
	private readonly bytes: Uint8Array;
	private readonly lengths: Uint16Array;
	private readonly addresses: Uint32Array;
	private readonly ports: Uint16Array;

	constructor(capacity: number) {
		this.capacity = capacity;
		this.bytes = new Uint8Array(capacity * DATAGRAM_BYTES);
		this.lengths = new Uint16Array(capacity);
		this.addresses = new Uint32Array(capacity);
		this.ports = new Uint16Array(capacity);
	}

	/** @returns false when the queue is full */
	put(message: Uint8Array, source: RemoteInfo): boolean {
		if (this.count === this.capacity) return false;
		const slot = (this.first + this.count++) % this.capacity;
		this.bytes.set(message, slot * DATAGRAM_BYTES);
		this.lengths[slot] = message.length;
		this.addresses[slot] = addressNumber(source.address);
		this.ports[slot] = source.port;
		return true;
	}

	/** Takes the oldest, and says in `network` where it came from. @returns its length; one that does not fit is not copied */
	take(buffer: Uint8Array, network: NodeNetwork): number {
		const slot = this.first;
		const length = this.lengths[slot];
		this.first = (slot + 1) % this.capacity;
		this.count--;
		if (length > buffer.length) return length;
		const start = slot * DATAGRAM_BYTES;
		for (let i = 0; i < length; i++) buffer[i] = this.bytes[start + i];
		network.sourceAddress = this.addresses[slot];
		network.sourcePort = this.ports[slot];
		return length;
	}
}

export class NodeNetwork implements Network {
	sourceAddress = 0;
	sourcePort = 0;

	received = 0;
	sent = 0;
	/** Lost because the queue was full, and because they were empty or too long. */
	droppedFull = 0;
	droppedSize = 0;
	/** Lost because the operating system or the queue towards it would not take them. */
	unsent = 0;

	/** Called when a datagram arrives in an empty queue. */
	onReadable: () => void = () => {};

	private readonly socket: Socket;
	private readonly known = new Queue(QUEUE);
	private readonly strangers = new Queue(STRANGERS_QUEUE);
	private readonly gate = new Gate();
	private readonly refusals = new Float64Array(DROP_COUNTERS);

	/** dgram keeps a datagram until it is sent, and the caller's buffer is used again at once. */
	private readonly outgoing: Uint8Array[] = [];
	private readonly whenSent: ((error: Error | null) => void)[] = [];
	private readonly free = new Uint16Array(OUTGOING);
	private freeCount = OUTGOING;
	private readonly names = new Map<number, string>();

	private constructor(socket: Socket) {
		this.socket = socket;
		for (let slot = 0; slot < OUTGOING; slot++) {
			this.outgoing.push(new Uint8Array(DATAGRAM_BYTES));
			this.free[slot] = slot;
			this.whenSent.push((error) => {
				this.free[this.freeCount++] = slot;
				if (error === null) this.sent++;
				else this.unsent++;
			});
		}
		socket.on("message", (message, source) => this.take(message, source));
	}

	/**
	 * @param address of this machine, for example "127.0.0.1"
	 * @param port 0 lets the system choose; `port` says which
	 * @throws Error (by rejection) when the port is in use
	 */
	static open(address: string, port: number): Promise<NodeNetwork> {
		return new Promise((resolve, reject) => {
			// Addresses are numbers here: nothing is looked up, and dgram sends at once.
			const socket = createSocket({ type: "udp4", lookup: (name, _options, done) => done(null, name, 4) });
			socket.once("error", reject);
			socket.bind({ address, port, exclusive: true }, () => {
				socket.off("error", reject);
				const network = new NodeNetwork(socket);
				socket.on("error", () => network.unsent++);
				resolve(network);
			});
		});
	}

	/** The port that the socket is bound to. */
	get port(): number {
		return this.socket.address().port;
	}

	close(): void {
		this.onReadable = () => {};
		this.socket.close();
	}

	receive(buffer: Uint8Array): number {
		const { known, strangers } = this;
		while (known.count + strangers.count > 0) {
			const length = (known.count > 0 ? known : strangers).take(buffer, this);
			if (length <= buffer.length) return length;
			this.droppedSize++;
		}
		return 0;
	}

	hear(heads: Uint8Array, seed: number, memberSeed: number): void {
		this.gate.hear(heads, seed, memberSeed);
	}

	refused(reason: number): number {
		return this.refusals[-reason];
	}

	send(address: number, port: number, buffer: Uint8Array, length: number): void {
		if (this.freeCount === 0 || length < 1 || length > DATAGRAM_BYTES || port < 1 || port > 65535) {
			this.unsent++;
			return;
		}
		const slot = this.free[--this.freeCount];
		const datagram = this.outgoing[slot];
		for (let i = 0; i < length; i++) datagram[i] = buffer[i];
		this.socket.send(datagram, 0, length, port, this.nameOf(address), this.whenSent[slot]);
	}

	private take(message: Uint8Array, source: RemoteInfo): void {
		if (message.length === 0 || message.length > DATAGRAM_BYTES) {
			this.droppedSize++;
			return;
		}
		const verdict = this.gate.judge(message, performance.now());
		if (verdict < 0) {
			this.refusals[-verdict]++;
			return;
		}
		const wasEmpty = this.known.count + this.strangers.count === 0;
		if (verdict === CROWD || !(verdict === STRANGER ? this.strangers : this.known).put(message, source)) {
			this.droppedFull++;
			return;
		}
		this.received++;
		if (wasEmpty) this.onReadable();
	}

	private nameOf(address: number): string {
		const known = this.names.get(address);
		if (known !== undefined) return known;
		if (this.names.size >= NAMES_MAX) this.names.clear();
		const name = addressName(address);
		this.names.set(address, name);
		return name;
	}
}
