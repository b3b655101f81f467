/** `npm start` as a process, with five real boards: what it says, and that nothing of it stays, however it ends. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { statePath } from "../../scripts/cluster/state";
import { ROOT } from "../../scripts/firmware/paths";

const START = ["--import", "tsx", "scripts/start.ts"];
const READY = /^Ready after/m;
const POLL_MS = 50;
const LIMIT_MS = 60_000;

/** A program with what it wrote so far. */
class Program {
	readonly child: ChildProcess;
	output = "";

	constructor(command: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
		const env = { ...process.env, ...environment };
		this.child = spawn(command, words, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [this.child.stdout, this.child.stderr])
			stream?.on("data", (data: Buffer) => (this.output += data));
	}

	async until(what: RegExp | (() => boolean)): Promise<void> {
		const endMs = performance.now() + LIMIT_MS;
		while (!(typeof what === "function" ? what() : what.test(this.output))) {
			if (performance.now() > endMs) assert.fail(`waited in vain for ${what}: ${this.output}`);
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	}

	/** @returns exit code, or the signal that ended it */
	async ended(): Promise<number | string> {
		const { child } = this;
		if (child.exitCode === null && child.signalCode === null) await once(child, "close");
		return child.exitCode ?? child.signalCode ?? "";
	}
}

/** @returns process ids of the emulators whose flash lies in the folder */
function boardsIn(folder: string): number[] {
	return readdirSync("/proc")
		.map(Number)
		.filter((pid) => pid > 0 && isBoard(pid, folder));
}

function isBoard(pid: number, folder: string): boolean {
	try {
		const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
		return command.startsWith("qemu-system-arm") && command.includes(`mem-path=${folder}/`);
	} catch {
		return false;
	}
}

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
		for (const pid of boardsIn(folder)) process.kill(pid, "SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	function run(command: string, words: readonly string[], environment?: NodeJS.ProcessEnv): Program {
		const program = new Program(command, words, environment);
		programs.push(program);
		return program;
	}

	const start = (environment?: NodeJS.ProcessEnv) => run(process.execPath, [...START, "--folder", folder], environment);

	function assertNothingStays(): void {
		assert.deepEqual(boardsIn(folder), []);
		assert.equal(existsSync(statePath(folder)), false);
	}

	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
		it(`reaches a leader, tells what to type, and ends with 0 on ${signal}`, async () => {
			const program = start();
			await program.until(/Ctrl-C ends the boards/);
			assert.match(program.output, /^Ready after [\d.]+ s: board \d leads term \d+/m);
			assert.equal(boardsIn(folder).length, 5);
			program.child.kill(signal);
			assert.equal(await program.ended(), 0);
			assert.match(program.output, /The boards have ended\.\n$/);
			assertNothingStays();
		});

	it("ends when a signal comes while it boots", async () => {
		const program = start();
		await program.until(() => boardsIn(folder).length > 0);
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
		assert.match(second.output, /^npm start: RUNNING: a cluster runs in .* already \(process \d+\)$/m);
		assert.equal(boardsIn(folder).length, 5);
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
		await npm.until(() => boardsIn(folder).length === 0 && !existsSync(statePath(folder)));
	});
});

const NPM = `require("node:child_process").spawn("sh", ["-c", process.argv[1]], { stdio: "inherit" });`;
