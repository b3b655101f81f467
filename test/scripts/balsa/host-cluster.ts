/** Members that are processes of this machine in all but name, and the `balsa` command at them. */
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { main } from "../../../scripts/balsa/main";
import { formattedPartition } from "../../../scripts/flash-image";
import { flashPath, HostMember } from "../../../scripts/host-member";

const HIGH = 0x0ba15a00;
const LOW = 0x11223344;
export const CLUSTER_ID = "0ba15a0011223344";

export interface Outcome {
	code: number;
	out: string;
	error: string;
}

async function freePorts(count: number): Promise<number[]> {
	const sockets = Array.from({ length: count }, () => createSocket("udp4"));
	await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.bind(0, "127.0.0.1", done))));
	const ports = sockets.map((socket) => socket.address().port);
	await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
	return ports;
}

export class HostCluster {
	readonly folder: string;
	/** By id less one: those of the first members, and of some that may join. */
	readonly ports: readonly number[];
	readonly members = new Map<number, HostMember>();
	readonly #first: number;

	private constructor(ports: readonly number[], first: number) {
		this.folder = mkdtempSync(join(tmpdir(), "balsa-"));
		this.ports = ports;
		this.#first = first;
	}

	/** @param spares members that may join later */
	static async start(first: number, spares = 0): Promise<HostCluster> {
		const cluster = new HostCluster(await freePorts(first + spares), first);
		const configuration = new Configuration(7);
		const ids = Array.from({ length: first }, (_, at) => at + 1);
		for (const id of ids) configuration.add(id, 1, ROLE_VOTER, 0x7f000001, cluster.port(id));
		for (const id of ids) {
			const identity = { clusterHigh: HIGH, clusterLow: LOW, id, incarnation: 1 };
			writeFileSync(flashPath(cluster.folder, id), formattedPartition(identity, configuration));
		}
		await Promise.all(ids.map((id) => cluster.boot(id)));
		return cluster;
	}

	port(id: number): number {
		return this.ports[id - 1];
	}

	address(id: number): string {
		return `127.0.0.1:${this.port(id)}`;
	}

	/** It knows its own address; where the others are, the configuration says. */
	async boot(id: number): Promise<void> {
		const peers = [{ id, address: "127.0.0.1", port: this.port(id) }];
		this.members.set(id, await HostMember.open({ id, peers, data: this.folder }));
	}

	crash(id: number): void {
		this.members.get(id)?.close();
		this.members.delete(id);
	}

	/** Runs the command at the first members. */
	balsa(...words: string[]): Promise<Outcome> {
		return this.balsaAt(
			Array.from({ length: this.#first }, (_, at) => at + 1),
			...words,
		);
	}

	/** The same, told of these members alone. */
	async balsaAt(ids: readonly number[], ...words: string[]): Promise<Outcome> {
		const out: Buffer[] = [];
		let error = "";
		const addresses = ids.map((id) => `${id}=${this.address(id)}`).join(",");
		const code = await main([...words, "--cluster", addresses, "--cluster-id", CLUSTER_ID], {
			out: (data) => out.push(Buffer.from(data)),
			error: (line) => (error += `${line}\n`),
		});
		return { code, out: Buffer.concat(out).toString(), error };
	}

	/** Formats and boots a node that waits to be added. */
	async join(id: number, incarnation: number, ...more: readonly string[]): Promise<Outcome> {
		const words = ["format", "--join", "--id", `${id}`, "--incarnation", `${incarnation}`, "--force", ...more];
		const output = { out: () => {}, error: () => {} };
		const code = await main([...words, "--data", this.folder, "--cluster-id", CLUSTER_ID], output);
		await this.boot(id);
		return { code, out: "", error: "" };
	}

	stop(): void {
		for (const id of [...this.members.keys()]) this.crash(id);
		rmSync(this.folder, { recursive: true });
	}
}
