import assert from "node:assert/strict";
import { spawn } from "node:child_process";
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
import { delimiter, join } from "node:path";
import { copySetup, load } from "./load";

interface SetupLock {
	takeLock(path: string, onWait: () => void): Promise<() => void>;
}

interface Modules {
	setUpModules(context: object): Promise<void>;
}

describe("setup: node modules", () => {
	let folder: string;
	let context: object;
	let said: string[];
	const oldPath = process.env["PATH"];
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-modules-"));
		mkdirSync(join(folder, "path"));
		said = [];
		context = { root: folder, log: join(folder, "build", "log"), say: (line: string) => said.push(line) };
		writeFileSync(join(folder, "package-lock.json"), LOCK);
		process.env["PATH"] = `${join(folder, "path")}${delimiter}${oldPath}`;
	});
	afterEach(() => {
		process.env["PATH"] = oldPath;
		rmSync(folder, { recursive: true, force: true });
	});
	const LOCK = JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } });

	/** A program in npm's place. Like `npm ci`, it removes node_modules, writes its record and a file, and ends as told. */
	function npmThat(file: string, ending: string): void {
		const script = [
			"#!/bin/sh",
			'test "$1" = ci || exit 9',
			"rm -rf node_modules",
			"mkdir node_modules",
			`: > node_modules/${file}`,
			ending,
			"",
		].join("\n");
		writeFileSync(join(folder, "path", "npm"), script, { mode: 0o755 });
	}

	const installed = () => readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));

	it("installs once, and again when the lock file has changed", async () => {
		const { setUpModules } = await load<Modules>("modules.mjs");
		npmThat("first", "exit 0");
		await setUpModules(context);
		npmThat("second", "exit 0");
		await setUpModules(context);
		assert.deepEqual(installed(), ["first"]);
		writeFileSync(join(folder, "package-lock.json"), `${LOCK} `);
		await setUpModules(context);
		assert.deepEqual(installed(), ["second"]);
		assert.equal(said.length, 2);
	});

	it("installs everything again after an installation that was broken off", async () => {
		const { setUpModules } = await load<Modules>("modules.mjs");
		npmThat("half", "exit 1");
		await assert.rejects(setUpModules(context));
		npmThat("whole", "exit 0");
		await setUpModules(context);
		assert.deepEqual(installed(), ["whole"]);
		assert.equal(said.length, 2);
	});

	it("says what to do when the lock file is missing", async () => {
		const { setUpModules } = await load<Modules>("modules.mjs");
		rmSync(join(folder, "package-lock.json"));
		await assert.rejects(setUpModules(context), /package-lock\.json cannot be read\. Restore it/);
	});

	it("ends npm when a signal ends the set-up", async () => {
		npmThat("half", "trap '' TERM\necho $$ > begun.new\nmv begun.new begun\nwhile :; do sleep 0.05; done");
		copySetup(folder);
		for (const tool of ["qemu-system-arm", "arm-none-eabi-gcc", "gcc", "xz"])
			writeFileSync(join(folder, "path", tool), "#!/bin/sh\necho /\n", { mode: 0o755 });
		symlinkSync(process.execPath, join(folder, "path", "node"));
		const child = spawn(process.execPath, [join(folder, "scripts", "setup.mjs")], { stdio: "ignore" });
		const ended = new Promise((resolve) => child.once("exit", resolve));
		while (!existsSync(join(folder, "begun"))) await new Promise((resolve) => setTimeout(resolve, 20));
		child.kill("SIGTERM");
		assert.equal(await ended, 143);
		assert.equal(existsSync(join("/proc", readFileSync(join(folder, "begun"), "utf8").trim(), "exe")), false);
		const { takeLock } = await load<SetupLock>("lock.mjs");
		(await takeLock(join(folder, "build", "setup", "lock"), () => assert.fail("the lock is not free")))();
	});
});
