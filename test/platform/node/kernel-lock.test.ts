import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONTENDER = join(import.meta.dirname, "contender.ts");
const UNSHARE = ["--pid", "--fork", "--mount-proc", "--kill-child=KILL"];

describe("F4: the lock of a flash file", () => {
	let folder = "";
	let path = "";
	const children: ChildProcess[] = [];
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-lock-"));
		path = join(folder, "flash");
		writeFileSync(path, "");
	});
	afterEach(() => {
		for (const child of children.splice(0)) child.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	/** @param prefix command before node, of a process that lives elsewhere */
	function start(mode: string, prefix: readonly string[] = []): ChildProcess {
		const words = [...prefix, process.execPath, "--import", "tsx", CONTENDER, mode, path];
		const child = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
		children.push(child);
		return child;
	}

	async function lineOf(child: ChildProcess): Promise<string> {
		assert(child.stdout !== null);
		const [data] = await once(child.stdout, "data");
		return String(data).trim();
	}

	it("lets no two of six processes in, in 150 rounds", async function () {
		this.timeout(120_000);
		const ends = Array.from({ length: 6 }, async () => {
			const child = start("rounds");
			const line = lineOf(child);
			const [code] = await once(child, "exit");
			assert.equal(code, 0);
			return Number(await line);
		});
		const wins = await Promise.all(ends);
		assert.deepEqual(wins, [25, 25, 25, 25, 25, 25]);
	});

	it("is free as soon as its owner was killed, and names the owner until then", async () => {
		for (let round = 0; round < 3; round++) {
			const owner = start("hold");
			assert.equal(await lineOf(owner), "held");
			assert.match(
				await lineOf(start("hold")),
				new RegExp(`^LOCKED: .* in use by process ${owner.pid}: stop it first`),
			);
			owner.kill("SIGKILL");
			await once(owner, "exit");
			const next = start("hold");
			assert.equal(await lineOf(next), "held");
			next.kill("SIGKILL");
			await once(next, "exit");
		}
	});

	it("is not fooled by a file that was replaced under its name", async () => {
		const owner = start("hold");
		assert.equal(await lineOf(owner), "held");
		writeFileSync(join(folder, "new"), "");
		renameSync(join(folder, "new"), path);
		// Nobody has the new file; the old owner goes on with its own.
		assert.equal(await lineOf(start("hold")), "held");
		assert.match(await lineOf(start("hold")), /^LOCKED/);
	});

	it("holds across pid namespaces, as between two containers", async function () {
		if (spawnSync("unshare", [...UNSHARE, "true"]).status !== 0) {
			this.test!.title += " (not tried: this user may not make namespaces)";
			return;
		}
		const owner = start("hold", ["unshare", ...UNSHARE]);
		assert.equal(await lineOf(owner), "held");
		// In both namespaces the process has the same number.
		assert.match(
			await lineOf(start("hold", ["unshare", ...UNSHARE])),
			/^LOCKED: .*a process that is not seen from here/,
		);
		assert.match(await lineOf(start("hold")), /^LOCKED/);
		owner.kill("SIGKILL");
		await once(owner, "exit");
	});
});
