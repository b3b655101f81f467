import assert from "node:assert/strict";
import { HostClient } from "../../../scripts/balsa/host-client";
import { Processes } from "./processes";

/** electionMsMin of a configuration that nobody changed: no election by silence is over sooner. */
const ELECTION_MS_MIN = 1200;
/** electionMsMax. */
const ELECTION_MS_MAX = 2400;

describe("P4: a member that is told to end", () => {
	let cluster: Processes | undefined;
	let client: HostClient | undefined;
	afterEach(async () => {
		client?.destroy();
		await cluster?.stop();
	});

	async function leaderOf(ids: readonly number[]): Promise<number> {
		for (let look = 0; look < 200; look++) {
			const answers = await client!.statuses(500);
			const leader = ids.find((_, i) => answers[i]?.status?.["role"] === 3);
			if (leader !== undefined) return leader;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		throw new Error("nobody leads");
	}

	async function start(count: number): Promise<readonly number[]> {
		cluster = await Processes.start(count);
		const ids = Array.from({ length: count }, (_, at) => at + 1);
		client = await HostClient.open({
			clusterHigh: Number.parseInt(cluster.clusterId.slice(0, 8), 16),
			clusterLow: Number.parseInt(cluster.clusterId.slice(8), 16),
			members: ids.map((id) => ({ id, address: "127.0.0.1", port: cluster!.ports[id - 1] })),
		});
		return ids;
	}

	const bytes = (text: string) => new TextEncoder().encode(text);

	for (const signal of ["SIGTERM", "SIGINT"] as const)
		it(`hands over on ${signal} when it leads, so the next write does not wait for an election`, async function () {
			this.timeout(120_000);
			const ids = await start(3);
			const leader = await leaderOf(ids);
			assert.equal((await client!.put(bytes("before"), bytes("x"))).reason, 0);
			const startMs = performance.now();
			const ended = cluster!.end(leader, signal);
			const answer = await client!.put(bytes("after"), bytes("y"));
			const tookMs = performance.now() - startMs;
			assert.equal(answer.reason, 0);
			assert.equal(await ended, 0);
			assert.ok(tookMs < ELECTION_MS_MIN, `the write took ${Math.round(tookMs)} ms`);
			assert.ok(performance.now() - startMs < ELECTION_MS_MAX + 1000, "it ends within an election timeout");
		});

	it("ends although nobody can take over, within an election timeout, and at once when it is told twice", async function () {
		this.timeout(120_000);
		const ids = await start(3);
		const leader = await leaderOf(ids);
		for (const id of ids) if (id !== leader) await cluster!.end(id, "SIGKILL");
		const startMs = performance.now();
		const ended = cluster!.end(leader, "SIGTERM");
		setTimeout(() => cluster!.children.get(leader)?.kill("SIGTERM"), 100);
		assert.equal(await ended, 0);
		assert.ok(performance.now() - startMs < ELECTION_MS_MIN, `${performance.now() - startMs} ms`);
	});
});
