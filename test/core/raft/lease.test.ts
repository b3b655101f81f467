/** The arithmetic of leases, against one that is slow and plain (thesis §6.4.1). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Configuration, DRIFT_PER_MILLE, ROLE_LEARNER, ROLE_VOTER } from "../../../core/configuration";
import { hearsLeader } from "../../../core/raft/election";
import { paused } from "../../../core/raft/lease";
import { LEADER } from "../../../core/raft/role";
import { DONE } from "../../../core/reasons";
import { leaderAgeMs } from "../../../core/replica/node-reads";
import { AGE_UNKNOWN } from "../../../core/wire/requests";
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

/**
 * A leader with a slow clock is cut off at a moment of its own; its voters have fast ones and draw short
 * election timeouts. As soon as one of them leads and has committed something, the old leader is asked.
 * @returns true if it answers at once, from its lease, and so from the past
 */
function servesThePast(seed: number, driftPerMille: number): boolean {
	const { electionMsMin, heartbeatMs } = new Configuration(3);
	const world = new World(3, {}, seed, { leaseMs: 1174, electionMsMax: electionMsMin + heartbeatMs });
	const { cluster } = world;
	const [fast, slow] = [1 + driftPerMille / 1000, 1 - driftPerMille / 1000];
	cluster.rates.push(slow, fast, fast);
	cluster.nowMs = 3000;
	cluster.tick(world.member(1));
	world.settle();
	const old = world.member(1);
	for (let i = 0; i < 10 + (seed % 7); i++) {
		cluster.nowMs += 160;
		for (const member of cluster.members) cluster.tick(member);
		world.settle();
	}
	assert.equal(old.raft.role, LEADER);
	for (let ms = 0; ms < 3000; ms++) {
		cluster.nowMs++;
		for (const member of cluster.members.slice(1)) cluster.tick(member);
		for (let packet = cluster.network.shift(); packet !== undefined; packet = cluster.network.shift()) {
			if (packet.from !== 0 && packet.to !== 0) cluster.deliver(packet);
		}
		const next = cluster.members.findIndex(({ raft, place }) => place > 0 && raft.role === LEADER);
		if (next < 0 || cluster.members[next].raft.commitIndex < cluster.members[next].raft.termStartIndex) continue;
		const before = world.answers.length;
		assert.equal(cluster.read(old, 1000 + ms), DONE);
		cluster.work(old);
		return world.answers.length > before;
	}
	assert.fail("nobody was elected");
}

describe("leases", () => {
	it("serve nothing from the past while clocks err by no more than they may", () => {
		for (const driftPerMille of [0, 5, DRIFT_PER_MILLE])
			for (let seed = 1; seed <= 100; seed++) assert.ok(!servesThePast(seed, driftPerMille), `seed ${seed}`);
	});

	it("serve the past when clocks err by more: the test above can fail", () => {
		let past = 0;
		for (let seed = 1; seed <= 100; seed++) if (servesThePast(seed, 100)) past++;
		assert.ok(past > 50, `${past} of 100`);
	});

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
		const world = new World(3, {}, 1, { leaseMs: 1000 });
		world.elect(1);
		world.heartbeat(1);
		const { raft } = world.member(1);
		assert.ok(raft.lease.holds(raft));
		raft.configuration.index = raft.log.lastIndex + 1;
		assert.ok(!raft.lease.holds(raft));
	});

	it("are forgotten by a leader that was stopped, and by one that says so", () => {
		const world = new World(3, {}, 1, { leaseMs: 1000 });
		world.elect(1);
		world.heartbeat(1);
		const { raft } = world.member(1);
		assert.ok(raft.lease.holds(raft));
		paused(raft);
		assert.ok(!raft.lease.holds(raft));
		world.heartbeat(1);
		assert.ok(raft.lease.holds(raft));
		// Its heartbeat is late by more than the flash may stall: the clock may have been stopped with it.
		world.cluster.nowMs = raft.heartbeatDeadlineMs + raft.configuration.stallMs + 1;
		raft.tick(world.cluster.nowMs);
		assert.ok(!raft.lease.holds(raft));
	});

	it("are honoured by a voter whose clock stood still, and which does not know how old what it heard is", () => {
		const world = new World(3, {}, 1, { leaseMs: 1000 });
		world.elect(1);
		world.heartbeat(1);
		const { raft } = world.member(2);
		assert.equal(leaderAgeMs(raft), 0);
		paused(raft);
		paused(raft);
		assert.equal(leaderAgeMs(raft), AGE_UNKNOWN);
		const { electionMsMin } = raft.configuration;
		const heardMs = world.cluster.nowMs;
		raft.setTime(heardMs + electionMsMin - 1);
		assert.ok(hearsLeader(raft));
		raft.setTime(heardMs + electionMsMin);
		assert.ok(!hearsLeader(raft));
		world.heartbeat(1);
		assert.equal(leaderAgeMs(raft), 0);
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
