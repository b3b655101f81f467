/** Where one board's Ethernet ends in the switch: a unix socket that its QEMU connects to. */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { FrameReader, withLength } from "./frame-stream";

/** A stopped QEMU does not read: what may wait for it, in bytes. */
const UNREAD_BYTES_MAX = 256 * 1024;
/** `struct sockaddr_un` holds 108 bytes with the closing zero; a longer path is bound under a cut name without an error. */
const SOCKET_PATH_BYTES_MAX = 104;

/** @throws Error where the path does not fit */
export function checkSocketPath(path: string): string {
	if (Buffer.byteLength(path) >= SOCKET_PATH_BYTES_MAX)
		throw new Error(`the path of a socket is too long (${path}): set TMPDIR to a shorter folder`);
	return path;
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

	send(frame: Buffer): void {
		if (this.#socket === undefined || this.#socket.writableLength > UNREAD_BYTES_MAX) this.dropped += 1;
		else this.#socket.write(withLength(frame));
	}

	close(): void {
		this.#socket?.destroy();
		this.#server.close();
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
