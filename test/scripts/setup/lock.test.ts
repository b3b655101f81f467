import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load, ROOT } from "./load";

interface Lock {
	takeLock(path: string, onWait: (pid: number) => void): Promise<() => void>;
}

const MODULE = pathToFileURL(join(ROOT, "scripts", "setup", "lock.mjs")).href;

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

	it("takes over the lock of a process that was killed, whatever the file says", async () => {
		const path = join(folder, "lock");
		writeFileSync(path, `${process.pid} 12345`);
		const holder = hold(path);
		await once(holder.stdout, "data");
		holder.kill("SIGKILL");
		await once(holder, "exit");
		(await lock.takeLock(path, never))();
	});

	it("tells of a living holder and waits until it is done", async () => {
		const path = join(folder, "lock");
		const holder = hold(path);
		await once(holder.stdout, "data");
		let waitedFor = 0;
		const release = await lock.takeLock(path, (pid) => {
			waitedFor = pid;
			holder.stdin.write("go\n");
		});
		assert.equal(waitedFor, holder.pid);
		release();
	});

	it("F4: lets no two in among eight, for many rounds", async () => {
		const path = join(folder, "lock");
		const witness = join(folder, "witness");
		const program = `
			import { takeLock } from ${JSON.stringify(MODULE)};
			import { rmSync, writeFileSync } from "node:fs";
			for (let round = 0; round < 10; round++) {
				const release = await takeLock(${JSON.stringify(path)}, () => {});
				writeFileSync(${JSON.stringify(witness)}, "", { flag: "wx" });
				await new Promise((resolve) => setTimeout(resolve, 1));
				rmSync(${JSON.stringify(witness)});
				release();
			}`;
		const ends = [];
		for (let i = 0; i < 8; i += 1)
			ends.push(once(spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" }), "exit"));
		for (const [code] of await Promise.all(ends)) assert.equal(code, 0);
	});
});

/** A process that takes the lock, says so, and gives it back when it is written to. */
function hold(path: string) {
	const program = `
		import { takeLock } from ${JSON.stringify(MODULE)};
		const release = await takeLock(${JSON.stringify(path)}, () => {});
		console.log("held");
		process.stdin.once("data", () => { release(); process.exit(0); });`;
	return spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
}
