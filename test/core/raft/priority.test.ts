/** Who leads when it may choose, where links are bad. */
import assert from "node:assert/strict";
import { EVENT_LEADER, EVENT_TIMEOUT_NOW } from "../../../core/events";
import { LEADER } from "../../../core/raft/role";
import { DONE } from "../../../core/reasons";
import { Cluster } from "./cluster";
import { configurationOf } from "./configurations";

const STEP_MS = 10;
const WATCHED_MS = 120_000;

/** A cluster of five of which 1 and 2 shall rather lead; from then on 1 is heard by nobody but 2, and hears nobody else. */
class Halved {
	readonly cluster: Cluster;
	orders = 0;
	isCut = false;
	/** Terms of whoever has won an election. */
	readonly leaders: number[] = [];

	constructor() {
		this.cluster = new Cluster(5, 0, {}, 7, {
			event: (member, event) => {
				if (event === EVENT_TIMEOUT_NOW) this.orders++;
				if (event === EVENT_LEADER) this.leaders.push(member.id);
			},
			sent: () => {},
			answered: () => {},
		});
		this.run(5000);
		const leader = this.cluster.members.find(({ raft }) => raft.role === LEADER);
		assert.ok(leader !== undefined);
		const next = configurationOf(["1+3", "2+2", "3", "4", "5"], leader.raft.configuration);
		assert.equal(this.cluster.change(leader, 1, next, leader.raft.configuration.index), DONE);
		this.cluster.work(leader);
		this.run(500);
		this.isCut = true;
		this.orders = 0;
		this.leaders.length = 0;
	}

	run(ms: number): void {
		const { members, network } = this.cluster;
		for (let passed = 0; passed < ms; passed += STEP_MS) {
			this.cluster.nowMs += STEP_MS;
			for (const member of members) this.cluster.tick(member);
			for (let left = network.length; left > 0; left--) {
				const packet = network.shift();
				const isLost =
					packet === undefined || (this.isCut && packet.from * packet.to === 0 && packet.from + packet.to > 1);
				if (!isLost) this.cluster.deliver(packet);
			}
		}
	}
}

describe("a member of the highest priority that only the leader hears", () => {
	it("is given the lead ever more rarely, for it cannot win, and nobody leads meanwhile", () => {
		const world = new Halved();
		world.run(WATCHED_MS);
		const toTheFirst = world.orders - 1;
		assert.ok(toTheFirst >= 2 && toTheFirst <= 5, `${world.orders} orders`);
		assert.equal(world.leaders.at(-1), 2);
	});

	it("leads when it is heard again", () => {
		const world = new Halved();
		world.run(30_000);
		world.isCut = false;
		world.run(WATCHED_MS);
		assert.equal(world.leaders.at(-1), 1);
		assert.equal(world.cluster.members[0].raft.role, LEADER);
	});
});
