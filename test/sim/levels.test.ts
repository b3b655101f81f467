/** Boards are updated one after another under all faults, in the seeds that have drawn it. */
import assert from "node:assert/strict";
import { BUILD } from "../../core/raft/levels";
import { SECOND_BUILD } from "../../sim/builds";
import { drawOptions } from "../../sim/options";
import { simulate } from "../../sim/run";
import { NO_SERVICES } from "../../sim/services";
import { Updater } from "../../sim/updater";
import { buildWorld } from "./updated-world";

const RUNS = 40;

describe("levels in the simulator", () => {
	it(`are raised, and refused where it is too early, in ${RUNS} runs with updates`, function () {
		this.timeout(120_000);
		const sum = { ...NO_SERVICES } as { -readonly [name in keyof typeof NO_SERVICES]: number };
		let runs = 0;
		for (let seed = 1; runs < RUNS; seed++) {
			const options = drawOptions(seed);
			if (options.updateMs === 0) continue;
			runs++;
			const { services } = simulate(options);
			for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += services[name];
		}
		for (const name of ["updates", "updatesTakenBack", "levelStops", "raisesDone", "raisesRefused"] as const)
			assert.ok(sum[name] > 0, `${name} never happened`);
		assert.ok(sum.secondEntries > 0 && sum.secondEntriesRefused > 0);
	});

	it("may be above a board that was no member when they were raised, and came back later (seed 1544)", () => {
		assert.doesNotThrow(() => simulate(drawOptions(1544)));
	});

	it("are not raised over a member unnoticed: the check can fail", () => {
		const world = buildWorld();
		const updater = new Updater(world, { ...NO_SERVICES }, 1, 1e9);
		const leader = world.leader();
		assert.ok(leader?.replica?.member);
		const { raft } = leader.replica.member;
		const other = world.nodes.find((node) => node !== leader);
		assert.ok(other);
		assert.deepEqual([other.build, leader.build], [BUILD, SECOND_BUILD]);
		// As if the leader had not asked.
		world.watcher = {
			booted: (node) => updater.booted(node),
			traced: (node, event) => updater.traced(node, event),
			lostPower: () => {},
			turned: () => {},
			sent: () => {},
			struck: () => {},
		};
		raft.change.levels.lacks = () => false;
		const next = world.configuration();
		next.level = 2;
		leader.replica.changeConfiguration(next, raft.configuration.index);
		world.wake(leader, 0);
		assert.throws(() => world.run(world.nowMs + 5000), /the level was raised over node \d, which never spoke it/);
	});
});
