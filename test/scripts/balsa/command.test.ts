import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as reasons from "../../../core/reasons";
import { OPERATION_WRITE } from "../../../core/wire/requests";
import { main } from "../../../scripts/balsa/main";
import { parseRequest } from "../../../scripts/cluster/requests";
import { SILENT } from "../../core/client/fake-cluster";
import { CLUSTER_ID, UdpCluster } from "./udp-cluster";

interface Outcome {
	code: number | null;
	out: string;
	error: string;
}

/** Runs the command in this process: the same code as the child's, without its start. */
async function balsa(...words: string[]): Promise<Outcome> {
	const out: Buffer[] = [];
	let error = "";
	const code = await main(words, {
		out: (data) => out.push(Buffer.from(data)),
		error: (line) => (error += `${line}\n`),
	});
	return { code, out: Buffer.concat(out).toString("latin1"), error };
}

const COMMAND = fileURLToPath(new URL("../../../scripts/balsa.mjs", import.meta.url));

/** Runs the command as people do. */
function child(words: string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
	return new Promise((resolve, reject) => {
		const process_ = spawn(process.execPath, [COMMAND, ...words], { env: { ...process.env, ...environment } });
		let [out, error] = ["", ""];
		process_.stdout.on("data", (data) => (out += data));
		process_.stderr.on("data", (data) => (error += data));
		process_.on("error", reject);
		process_.on("close", (code) => resolve({ code, out, error }));
	});
}

/** The same with an output that takes nothing. */
function toFullDisk(words: string[]): Promise<{ code: number | null; error: string }> {
	const full = openSync("/dev/full", "w");
	const process_ = spawn(process.execPath, [COMMAND, ...words], { stdio: ["ignore", full, "pipe"] });
	closeSync(full);
	let error = "";
	process_.stderr?.on("data", (data) => (error += data));
	return new Promise((resolve) => process_.on("close", (code) => resolve({ code, error })));
}

describe("balsa: the command", () => {
	let udp: UdpCluster;
	let folder: string;
	let to: string[];
	const inherited = process.env.BALSA_STATE;

	beforeEach(async () => {
		udp = await UdpCluster.start(5);
		folder = mkdtempSync(join(tmpdir(), "balsa-"));
		process.env.BALSA_STATE = join(folder, "state.json");
		to = ["--cluster", udp.addresses, "--cluster-id", CLUSTER_ID];
	});

	afterEach(() => {
		udp.stop();
		rmSync(folder, { recursive: true });
		if (inherited === undefined) delete process.env.BALSA_STATE;
		else process.env.BALSA_STATE = inherited;
	});

	const runLocally = (control?: string) => writeFileSync(process.env.BALSA_STATE!, JSON.stringify(udp.state(control)));

	it("puts, gets, compares, deletes and ranges in a process of its own, with exit codes", async () => {
		assert.deepEqual(await child(["put", "colour", "blue", ...to]), { code: 0, out: "revision 1\n", error: "" });
		assert.deepEqual(await child(["get", "colour", ...to]), { code: 0, out: "blue\n", error: "" });
		const conflict = await child(["cas", "colour", "7", "green", ...to]);
		assert.deepEqual(conflict, {
			code: 1,
			out: "",
			error: "balsa: CONFLICT: the key is at revision 1; read it again, then compare with that\n",
		});
		const usage = await child(["put"]);
		assert.equal(usage.code, 2);
		assert.match(usage.error, /^balsa: missing required argument 'key'\n/);
		udp.cluster.override = (_, request) => (request.operation === OPERATION_WRITE ? SILENT : undefined);
		const unknown = await child(["put", "colour", "red", "--timeout", "3000", ...to]);
		assert.equal(unknown.code, 3);
		assert.match(unknown.error, /^balsa: OUTCOME_UNKNOWN: /);
	});

	it("ends quietly when nobody reads its output to the end", async () => {
		for (let i = 0; i < 300; i++) {
			const key = Buffer.from(`key${i}`).toString("hex");
			udp.cluster.pairs.set(key, { value: Buffer.alloc(500, 120), createRevision: 1, modRevision: 1, version: 1 });
		}
		const command = spawn(process.execPath, [COMMAND, "range", ...to]);
		let error = "";
		command.stderr.on("data", (data) => (error += data));
		command.stdout.once("data", () => command.stdout.destroy());
		const code = await new Promise((resolve) => command.on("close", resolve));
		assert.deepEqual({ code, error }, { code: 0, error: "" });
	});

	it("uses the cluster of the state file, when none is named", async () => {
		runLocally();
		assert.equal((await child(["put", "a", "1"])).code, 0);
		assert.equal((await balsa("get", "a")).out, "1\n");
		assert.equal((await balsa("get", "a", "--cluster", udp.addresses)).out, "1\n");
	});

	it("closes the session of each write", async () => {
		for (let i = 0; i < 20; i++) assert.equal((await balsa("put", "key", String(i), ...to)).code, 0);
		assert.equal((await balsa("delete", "key", ...to)).code, 0);
		assert.equal(udp.cluster.nonces.size, 21);
		assert.equal(udp.cluster.sessions.size, 0);
	});

	it("closes the session of a refused write too", async () => {
		assert.match((await balsa("delete", "none", ...to)).error, /^balsa: KEY_NOT_FOUND: there is no such key; .*\n$/);
		assert.equal(udp.cluster.sessions.size, 0);
	});

	it("keeps bytes that are no text", async () => {
		await balsa("put", "--hex", "00ff", "fe0a", ...to);
		assert.equal((await balsa("get", "--hex", "00ff", ...to)).out, "fe0a\n");
		assert.equal((await balsa("range", "--hex", ...to)).out, "00ff\tfe0a\n");
		const pair = JSON.parse((await balsa("range", "--json", ...to)).out);
		assert.deepEqual(pair, { keyHex: "00ff", valueHex: "fe0a", createRevision: 1, modRevision: 1, version: 1 });
		await balsa("put", "raw", "--hex", "", ...to).then((outcome) => assert.equal(outcome.code, 2));
	});

	it("prints a value as it is, an empty one too, and its fields as JSON", async () => {
		await balsa("put", "empty", "", ...to);
		assert.equal((await balsa("get", "empty", ...to)).out, "\n");
		await balsa("put", "blå", "grön\n", ...to);
		assert.equal(Buffer.from((await balsa("get", "blå", ...to)).out, "latin1").toString(), "grön\n\n");
		const fields = JSON.parse(Buffer.from((await balsa("get", "blå", "--json", ...to)).out, "latin1").toString());
		assert.deepEqual(fields, {
			key: "blå",
			value: "grön\n",
			revision: 2,
			createRevision: 2,
			modRevision: 2,
			version: 1,
		});
	});

	it("takes a key or value that begins with a dash after --", async () => {
		assert.equal((await balsa("put", ...to, "--", "-key", "--value")).code, 0);
		assert.equal((await balsa("get", ...to, "--", "-key")).out, "--value\n");
	});

	it("ranges over as many pages as it takes, in order, with its end and limit", async () => {
		const value = "v".repeat(300);
		for (let i = 10; i < 40; i++) await balsa("put", `key${i}`, value, ...to);
		const keys = async (...words: string[]) =>
			(await balsa("range", ...words, ...to)).out
				.split("\n")
				.slice(0, -1)
				.map((line) => line.split("\t")[0]);
		assert.deepEqual(
			await keys(),
			Array.from({ length: 30 }, (_, i) => `key${i + 10}`),
		);
		assert.deepEqual(await keys("key12", "key14"), ["key12", "key13"]);
		assert.deepEqual(await keys("key35"), ["key35", "key36", "key37", "key38", "key39"]);
		assert.equal((await keys("--limit", "7")).length, 7);
		assert.deepEqual(await keys("x"), []);
	});

	it("prints a line for each member, and says which did not answer", async () => {
		udp.cluster.override = (member) => (member === 3 ? SILENT : undefined);
		const { code, out } = await balsa("status", "--timeout", "2000", ...to);
		assert.equal(code, 0);
		const lines = out.trimEnd().split("\n");
		assert.equal(lines.length, 6);
		assert.match(lines[0], /^node +role +term +commit +applied +leader +heap +packets +programs/);
		assert.match(lines[1], /^1 +leader +1 /);
		assert.match(lines[2], /^2 +follower +1 /);
		assert.match(lines[3], /^3 +no answer$/);
		const members = JSON.parse((await balsa("status", "--json", "--timeout", "2000", ...to)).out);
		assert.equal(members[0].role, "leader");
		assert.equal(members[1].leader, 1);
		assert.equal(members[2].error, "UNREACHABLE");
	});

	it("refuses by name when nobody answers, and nobody leads", async () => {
		udp.cluster.leader = 0;
		const leaderless = await balsa("put", "a", "1", "--timeout", "3000", ...to);
		assert.equal(leaderless.code, 1);
		assert.match(leaderless.error, /^balsa: NO_LEADER: /);
		udp.cluster.override = () => SILENT;
		for (const words of [["get", "a"], ["put", "a", "1"], ["range"], ["status"]]) {
			const silent = await balsa(...words, "--timeout", "300", ...to);
			assert.equal(silent.code, 1, words.join(" "));
			assert.match(silent.error, /^balsa: UNREACHABLE: no member answers; .*\n$/);
		}
	});

	it("finds the leader through hints of members", async () => {
		udp.cluster.leader = 5;
		const only = `1=127.0.0.1:${udp.ports[0]},5=127.0.0.1:${udp.ports[4]}`;
		assert.equal((await balsa("put", "a", "1", "--cluster", only, "--cluster-id", CLUSTER_ID)).code, 0);
	});

	for (const reason of [reasons.NO_SPACE, reasons.KEY_TOO_LARGE, reasons.VALUE_TOO_LARGE, reasons.SESSION_LIMIT])
		it(`names the refusal ${reasons.reasonName(reason)}`, async () => {
			udp.cluster.override = () => ({ reason });
			const { code, error } = await balsa("put", "a", "1", ...to);
			assert.equal(code, 1);
			assert.ok(error.startsWith(`balsa: ${reasons.reasonName(reason)}: `), error);
		});

	for (const words of [
		[],
		["frobnicate"],
		["get"],
		["get", "a", "b"],
		["put", "a", "b", "--frob"],
		["put", "", "b"],
		["cas", "a", "x", "b"],
		["cas", "a", "-1", "b"],
		["cas", "a", "281474976710656", "b"],
		["get", "--hex", "0"],
		["get", "a", "--timeout", "0"],
		["get", "a", "--cluster", "nowhere"],
		["get", "a", "--cluster", "127.0.0.1:1"],
		["get", "a", "--cluster", "127.0.0.1:1", "--cluster-id", "12"],
		["get", "a", "--cluster-id", CLUSTER_ID],
		["get", "a"],
		["status"],
		["range", "--limit", "0"],
		["node"],
		["node", "kill"],
		["node", "kill", "0"],
		["node", "explode", "1"],
		["net", "cut", "1"],
		["net", "cut", "1", "1"],
		["net", "loss", "5", "--from", "2", "--to", "2"],
		["net", "loss", "101"],
		["net", "delay", "-5"],
		["net", "mtu", "3", "1501"],
		["net", "swap", "3"],
		["serve", "--id", "4"],
		["serve", "--id", "4", "--peers", "1=a:1", "--data", "."],
		["serve", "--id", "4", "--peers", "a:1", "--data", "."],
		["format", "--id", "300", "--peers", "1=a:1", "--data", "."],
		["format", "--id", "1", "--peers", "1=a:1", "--data", ".", "--cluster-id", "xyz"],
		["format", "--id", "1", "--peers", "1=a:1", "--data", ".", "--incarnation", "0"],
		["format", "--id", "1", "--peers", "1=a:1,2=a:1", "--data", "."],
		["format", "--id", "1", "--data", "."],
		["format", "--id", "1", "--data", ".", "--join"],
		["format", "--id", "1", "--data", ".", "--peers", "1=a:1", "--witness"],
		["format", "--id", "1", "--data", ".", "--join", "--peers", "1=a:1", "--cluster-id", "8f0c9a3b5d17e642"],
		["format", "--id", "1", "--peers", "1=a:1,2=a:2,3=a:3,4=a:4,5=a:5,6=a:6,7=a:7,8=a:8", "--data", "."],
	])
		it(`refuses \`balsa ${words.join(" ")}\` as a mistake, in words`, async () => {
			const { code, out, error } = await balsa(...words);
			assert.equal(code, 2, error);
			assert.equal(out, "");
			assert.match(error, /^(balsa: .|Usage: )/);
			assert.doesNotMatch(error, /\n {4}at /);
		});

	it("refuses a state file that is broken", async () => {
		writeFileSync(process.env.BALSA_STATE!, '{"clusterHigh":1');
		const { code, error } = await balsa("get", "a");
		assert.equal(code, 1);
		assert.match(error, /does not describe a cluster/);
	});

	it("says at once that no cluster runs where its launcher was killed", async () => {
		const { pid } = spawnSync("true");
		writeFileSync(process.env.BALSA_STATE!, JSON.stringify(udp.state("nowhere", pid)));
		for (const words of [["get", "a"], ["status"], ["node", "kill", "1"]]) {
			const { code, out, error } = await balsa(...words);
			assert.deepEqual([code, out], [2, ""]);
			assert.match(error, /no cluster runs here/);
		}
	});

	it("says that its output was lost, and does not call the command refused", async () => {
		const { code, error } = await toFullDisk(["put", "a", "b", ...to]);
		assert.deepEqual([code, error], [3, "balsa: the output cannot be written (ENOSPC)\n"]);
	});

	it("helps with every command, with an example", async () => {
		const commands = [
			"put",
			"get",
			"delete",
			"range",
			"cas",
			"status",
			"node",
			"net",
			"member",
			"format",
			"serve",
			"recover",
		];
		const below = [
			"node kill",
			"node resume",
			"node erase-time",
			"net cut",
			"net loss",
			"net delay",
			"net mtu",
			"net swap",
			"net heal",
			"member add",
			"member set",
		];
		const { code, out } = await balsa("--help");
		assert.equal(code, 0);
		for (const command of commands) assert.ok(out.includes(`\n  ${command} `), command);
		for (const command of [...commands, ...below]) {
			const help = await balsa(...command.split(" "), "--help");
			assert.equal(help.code, 0);
			assert.match(help.out, /Example:\n {2}balsa /);
		}
	});

	describe("node and net", () => {
		let server: Server | undefined;
		const requests: unknown[] = [];

		/** A launcher that answers each request line with `reply`. */
		async function launcher(reply: string): Promise<void> {
			const path = join(folder, "control");
			requests.length = 0;
			server = createServer((socket) => {
				socket.on("data", (data) => {
					requests.push(JSON.parse(data.toString()));
					socket.end(reply);
				});
			});
			await new Promise<void>((resolve) => server?.listen(path, resolve));
			runLocally(path);
		}

		afterEach(() => {
			server?.close();
			server = undefined;
		});

		it("says to the launcher what to do, in requests that it understands", async () => {
			await launcher('{"ok":true,"message":"done so"}\n');
			const said = {
				"node kill 2": { command: "node", action: "kill", id: 2 },
				"node freeze 5": { command: "node", action: "freeze", id: 5 },
				"node erase-time 400": { command: "node", action: "erase-time", milliseconds: 400 },
				"node erase-time 400 1": { command: "node", action: "erase-time", milliseconds: 400, id: 1 },
				"node add 6": { command: "node", action: "add", id: 6 },
				"node add 6 --host 7106": { command: "node", action: "add", id: 6, port: 7106 },
				"node add 6 --witness": { command: "node", action: "add", id: 6, witness: true },
				"node renew 2": { command: "node", action: "renew", id: 2 },
				"node remove 6": { command: "node", action: "remove", id: 6 },
				"net cut 1 2": { command: "net", action: "cut", from: 1, to: 2 },
				"net cut 1 0 --one-way": { command: "net", action: "cut", from: 1, to: 0, oneWay: true },
				"net isolate 3": { command: "net", action: "isolate", id: 3 },
				"net loss 10": { command: "net", action: "loss", percent: 10 },
				"net duplicate 5 --from 1": { command: "net", action: "duplicate", percent: 5, from: 1 },
				"net reorder 5 --from 1 --to 2": { command: "net", action: "reorder", percent: 5, from: 1, to: 2 },
				"net delay 20": { command: "net", action: "delay", milliseconds: 20 },
				"net delay 20 --jitter 5 --to 3": { command: "net", action: "delay", milliseconds: 20, jitter: 5, to: 3 },
				"net mtu 3 600": { command: "net", action: "mtu", id: 3, bytes: 600 },
				"net swap 1 2": { command: "net", action: "swap", id: 1, other: 2 },
				"net record /tmp/x.pcap": { command: "net", action: "record", path: "/tmp/x.pcap" },
				"net stop-recording": { command: "net", action: "stop-recording" },
				"net heal": { command: "net", action: "heal" },
			};
			for (const words of Object.keys(said)) {
				const outcome = await balsa(...words.split(" "));
				assert.deepEqual(outcome, { code: 0, out: "done so\n", error: "" });
			}
			assert.deepEqual(requests, Object.values(said));
			for (const request of requests) parseRequest(JSON.stringify(request));
		});

		it("passes on the launcher's refusal", async () => {
			await launcher('{"ok":false,"error":"NOT_RUNNING","message":"member 2 is not running"}\n');
			const outcome = await balsa("node", "kill", "2");
			assert.deepEqual(outcome, { code: 1, out: "", error: "balsa: NOT_RUNNING: member 2 is not running\n" });
		});

		it("says in words that the launcher is gone, silent or confused", async () => {
			runLocally(join(folder, "nobody"));
			assert.match((await balsa("net", "heal")).error, /^balsa: NO_CLUSTER: .*npm start/);
			await launcher("");
			assert.match((await balsa("net", "heal")).error, /^balsa: NO_CLUSTER: .*without an answer/);
			server?.close();
			rmSync(join(folder, "control"), { force: true });
			await launcher("certainly\n");
			assert.match((await balsa("net", "heal")).error, /^balsa: BAD_REPLY: /);
		});
	});
});
