/** The launcher's process: however it ends, nothing of it stays. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ClusterState, readState } from "../../../scripts/cluster/state";
import { build } from "./tiny-firmware";
import { isAlive, until } from "./wait";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

describe("cluster: the launcher's process", () => {
	let folder: string;
	let firmware: string;
	const children: ChildProcess[] = [];
	/** Of launchers and boards: a test that fails must not leave them behind. */
	const pids: number[] = [];
	before(() => {
		folder = mkdtempSync(join(tmpdir(), "bl-"));
		firmware = build(folder, "counting");
	});
	after(() => rmSync(folder, { recursive: true, force: true }));
	afterEach(() => {
		for (const child of children.splice(0)) child.kill("SIGKILL");
		for (const pid of pids.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
	});

	const command = (name: string) => [
		"--import",
		"tsx",
		"scripts/cluster/main.ts",
		firmware,
		"--members",
		"2",
		"--folder",
		join(folder, name),
	];

	async function started(child: ChildProcess, name: string): Promise<ClusterState> {
		children.push(child);
		let output = "";
		child.stdout?.on("data", (data) => (output += data));
		child.stderr?.on("data", (data) => (output += data));
		await until("the launcher runs", () => /^running, process/m.test(output) || child.exitCode !== null);
		const state = readState(join(folder, name));
		assert.ok(state, output);
		pids.push(state.pid, ...state.members.map((member) => member.pid));
		assert.ok(state.members.every((member) => isAlive(member.pid)));
		return state;
	}

	function launch(name: string): Promise<ClusterState> {
		return started(spawn(process.execPath, command(name), { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] }), name);
	}

	const boardsAreGone = (state: ClusterState) => () => !state.members.some((member) => isAlive(member.pid));

	it("takes its boards with it when it is killed, and a new one clears up behind it", async () => {
		const state = await launch("killed");
		process.kill(state.pid, "SIGKILL");
		await until("no board is left", boardsAreGone(state));
		assert.ok(existsSync(state.folder));
		const second = await launch("killed");
		assert.equal(existsSync(state.folder), false);
		process.kill(second.pid, "SIGTERM");
		await until("the second is gone", () => !isAlive(second.pid));
		assert.ok(boardsAreGone(second)());
		assert.equal(existsSync(second.folder), false);
	});

	for (const [signal, code] of [
		["SIGINT", 130],
		["SIGTERM", 143],
		["SIGHUP", 129],
	] as const)
		it(`ends everything on ${signal}`, async () => {
			const state = await launch(signal);
			const [child] = children;
			child.kill(signal);
			assert.deepEqual(await once(child, "exit"), [code, null]);
			assert.ok(boardsAreGone(state)());
			assert.equal(existsSync(state.folder), false);
			assert.equal(readState(join(folder, signal)), undefined);
		});

	it("ends when its parent is killed", async () => {
		const words = [process.execPath, ...command("orphan")].map((word) => `'${word}'`).join(" ");
		const parent = spawn("sh", ["-c", `${words} & wait`], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
		const state = await started(parent, "orphan");
		parent.kill("SIGKILL");
		await until("the launcher is gone", () => !isAlive(state.pid));
		assert.ok(boardsAreGone(state)());
		assert.equal(existsSync(state.folder), false);
	});

	it("says in one line which tool is missing, and fails", async () => {
		const child = spawn(process.execPath, command("tools"), {
			cwd: ROOT,
			env: { PATH: folder },
			stdio: ["ignore", "pipe", "pipe"],
		});
		children.push(child);
		let errors = "";
		child.stderr.on("data", (data) => (errors += data));
		assert.deepEqual(await once(child, "close"), [1, null]);
		assert.equal(errors, "MISSING_TOOL: qemu-system-arm is missing (Debian package qemu-system-arm)\n");
	});
});
