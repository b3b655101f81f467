/** A member that comes or moves to where another one is (etcd-io/etcd#1580). */
import assert from "node:assert/strict";
import { Configuration, ROLE_LEARNER, ROLE_VOTER } from "../../../core/configuration";
import { ADDRESS_TAKEN, DONE } from "../../../core/reasons";
import { hearVoters } from "./heard";
import { World } from "./world";

const ADDRESS = 0x0a4d0000;
const PORT = 7000;

type Row = readonly [id: number, incarnation: number, role: number, address: number, port: number];

const THREE: readonly Row[] = [1, 2, 3].map((id) => [id, 1, ROLE_VOTER, ADDRESS + id, PORT] as const);

/** A leader that knows where its members are. */
class Asked {
	private readonly world = new World(3);
	private call = 100;

	constructor(rows = THREE) {
		this.world.elect(1);
		this.world.heartbeat(1);
		assert.equal(this.change(rows), DONE);
	}

	change(rows: readonly Row[]): number {
		const { cluster } = this.world;
		const leader = this.world.member(1);
		const { configuration } = leader.raft;
		const next = new Configuration(7);
		for (const row of rows) next.add(...row);
		next.copyNumbers(configuration);
		const reason = cluster.change(leader, this.call++, next, configuration.index);
		hearVoters(leader.raft);
		cluster.work(leader);
		this.world.settle();
		return reason;
	}
}

describe("P3: a change of the members", () => {
	const [one, two, three] = THREE;

	it("refuses a newcomer at another member's address and port", () => {
		const asked = new Asked();
		assert.equal(asked.change([...THREE, [4, 1, ROLE_LEARNER, ADDRESS + 1, PORT]]), ADDRESS_TAKEN);
		assert.equal(asked.change([...THREE, [4, 1, ROLE_LEARNER, ADDRESS + 1, PORT + 1]]), DONE, "another port");
	});

	it("refuses a member that moves to where another one is, and lets two of them exchange their addresses", () => {
		const asked = new Asked();
		assert.equal(asked.change([one, two, [3, 1, ROLE_VOTER, ADDRESS + 2, PORT]]), ADDRESS_TAKEN);
		const swapped: Row[] = [
			[2, 1, ROLE_VOTER, ADDRESS + 3, PORT],
			[3, 1, ROLE_VOTER, ADDRESS + 2, PORT],
		];
		assert.equal(asked.change([one, ...swapped]), DONE);
	});

	it("refuses two newcomers at one address", () => {
		const newcomers: Row[] = [
			[4, 1, ROLE_LEARNER, ADDRESS + 9, PORT],
			[5, 1, ROLE_LEARNER, ADDRESS + 9, PORT],
		];
		assert.equal(new Asked().change([...THREE, ...newcomers]), ADDRESS_TAKEN);
	});

	it("takes the next life of a board at its address, beside the one before and in its place", () => {
		const asked = new Asked();
		const next: Row = [3, 2, ROLE_LEARNER, ADDRESS + 3, PORT];
		assert.equal(asked.change([one, two, three, next]), DONE);
	});

	it("takes members whose addresses nobody knows", () => {
		const nowhere: Row[] = [
			[2, 1, ROLE_VOTER, 0, PORT],
			[3, 1, ROLE_VOTER, 0, PORT],
		];
		assert.equal(new Asked().change([one, ...nowhere]), DONE);
	});

	it("takes a node at the address of one that goes in the same change", () => {
		const asked = new Asked();
		assert.equal(asked.change([one, two, [4, 1, ROLE_LEARNER, ADDRESS + 3, PORT]]), DONE);
	});

	it("leaves members alone that were at one address before the rule", () => {
		const asked = new Asked([one, two, [3, 1, ROLE_VOTER, 0, 0]]);
		const { configuration } = (asked as unknown as { world: World }).world.member(1).raft;
		configuration.addresses[2] = ADDRESS + 2;
		configuration.ports[2] = PORT;
		const beside: Row = [3, 1, ROLE_VOTER, ADDRESS + 2, PORT];
		assert.equal(asked.change([one, two, beside, [4, 1, ROLE_LEARNER, ADDRESS + 4, PORT]]), DONE);
	});
});
