/** Whole replicas whose members come and go under faults, with all invariants; the seeds are the simulator's own. */
import assert from "node:assert/strict";
import { Configuration, ROLE_LEARNER, ROLE_NONE, ROLE_VOTER, ROLE_WITNESS } from "../../core/configuration";
import { isMajority } from "../../sim/electorate";
import { drawOptions } from "../../sim/options";
import { simulate } from "../../sim/run";

const SEEDS = 40;

describe("members in the simulator", () => {
	it(`come and go in ${SEEDS} seeds, and nothing is lost`, () => {
		const sum = { accepted: 0, committed: 0, renewed: 0, done: 0 };
		for (let seed = 1; seed <= SEEDS; seed++) {
			const { changes, operations } = simulate(drawOptions(seed, { changesMembers: true }));
			sum.accepted += changes.accepted;
			sum.committed += changes.committed;
			sum.renewed += changes.renewed;
			sum.done += operations.done;
		}
		console.log(`      ${JSON.stringify(sum)}`);
		assert.ok(sum.accepted > 2 * SEEDS && sum.committed > 2 * SEEDS && sum.renewed > SEEDS / 4, JSON.stringify(sum));
		assert.ok(sum.done > 20 * SEEDS);
	});

	it("come and go in some seeds unless it is said otherwise", () => {
		const drawn = Array.from({ length: 200 }, (_, seed) => drawOptions(seed));
		const changing = drawn.filter(({ changesMembers }) => changesMembers);
		assert.ok(changing.length > 30 && changing.length < 100);
		assert.ok(changing.some(({ spares }) => spares > 0));
		assert.ok(drawn.every(({ changesMembers, faults }) => !changesMembers || !faults.includes("wiped flash")));
	});

	it("are a majority in each half, or they are none", () => {
		const configuration = new Configuration(5);
		const roles = [
			[ROLE_VOTER, ROLE_NONE],
			[ROLE_VOTER, ROLE_NONE],
			[ROLE_WITNESS, ROLE_VOTER],
			[ROLE_LEARNER, ROLE_VOTER],
			[ROLE_NONE, ROLE_VOTER],
		];
		for (const [i, [role, outgoing]] of roles.entries()) configuration.add(i + 1, 1, role, 0, 0, outgoing);
		const is = (...ids: number[]) => isMajority(configuration, (id) => ids.includes(id));
		assert.deepEqual(
			[is(1, 2), is(1, 2, 3), is(1, 3, 4), is(3, 4), is(1, 2, 4, 5), is(3, 4, 5)],
			[false, false, true, false, true, false],
		);
	});
});
