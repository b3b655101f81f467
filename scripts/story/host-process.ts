/** A member that runs on the host: the real `balsa serve` in a process of its own, in the place of a board. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { dirname, join } from "node:path";
import type { Cluster } from "../cluster/cluster";
import { ROOT } from "../firmware/paths";
import { Unmet } from "./expect";

const START_MS = 20_000;

export class HostProcess {
	readonly #child: ChildProcess;
	#output = "";

	private constructor(child: ChildProcess) {
		this.#child = child;
		for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (this.#output += data));
	}

	/**
	 * Goes on with the flash image of a board that is off.
	 * @throws Unmet where it does not come to listen; Refusal where the board is not off
	 */
	static async takeOver(cluster: Cluster, id: number): Promise<HostProcess> {
		const port = await freePort();
		await cluster.request({ command: "node", action: "attach", id, port });
		return HostProcess.#serve(cluster, id, port);
	}

	/**
	 * A further member, formatted to join, that never was a board.
	 * @throws Unmet where it does not come to listen; Refusal where there is one of this id
	 */
	static async join(cluster: Cluster, id: number): Promise<HostProcess> {
		const port = await freePort();
		await cluster.request({ command: "node", action: "add", id, port });
		return HostProcess.#serve(cluster, id, port);
	}

	static async #serve(cluster: Cluster, id: number, port: number): Promise<HostProcess> {
		const { record } = cluster.member(id);
		const peers = cluster
			.state()
			.members.map((member) => `${member.id}=127.0.0.1:${member.id === id ? port : member.port}`)
			.join(",");
		const data = dirname(record.flash);
		const words = [join(ROOT, "scripts", "balsa.mjs"), "serve", "--id", `${id}`, "--peers", peers, "--data", data];
		// The kernel ends it when this process dies, as it does with the boards.
		const child = spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, ...words], {
			stdio: ["ignore", "pipe", "pipe"],
			detached: true,
		});
		const host = new HostProcess(child);
		await host.#listening(id);
		return host;
	}

	/** Asks it to end, and waits until it has. @returns its exit code */
	async end(): Promise<number | null> {
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
		const ended = once(this.#child, "exit");
		this.#child.kill("SIGTERM");
		const [code] = await ended;
		return code;
	}

	#listening(id: number): Promise<void> {
		return new Promise((resolve, reject) => {
			const fail = (seen: string) => {
				this.#child.kill("SIGKILL");
				reject(new Unmet(`\`balsa serve --id ${id}\` to listen`, `${seen}: ${this.#output.trim()}`));
			};
			const late = setTimeout(() => fail(`nothing in ${START_MS} ms`), START_MS);
			this.#child.on("error", (error) => fail(error.message));
			this.#child.on("exit", (code, signal) => {
				clearTimeout(late);
				fail(`it ended (${signal ?? code})`);
			});
			this.#child.stdout?.on("data", () => {
				if (!/^member \d+\.\d+ listens at port/m.test(this.#output)) return;
				clearTimeout(late);
				resolve();
			});
		});
	}
}

/** @returns a UDP port of 127.0.0.1 that nobody has just now */
async function freePort(): Promise<number> {
	const socket = createSocket("udp4");
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	const { port } = socket.address();
	await new Promise<void>((resolve) => socket.close(resolve));
	return port;
}
