/** The other end of a board's Ethernet, for tests: answers ARP, sends and takes UDP datagrams. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ARP = 0x0806;
const IPV4 = 0x0800;
const UDP = 17;
const HOST = 100;
const HOST_PORT = 9000;
/** A longer path of a unix socket is cut off without an error. */
const PATH_BYTES_MAX = 100;

const macOf = (id: number): Buffer => Buffer.from([0x52, 0x54, 0, 0, 0, id]);
const addressOf = (id: number): Buffer => Buffer.from([10, 77, 0, id]);

/** RFC 1071, over the parts as one text. */
function checksum(...parts: Buffer[]): number {
	const bytes = Buffer.concat([...parts, Buffer.alloc(parts.reduce((sum, part) => sum + part.length, 0) % 2)]);
	let sum = 0;
	for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	return ~sum & 0xffff;
}

export class Peer {
	readonly path: string;
	private readonly folder = mkdtempSync(join(tmpdir(), "balsa-"));
	private server: Server | undefined;
	private socket: Socket | undefined;
	private pending = Buffer.alloc(0);
	private readonly received: Buffer[] = [];
	private notify: () => void = () => {};

	constructor() {
		this.path = join(this.folder, "lan");
		assert(this.path.length < PATH_BYTES_MAX);
	}

	listen(): Promise<void> {
		return new Promise((resolve) => {
			this.server = createServer((socket) => {
				this.socket = socket;
				socket.on("data", (data) => this.take(data));
				socket.on("error", () => {});
			}).listen(this.path, resolve);
		});
	}

	close(): void {
		this.socket?.destroy();
		this.server?.close();
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** Sends a datagram to port 7000 of the board. */
	send(id: number, payload: Uint8Array): void {
		const ip = Buffer.alloc(20);
		ip[0] = 0x45;
		ip.writeUInt16BE(28 + payload.length, 2);
		ip[8] = 64;
		ip[9] = UDP;
		addressOf(HOST).copy(ip, 12);
		addressOf(id).copy(ip, 16);
		ip.writeUInt16BE(checksum(ip), 10);
		const udp = Buffer.alloc(8);
		udp.writeUInt16BE(HOST_PORT, 0);
		udp.writeUInt16BE(7000, 2);
		udp.writeUInt16BE(8 + payload.length, 4);
		this.write(id, IPV4, Buffer.concat([ip, udp, payload]));
	}

	/** @returns the next datagram for us, or undefined when the time is over */
	async receive(timeoutMs: number): Promise<Buffer | undefined> {
		const deadline = Date.now() + timeoutMs;
		while (this.received.length === 0 && Date.now() < deadline)
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, deadline - Date.now());
				this.notify = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		return this.received.shift();
	}

	private write(id: number, type: number, body: Buffer): void {
		const header = Buffer.concat([Buffer.alloc(4), macOf(id), macOf(HOST), Buffer.alloc(2)]);
		header.writeUInt16BE(type, 16);
		header.writeUInt32BE(14 + body.length, 0);
		this.socket?.write(Buffer.concat([header, body]));
	}

	private take(data: Buffer): void {
		this.pending = Buffer.concat([this.pending, data]);
		while (this.pending.length >= 4 && this.pending.length >= 4 + this.pending.readUInt32BE(0)) {
			const length = this.pending.readUInt32BE(0);
			this.frame(this.pending.subarray(4, 4 + length));
			this.pending = this.pending.subarray(4 + length);
		}
	}

	private frame(frame: Buffer): void {
		const type = frame.readUInt16BE(12);
		const body = frame.subarray(14);
		if (type === ARP && body.readUInt16BE(6) === 1 && body.subarray(24, 28).equals(addressOf(HOST))) {
			const answer = Buffer.from(body.subarray(0, 28));
			answer.writeUInt16BE(2, 6);
			body.copy(answer, 18, 8, 18);
			macOf(HOST).copy(answer, 8);
			addressOf(HOST).copy(answer, 14);
			this.write(frame[11], ARP, answer);
		} else if (type === IPV4 && body[9] === UDP && body.readUInt16BE(22) === HOST_PORT) {
			const length = body.readUInt16BE(24);
			const pseudo = Buffer.concat([body.subarray(12, 20), Buffer.from([0, UDP, length >> 8, length & 0xff])]);
			assert.equal(checksum(body.subarray(0, 20)), 0, "IPv4 checksum");
			assert.equal(checksum(pseudo, body.subarray(20, 20 + length)), 0, "UDP checksum");
			this.received.push(Buffer.from(body.subarray(28, 20 + length)));
			this.notify();
		}
	}
}
