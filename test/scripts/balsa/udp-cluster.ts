/** The fake cluster of the client's tests behind real sockets on 127.0.0.1. */
import { createSocket, type Socket } from "node:dgram";
import { CLUSTER_HIGH, CLUSTER_LOW, FakeCluster } from "../../core/client/fake-cluster";

export const CLUSTER_ID = CLUSTER_HIGH.toString(16).padStart(8, "0") + CLUSTER_LOW.toString(16).padStart(8, "0");

export class UdpCluster {
	readonly cluster = new FakeCluster();
	readonly ports: number[] = [];
	readonly #sockets: Socket[] = [];

	static async start(members: number): Promise<UdpCluster> {
		const started = new UdpCluster();
		for (let id = 1; id <= members; id++) await started.#listen(id);
		return started;
	}

	/** The members as --cluster takes them. */
	get addresses(): string {
		return this.ports.map((port, i) => `${i + 1}=127.0.0.1:${port}`).join(",");
	}

	/** What the launcher's state file would say. */
	state(control?: string, pid = process.pid): object {
		const members = this.ports.map((port, i) => ({ id: i + 1, incarnation: 1, address: "127.0.0.1", port }));
		return { clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, pid, members, control };
	}

	stop(): void {
		for (const socket of this.#sockets) socket.close();
	}

	async #listen(id: number): Promise<void> {
		const socket = createSocket("udp4");
		socket.on("message", (datagram, from) => {
			const reply = this.cluster.handle(id, datagram);
			if (reply !== undefined) socket.send(reply, from.port, from.address);
		});
		await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
		this.ports.push(socket.address().port);
		this.#sockets.push(socket);
	}
}
