import assert from "node:assert/strict";
import { closeSync, openSync, writeSync } from "node:fs";
import { PROFILE_M } from "../../../core/limits";
import { Replica } from "../../../core/replica/replica";
import { NodeClock } from "../../../platform/node/clock";
import { NodeEntropy } from "../../../platform/node/entropy";
import { NodeFlash } from "../../../platform/node/flash";
import { NodeGauges } from "../../../platform/node/gauges";
import { NodeNetwork } from "../../../platform/node/network";
import { main } from "../../../scripts/balsa/main";
import { FakeInput } from "./fake-input";
import { CLUSTER_ID, HostCluster, type Outcome } from "./host-cluster";

async function run(words: readonly string[], input?: FakeInput): Promise<Outcome> {
	const out: Buffer[] = [];
	let error = "";
	const code = await main(
		words,
		{ out: (data) => out.push(Buffer.from(data)), error: (line) => (error += `${line}\n`) },
		input ?? new FakeInput([]),
	);
	return { code, out: Buffer.concat(out).toString("latin1"), error };
}

/** A node that does not run and answers its status, as a board does. */
async function dormant(path: string, port: number): Promise<{ end(): void }> {
	const network = await NodeNetwork.open("127.0.0.1", port);
	const flash = new NodeFlash(path);
	const trace = { event: () => undefined };
	const ports = { network, flash, clock: new NodeClock(), entropy: new NodeEntropy(), trace, gauges: new NodeGauges() };
	const replica = new Replica(ports, PROFILE_M);
	assert.equal(replica.member, null);
	network.onReadable = () => void replica.turn();
	return {
		end: () => {
			network.close();
			flash.close();
		},
	};
}

describe("P7, F12: values on stdin, pages, and the age of local answers", () => {
	let cluster: HostCluster;
	let to: string[];
	before(async () => {
		cluster = await HostCluster.start(2);
		to = ["--cluster", `1=${cluster.address(1)},2=${cluster.address(2)}`, "--cluster-id", CLUSTER_ID];
		for (let look = 0; look < 50 && (await run(["put", "ready", "1", ...to])).code !== 0; look++);
	});
	after(() => cluster.stop());

	const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);

	it("stores what stdin has, byte for byte, without a value and with a dash", async () => {
		for (const words of [
			["put", "raw"],
			["put", "raw", "-"],
			["cas", "raw2", "0"],
			["cas", "raw3", "0", "-"],
		]) {
			const put = await run([...words, ...to], new FakeInput([every.subarray(0, 100), every.subarray(100)]));
			assert.equal(put.code, 0, put.error);
			const got = await run(
				["get", words[1], "--hex", ...to].map((word) => (word === words[1] ? Buffer.from(word).toString("hex") : word)),
			);
			assert.equal(got.out, `${Buffer.from(every).toString("hex")}\n`);
		}
		await run(["put", "dash", ...to], new FakeInput([Buffer.from("-")]));
		assert.equal((await run(["get", "dash", ...to])).out, "-\n");
		await run(["put", "--hex", "aa", ...to], new FakeInput([Buffer.from("00 ff\n10\n")]));
		assert.equal((await run(["get", "--hex", "aa", ...to])).out, "00ff10\n");
	});

	it("names the limit of a value on stdin, and does not wait at a terminal that was not asked", async () => {
		const large = await run(["put", "large", ...to], new FakeInput([new Uint8Array(513)]));
		assert.equal(large.code, 1);
		assert.match(large.error, /VALUE_TOO_LARGE: .*512 bytes/);
		const huge = await run(["put", "large", ...to], new FakeInput([new Uint8Array(70_000)]));
		assert.match(huge.error, /(VALUE|REQUEST)_TOO_LARGE: /);
		const terminal = await run(["put", "key", ...to], new FakeInput([], true));
		assert.equal(terminal.code, 2);
		assert.match(terminal.error, /no value: give one, pipe one in/);
	});

	it("prints pairs so that each is one line that can be read back", async () => {
		await run(["put", "range a\tb", ...to], new FakeInput([Buffer.from("one\ntwo\\\r\u0001é")]));
		await run(["put", "range b", ...to], new FakeInput([Uint8Array.of(0x41, 0xff, 0x09)]));
		const { out } = await run(["range", "range a", "range z", ...to]);
		assert.equal(Buffer.from(out, "latin1").toString(), "range a\\tb\tone\\ntwo\\\\\\r\\x01é\nrange b\tA\\xff\\t\n");
	});

	it("says when a limit left some out, and where they begin", async () => {
		for (const key of ["more1", "more2", "more3"]) await run(["put", key, "x", ...to]);
		const cut = await run(["range", "more", "morf", "--limit", "2", ...to]);
		assert.equal(cut.out, "more1\tx\nmore2\tx\n");
		assert.match(cut.error, /there is more: `balsa range --hex 6d6f72653200` goes on/);
		assert.equal((await run(["range", "--hex", "6d6f72653200", "6d6f7266", ...to])).out.split("\n").length, 2);
		const json = (await run(["range", "more", "morf", "--limit", "2", "--json", ...to])).out.trimEnd().split("\n");
		assert.deepEqual(JSON.parse(json[2]), { more: true, nextHex: "6d6f72653200" });
		const whole = await run(["range", "more", "morf", "--limit", "3", ...to]);
		assert.equal(whole.error, "");
	});

	it("F12: says how old a local answer is, a missing key's too", async () => {
		const age = /^member 2: revision \d+, index \d+, leader heard \d+ ms ago\n/;
		const found = await run(["get", "ready", "--local", "--from", "2", ...to]);
		assert.equal(found.out, "1\n");
		assert.match(found.error, age);
		const none = await run(["get", "nothing", "--local", "--from", "2", ...to]);
		assert.equal(none.code, 1);
		assert.match(none.error, new RegExp(`${age.source}balsa: KEY_NOT_FOUND: `));
		const json = await run(["get", "nothing", "--local", "--from", "2", "--json", ...to]);
		assert.equal(json.code, 1);
		const { found: isFound, index, key, leaderAgeMs } = JSON.parse(json.out);
		assert.deepEqual([key, isFound], ["nothing", false]);
		assert.ok(index > 0 && leaderAgeMs >= 0);
	});

	it("takes an empty environment variable for one that is not set", async () => {
		const names = ["BALSA_CLUSTER", "BALSA_CLUSTER_ID", "BALSA_STATE"] as const;
		const before = names.map((name) => process.env[name]);
		try {
			for (const name of names) process.env[name] = "";
			assert.equal((await run(["get", "ready", ...to])).out, "1\n");
			process.env["BALSA_STATE"] = "/nowhere/state.json";
			for (const name of ["BALSA_CLUSTER", "BALSA_CLUSTER_ID"]) process.env[name] = "";
			assert.match((await run(["get", "ready"])).error, /no cluster runs here/);
		} finally {
			names.forEach((name, i) => {
				if (before[i] === undefined) delete process.env[name];
				else process.env[name] = before[i];
			});
		}
	});

	it("status: a member whose flash is damaged says why by itself, and nobody leads without it", async () => {
		cluster.crash(1);
		const path = `${cluster.folder}/1.flash`;
		const file = openSync(path, "r+");
		writeSync(file, new Uint8Array(64), 0, 64, 0);
		closeSync(file);
		const board = await dormant(path, cluster.port(1));
		try {
			const { code, error, out } = await run(["status", "--timeout", "3000", ...to]);
			assert.match(out, /^1 +SUPERBLOCK_DAMAGED/m);
			assert.match(out, /^SUPERBLOCK_DAMAGED: member 1 does not run: the flash does not say whose it is/m);
			// Member 2 may still hold its leader for an election timeout.
			if (code !== 0) assert.match(error, /^balsa: NO_LEADER: /);
			await new Promise((resolve) => setTimeout(resolve, 6000));
			const later = await run(["status", "--timeout", "3000", ...to]);
			assert.equal(later.code, 1);
			assert.match(later.error, /^balsa: NO_LEADER: .*1 of 2|^balsa: NO_LEADER: /);
			const json = JSON.parse((await run(["status", "--json", "--timeout", "3000", ...to])).out);
			assert.equal(json[0].journalStatus, "SUPERBLOCK_DAMAGED");
			assert.deepEqual(json[1].problems, ["NO_LEADER"]);
		} finally {
			board.end();
		}
	});
});
