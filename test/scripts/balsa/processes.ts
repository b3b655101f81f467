/** Members as people run them: `balsa serve`, a process each, in folders of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../../scripts/balsa.mjs", import.meta.url));

export interface Outcome {
	readonly code: number;
	readonly out: string;
	readonly error: string;
}

/** Runs one command to its end. @param input of its stdin; undefined: nothing, and not a terminal */
export async function balsa(
	words: readonly string[],
	input?: Uint8Array,
	env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
	const child = spawn(process.execPath, [COMMAND, ...words], { env: { ...process.env, ...env } });
	const [out, error]: [Buffer[], Buffer[]] = [[], []];
	child.stdout.on("data", (data) => out.push(data));
	child.stderr.on("data", (data) => error.push(data));
	child.stdin.on("error", () => {});
	child.stdin.end(input ?? "");
	const [code] = await once(child, "close");
	return { code, out: Buffer.concat(out).toString(), error: Buffer.concat(error).toString() };
}

async function freePorts(count: number): Promise<number[]> {
	const sockets = Array.from({ length: count }, () => createSocket("udp4"));
	await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.bind(0, "127.0.0.1", done))));
	const ports = sockets.map((socket) => socket.address().port);
	await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
	return ports;
}

export class Processes {
	readonly folder = mkdtempSync(join(tmpdir(), "balsa-serve-"));
	readonly clusterId = "0ba15a0055667788";
	readonly children = new Map<number, ChildProcess>();
	readonly ports: readonly number[];

	private constructor(ports: readonly number[]) {
		this.ports = ports;
	}

	/** Formats and starts the first members; @param spares ports for members that join */
	static async start(count: number, spares = 0): Promise<Processes> {
		const cluster = new Processes(await freePorts(count + spares));
		const ids = Array.from({ length: count }, (_, at) => at + 1);
		const peers = ids.map((id) => `${id}=${cluster.address(id)}`).join(",");
		for (const id of ids) {
			const words = ["format", "--id", `${id}`, "--data", cluster.folder, "--peers", peers];
			const { code, error } = await balsa([...words, "--cluster-id", cluster.clusterId]);
			if (code !== 0) throw new Error(error);
		}
		await Promise.all(ids.map((id) => cluster.serve(id)));
		return cluster;
	}

	address(id: number): string {
		return `127.0.0.1:${this.ports[id - 1]}`;
	}

	flash(id: number): string {
		return join(this.folder, `${id}.flash`);
	}

	/** Starts a member, and waits until it listens. */
	async serve(id: number): Promise<ChildProcess> {
		const words = ["serve", "--id", `${id}`, "--data", this.folder, "--peers", `${id}=${this.address(id)}`];
		const child = spawn(process.execPath, [COMMAND, ...words], { stdio: ["ignore", "pipe", "pipe"] });
		this.children.set(id, child);
		let text = "";
		await new Promise<void>((resolve, reject) => {
			const hear = (data: Buffer) => {
				text += data;
				if (text.includes("listens at port")) resolve();
			};
			child.stdout.on("data", hear);
			child.stderr.on("data", hear);
			child.once("close", () => reject(new Error(`member ${id} ended: ${text}`)));
		});
		return child;
	}

	/** Sends a signal. @returns the exit code */
	async end(id: number, signal: NodeJS.Signals): Promise<number | null> {
		const child = this.children.get(id);
		if (child === undefined) throw new Error(`member ${id} does not run`);
		const closed = once(child, "close");
		child.kill(signal);
		const [code] = await closed;
		this.children.delete(id);
		return code;
	}

	/** Words that name the cluster. */
	at(ids: readonly number[], clusterId = this.clusterId): string[] {
		return ["--cluster", ids.map((id) => `${id}=${this.address(id)}`).join(","), "--cluster-id", clusterId];
	}

	async stop(): Promise<void> {
		await Promise.all([...this.children.keys()].map((id) => this.end(id, "SIGKILL")));
		rmSync(this.folder, { recursive: true, force: true });
	}
}
