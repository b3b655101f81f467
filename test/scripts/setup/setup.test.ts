import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copySetup, load, pathOf } from "./load";

interface Failure {
	SetupFailure: new (message: string, exitCode?: number) => Error & { exitCode: number };
	causeOf(output: string): string | undefined;
}
interface Vendor {
	checkHash(title: string, path: string, expected: string): void;
	vendor(context: object, part: object): Promise<void>;
}
interface NodeVersion {
	checkNodeVersion(version: string): void;
}
interface Lwip {
	writeConfiguration(folder: string, system: string, release: string): string;
}

describe("setup", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-setup-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	/** A copy of the set-up alone, started with a PATH that holds only the named programs. */
	function start(programs: string[], args: string[] = [], hasLock = true) {
		copySetup(folder);
		const path = join(folder, "path");
		mkdirSync(path);
		for (const program of programs) writeFileSync(join(path, program), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
		symlinkSync(process.execPath, join(path, "node"));
		if (hasLock) symlinkSync(pathOf("flock"), join(path, "flock"));
		return spawnSync(process.execPath, [join(folder, "scripts", "setup.mjs"), ...args], {
			env: { PATH: path },
			encoding: "utf8",
		});
	}

	it("explains itself and touches nothing", () => {
		const result = start([], ["--help"]);
		assert.equal(result.status, 0);
		assert.match(result.stdout, /^usage: /);
		assert.equal(existsSync(join(folder, "build")), false);
	});

	it("refuses an unknown argument", () => {
		const result = start([], ["--hlep"]);
		assert.equal(result.status, 2);
		assert.match(result.stderr, /unknown argument --hlep/);
	});

	it("without apt, names what is missing in one line and ends with 2", () => {
		const result = start(["qemu-system-arm", "xz"]);
		assert.equal(result.status, 2);
		assert.equal(
			result.stderr,
			"setup: these are missing, and there is no apt-get to install them with (names as in Debian 12): gcc-arm-none-eabi libnewlib-arm-none-eabi gcc libc6-dev\n",
		);
	});

	it("F4: without flock, names the package that has it and ends with 2", () => {
		const result = start([], [], false);
		assert.equal(result.status, 2);
		assert.match(result.stderr, /^setup: flock is missing, .*install util-linux/);
	});

	it("takes Node.js from 20.19 on", async () => {
		const { checkNodeVersion } = await load<NodeVersion>("node-version.mjs");
		checkNodeVersion("20.19.0");
		checkNodeVersion("20.20.2");
		checkNodeVersion("24.0.0-nightly");
		assert.throws(() => checkNodeVersion("20.18.3"), /20\.19\.0 or newer is needed; this is 20\.18\.3/);
		assert.throws(() => checkNodeVersion("18.20.4"), { exitCode: 2 });
	});

	it("says the cause of a failed program in plain words", async () => {
		const { causeOf } = await load<Failure>("failure.mjs");
		assert.match(causeOf("npm error code ENOTFOUND") ?? "", /no network/);
		assert.match(causeOf("E: Failed to fetch …  Temporary failure resolving 'x'") ?? "", /no network/);
		assert.match(causeOf("tar: write error: No space left on device") ?? "", /disk is full/);
		assert.match(causeOf("407  Proxy Authentication Required") ?? "", /proxy/);
		assert.equal(causeOf("Segmentation fault"), undefined);
	});

	it("refuses an archive of another hash by name, and keeps what stood there before", async () => {
		const { vendor } = await load<Vendor>("vendor.mjs");
		mkdirSync(join(folder, "vendor", "part"), { recursive: true });
		writeFileSync(join(folder, "vendor", "part", "old"), "");
		const context = { build: folder, work: join(folder, "work"), log: join(folder, "log"), say: () => {} };
		const part = {
			name: "part",
			title: "the part",
			file: "part.tar",
			sha256: "0".repeat(64),
			hint: "",
			tarArguments: [],
			fetch: async (target: string) => writeFileSync(join(target, "part.tar"), "other"),
		};
		const found = createHash("sha256").update("other").digest("hex");
		await assert.rejects(vendor(context, part), new RegExp(`the part: .*${found}`));
		assert.equal(existsSync(join(folder, "vendor", "part", "old")), true);
	});

	it("unpacks the pinned archive once", async () => {
		const { vendor } = await load<Vendor>("vendor.mjs");
		mkdirSync(join(folder, "in", "top"), { recursive: true });
		writeFileSync(join(folder, "in", "top", "file"), "content");
		const tar = spawnSync("tar", ["-cf", "-", "-C", join(folder, "in"), "top"]).stdout;
		let fetches = 0;
		const context = { build: folder, work: join(folder, "work"), log: join(folder, "log"), say: () => {} };
		const part = {
			name: "part",
			title: "the part",
			file: "part.tar",
			sha256: createHash("sha256").update(tar).digest("hex"),
			hint: "",
			tarArguments: ["--strip-components=1"],
			async fetch(target: string) {
				fetches += 1;
				writeFileSync(join(target, "part.tar"), tar);
			},
		};
		await vendor(context, part);
		await vendor(context, part);
		assert.equal(fetches, 1);
		assert.equal(existsSync(join(folder, "vendor", "part", "file")), true);
		await vendor(context, { ...part, tarArguments: [] });
		assert.equal(fetches, 2);
		assert.equal(existsSync(join(folder, "vendor", "part", "top", "file")), true);
	});

	it("keeps apt's state inside its own folder, and says where no Debian archive is named", async () => {
		const { writeConfiguration } = await load<Lwip>("lwip.mjs");
		const system = join(folder, "etc");
		mkdirSync(join(system, "sources.list.d"), { recursive: true });
		assert.throws(() => writeConfiguration(join(folder, "apt"), system, "bookworm"), /names none for bookworm/);
		writeFileSync(join(system, "sources.list"), "deb http://mirror.example/debian bookworm main\n");
		writeConfiguration(join(folder, "apt"), system, "bookworm");
		assert.equal(existsSync(join(folder, "apt", "sources.list.d", "0.list")), true);
	});
});
