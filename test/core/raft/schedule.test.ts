/** Random schedules of bare Raft nodes, with members that stay and with members that come and go. */
import assert from "node:assert/strict";
import { DRIFT_PER_MILLE } from "../../../core/configuration";
import { Schedule } from "./schedule";

const seeds = Number(process.env["BALSA_SEEDS"] ?? 300);
const first = Number(process.env["BALSA_FIRST_SEED"] ?? 1);

describe("random schedules", () => {
	it(`keeps Raft's properties and comes to one mind, ${seeds} seeds`, () => {
		let done = 0;
		let reads = 0;
		let leaders = 0;
		let installed = 0;
		let transfers = 0;
		let followerReads = 0;
		for (let seed = first; seed < first + seeds; seed++) {
			try {
				const schedule = new Schedule(seed, DRIFT_PER_MILLE, false);
				for (let i = 0; i < 3000; i++) schedule.step();
				schedule.finish();
				done += schedule.done;
				reads += schedule.reads;
				transfers += schedule.transfers;
				followerReads += schedule.followerReads;
				leaders += schedule.cluster.invariants.leaders.size;
				for (const member of schedule.cluster.members) installed += member.raft.counters[8];
			} catch (error) {
				throw new Error(`seed ${seed}`, { cause: error });
			}
		}
		const sum = `${done} proposals done, ${reads} reads, ${leaders} leaders, ${installed} snapshots installed, ${transfers} transfers, ${followerReads} reads at followers`;
		console.log(`      ${sum}`);
		assert.ok(
			done > seeds * 20 &&
				reads > seeds &&
				leaders > seeds &&
				installed > 0 &&
				transfers > seeds / 2 &&
				followerReads > seeds,
			`too little happened: ${sum}`,
		);
	});

	it(`and changes who the members are, ${seeds} seeds`, () => {
		let done = 0;
		let changes = 0;
		let joints = 0;
		for (let seed = first; seed < first + seeds; seed++) {
			try {
				const schedule = new Schedule(seed, DRIFT_PER_MILLE, true);
				for (let i = 0; i < 3000; i++) schedule.step();
				schedule.finish();
				done += schedule.done;
				changes += schedule.changes;
				joints += schedule.joints;
			} catch (error) {
				throw new Error(`seed ${seed}`, { cause: error });
			}
		}
		const sum = `${done} proposals done, ${changes} changes done, joint ones in force ${joints} times`;
		console.log(`      ${sum}`);
		assert.ok(done > seeds * 10 && changes > seeds * 3 && joints > seeds, `too little happened: ${sum}`);
	});
});
