import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeFlash } from "../../../platform/node/flash";
import { main } from "../../../scripts/balsa/main";

describe("balsa format", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "balsa-format-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	async function format(peers: string, ...more: string[]): Promise<{ code: number; out: string; error: string }> {
		const outcome = { code: 0, out: "", error: "" };
		const words = ["format", "--id", "1", "--data", folder, "--peers", peers, ...more];
		outcome.code = await main(words, {
			out: (data) => (outcome.out += Buffer.from(data).toString()),
			error: (line) => (outcome.error += `${line}\n`),
		});
		return outcome;
	}

	const refusals: [string, string, RegExp][] = [
		["no machine", "1=0.0.0.0:7000,2=10.0.0.2:7000", /BAD_ADDRESS: member 1: 0\.0\.0\.0 names no machine/],
		["a broadcast", "1=10.0.0.1:7000,2=255.255.255.255:7001", /BAD_ADDRESS: member 2: .* broadcast/],
		["a multicast", "1=10.0.0.1:7000,3=224.0.0.1:9", /BAD_ADDRESS: member 3: .* multicast/],
		["port 0", "1=10.0.0.1:0", /is not HOST:PORT/],
		["one address under two names", "1=localhost:7000,2=127.0.0.1:7000", /ADDRESS_TAKEN: members 1 and 2/],
		[
			"more members than a node holds",
			[1, 2, 3, 4, 5, 6, 7, 8].map((id) => `${id}=10.0.0.${id}:7000`).join(","),
			/MEMBER_LIMIT: 8 members are more than the 7/,
		],
	];
	for (const [what, peers, message] of refusals)
		it(`P2: refuses ${what} by name, and writes nothing`, async () => {
			const { code, error } = await format(peers);
			assert.equal(code, 2, error);
			assert.match(error, message);
			assert.equal(existsSync(join(folder, "1.flash")), false);
		});

	it("P2: warns where some members are at a loopback address and others are not", async () => {
		const { code, error } = await format("1=127.0.1.1:18301,2=192.168.1.2:7000");
		assert.equal(code, 0);
		assert.match(error, /warning: member 1 is at 127\.0\.1\.1, .*\/etc\/hosts/);
		assert.equal((await format("1=127.0.0.1:1,2=127.0.0.1:2", "--force")).error, "");
	});

	it("P7: takes a host name with an underscore as one", async () => {
		assert.match((await format("1=no_such_host.invalid:7000")).error, /the host name "no_such_host.invalid"/);
	});

	it("F4: never replaces a flash that a node runs from, not with --force", async () => {
		assert.equal((await format("1=127.0.0.1:7000")).code, 0);
		const path = join(folder, "1.flash");
		const before = readFileSync(path);
		assert.match((await format("1=127.0.0.1:7000")).error, /^balsa: FORMATTED: .*--force/);
		const flash = new NodeFlash(path);
		const { code, error } = await format("1=127.0.0.1:7000", "--force");
		assert.equal(code, 1);
		assert.match(error, /^balsa: LOCKED: .*1\.flash is in use by process \d+: stop it first/);
		flash.close();
		assert.ok(before.equals(readFileSync(path)));
		assert.equal((await format("1=127.0.0.1:7000", "--force")).code, 0);
	});
});
