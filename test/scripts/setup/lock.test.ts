import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load, ROOT } from "./load";

interface Lock {
	takeLock(path: string, onWait: (pid: number) => void): Promise<() => void>;
}

describe("setup: one at a time", () => {
	let lock: Lock;
	let folder: string;
	before(async () => {
		lock = await load<Lock>("lock.mjs");
	});
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-lock-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const never = () => assert.fail("waited for nobody");

	it("takes a free lock, gives it back, and takes it again", async () => {
		const path = join(folder, "lock");
		(await lock.takeLock(path, never))();
		(await lock.takeLock(path, never))();
	});

	it("takes over the lock of a dead process", async () => {
		const dead = spawnSync(process.execPath, ["-e", ""]).pid;
		const path = join(folder, "lock");
		writeFileSync(path, `${dead} 12345`);
		(await lock.takeLock(path, never))();
	});

	it("takes over a lock whose process id belongs to a younger process by now", async () => {
		const path = join(folder, "lock");
		writeFileSync(path, `${process.pid} 1`);
		(await lock.takeLock(path, never))();
	});

	it("tells of a living holder and waits until it is done", async () => {
		const path = join(folder, "lock");
		const module = pathToFileURL(join(ROOT, "scripts", "setup", "lock.mjs")).href;
		const program = `
			import { takeLock } from ${JSON.stringify(module)};
			const release = await takeLock(${JSON.stringify(path)}, () => {});
			console.log("held");
			process.stdin.once("data", () => { release(); process.exit(0); });`;
		const holder = spawn(process.execPath, ["--input-type=module", "-e", program], {
			stdio: ["pipe", "pipe", "inherit"],
		});
		await once(holder.stdout, "data");
		let waitedFor = 0;
		const release = await lock.takeLock(path, (pid) => {
			waitedFor = pid;
			holder.stdin.write("go\n");
		});
		assert.equal(waitedFor, holder.pid);
		assert.match(readFileSync(path, "utf8"), new RegExp(`^${process.pid} `));
		release();
	});

	it("lets no two in among many that find the same dead holder", async () => {
		const path = join(folder, "lock");
		const witness = join(folder, "witness");
		writeFileSync(path, "999999999 1");
		const module = pathToFileURL(join(ROOT, "scripts", "setup", "lock.mjs")).href;
		const program = `
			import { takeLock } from ${JSON.stringify(module)};
			import { rmSync, writeFileSync } from "node:fs";
			const release = await takeLock(${JSON.stringify(path)}, () => {});
			writeFileSync(${JSON.stringify(witness)}, "", { flag: "wx" });
			await new Promise((resolve) => setTimeout(resolve, 20));
			rmSync(${JSON.stringify(witness)});
			release();`;
		const ends = [];
		for (let i = 0; i < 6; i += 1)
			ends.push(once(spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" }), "exit"));
		for (const [code] of await Promise.all(ends)) assert.equal(code, 0);
	});
});
