import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const DRIVERS = fileURLToPath(new URL("../../../platform/moddable/", import.meta.url));

describe("the queue of datagrams of an ESP32", () => {
	let folder = "";
	before(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-ring-"));
	});
	after(() => rmSync(folder, { recursive: true, force: true }));

	function run(sanitizer: string, datagrams: number): string {
		const program = join(folder, `ring-${sanitizer.replace(",", "-")}`);
		const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", `-fsanitize=${sanitizer}`];
		const source = join(HERE, "ring-test.c");
		execFileSync("gcc", [...flags, "-fno-sanitize-recover=all", "-I", DRIVERS, source, "-o", program]);
		return execFileSync(program, [String(datagrams)], { encoding: "utf8", timeout: 50_000 });
	}

	it("gives two threads each datagram once, in order and whole, within its memory", () => {
		const output = run("address,undefined", 20_000);
		assert.match(output, /^20000 taken, 2857 too long, was full$/m);
	});

	it("has no race between the thread that puts and the one that takes", () => {
		assert.match(run("thread", 5_000), /^5000 taken/m);
	});
});
