/** `npm run demo` as a process: nothing of it stays, even when it is killed while a member runs on the host. */
import assert from "node:assert/strict";
import { existsSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT } from "../../scripts/firmware/paths";
import { LIMIT_MS, membersIn, Program } from "./program";

/** @returns the name of what a process runs, or "" when it has ended since it was listed */
function programOf(pid: number): string {
	try {
		return basename(readlinkSync(`/proc/${pid}/exe`));
	} catch {
		return "";
	}
}

describe("npm run demo", function () {
	this.timeout(3 * LIMIT_MS);
	let program: Program;
	let folder: string;
	beforeEach(() => {
		program = new Program(process.execPath, ["--import", "tsx", "scripts/demo.ts", "--small"]);
		folder = join(ROOT, "build", "demo", String(program.child.pid));
	});
	afterEach(async () => {
		program.child.kill("SIGKILL");
		await program.ended();
		for (const pid of membersIn(folder)) process.kill(pid, "SIGKILL");
	});

	it("holds, and removes its folder", async () => {
		assert.equal(await program.ended(), 0, program.output);
		assert.match(program.output, /^1 passed, 0 failed$/m);
		assert.equal(existsSync(folder), false);
		assert.deepEqual(membersIn(folder), []);
	});

	it("leaves no board and no host member behind, killed while both run", async () => {
		await program.until(/`balsa serve` goes on/);
		const programs = membersIn(folder).map(programOf);
		assert.equal(programs.filter((name) => name === "node").length, 1, programs.join(" "));
		assert.ok(programs.includes("qemu-system-arm"), programs.join(" "));
		program.child.kill("SIGKILL");
		await program.until(() => membersIn(folder).length === 0);
	});

	it("ends its boards on SIGINT, and says so by its exit code", async () => {
		await program.until(/^ {2}elect .*leads term/m);
		program.child.kill("SIGINT");
		assert.equal(await program.ended(), 130);
		assert.deepEqual(membersIn(folder), []);
	});
});
