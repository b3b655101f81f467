/** The arithmetic of leases, against one that is slow and plain (thesis §6.4.1). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Configuration, ROLE_LEARNER, ROLE_VOTER } from "../../../core/configuration";
import { World } from "./world";

interface Round {
	readonly round: number;
	readonly atMs: number;
}

/** When the latest round was opened that a majority of voters, the leader among them, has answered. */
function naive(rounds: readonly Round[], answered: readonly number[], voters: number): number {
	let sinceMs = -Infinity;
	for (const { round, atMs } of rounds) {
		let count = 1;
		for (let place = 1; place < voters; place++) if (answered[place] >= round) count++;
		if (count * 2 > voters) sinceMs = Math.max(sinceMs, atMs);
	}
	return sinceMs;
}

describe("leases", () => {
	it("are held since the latest round that a majority has answered was sent", () => {
		const steps = fc.array(
			fc.oneof(
				fc.record({ waitMs: fc.integer({ min: 1, max: 400 }) }),
				fc.record({ peer: fc.integer({ min: 1, max: 6 }), back: fc.integer({ min: 0, max: 5 }) }),
			),
			{ maxLength: 60 },
		);
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 5 }), steps, (voters, happenings) => {
				const world = new World(voters);
				const { cluster } = world;
				world.elect(1);
				const { raft } = world.member(1);
				raft.lease.reset();
				const rounds: Round[] = [];
				const answered = new Array<number>(7).fill(0);
				raft.progress.round.fill(0);
				for (const happening of happenings) {
					if ("waitMs" in happening) {
						cluster.nowMs += happening.waitMs;
						raft.round++;
						raft.lease.opened(raft.round, cluster.nowMs);
						rounds.push({ round: raft.round, atMs: cluster.nowMs });
						if (rounds.length > 16) rounds.shift();
					} else if (happening.peer < voters) {
						const { peer } = happening;
						answered[peer] = Math.max(answered[peer], raft.round - happening.back);
						raft.progress.round[peer] = answered[peer];
					}
					assert.equal(raft.lease.heldSinceMs(raft), naive(rounds, answered, voters));
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("count nobody who does not hold the configuration that they are in", () => {
		const world = new World(3);
		world.cluster.configuration.leaseMs = 1000;
		world.elect(1);
		world.heartbeat(1);
		const { raft } = world.member(1);
		assert.ok(raft.lease.holds(raft));
		world.cluster.configuration.index = raft.log.lastIndex + 1;
		assert.ok(!raft.lease.holds(raft));
	});

	it("are forgotten by a leader that was stopped, and by one that says so", () => {
		const world = new World(3);
		const { configuration } = world.cluster;
		configuration.leaseMs = 1000;
		world.elect(1);
		world.heartbeat(1);
		const { raft } = world.member(1);
		assert.ok(raft.lease.holds(raft));
		raft.lease.forget();
		assert.ok(!raft.lease.holds(raft));
		world.heartbeat(1);
		assert.ok(raft.lease.holds(raft));
		// Its heartbeat is late by more than the flash may stall: the clock may have been stopped with it.
		world.cluster.nowMs = raft.heartbeatDeadlineMs + configuration.stallMs + 1;
		raft.tick(world.cluster.nowMs);
		assert.ok(!raft.lease.holds(raft));
	});

	it("cannot be longer than any clock within the bound allows, and no clock may be worse than the bound can be", () => {
		const configuration = new Configuration(3);
		configuration.add(1, 1, ROLE_VOTER, 0, 0);
		configuration.add(2, 1, ROLE_LEARNER, 0, 0);
		const bounds: [leaseMs: number, driftPerMille: number, isSound: boolean][] = [
			[0, 10, true],
			[1000, 10, true],
			[1174, 10, true],
			[1175, 10, false],
			[1198, 0, true],
			[1199, 0, false],
			[399, 500, true],
			[400, 500, false],
			[1, 501, false],
		];
		for (const [leaseMs, driftPerMille, isSound] of bounds) {
			Object.assign(configuration, { leaseMs, driftPerMille });
			assert.equal(configuration.isSound(), isSound, `${leaseMs} ms, ${driftPerMille} per mille`);
		}
	});
});
