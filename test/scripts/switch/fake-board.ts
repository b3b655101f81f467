/** A board's end of the switch, and processes of the host, for tests. */
import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { FrameReader, withLength } from "../../../scripts/switch/frame-stream";
import { type Datagram, parseUdp, udpFrame } from "../../../scripts/switch/frames";

/** Things that arrive, in order; a test waits for the next. */
export class Inbox<Item> {
	readonly items: Item[] = [];
	#wake: (() => void) | undefined;

	put(item: Item): void {
		this.items.push(item);
		this.#wake?.();
	}

	async next(): Promise<Item> {
		while (this.items.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
		return this.items.shift() as Item;
	}
}

export class FakeBoard {
	readonly frames = new Inbox<Buffer>();
	readonly socket: Socket;
	readonly id: number;

	private constructor(id: number, socket: Socket) {
		this.id = id;
		this.socket = socket;
		const reader = new FrameReader((frame) => this.frames.put(frame));
		socket.on("data", (chunk: Buffer) => assert.ok(reader.push(chunk)));
		socket.on("error", () => {});
	}

	static async connect(id: number, path: string): Promise<FakeBoard> {
		const socket = createConnection(path);
		await once(socket, "connect");
		return new FakeBoard(id, socket);
	}

	send(frame: Buffer): void {
		this.socket.write(withLength(frame));
	}

	/** Sends text to another endpoint, as firmware does. */
	say(to: number, text: string, port = 7000): void {
		this.send(udpFrame(this.id, 7000, to, port, Buffer.from(text)));
	}

	async datagram(): Promise<Datagram & { source: number }> {
		const frame = await this.frames.next();
		const datagram = parseUdp(frame);
		assert.ok(datagram, "a datagram with right checksums");
		return { ...datagram, source: frame[29] };
	}

	async text(): Promise<string> {
		return (await this.datagram()).payload.toString();
	}
}

export class HostProcess {
	readonly inbox = new Inbox<{ text: string; port: number }>();
	readonly #socket: UdpSocket;

	private constructor(socket: UdpSocket) {
		this.#socket = socket;
		socket.on("message", (payload: Buffer, sender: RemoteInfo) =>
			this.inbox.put({ text: payload.toString(), port: sender.port }),
		);
	}

	static async open(): Promise<HostProcess> {
		const socket = createSocket("udp4");
		socket.bind(0, "127.0.0.1");
		await once(socket, "listening");
		return new HostProcess(socket);
	}

	get port(): number {
		return this.#socket.address().port;
	}

	say(port: number, text: string | Uint8Array): void {
		this.#socket.send(text, port, "127.0.0.1");
	}

	close(): void {
		this.#socket.close();
	}
}
