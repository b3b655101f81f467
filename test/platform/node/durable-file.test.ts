import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { makeFolder, writeAll, writeWhole } from "../../../platform/node/durable-file";
import { NodeFlash } from "../../../platform/node/flash";
import { openLocked } from "../../../platform/node/locked-file";
import { writeFlash } from "../../../scripts/cluster/flash-file";
import { watchFiles } from "./watched-files";

describe("F9: a file that is made is on the disk when that is said", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-durable-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const content = Uint8Array.of(1, 2, 3);
	const write = (path: string, mayReplace = true) =>
		writeWhole(path, (file) => writeAll(file, content, 0, content.length, 0), mayReplace);

	it("the content before the name, and the name before the end", () => {
		const calls = watchFiles(() => write(join(folder, "a")));
		assert.deepEqual(calls, [
			"open a.new",
			"ftruncate a.new",
			"write a.new",
			"fsync a.new",
			"rename a.new a",
			`open ${basename(folder)}`,
			`fsync ${basename(folder)}`,
			`close ${basename(folder)}`,
			"close a.new",
		]);
		assert.deepEqual([...readFileSync(join(folder, "a"))], [1, 2, 3]);
	});

	it("so is a board's flash, and blank flash", () => {
		for (const make of [writeFlash, (path: string) => NodeFlash.create(path)]) {
			const path = join(folder, make.name || "blank");
			const calls = watchFiles(() => make(path, content)).map((call) => call.split(" ")[0]);
			assert.deepEqual(
				calls.filter((call) => call === "fsync" || call === "rename"),
				["fsync", "rename", "fsync"],
			);
			assert.ok(calls.lastIndexOf("write") < calls.indexOf("fsync"), "nothing is written after the first fsync");
		}
	});

	it("so are new folders, each in the one above it", () => {
		const calls = watchFiles(() => makeFolder(join(folder, "x", "y")));
		assert.deepEqual(
			calls.filter((call) => call.startsWith("fsync")),
			["fsync x", `fsync ${basename(folder)}`],
		);
		assert.deepEqual(
			watchFiles(() => makeFolder(join(folder, "x"))),
			["mkdir x"],
		);
	});

	it("so is a flash file that another program made, when it is opened", () => {
		const path = join(folder, "copied");
		writeFileSync(path, new Uint8Array(4096).fill(0xff));
		const calls = watchFiles(() => new NodeFlash(path, { size: 4096 }).close());
		assert.deepEqual(
			calls.filter((call) => call.startsWith("fsync")),
			["fsync copied", `fsync ${basename(folder)}`],
		);
	});

	it("leaves what is there where it may not replace it, where it is in use, and where the writing fails", () => {
		const path = join(folder, "a");
		writeFileSync(path, "old");
		assert.throws(() => write(path, false), { code: "EXISTS" });
		const lock = openLocked(path, 2);
		assert.throws(() => write(path), { code: "LOCKED" });
		assert.throws(() =>
			writeWhole(join(folder, "b"), () => {
				throw new Error("no room");
			}),
		);
		assert.equal(readFileSync(path, "utf8"), "old");
		assert.equal(existsSync(join(folder, "b")), false);
		assert.equal(existsSync(`${path}.new`), false);
		assert.ok(lock > 0);
	});
});
