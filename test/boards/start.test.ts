/** `npm start` as a process, with five real boards: what it says, and that nothing of it stays, however it ends. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { statePath } from "../../scripts/cluster/state";
import { LIMIT_MS, membersIn, Program } from "./program";

const START = ["--import", "tsx", "scripts/start.ts"];
const READY = /^Ready after/m;

describe("npm start", function () {
	this.timeout(3 * LIMIT_MS);
	let folder: string;
	const programs: Program[] = [];
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "bs-"));
	});
	afterEach(async () => {
		for (const program of programs.splice(0)) {
			program.child.kill("SIGKILL");
			await program.ended();
		}
		for (const pid of membersIn(folder)) process.kill(pid, "SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	function run(command: string, words: readonly string[], environment?: NodeJS.ProcessEnv): Program {
		const program = new Program(command, words, environment);
		programs.push(program);
		return program;
	}

	const start = (environment?: NodeJS.ProcessEnv) => run(process.execPath, [...START, "--folder", folder], environment);

	function assertNothingStays(): void {
		assert.deepEqual(membersIn(folder), []);
		assert.equal(existsSync(statePath(folder)), false);
	}

	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
		it(`reaches a leader, tells what to type, and ends with 0 on ${signal}`, async () => {
			const program = start();
			await program.until(/Ctrl-C ends the boards/);
			assert.match(program.output, /^Ready after [\d.]+ s: board \d leads term \d+/m);
			assert.equal(membersIn(folder).length, 5);
			program.child.kill(signal);
			assert.equal(await program.ended(), 0);
			assert.match(program.output, /The boards have ended\.\n$/);
			assertNothingStays();
		});

	it("ends when a signal comes while it boots", async () => {
		const program = start();
		await program.until(() => membersIn(folder).length > 0);
		program.child.kill("SIGINT");
		assert.equal(await program.ended(), 0);
		assertNothingStays();
	});

	it("shows what is typed in another terminal, and keeps it for the next start", async () => {
		const balsa = async (...words: string[]) => {
			const program = run(process.execPath, ["scripts/balsa.mjs", ...words], { BALSA_STATE: statePath(folder) });
			assert.equal(await program.ended(), 0, program.output);
			return program.output;
		};
		const first = start();
		await first.until(READY);
		await balsa("put", "hello", "world");
		await balsa("node", "kill", "2");
		await first.until(/^[\d:]+ {2}2 has no power$/m);
		await balsa("node", "start", "2");
		await first.until(/^[\d:]+ {2}2 boots; its flash knows term/m);
		await balsa("node", "pause", "3");
		await first.until(/^[\d:]+ {2}3 is paused/m);
		first.child.kill("SIGTERM");
		assert.equal(await first.ended(), 0);
		assertNothingStays();
		const second = start();
		await second.until(READY);
		assert.equal(await balsa("get", "hello"), "world\n");
	});

	it("refuses a second cluster in the same folder in one line, and leaves the first alone", async () => {
		const first = start();
		await first.until(READY);
		const second = start();
		assert.equal(await second.ended(), 1);
		assert.match(second.output, /^npm start: RUNNING: a cluster runs in .* already \(process \d+\)/m);
		assert.equal(membersIn(folder).length, 5);
	});

	it("names a missing tool", async () => {
		const tools = join(folder, "tools");
		mkdirSync(tools);
		for (const name of ["arm-none-eabi-gcc", "gcc", "as", "ld", "cc", "setpriv", "sh"]) {
			const path = ["/usr/bin", "/bin"].map((place) => join(place, name)).find(existsSync);
			if (path !== undefined) symlinkSync(path, join(tools, name));
		}
		const program = start({ PATH: tools });
		assert.equal(await program.ended(), 1);
		assert.match(program.output, /^npm start: MISSING_TOOL: qemu-system-arm is missing/m);
		assertNothingStays();
	});

	it("names a flash file that is none, and leaves no board behind", async () => {
		mkdirSync(join(folder, "flash"));
		writeFileSync(join(folder, "flash", "4.flash"), "short");
		const program = start();
		assert.equal(await program.ended(), 1);
		assert.match(program.output, /^npm start: BAD_FLASH: .*4\.flash is no flash image/m);
		assertNothingStays();
	});

	it("ends when npm is killed, whose shell goes on", async () => {
		// As npm does it: a shell runs the two commands of the script, and waits for the second.
		const script = `true && "${process.execPath}" ${START.join(" ")} --folder "${folder}"`;
		const npm = run(process.execPath, ["-e", NPM, script], { npm_lifecycle_event: "start" });
		await npm.until(READY);
		npm.child.kill("SIGKILL");
		await npm.until(() => membersIn(folder).length === 0 && !existsSync(statePath(folder)));
	});
});

const NPM = `require("node:child_process").spawn("sh", ["-c", process.argv[1]], { stdio: "inherit" });`;
