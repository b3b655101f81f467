import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "../../../core/journal/format";
import { Journal } from "../../../core/journal/journal";
import { statusName } from "../../../core/journal/status";
import { NodeFlash } from "../../../platform/node/flash";
import { append, entry, FIRST_STREAM, IDENTITY, joined, LIMITS, readLog, same } from "../../core/journal/model";

const OPTIONS = { size: 64 * 1024, sectorSize: 1024 };

describe("flash in a file", () => {
	let folder = "";
	let path = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-flash-"));
		path = join(folder, "flash");
		NodeFlash.create(path, OPTIONS.size);
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("is blank at first, and lets bits only fall until an erase", () => {
		const flash = new NodeFlash(path, OPTIONS);
		const bytes = new Uint8Array(32);
		flash.read(1024, bytes, 0, 32);
		assert(bytes.every((byte) => byte === 0xff));
		flash.program(1040, Uint8Array.of(9, 0x0f, 0xf0), 1, 2);
		flash.program(1040, Uint8Array.of(0x05, 0xf0), 0, 2);
		assert.throws(() => flash.program(1040, Uint8Array.of(0x07), 0, 1), /raises a bit/);
		flash.read(1039, bytes, 3, 4);
		assert.deepEqual([...bytes.subarray(3, 7)], [0xff, 0x05, 0xf0, 0xff]);
		flash.erase(1024);
		flash.read(1040, bytes, 0, 2);
		assert.deepEqual([...bytes.subarray(0, 2)], [0xff, 0xff]);
		flash.close();
	});

	it("refuses what is outside the partition, and an erase inside a sector", () => {
		const flash = new NodeFlash(path, OPTIONS);
		const bytes = new Uint8Array(2048);
		assert.throws(() => flash.read(-1, bytes, 0, 1), /outside/);
		assert.throws(() => flash.read(OPTIONS.size - 1, bytes, 0, 2), /outside/);
		assert.throws(() => flash.program(OPTIONS.size, bytes, 0, 1), /outside/);
		assert.throws(() => flash.erase(OPTIONS.size), /outside/);
		assert.throws(() => flash.erase(16), /start of a sector/);
		flash.close();
	});

	it("refuses a file that is missing or too short, and makes none over another", () => {
		assert.throws(() => new NodeFlash(join(folder, "none"), OPTIONS), /ENOENT/);
		writeFileSync(join(folder, "short"), "short");
		assert.throws(() => new NodeFlash(join(folder, "short"), OPTIONS), { code: "BAD_FLASH" });
		assert.throws(() => NodeFlash.create(path), { code: "EXISTS" });
	});

	it("F4: belongs to one opening at a time, by whatever name", () => {
		const flash = new NodeFlash(path, OPTIONS);
		linkSync(path, join(folder, "other-name"));
		symlinkSync(path, join(folder, "symbolic"));
		for (const name of [path, join(folder, "other-name"), join(folder, "symbolic")])
			assert.throws(() => new NodeFlash(name, OPTIONS), {
				code: "LOCKED",
				message: new RegExp(`^${name} is in use by process ${process.pid}: stop it first`),
			});
		flash.close();
		new NodeFlash(path, OPTIONS).close();
	});

	it("carries a journal over a restart, durable and not", () => {
		for (const durable of [true, false]) {
			const flash = new NodeFlash(path, { ...OPTIONS, durable });
			format(flash, LIMITS, IDENTITY, FIRST_STREAM, 0);
			const journal = new Journal(flash, LIMITS);
			assert.equal(statusName(journal.open(IDENTITY)), "READY");
			const entries = [1, 2, 3].map((index) => entry(4, index, 0, 100));
			append(journal, 1, entries);
			flash.close();
			const again = new NodeFlash(path, OPTIONS);
			const found = new Journal(again, LIMITS);
			assert.equal(statusName(found.open(IDENTITY)), "READY");
			assert(same(readLog(found, 1), joined(entries)));
			again.close();
		}
	});

	it("keeps every acknowledged entry when its process is killed, five times", async function () {
		this.timeout(60000);
		let flash = new NodeFlash(path, OPTIONS);
		format(flash, LIMITS, IDENTITY, FIRST_STREAM, 0);
		flash.close();
		for (let round = 0; round < 5; round++) {
			const acknowledged = await writeUntilKilled(path, 20 + round * 7);
			flash = new NodeFlash(path, OPTIONS);
			const journal = new Journal(flash, LIMITS);
			assert.equal(statusName(journal.open(IDENTITY)), "READY");
			assert(acknowledged > 0);
			assert(journal.lastIndex >= acknowledged, `${journal.lastIndex} of ${acknowledged}`);
			const target = new Uint8Array(1024);
			assert(journal.read(acknowledged, target, 0, 1024) > 0);
			flash.close();
		}
	});
});

/** Lets a child append to the journal until it said `lines` indexes, then kills it. @returns the last it said */
function writeUntilKilled(path: string, lines: number): Promise<number> {
	const script = join(import.meta.dirname, "writer.ts");
	const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", script, path], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	let said = "";
	return new Promise((resolve) => {
		child.stdout?.on("data", (data) => {
			said += data;
			if (said.split("\n").length > lines) child.kill("SIGKILL");
		});
		child.once("close", () => resolve(Number(said.slice(0, said.lastIndexOf("\n")).split("\n").pop())));
	});
}
