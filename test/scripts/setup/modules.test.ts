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

interface Package {
	version: string;
	integrity?: string;
	optional?: boolean;
	os?: string[];
	cpu?: string[];
}
type Lock = { packages: Record<string, Package> };
interface Modules {
	difference(wanted: Lock, found: Lock): string | undefined;
	setUpModules(context: object): Promise<void>;
}

describe("setup: node modules", () => {
	let modules: Modules;
	before(async () => {
		modules = await load<Modules>("modules.mjs");
	});
	const a = { version: "1.0.0", integrity: "sha512-a" };
	const b = { version: "2.0.0", integrity: "sha512-b" };

	it("finds nothing to do where the installed packages are those of the lock file", () => {
		assert.equal(modules.difference({ packages: { "": a, a, b } }, { packages: { a, b } }), undefined);
	});

	it("names a package that is missing, of another version, of other content, or too many", () => {
		assert.equal(modules.difference({ packages: { a, b } }, { packages: { a } }), "b");
		assert.equal(modules.difference({ packages: { a } }, { packages: { a: { ...a, version: "1.0.1" } } }), "a");
		assert.equal(modules.difference({ packages: { a } }, { packages: { a: { ...a, integrity: "sha512-x" } } }), "a");
		assert.equal(modules.difference({ packages: { a } }, { packages: { a, b } }), "b");
	});

	it("does without an optional package for another kind of machine, and not for this one", () => {
		const elsewhere = { ...b, optional: true, os: ["plan9"] };
		const here = { ...b, optional: true, os: [process.platform], cpu: [process.arch] };
		assert.equal(modules.difference({ packages: { a, b: elsewhere } }, { packages: { a } }), undefined);
		assert.equal(modules.difference({ packages: { a, b: here } }, { packages: { a } }), "b");
	});
});

describe("setup: an installation of node modules that is broken off", () => {
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

	/** An npm that writes what npm keeps of its work, and one more file, then does as it is told. */
	function npmThat(file: string, ending: string): void {
		const script = `#!/bin/sh\nmkdir -p node_modules\ncp package-lock.json node_modules/.package-lock.json\n: > node_modules/${file}\n${ending}\n`;
		writeFileSync(join(folder, "path", "npm"), script, { mode: 0o755 });
	}

	it("leaves nothing to the next one, however whole npm's own record of it looks", async () => {
		const { setUpModules } = await load<Modules>("modules.mjs");
		npmThat("half", "exit 1");
		await assert.rejects(setUpModules(context));
		npmThat("whole", "exit 0");
		await setUpModules(context);
		assert.deepEqual(readdirSync(join(folder, "node_modules")).sort(), [".package-lock.json", "whole"]);
		await setUpModules(context);
		assert.equal(said.length, 2);
	});

	it("by a signal, is over: npm does not go on", async () => {
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
