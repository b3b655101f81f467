import assert from "node:assert/strict";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { main } from "../../../scripts/balsa/main";
import { ensureFlash, FLASH_FILE_BYTES } from "../../../scripts/cluster/flash-file";
import { formattedPartition } from "../../../scripts/flash-image";
import { balsa, type Outcome, Processes } from "./processes";

/** In this process, where nothing else is needed. */
async function recover(...words: string[]): Promise<Outcome> {
	let [out, error] = ["", ""];
	const code = await main(["recover", ...words], {
		out: (data) => (out += Buffer.from(data).toString()),
		error: (line) => (error += `${line}\n`),
	});
	return { code, out, error };
}

describe("balsa recover: a majority is gone for good", () => {
	let cluster: Processes | undefined;
	afterEach(async () => {
		await cluster?.stop();
		cluster = undefined;
	});

	it("serves on from one flash of three, takes writes, and grows", async function () {
		this.timeout(120_000);
		cluster = await Processes.start(3);
		const all = cluster.at([1, 2, 3]);
		assert.equal((await balsa(["put", "colour", "blue", ...all])).code, 0);
		const survivor = cluster.flash(2);
		const locked = await recover(survivor, "--force", "--cluster-id", cluster.clusterId);
		assert.equal(locked.code, 1);
		assert.match(locked.error, /^balsa: LOCKED: .*2\.flash is in use by process \d+: stop it first/);
		for (const id of [1, 2, 3]) await cluster.end(id, "SIGKILL");
		const old = readFileSync(survivor);
		const shown = await recover(cluster.flash(1), survivor, cluster.flash(3));
		assert.equal(shown.code, 0, shown.error);
		assert.match(shown.out, /members as it knows them: 1\.1 2\.1 3\.1/);
		assert.match(shown.out, /<- the most/);
		assert.match(shown.out, /Nothing was written\. First try to bring a majority/);
		assert.ok(old.equals(readFileSync(survivor)), "a look changes nothing");
		for (const id of [1, 3]) rmSync(cluster.flash(id));

		const untold = await balsa(["recover", survivor, "--force"]);
		assert.equal(untold.code, 2);
		assert.match(untold.error, new RegExp(`--cluster-id ${cluster.clusterId}`));
		const wrong = await recover(survivor, "--force", "--cluster-id", "1111111111111111");
		assert.equal(wrong.code, 1);
		assert.match(wrong.error, /OTHER_CLUSTER: .*nothing was written/);
		assert.ok(old.equals(readFileSync(survivor)));

		const done = await recover(survivor, "--force", "--cluster-id", cluster.clusterId);
		assert.equal(done.code, 0, done.error);
		assert.match(
			done.out,
			/Lost may be what members of the old cluster \(1\.1 2\.1 3\.1\) acknowledged after index \d+/,
		);
		const id = /alone in the new cluster ([0-9a-f]{16})/.exec(done.out)?.[1] ?? "";
		assert.notEqual(id, cluster.clusterId);
		assert.ok(old.equals(readFileSync(`${survivor}.${cluster.clusterId}`)), "the old image is kept");

		await cluster.serve(2);
		const alone = cluster.at([2], id);
		assert.equal((await balsa(["get", "colour", ...alone])).out, "blue\n");
		const written = await balsa(["put", "colour", "green", ...alone]);
		assert.match(written.out, /^revision 10000\d{5}\n$/);
		const join = ["format", "--join", "--id", "1", "--data", cluster.folder, "--cluster-id", id];
		assert.equal((await balsa(join)).code, 0);
		await cluster.serve(1);
		const added = await balsa(["member", "add", "1", "--address", cluster.address(1), ...alone]);
		assert.equal(added.code, 0, added.error);
		assert.equal(
			(await balsa(["get", "colour", "--follower", "--from", "1", ...cluster.at([1, 2], id)])).out,
			"green\n",
		);
		// The old image is of a cluster that is over: it hears nobody, and nobody hears it.
		assert.equal((await balsa(["get", "colour", "--timeout", "500", ...cluster.at([1, 2])])).code, 1);
	});

	it("takes a board's flash, and tells the launcher that the other boards are gone", async () => {
		cluster = await Processes.start(0);
		const folder = join(cluster.folder, "flash");
		mkdirSync(folder);
		const configuration = new Configuration(3);
		for (const id of [1, 2, 3]) configuration.add(id, 1, ROLE_VOTER, 0x0a4d0000 + id, 7000);
		const [clusterHigh, clusterLow] = [0x01020304, 0x05060708];
		const path = join(folder, "3.flash");
		ensureFlash(path, () => formattedPartition({ clusterHigh, clusterLow, id: 3, incarnation: 1 }, configuration));
		const identity = join(cluster.folder, "identity.json");
		writeFileSync(identity, JSON.stringify({ clusterHigh, clusterLow, members: [1, 2, 3] }));
		const done = await recover(path, "--force", "--cluster-id", "0102030405060708", "--json");
		assert.equal(done.code, 0, done.error);
		const said = done.out.split("\n").find((line) => line.startsWith("{")) ?? "";
		assert.equal(JSON.parse(said).member, "3.2");
		assert.equal(statSync(path).size, FLASH_FILE_BYTES);
		const boards = JSON.parse(readFileSync(identity, "utf8"));
		assert.deepEqual(boards.members, [1, 2, 3]);
		assert.deepEqual(boards.boards, [
			{ id: 1, incarnation: 1, isGone: true },
			{ id: 2, incarnation: 1, isGone: true },
			{ id: 3, incarnation: 2 },
		]);
		assert.equal(
			[boards.clusterHigh, boards.clusterLow].map((half: number) => half.toString(16).padStart(8, "0")).join(""),
			JSON.parse(said).cluster,
		);
	});

	it("was cut off: what was there stays, and the same command ends it", async () => {
		cluster = await Processes.start(0);
		const format = ["--id", "1", "--data", cluster.folder, "--peers", "1=127.0.0.1:7000"];
		await balsa(["format", ...format, "--cluster-id", cluster.clusterId]);
		const path = cluster.flash(1);
		const old = readFileSync(path);
		// As a cut leaves it: the old image aside, and half of the new one.
		copyFileSync(path, `${path}.${cluster.clusterId}`);
		writeFileSync(`${path}.new`, "half of it");
		const done = await recover(path, "--force", "--cluster-id", cluster.clusterId);
		assert.equal(done.code, 0, done.error);
		assert.ok(!old.equals(readFileSync(path)));
		assert.equal(existsSync(`${path}.new`), false);
		assert.ok(old.equals(readFileSync(`${path}.${cluster.clusterId}`)));
	});

	it("refuses by name what holds nothing to go on with", async () => {
		cluster = await Processes.start(0);
		const format = ["--id", "1", "--data", cluster.folder, "--join", "--cluster-id", cluster.clusterId];
		await balsa(["format", ...format]);
		const path = cluster.flash(1);
		const joining = await recover(path, "--force", "--cluster-id", cluster.clusterId);
		assert.match(joining.error, /^balsa: NO_STATE: /);
		writeFileSync(join(cluster.folder, "blank"), Buffer.alloc(1024 * 1024, 0xff));
		assert.match((await recover(join(cluster.folder, "blank"), "--force")).error, /^balsa: UNFORMATTED: /);
		truncateSync(path, 5000);
		assert.match((await recover(path)).error, /^balsa: BAD_FLASH: /);
		assert.match((await recover(join(cluster.folder, "none"))).error, /^balsa: NO_FLASH: /);
		assert.equal((await recover(path, path, "--force")).code, 2);
	});
});
