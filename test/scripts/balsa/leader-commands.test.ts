/** transfer, drain and reads from one member, against three members that are processes of this machine in all but name. */
import { strict as assert } from "node:assert";
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
const CLUSTER_ID = "0ba15a0011223344";

interface Outcome {
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

describe("balsa: who leads, and who serves a read", () => {
	let folder: string;
	let ports: number[];
	let members: HostMember[];
	let to: string[];

	async function balsa(...words: string[]): Promise<Outcome> {
		const out: Buffer[] = [];
		let error = "";
		const code = await main([...words, ...to], {
			out: (data) => out.push(Buffer.from(data)),
			error: (line) => (error += `${line}\n`),
		});
		return { code, out: Buffer.concat(out).toString(), error };
	}

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "balsa-"));
		ports = await freePorts(3);
		const peers = ports.map((port, i) => ({ id: i + 1, address: "127.0.0.1", port }));
		const configuration = new Configuration(7);
		for (const { id, port } of peers) configuration.add(id, 1, ROLE_VOTER, 0x7f000001, port);
		for (const { id } of peers) {
			const identity = { clusterHigh: HIGH, clusterLow: LOW, id, incarnation: 1 };
			writeFileSync(flashPath(folder, id), formattedPartition(identity, configuration));
		}
		members = await Promise.all(peers.map(({ id }) => HostMember.open({ id, peers, data: folder })));
		to = ["--cluster", peers.map(({ id, port }) => `${id}=127.0.0.1:${port}`).join(","), "--cluster-id", CLUSTER_ID];
	});

	after(() => {
		for (const member of members) member.close();
		rmSync(folder, { recursive: true });
	});

	it("moves to the member that is asked for, and to another", async () => {
		assert.equal((await balsa("put", "colour", "blue")).code, 0);
		for (const id of [1, 2, 3])
			assert.match((await balsa("transfer", String(id))).out, new RegExp(`^leader ${id}, term `));
		assert.match((await balsa("transfer")).out, /^leader [12], term /);
		const none = await balsa("transfer", "9");
		assert.deepEqual([none.code, none.error], [1, "balsa: NOT_A_VOTER: there is no such voter\n"]);
	});

	it("leaves a member that drains until it is told otherwise", async () => {
		assert.equal((await balsa("transfer", "2")).code, 0);
		assert.match((await balsa("drain", "2")).out, /^member 2 drains, the leader is [13]\n/);
		const refused = await balsa("transfer", "2");
		assert.equal(refused.code, 3, refused.error);
		assert.equal((await balsa("drain", "2", "--end")).out, "member 2 may lead again\n");
		assert.equal((await balsa("transfer", "2")).out.slice(0, 8), "leader 2");
	});

	it("serves reads from any member, and says how old the local ones are", async () => {
		const { out } = await balsa("put", "colour", "green");
		const revision = out.trim().split(" ")[1];
		for (const id of ["1", "2", "3"]) {
			assert.equal((await balsa("get", "colour", "--follower", "--from", id)).out, "green\n");
			const local = await balsa("get", "colour", "--local", "--from", id, "--not-before", revision);
			assert.equal(local.out, "green\n");
			assert.match(
				local.error,
				new RegExp(`^member ${id}: revision ${revision}, index \\d+, leader heard \\d+ ms ago\n`),
			);
		}
		const told = JSON.parse((await balsa("get", "colour", "--local", "--json")).out);
		assert.ok(told.value === "green" && told.index > 0 && told.leaderAgeMs < 1000, JSON.stringify(told));
		const early = await balsa("get", "colour", "--local", "--not-before", String(Number(revision) + 1000));
		assert.match(early.error, /^balsa: REVISION_NOT_REACHED: /);
		assert.equal(early.code, 1);
		assert.equal((await balsa("get", "colour", "--local", "--follower")).code, 2);
		assert.equal((await balsa("get", "colour", "--from", "2")).code, 2);
	});
});
