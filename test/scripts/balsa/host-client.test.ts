import { strict as assert } from "node:assert";
import { BUSY, DONE, OUTCOME_UNKNOWN, UNREACHABLE } from "../../../core/reasons";
import { OPERATION_GET, OPERATION_RANGE, OPERATION_WRITE } from "../../../core/wire/requests";
import { HostClient } from "../../../scripts/balsa/host-client";
import { CLUSTER_HIGH, CLUSTER_LOW, SILENT } from "../../core/client/fake-cluster";
import { UdpCluster } from "./udp-cluster";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describe("host client", () => {
	let udp: UdpCluster;
	let client: HostClient;

	beforeEach(async () => {
		udp = await UdpCluster.start(3);
		const members = udp.ports.map((port, i) => ({ id: i + 1, address: "127.0.0.1", port }));
		client = await HostClient.open({ clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, members });
	});

	afterEach(() => {
		client.destroy();
		udp.stop();
	});

	it("answers many calls at once, its writes in order", async () => {
		const puts = Array.from({ length: 100 }, (_, i) => client.put(bytes(`key${i % 7}`), bytes(`value${i}`)));
		const answers = await Promise.all(puts);
		assert.deepEqual(
			answers.map((answer) => answer.revision),
			Array.from({ length: 100 }, (_, i) => i + 1),
		);
		const gets = await Promise.all(Array.from({ length: 7 }, (_, i) => client.get(bytes(`key${i}`))));
		assert.deepEqual(
			gets.map((answer) => Buffer.from(answer.value).toString()),
			["value98", "value99", "value93", "value94", "value95", "value96", "value97"],
		);
	});

	it("refuses what its queue does not hold, and answers the rest", async () => {
		const answers = await Promise.all(Array.from({ length: 300 }, () => client.put(bytes("k"), bytes("v"))));
		assert.equal(answers.filter((answer) => answer.reason === DONE).length, 256);
		assert.equal(answers.filter((answer) => answer.reason === BUSY).length, 44);
		assert.equal(udp.cluster.revision, 256);
	});

	it("gives each call its own time", async () => {
		udp.cluster.override = (_, request) => (request.operation === OPERATION_GET ? SILENT : undefined);
		const [quick, put] = await Promise.all([client.get(bytes("k"), 100), client.put(bytes("k"), bytes("v"))]);
		assert.equal(quick.reason, UNREACHABLE);
		assert.equal(put.reason, DONE);
	});

	it("answers what waits when it is destroyed, and nothing after", async () => {
		assert.equal((await client.register()).reason, DONE);
		udp.cluster.override = () => SILENT;
		const calls = [client.put(bytes("k"), bytes("v")), client.put(bytes("k"), bytes("w")), client.get(bytes("k"))];
		client.destroy();
		const answers = await Promise.all(calls);
		assert.deepEqual(
			answers.map((answer) => answer.reason),
			[OUTCOME_UNKNOWN, BUSY, UNREACHABLE],
		);
		await assert.rejects(client.get(bytes("k")), /closed/);
		client.destroy();
	});

	it("keeps its session over many writes, until it closes it", async () => {
		for (let i = 0; i < 5; i++) await client.put(bytes("k"), bytes("v"));
		assert.equal(udp.cluster.sessions.size, 1);
		assert.equal((await client.closeSession()).reason, DONE);
		assert.equal(udp.cluster.sessions.size, 0);
	});

	it("refuses a page that is broken, instead of showing a part of it", async () => {
		udp.cluster.override = (_, request) =>
			request.operation === OPERATION_RANGE ? { reason: DONE, bytes: Uint8Array.of(1, 1, 1, 0x41) } : undefined;
		await assert.rejects(client.range(bytes(""), bytes("")), /page/);
	});

	it("reads a status by name, of one member or of all", async () => {
		const one = await client.status(2);
		assert.equal(one.status?.id, 2);
		assert.equal(one.status?.leader, 1);
		assert.deepEqual(
			(await client.statuses()).map((answer) => answer.status?.id),
			[1, 2, 3],
		);
	});

	it("goes on after a leader that is silent", async () => {
		await client.put(bytes("k"), bytes("v"));
		udp.cluster.override = (member) => (member === 1 ? SILENT : undefined);
		udp.cluster.leader = 3;
		udp.cluster.term = 2;
		assert.equal((await client.put(bytes("k"), bytes("w"))).reason, DONE);
		assert.equal(udp.cluster.requests.filter(({ request }) => request.operation === OPERATION_WRITE).at(-1)?.member, 3);
	});
});
