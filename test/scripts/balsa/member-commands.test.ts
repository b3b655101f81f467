/** member: who belongs to the cluster, at members that are processes of this machine in all but name. */
import { strict as assert } from "node:assert";
import { HostClient } from "../../../scripts/balsa/host-client";
import { HostCluster, type Outcome } from "./host-cluster";

function assertDone(outcome: Outcome, out: RegExp | string): void {
	assert.equal(outcome.code, 0, outcome.error);
	if (typeof out === "string") assert.equal(outcome.out, out);
	else assert.match(outcome.out, out);
}

function assertRefused(outcome: Outcome, name: string): void {
	assert.deepEqual([outcome.code, outcome.out], [1, ""], outcome.error);
	assert.match(outcome.error, new RegExp(`^balsa: ${name}: `, "m"));
}

describe("balsa member", function () {
	this.timeout(60_000);
	let cluster: HostCluster;
	const balsa = (...words: string[]): Promise<Outcome> => cluster.balsa("member", ...words);
	const list = async () => JSON.parse((await balsa("list", "--json")).out);
	const names = async () =>
		(await list()).members
			.map(
				({ id, incarnation, role }: { id: number; incarnation: number; role: string }) =>
					`${id}.${incarnation} ${role}`,
			)
			.join(", ");

	beforeEach(async () => {
		cluster = await HostCluster.start(3, 2);
		assert.equal((await cluster.balsa("put", "first", "1")).code, 0);
	});
	afterEach(() => cluster.stop());

	it("lists who the members are, with their addresses and how far they are", async () => {
		await cluster.balsa("put", "colour", "blue");
		const { code, out } = await balsa("list");
		assert.equal(code, 0);
		const lines = out.split("\n");
		assert.match(lines[0], /^id +incarnation +role +address +match\/last +stage$/);
		for (const id of [1, 2, 3])
			assert.match(lines[id], new RegExp(`^${id} +1 +voter +${cluster.address(id)} +\\d+/\\d+ +(leader|votes)`));
		assert.match(lines[4], /^configuration 0, committed; leader [123] of term \d+$/);
		const told = await list();
		assert.deepEqual([told.isCommitted, told.isJoint, told.members.length, told.leaseMs], [true, false, 3, 0]);
	});

	it("adds a node that was formatted to join: a learner, which catches up and then votes", async () => {
		for (let i = 0; i < 20; i++) await cluster.balsa("put", `key${i}`, "value");
		assert.equal((await cluster.join(4, 1)).code, 0);
		const added = await balsa("add", "4", "--address", cluster.address(4));
		assertDone(added, "done: 4.1 votes\n");
		assert.match(added.error, /^4\.1: learner\n(4\.1: catching up \d+\/\d+\n)+$/);
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter, 4.1 voter");
		assertRefused(await balsa("add", "4", "--address", cluster.address(4)), "ALREADY_A_MEMBER");
		assertRefused(await balsa("promote", "4"), "ALREADY_A_VOTER");
		// It is found when it leads, although the command line does not name it.
		assertDone(await cluster.balsa("transfer", "4"), /^leader 4, term /);
		assert.equal((await list()).leader, 4);
		assertDone(await balsa("set", "--lease", "500"), "done: leaseMs 500\n");
	});

	it("leaves a learner a learner until it is promoted, and removes it", async () => {
		await cluster.join(4, 1);
		assertDone(await balsa("add", "4", "--learner", "--address", cluster.address(4)), "done: 4.1 is a learner\n");
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter, 4.1 learner");
		assertDone(await balsa("promote", "4.1"), "done: 4.1 votes\n");
		assertDone(await balsa("remove", "4"), "done: 4.1 is no member any more\n");
		assertRefused(await balsa("remove", "4"), "NO_SUCH_MEMBER");
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter");
	});

	it("has a leader hand over before it goes, and keeps the last voter", async () => {
		assertDone(await cluster.balsa("transfer", "2"), /^leader 2/);
		const removed = await balsa("remove", "2");
		assertDone(removed, "done: 2.1 is no member any more\n");
		assert.match(removed.error, /^handing over leadership\n[13] leads\n$/);
		assert.equal((await cluster.balsa("put", "a", "b")).code, 0);
		assert.equal((await balsa("remove", "1")).code, 0);
		assertRefused(await balsa("remove", "3"), "LAST_VOTER");
		assert.equal(await names(), "3.1 voter");
	});

	it("replaces a dead node by another, and by its own next life", async () => {
		await cluster.balsa("put", "colour", "blue");
		cluster.crash(2);
		await cluster.join(4, 1);
		const replaced = await balsa("replace", "2", "4", "--address", cluster.address(4), "--json");
		assert.equal(replaced.code, 0, replaced.error);
		const told = JSON.parse(replaced.out);
		assert.equal(told.done, "4.1 is in the place of 2.1");
		assert.equal(told.stages.at(-1), "joint");
		assert.equal(await names(), "1.1 voter, 3.1 voter, 4.1 voter");
		cluster.crash(1);
		await cluster.join(1, 2);
		assertDone(await balsa("replace", "1", "1"), "done: 1.2 is in the place of 1.1\n");
		assert.equal(await names(), "1.2 voter, 3.1 voter, 4.1 voter");
		assertRefused(await balsa("replace", "1", "1"), "SAME_LIFE");
		assertRefused(await balsa("add", "1.1"), "LIFE_OVER");
		assertDone(await cluster.balsa("get", "colour"), "blue\n");
	});

	it("adds a witness, which says itself what it is, and puts another in its place", async () => {
		await cluster.balsa("put", "colour", "blue");
		await cluster.join(4, 1, "--witness");
		const added = await balsa("add", "4", "--address", cluster.address(4));
		assertDone(added, "done: 4.1 votes\n");
		assert.match(added.error, /^4\.1: witness learner\n4\.1: catching up /);
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter, 4.1 witness");
		cluster.crash(4);
		await cluster.join(5, 1, "--witness");
		const replaced = await balsa("replace", "4", "5", "--witness", "--address", cluster.address(5));
		assertDone(replaced, "done: 5.1 is in the place of 4.1\n");
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter, 5.1 witness");
		await cluster.join(4, 2);
		assertRefused(await balsa("add", "4", "--witness", "--address", cluster.address(4)), "NOT_A_WITNESS");
		assertDone(await cluster.balsa("get", "colour"), "blue\n");
		// Two who keep the state and a witness are as few as may be for one of those to go.
		assertDone(await balsa("remove", "1"), "done: 1.1 is no member any more\n");
		assertDone(await balsa("remove", "2"), "done: 2.1 is no member any more\n");
		assertRefused(await balsa("remove", "3"), "LAST_VOTER");
	});

	it("replaces a leader that lives, which hands over first", async () => {
		assertDone(await cluster.balsa("transfer", "3"), /^leader 3/);
		await cluster.join(4, 1);
		const replaced = await balsa("replace", "3", "4", "--address", cluster.address(4));
		assertDone(replaced, "done: 4.1 is in the place of 3.1\n");
		assert.match(replaced.error, /handing over leadership\n[12] leads\n/);
		assert.equal(await names(), "1.1 voter, 2.1 voter, 4.1 voter");
	});

	it("says that a node that is not there has not caught up, and goes on where it was when typed again", async () => {
		const waited = await balsa("add", "4.1", "--address", cluster.address(4), "--timeout", "1500");
		assertRefused(waited, "NOT_CAUGHT_UP");
		assert.match(waited.error, /it came as far as "4\.1: catching up 0\/\d+"/);
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter, 4.1 learner");
		await cluster.join(4, 1);
		assertDone(await balsa("promote", "4"), "done: 4.1 votes\n");
	});

	it("sets what all members share, and refuses what does not go together", async () => {
		assertDone(await balsa("set", "--lease", "900", "--quiet-after", "1000"), "done: leaseMs 900, quietAfterMs 1000\n");
		const told = await list();
		assert.deepEqual([told.leaseMs, told.quietAfterMs], [900, 1000]);
		assertRefused(await balsa("set", "--lease", "1200"), "BAD_CONFIGURATION");
		const before = (await list()).index;
		assertDone(await balsa("set", "--lease", "900"), "done: leaseMs 900\n");
		assert.equal((await list()).index, before);
		assertDone(await balsa("set", "--lease", "0", "--quiet-after", "0"), /^done/);
		assertDone(await balsa("set", "--level", "1"), "done: level 1\n");
		assertRefused(await balsa("set", "--level", "99"), "LEVEL_NOT_SPOKEN");
	});

	it("prefers members as leaders, and a replacement has the priority of whom it replaces", async () => {
		const done = "done: priority 3 of 2, priority 1 of 3\n";
		assertDone(await balsa("set", "--priority", "2=3", "--priority", "3=1"), done);
		const priorities = async () => (await list()).members.map((member: { priority: number }) => member.priority);
		assert.deepEqual(await priorities(), [0, 3, 1]);
		assert.match((await balsa("list")).out, /^id +incarnation +role +priority +address/);
		await cluster.join(4, 1);
		assertDone(await balsa("replace", "3", "4", "--address", cluster.address(4)), /^done/);
		assert.deepEqual(await priorities(), [0, 3, 1]);
		assertRefused(await balsa("set", "--priority", "9=1"), "NO_SUCH_MEMBER");
		for (const wrong of ["2", "2=4", "2=", "=1", "2=1=1"])
			assert.equal((await balsa("set", "--priority", wrong)).code, 2, wrong);
		assertDone(await balsa("set", "--priority", "2=0", "--priority", "4=0"), /^done/);
	});

	it("does not know what came of a change while nobody can commit, and finds out afterwards", async () => {
		assertDone(await cluster.balsa("transfer", "1"), /^leader 1/);
		cluster.crash(2);
		cluster.crash(3);
		// Of the first alone, for it leads on only until it misses the others.
		const words = ["member", "set", "--quiet-after", "5000", "--timeout", "1000"];
		const outcome = await cluster.balsaAt([1], ...words);
		assert.equal(outcome.code, 3, outcome.error);
		assert.match(outcome.error, /^balsa: OUTCOME_UNKNOWN: .*member list/);
		const later = balsa("set", "--quiet-after", "5000");
		await cluster.boot(2);
		assertDone(await later, "done: quietAfterMs 5000\n");
		assert.equal((await list()).quietAfterMs, 5000);
	});

	it("F1: refuses a change that a live majority could not go on with, says what to do, and takes what heals", async () => {
		cluster.crash(3);
		for (const id of ["2", "1"]) {
			const outcome = await balsa("remove", id);
			assertRefused(outcome, "QUORUM_AT_RISK");
			assert.match(outcome.error, /`balsa status`/);
		}
		assertDone(await cluster.balsa("put", "after", "1"), "revision 2\n");
		assertDone(await balsa("remove", "3.1"), /^done/);
		assert.equal(await names(), "1.1 voter, 2.1 voter");
	});

	it("P3: adds nobody where another member is", async () => {
		await cluster.join(4, 1);
		assertRefused(await balsa("add", "4.1", "--learner", "--address", cluster.address(1)), "ADDRESS_TAKEN");
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter");
	});

	it("ends each of two that change something at once as it was asked for", async () => {
		await cluster.join(4, 1);
		await cluster.join(5, 1);
		const both = await Promise.all([
			balsa("add", "4", "--address", cluster.address(4)),
			balsa("add", "5", "--address", cluster.address(5)),
			balsa("set", "--quiet-after", "60000"),
		]);
		for (const outcome of both) assert.equal(outcome.code, 0, outcome.error);
		assert.equal(await names(), "1.1 voter, 2.1 voter, 3.1 voter, 4.1 voter, 5.1 voter");
		assert.equal((await list()).quietAfterMs, 60_000);
	});

	it("refuses a command line that says too little or nonsense", async () => {
		for (const words of [
			["add"],
			["add", "0"],
			["add", "4.0"],
			["add", "1.2.3"],
			["add", "4", "--address", "nowhere"],
			["remove", "x"],
			["replace", "1"],
			["set"],
			["set", "--lease", "-1"],
			["grow"],
		])
			assert.equal((await balsa(...words)).code, 2, words.join(" "));
		assert.equal((await balsa("add", "4")).code, 2);
		assertRefused(await balsa("add", "4", "--address", cluster.address(4)), "UNREACHABLE");
		assertRefused(await balsa("promote", "9"), "NO_SUCH_MEMBER");
		const help = await balsa("replace", "--help");
		assert.equal(help.code, 0);
		assert.match(help.out, /member replace 2 6/);
	});

	it("tells a client of the library the members' addresses", async () => {
		const members = [{ id: 1, address: "127.0.0.1", port: cluster.port(1) }];
		const client = await HostClient.open({ clusterHigh: 0x0ba15a00, clusterLow: 0x11223344, members });
		try {
			const { membership } = await client.members();
			assert.deepEqual(
				membership?.rows.map((row) => [row.id, row.port]),
				[1, 2, 3].map((id) => [id, cluster.port(id)]),
			);
		} finally {
			client.destroy();
		}
	});
});
