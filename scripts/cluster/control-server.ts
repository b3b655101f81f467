/** The launcher's ear: one JSON line in, one JSON line out, on a unix socket that only its user may open. */
import { createServer, type Server, type Socket } from "node:net";
import { checkSocketPath } from "../switch/board-port";
import { Refusal } from "./refusal";
import { type ControlRequest, parseRequest } from "./requests";

/** A request ends with `ok`; a refusal has a name and, as a done one, a line for people. */
export type ControlReply = { ok: true; message: string } | { ok: false; error: string; message: string };

const LINE_BYTES_MAX = 4096;
const CONNECTIONS_MAX = 32;

export class ControlServer {
	readonly #server: Server;
	readonly #open = new Set<Socket>();
	readonly #carryOut: (request: ControlRequest) => Promise<string>;

	private constructor(carryOut: (request: ControlRequest) => Promise<string>) {
		this.#carryOut = carryOut;
		this.#server = createServer((socket) => this.#accept(socket));
		this.#server.maxConnections = CONNECTIONS_MAX;
	}

	/** @param carryOut its result is the line for people; a Refusal that it throws is answered by name */
	static open(path: string, carryOut: (request: ControlRequest) => Promise<string>): Promise<ControlServer> {
		checkSocketPath(path);
		const control = new ControlServer(carryOut);
		return new Promise((resolve, reject) => {
			control.#server.once("error", reject);
			control.#server.listen(path, () => resolve(control));
		});
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#open) socket.destroy();
	}

	#accept(socket: Socket): void {
		this.#open.add(socket);
		let line = "";
		socket.on("error", () => {});
		socket.on("close", () => this.#open.delete(socket));
		socket.on("data", (data: Buffer) => {
			line += data.toString("utf8");
			const end = line.indexOf("\n");
			if (end < 0 && line.length <= LINE_BYTES_MAX) return;
			socket.removeAllListeners("data");
			void this.#answer(line.slice(0, Math.max(end, 0))).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
		});
	}

	async #answer(line: string): Promise<ControlReply> {
		try {
			return { ok: true, message: await this.#carryOut(parseRequest(line)) };
		} catch (error) {
			if (error instanceof Refusal) return { ok: false, error: error.code, message: error.message };
			return { ok: false, error: "INTERNAL", message: String(error) };
		}
	}
}
