/** Where one board's Ethernet ends in the switch: a unix socket that its QEMU connects to. */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { FrameReader, withLength } from "./frame-stream";

/** A stopped QEMU does not read: what may wait for it, in bytes. */
const UNREAD_BYTES_MAX = 256 * 1024;
/** The same of what one endpoint has sent: a flood of one fills its own share. */
const UNREAD_BYTES_OF_ONE_MAX = 48 * 1024;
/**
 * The speed of the cable, some 12 Mbit/s, and what may leave at once. QEMU takes all that its socket holds
 * into the controller at once, and the controller has 10 KB: without a cable's speed a burst overruns it
 * before the emulated processor, which shares this machine with others, is given its turn.
 */
const CABLE_BYTES_PER_MS = 1536;
const CABLE_BYTES_AT_ONCE = 4096;
/** `struct sockaddr_un` holds 108 bytes with the closing zero; a longer path is bound under a cut name without an error. */
const SOCKET_PATH_BYTES_MAX = 104;

/** @throws Error where the path does not fit */
export function checkSocketPath(path: string): string {
	if (Buffer.byteLength(path) >= SOCKET_PATH_BYTES_MAX)
		throw new Error(`the path of a socket is too long (${path}): set TMPDIR to a shorter folder`);
	return path;
}

interface Waiting {
	readonly frames: Buffer[];
	bytes: number;
}

export class BoardPort {
	/** Frames that found no board, or one that does not read. */
	dropped = 0;
	/** Connections closed because what came were no frames. */
	broken = 0;
	readonly path: string;
	readonly #server: Server;
	readonly #take: (frame: Buffer) => void;
	#socket: Socket | undefined;
	/** Frames that wait for the cable, by the endpoint that sent them; endpoints have their turns in this order. */
	readonly #waiting = new Map<number, Waiting>();
	#waitingBytes = 0;
	/** What may leave now. */
	#credit = CABLE_BYTES_AT_ONCE;
	#creditMs = 0;
	#timer: NodeJS.Timeout | undefined;

	private constructor(path: string, take: (frame: Buffer) => void) {
		this.path = checkSocketPath(path);
		this.#take = take;
		this.#server = createServer((socket) => this.#accept(socket));
	}

	/** @param take gets each frame that the board sends */
	static open(path: string, take: (frame: Buffer) => void): Promise<BoardPort> {
		const port = new BoardPort(path, take);
		rmSync(path, { force: true });
		return new Promise((resolve, reject) => {
			port.#server.once("error", reject);
			port.#server.listen(path, () => resolve(port));
		});
	}

	get isConnected(): boolean {
		return this.#socket !== undefined;
	}

	/** @param from the endpoint that sent it */
	send(from: number, frame: Buffer): void {
		const queue = this.#waiting.get(from) ?? { frames: [], bytes: 0 };
		const unread = (this.#socket?.writableLength ?? 0) + this.#waitingBytes;
		if (this.#socket === undefined || unread > UNREAD_BYTES_MAX || queue.bytes > UNREAD_BYTES_OF_ONE_MAX) {
			this.dropped += 1;
			return;
		}
		this.#waiting.set(from, queue);
		queue.frames.push(frame);
		queue.bytes += frame.length;
		this.#waitingBytes += frame.length;
		if (this.#timer === undefined) this.#transmit();
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#socket?.destroy();
		this.#server.close();
	}

	/** Sends what the cable takes now, and goes on when it takes more. */
	#transmit(): void {
		const now = performance.now();
		this.#credit = Math.min(CABLE_BYTES_AT_ONCE, this.#credit + (now - this.#creditMs) * CABLE_BYTES_PER_MS);
		this.#creditMs = now;
		for (const [from, queue] of this.#waiting) {
			const [frame] = queue.frames;
			if (this.#credit < frame.length) break;
			this.#credit -= frame.length;
			this.#waitingBytes -= frame.length;
			queue.bytes -= frame.length;
			queue.frames.shift();
			// Its next frame waits until all others had a turn.
			this.#waiting.delete(from);
			if (queue.frames.length > 0) this.#waiting.set(from, queue);
			if (this.#socket === undefined) this.dropped += 1;
			else this.#socket.write(withLength(frame));
		}
		this.#timer = undefined;
		if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#transmit(), 1);
	}

	// A board that was restarted connects again, maybe before the end of its predecessor is seen.
	#accept(socket: Socket): void {
		this.#socket?.destroy();
		this.#socket = socket;
		const reader = new FrameReader((frame) => this.#take(frame));
		socket.on("data", (chunk: Buffer) => {
			if (reader.push(chunk)) return;
			this.broken += 1;
			socket.destroy();
		});
		const gone = () => {
			if (this.#socket === socket) this.#socket = undefined;
		};
		socket.on("close", gone);
		socket.on("error", gone);
	}
}
