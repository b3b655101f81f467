import assert from "node:assert/strict";
import { PROFILE_S } from "../../core/limits";
import { type LifeReport, live } from "../../sim/life";

/** Tight, so that bounds are met often. */
const LIMITS = { ...PROFILE_S, members: 7, snapshotEvery: 100 };

function run(seed: number): LifeReport {
	return live({ seed, nodes: seed % 2 === 0 ? 3 : 5, limits: LIMITS, flashBytes: 256 * 1024, faultsMs: 60_000 });
}

describe("whole replicas under loss, duplication, delay, cuts and power that fails", () => {
	it("lose nothing acknowledged, apply nothing twice, and agree when all has healed, in 60 lives", () => {
		const total = { acknowledged: 0, crashes: 0, snapshotsTaken: 0, snapshotsInstalled: 0 };
		for (let seed = 1; seed <= 60; seed++) {
			const report = run(seed);
			total.acknowledged += report.acknowledged;
			total.crashes += report.crashes;
			total.snapshotsTaken += report.snapshotsTaken;
			total.snapshotsInstalled += report.snapshotsInstalled;
		}
		// The world must have been as rough as it says, or the test has proved nothing.
		assert.ok(total.acknowledged > 10_000 && total.crashes > 500, JSON.stringify(total));
		assert.ok(total.snapshotsTaken > 300 && total.snapshotsInstalled > 0, JSON.stringify(total));
	});

	it("come to the same end each time", () => {
		assert.deepEqual(run(7), run(7));
	});

	// A first chunk that found no erased sector began its slot anew, so none was ever erased.
	it("install a snapshot though no sector of its slot is erased yet (seeds 4, 12, 24)", () => {
		for (const seed of [4, 12, 24]) run(seed);
	});

	// The log on flash is kept from the elder snapshot on. A follower whose log was full of that, with
	// nothing new to apply, took neither appends nor a snapshot of its own, for ever.
	it("heal though the log on flash is as small as it may be, and full most of the time", () => {
		const limits = { ...PROFILE_S, members: 7, snapshotEvery: 5000 };
		let snapshots = 0;
		for (let seed = 1; seed <= 30; seed++) {
			const report = live({ seed, nodes: 3, limits, flashBytes: 96 * 1024, faultsMs: 60_000 });
			snapshots += report.snapshotsTaken;
		}
		assert.ok(snapshots > 200, `only ${snapshots} snapshots were forced`);
	});
});
