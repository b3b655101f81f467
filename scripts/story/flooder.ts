/**
 * A process that sends datagrams to ports of this machine at a steady rate, so that neither the switch
 * nor the clients of a story wait for it. It is told what to send by messages, and ends with its parent.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What is sent, and where to: each target gets `perSecond` of its datagrams, one after the other and from the start again. */
export interface Flood {
	readonly perSecond: number;
	readonly targets: readonly { readonly port: number; readonly datagrams: readonly Uint8Array[] }[];
	/** Ends by itself after so many to each target. */
	readonly limit?: number;
	/** In a random order, in place of one after the other. */
	readonly isShuffled?: boolean;
}

type Order = { readonly order: "begin"; readonly flood: Flood } | { readonly order: "end" };
/** How many were sent to all targets together. */
type Report = { readonly sent: number };

const LOOPBACK = "127.0.0.1";
const PERIOD_MS = 2;
/** What could not be sent in this time is never made up for: a flood has no memory. */
const DEBT_MS_MAX = 50;

export class Flooder {
	readonly #child: ChildProcess;

	private constructor(child: ChildProcess) {
		this.#child = child;
	}

	static async start(): Promise<Flooder> {
		const child = fork(fileURLToPath(import.meta.url), [], {
			execArgv: ["--import", "tsx"],
			serialization: "advanced",
			stdio: ["ignore", "inherit", "inherit", "ipc"],
		});
		await once(child, "message");
		return new Flooder(child);
	}

	begin(flood: Flood): void {
		this.#child.send({ order: "begin", flood } satisfies Order);
	}

	/** @returns how many datagrams were sent since the beginning */
	async end(): Promise<number> {
		this.#child.send({ order: "end" } satisfies Order);
		return this.#report();
	}

	/** Sends all of a flood that has a limit. @returns how many were sent */
	async run(flood: Flood): Promise<number> {
		this.begin(flood);
		return this.#report();
	}

	close(): void {
		this.#child.kill("SIGKILL");
	}

	async #report(): Promise<number> {
		const [{ sent }] = (await once(this.#child, "message")) as [Report];
		return sent;
	}
}

class Sender {
	readonly #socket = createSocket("udp4");
	#flood: Flood | undefined;
	#perTarget = 0;
	#sent = 0;
	#lastMs = 0;
	#owed = 0;

	constructor() {
		this.#socket.on("error", () => {});
		this.#socket.bind(0, LOOPBACK, () => process.send?.({ sent: 0 } satisfies Report));
		setInterval(() => this.#send(), PERIOD_MS);
	}

	obey(order: Order): void {
		if (order.order === "end") return this.#finish();
		this.#flood = order.flood;
		this.#sent = this.#perTarget = this.#owed = 0;
		this.#lastMs = performance.now();
	}

	#place({ isShuffled }: Flood, count: number): number {
		return isShuffled === true ? Math.floor(Math.random() * count) : this.#perTarget % count;
	}

	#finish(): void {
		this.#flood = undefined;
		process.send?.({ sent: this.#sent } satisfies Report);
	}

	#send(): void {
		const flood = this.#flood;
		if (flood === undefined) return;
		const now = performance.now();
		this.#owed += (Math.min(now - this.#lastMs, DEBT_MS_MAX) * flood.perSecond) / 1000;
		this.#lastMs = now;
		const limit = flood.limit ?? Number.POSITIVE_INFINITY;
		for (; this.#owed >= 1 && this.#perTarget < limit; this.#owed -= 1) {
			for (const { datagrams, port } of flood.targets)
				this.#socket.send(datagrams[this.#place(flood, datagrams.length)], port, LOOPBACK);
			this.#perTarget += 1;
			this.#sent += flood.targets.length;
		}
		if (this.#perTarget >= limit) this.#finish();
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
	const sender = new Sender();
	process.on("message", (order: Order) => sender.obey(order));
	process.on("disconnect", () => process.exit(0));
}
