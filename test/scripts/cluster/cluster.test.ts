/** The launcher on the real emulator, with tiny firmware. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeFlash } from "../../../platform/node/flash";
import { Cluster, type ClusterOptions } from "../../../scripts/cluster/cluster";
import { FLASH_FILE_BYTES } from "../../../scripts/cluster/flash-file";
import type { ControlRequest } from "../../../scripts/cluster/requests";
import { readState } from "../../../scripts/cluster/state";
import { HostProcess } from "../switch/fake-board";
import { build } from "./tiny-firmware";
import { isAlive, processState, until } from "./wait";

describe("cluster of boards", () => {
	let folder: string;
	let counting: string;
	const clusters: Cluster[] = [];
	const lines: string[] = [];
	before(() => {
		folder = mkdtempSync(join(tmpdir(), "bc-"));
		counting = build(folder, "counting");
	});
	after(() => rmSync(folder, { recursive: true, force: true }));
	afterEach(async () => {
		for (const cluster of clusters.splice(0)) await cluster.stop();
		lines.length = 0;
	});

	async function start(name: string, more: Partial<ClusterOptions> = {}): Promise<Cluster> {
		const cluster = await Cluster.start({
			firmware: counting,
			members: [1, 2],
			folder: join(folder, name),
			format: () => new Uint8Array([0xff]),
			say: (id, text) => lines.push(`${id} ${text}`),
			...more,
		});
		clusters.push(cluster);
		return cluster;
	}

	function ask(cluster: Cluster, request: ControlRequest): Promise<{ ok: boolean; error?: string; message: string }> {
		return new Promise((resolve, reject) => {
			const socket = createConnection(cluster.state().control);
			let reply = "";
			socket.on("error", reject);
			socket.on("data", (data) => (reply += data.toString()));
			socket.on("close", () => resolve(JSON.parse(reply)));
			socket.write(`${JSON.stringify(request)}\n`);
		});
	}

	it("boots a process for each board, writes down what runs, and leaves nothing when it stops", async () => {
		const cluster = await start("whole");
		const state = readState(cluster.folder);
		assert.deepEqual(state, cluster.state());
		const pids = cluster.members.map((member) => member.record.pid);
		assert.equal(new Set(pids).size, 2);
		assert.ok(pids.every(isAlive));
		assert.deepEqual([...lines].sort(), ["1 A", "2 A"]);
		await cluster.stop();
		assert.ok(!pids.some(isAlive));
		assert.equal(readState(cluster.folder), undefined);
		assert.equal(existsSync(state?.folder ?? ""), false);
		assert.equal(readFileSync(join(cluster.folder, "log", "1.log"), "utf8"), "A\n");
	});

	it("keeps flash and identity over a power cut and over its own end", async () => {
		const first = await start("flash");
		assert.equal((await ask(first, { command: "node", action: "kill", id: 2 })).ok, true);
		assert.equal(readState(first.folder)?.members[1].state, "off");
		assert.equal((await ask(first, { command: "node", action: "start", id: 2 })).ok, true);
		assert.ok(lines.includes("2 B"));
		await first.stop();
		const second = await start("flash");
		assert.ok(lines.includes("1 B") && lines.includes("2 C"));
		assert.deepEqual(second.identity, first.identity);
	});

	it("takes in a further board, gives one its next life, takes one away, and remembers it", async () => {
		const lives: string[] = [];
		const format: ClusterOptions["format"] = ({ id, incarnation, isJoining }) => {
			lives.push(`${id}.${incarnation}${isJoining ? " joins" : ""}`);
			return new Uint8Array([0xff]);
		};
		const first = await start("lives", { format });
		const { message } = await ask(first, { command: "node", action: "add", id: 6 });
		assert.match(message, /^board 6 runs \(process \d+\), and waits as 6\.1 to be added$/);
		assert.ok(lines.includes("6 A"));
		await first.request({ command: "node", action: "kill", id: 2 });
		await first.request({ command: "node", action: "start", id: 2 });
		const before = first.member(2).record.pid;
		assert.match((await ask(first, { command: "node", action: "renew", id: 2 })).message, /waits as 2\.2/);
		assert.ok(!isAlive(before) && isAlive(first.member(2).record.pid));
		assert.deepEqual(lines.slice(-2), ["2 B", "2 A"]);
		const state = readState(first.folder);
		assert.deepEqual(
			state?.members.map(({ id, incarnation }) => [id, incarnation]),
			[
				[1, 1],
				[2, 2],
				[6, 1],
			],
		);
		const { flash } = first.member(6).record;
		await first.request({ command: "node", action: "remove", id: 6 });
		assert.equal(existsSync(flash), false);
		assert.equal((await ask(first, { command: "node", action: "kill", id: 6 })).error, "NO_SUCH_MEMBER");
		assert.equal((await ask(first, { command: "node", action: "add", id: 2 })).error, "BOARD_THERE");
		await first.request({ command: "node", action: "add", id: 6 });
		await first.stop();
		const second = await start("lives", { format });
		assert.deepEqual(
			second.members.map(({ record, state: now }) => `${record.id}.${record.incarnation} ${now}`),
			["1.1 running", "2.2 running", "6.2 running"],
		);
		assert.deepEqual(lives, ["1.1", "2.1", "6.1 joins", "2.2 joins", "6.2 joins"]);
		await second.stop();
		// What it promised is gone with it.
		rmSync(second.member(6).record.flash);
		await assert.rejects(start("lives", { format }), { code: "NO_FLASH" });
	});

	it("holds as many boards as a cluster has members, and one more", async () => {
		const small = await start("few", { members: [1] });
		for (let id = 2; id <= 8; id++) await small.request({ command: "node", action: "add", id, port: 7000 + id });
		assert.equal((await ask(small, { command: "node", action: "add", id: 9 })).error, "TOO_MANY_BOARDS");
		assert.equal((await ask(small, { command: "node", action: "add", id: 100 })).error, "OUT_OF_RANGE");
		assert.equal(small.member(8).state, "host");
		assert.ok(existsSync(small.member(8).record.flash));
	});

	it("goes on where its disk takes nothing any more", async () => {
		const cluster = await start("disk");
		// A missing folder refuses every file, also to root.
		rmSync(cluster.folder, { recursive: true });
		assert.equal((await ask(cluster, { command: "node", action: "kill", id: 2 })).ok, true);
		assert.equal(cluster.member(2).state, "off");
		assert.ok(isAlive(cluster.member(1).record.pid));
	});

	it("gives a board another seed at each start", async () => {
		const cluster = await start("seeds", { members: [1] });
		const { flash } = cluster.members[0].record;
		const seed = () => readFileSync(flash).toString("hex", FLASH_FILE_BYTES - 4080, FLASH_FILE_BYTES - 4064);
		const first = seed();
		await cluster.request({ command: "node", action: "kill", id: 1 });
		await cluster.request({ command: "node", action: "start", id: 1 });
		assert.notEqual(first, "0".repeat(32));
		assert.notEqual(seed(), first);
	});

	it("refuses by name what makes no sense now", async () => {
		const cluster = await start("refusals");
		const refused = async (request: ControlRequest, error: string) => {
			const reply = await ask(cluster, request);
			assert.deepEqual([reply.ok, reply.error], [false, error], reply.message);
		};
		await refused({ command: "node", action: "start", id: 1 }, "ALREADY_RUNNING");
		await refused({ command: "node", action: "resume", id: 1 }, "NOT_STOPPED");
		await refused({ command: "node", action: "kill", id: 7 }, "NO_SUCH_MEMBER");
		await refused({ command: "node", action: "attach", id: 1, port: 9 }, "ALREADY_RUNNING");
		await refused({ command: "node", action: "detach", id: 1 }, "NOT_HOST");
		await refused({ command: "node", action: "erase-time", milliseconds: 401 }, "OUT_OF_RANGE");
		await refused({ command: "net", action: "cut", from: 1, to: 3 }, "NO_SUCH_MEMBER");
		await refused({ command: "net", action: "cut", from: 1, to: 1 }, "BAD_REQUEST");
		await refused({ command: "net", action: "record", path: folder }, "BAD_PATH");
		await cluster.request({ command: "node", action: "kill", id: 1 });
		await refused({ command: "node", action: "kill", id: 1 }, "NOT_RUNNING");
		await refused({ command: "node", action: "pause", id: 1 }, "NOT_RUNNING");
		await refused({ command: "node", action: "freeze", id: 1 }, "NOT_RUNNING");
	});

	it("attack: refuses a flash that was cut short or is gone in its own words, once, and stays off", async () => {
		const cluster = await start("truncated", { members: [1] });
		const { flash } = cluster.members[0].record;
		await cluster.request({ command: "node", action: "kill", id: 1 });
		truncateSync(flash, 4096);
		const cut = await ask(cluster, { command: "node", action: "start", id: 1 });
		assert.equal(cut.error, "BAD_FLASH");
		assert.match(cut.message ?? "", /has 4096 bytes, not 16777216: `balsa node renew`/);
		rmSync(flash);
		const gone = await ask(cluster, { command: "node", action: "start", id: 1 });
		assert.equal(gone.error, "NO_FLASH");
		assert.equal(cluster.members[0].state, "off");
		assert.equal(cluster.members[0].record.deaths, 0);
	});

	it("F4: a board has its flash for itself as long as its QEMU runs", async () => {
		const cluster = await start("locked", { members: [1] });
		const { flash } = cluster.members[0].record;
		assert.throws(() => new NodeFlash(flash), { code: "LOCKED" });
		await cluster.request({ command: "node", action: "kill", id: 1 });
		const mine = new NodeFlash(flash);
		const refused = await ask(cluster, { command: "node", action: "start", id: 1 });
		assert.equal(refused.error, "LOCKED");
		mine.close();
		await cluster.request({ command: "node", action: "start", id: 1 });
		assert.throws(() => new NodeFlash(flash), { code: "LOCKED" });
	});

	it("pauses the process, freezes the machine, and goes on from both", async () => {
		const cluster = await start("stops", { members: [1] });
		const [member] = cluster.members;
		await cluster.request({ command: "node", action: "pause", id: 1 });
		// A signal takes its time to reach a busy process.
		await until("the process is stopped", () => processState(member.record.pid) === "T");
		await cluster.request({ command: "node", action: "resume", id: 1 });
		await until("the process goes on", () => processState(member.record.pid) !== "T");

		await cluster.request({ command: "node", action: "freeze", id: 1 });
		assert.notEqual(processState(member.record.pid), "T");
		cluster.setEraseTime(1, 400);
		await new Promise((resolve) => setTimeout(resolve, 200));
		assert.deepEqual(lines, ["1 A"], "a frozen machine carries nothing out");
		await cluster.request({ command: "node", action: "resume", id: 1 });
		await until("the machine goes on", () => lines.includes("1 e"));
	});

	it("kills a paused board", async () => {
		const cluster = await start("paused", { members: [1] });
		const { pid } = cluster.members[0].record;
		await cluster.request({ command: "node", action: "pause", id: 1 });
		await cluster.request({ command: "node", action: "kill", id: 1 });
		assert.equal(isAlive(pid), false);
	});

	it("changes what an erase takes on a board that runs", async () => {
		const cluster = await start("erase");
		await cluster.request({ command: "node", action: "erase-time", id: 2, milliseconds: 100 });
		await until("board 2 sees it", () => lines.includes("2 e"));
		assert.ok(!lines.includes("1 e"));
		await cluster.request({ command: "node", action: "erase-time", milliseconds: 400 });
		await until("both see it", () => lines.includes("1 e") && lines.filter((line) => line === "2 e").length === 2);
	});

	it("starts a board again that ended by itself, counts it, and gives up when it never holds", async () => {
		const cluster = await start("dying", { members: [1], firmware: build(folder, "dying") });
		await until("it is given up", () => cluster.members[0].state === "off");
		assert.equal(cluster.members[0].record.deaths, 5);
		assert.equal(lines.filter((line) => line === "1 x").length, 5);
		assert.equal(lines.filter((line) => /started again/.test(line)).length, 4);
		assert.match(lines.at(-1) ?? "", /stays off/);
	});

	it("says which board does not boot", async () => {
		const silent = start("silent", { members: [1], firmware: build(folder, "silent"), bootMs: 500 });
		await assert.rejects(silent, {
			code: "NO_BOOT",
			message: /^board 1 does not boot: no line on its console in 500 ms/,
		});
		assert.equal(readState(join(folder, "silent")), undefined);
	});

	it("gives a board's place to a process of the host, and never its flash to two", async () => {
		const cluster = await start("host");
		const member = await HostProcess.open();
		const client = await HostProcess.open();
		try {
			await cluster.request({ command: "node", action: "kill", id: 2 });
			await cluster.request({ command: "node", action: "attach", id: 2, port: member.port });
			await assert.rejects(cluster.request({ command: "node", action: "start", id: 2 }), { code: "HOST_MEMBER" });
			await assert.rejects(cluster.request({ command: "node", action: "kill", id: 2 }), { code: "HOST_MEMBER" });
			client.say(cluster.state().members[1].port, "hello");
			const received = await member.inbox.next();
			assert.equal(received.text, "hello");
			member.say(received.port, "hello yourself");
			assert.deepEqual(await client.inbox.next(), { text: "hello yourself", port: cluster.state().members[1].port });
			await cluster.request({ command: "node", action: "detach", id: 2 });
			await cluster.request({ command: "node", action: "start", id: 2 });
		} finally {
			member.close();
			client.close();
		}
	});

	it("sets faults over the control socket", async () => {
		const cluster = await start("faults", { members: [1, 2, 3] });
		await ask(cluster, { command: "net", action: "loss", percent: 5 });
		await ask(cluster, { command: "net", action: "cut", from: 1, to: 2 });
		await ask(cluster, { command: "net", action: "cut", from: 2, to: 3, oneWay: true });
		await ask(cluster, { command: "net", action: "delay", milliseconds: 7, jitter: 3, from: 1, to: 3 });
		assert.deepEqual([cluster.ethernet.faults(1, 2).cut, cluster.ethernet.faults(2, 1).cut], [true, true]);
		assert.deepEqual([cluster.ethernet.faults(2, 3).cut, cluster.ethernet.faults(3, 2).cut], [true, false]);
		const { delayMs, jitterMs, lossPercent } = cluster.ethernet.faults(1, 3);
		assert.deepEqual([delayMs, jitterMs, lossPercent], [7, 3, 5]);
		await ask(cluster, { command: "net", action: "heal" });
		await ask(cluster, { command: "net", action: "isolate", id: 3 });
		for (const other of [0, 1, 2])
			assert.ok(cluster.ethernet.faults(3, other).cut && cluster.ethernet.faults(other, 3).cut);
		assert.equal(cluster.ethernet.faults(1, 2).cut, false);
		assert.equal(cluster.ethernet.faults(1, 2).lossPercent, 0);
	});

	it("answers half a request when it is cut off, and an endless one", async () => {
		const cluster = await start("endless", { members: [1] });
		const socket = createConnection(cluster.state().control);
		socket.write("x".repeat(10_000));
		const [reply] = await once(socket, "data");
		assert.equal(JSON.parse(reply.toString()).error, "BAD_REQUEST");
		socket.destroy();
	});

	it("runs beside another cluster, and not twice in one folder", async () => {
		const [first, second] = [await start("one"), await start("two")];
		const ports = [...first.state().members, ...second.state().members].map((member) => member.port);
		assert.equal(new Set(ports).size, 4);
		await assert.rejects(start("one"), { code: "RUNNING" });
		assert.equal(first.members[0].state, "running");
	});

	it("refuses firmware that is not there", async () => {
		await assert.rejects(start("none", { firmware: join(folder, "none.elf") }), { code: "NO_FIRMWARE" });
	});
});
