import assert from "node:assert/strict";
import {
	Configuration,
	isWitness,
	ROLE_LEARNER,
	ROLE_NONE,
	ROLE_VOTER,
	ROLE_WITNESS,
	ROLE_WITNESS_LEARNER,
} from "../../core/configuration";

const [V, L, W, M, N] = [ROLE_VOTER, ROLE_LEARNER, ROLE_WITNESS, ROLE_WITNESS_LEARNER, ROLE_NONE];

/** @param outgoing roles in the half that a joint one leaves */
function of(roles: number[], outgoing: number[] = []): Configuration {
	const configuration = new Configuration(8);
	for (const [i, role] of roles.entries()) configuration.add(i + 1, 1, role, 0, 0, outgoing[i] ?? N);
	return configuration;
}

describe("core/configuration", () => {
	it("is sound while every majority has somebody who keeps the state", () => {
		const cases: [roles: number[], isSound: boolean][] = [
			[[V], true],
			[[V, W], true],
			[[V, V, W], true],
			[[V, V, W, W], true],
			[[V, V, V, W, W], true],
			[[V, W, W], false],
			[[V, V, W, W, W], false],
			[[W], false],
			[[L, W], false],
			[[V, L, W, M], true],
			// Who does not vote is no majority of anything.
			[[V, M, M, M], true],
			[[V, L, L, W, W], false],
		];
		for (const [roles, isSound] of cases) assert.equal(of(roles).isSound(), isSound, roles.join());
	});

	it("is sound in both halves, and gives nobody two kinds", () => {
		const cases: [roles: number[], outgoing: number[], isSound: boolean][] = [
			[[V, V, W], [V, L, M], true],
			[[V, N, W], [N, V, W], true],
			[[V, V, N], [V, N, W], true],
			[[V, N, V], [V, W, W], false],
			[[V, V, V], [V, V, W], false],
			[[V, V, L], [V, V, W], false],
			[[V, V, M], [V, V, L], false],
		];
		for (const [roles, outgoing, isSound] of cases)
			assert.equal(of(roles, outgoing).isSound(), isSound, `${roles} | ${outgoing}`);
	});

	it("says of which kind a member is, in whatever half it is one", () => {
		const configuration = of([V, N, M, L], [N, W, N, V]);
		assert.deepEqual(
			[0, 1, 2, 3].map((place) => configuration.isWitnessAt(place)),
			[false, true, true, false],
		);
		assert.deepEqual([N, V, L, W, M].map(isWitness), [false, false, false, true, true]);
	});
});
