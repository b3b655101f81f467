/** transfer, drain and reads from one member, against three members that are processes of this machine in all but name. */
import { strict as assert } from "node:assert";
import { HostCluster, type Outcome } from "./host-cluster";

describe("balsa: who leads, and who serves a read", () => {
	let cluster: HostCluster;
	const balsa = (...words: string[]): Promise<Outcome> => cluster.balsa(...words);

	before(async () => {
		cluster = await HostCluster.start(3);
	});
	after(() => cluster.stop());

	it("moves to the member that is asked for, and to another", async () => {
		assert.equal((await balsa("put", "colour", "blue")).code, 0);
		for (const id of [1, 2, 3])
			assert.match((await balsa("transfer", String(id))).out, new RegExp(`^leader ${id}, term `));
		assert.match((await balsa("transfer")).out, /^leader [12], term /);
		const none = await balsa("transfer", "9");
		assert.deepEqual(
			[none.code, none.error],
			[1, "balsa: NOT_A_VOTER: there is no such voter that could lead; `balsa member list` shows the voters\n"],
		);
	});

	it("leaves a member that drains until it is told otherwise", async () => {
		assert.equal((await balsa("transfer", "2")).code, 0);
		assert.match((await balsa("drain", "2")).out, /^member 2 drains, the leader is [13]\n/);
		const refused = await balsa("transfer", "2");
		assert.equal(refused.code, 3, refused.error);
		assert.equal((await balsa("drain", "2", "--end")).out, "member 2 may lead again\n");
		assert.equal((await balsa("transfer", "2")).out.slice(0, 8), "leader 2");
	});

	it("serves reads from any member, and says how old the local ones are", async () => {
		const { out } = await balsa("put", "colour", "green");
		const revision = out.trim().split(" ")[1];
		for (const id of ["1", "2", "3"]) {
			assert.equal((await balsa("get", "colour", "--follower", "--from", id)).out, "green\n");
			const local = await balsa("get", "colour", "--local", "--from", id, "--not-before", revision);
			assert.equal(local.out, "green\n");
			assert.match(
				local.error,
				new RegExp(`^member ${id}: revision ${revision}, index \\d+, leader heard \\d+ ms ago\n`),
			);
		}
		const told = JSON.parse((await balsa("get", "colour", "--local", "--json")).out);
		assert.ok(told.value === "green" && told.index > 0 && told.leaderAgeMs < 1000, JSON.stringify(told));
		const early = await balsa("get", "colour", "--local", "--not-before", String(Number(revision) + 1000));
		assert.match(early.error, /^balsa: REVISION_NOT_REACHED: /);
		assert.equal(early.code, 1);
		assert.equal((await balsa("get", "colour", "--local", "--follower")).code, 2);
		assert.equal((await balsa("get", "colour", "--from", "2")).code, 2);
	});
});
