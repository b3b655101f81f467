import assert from "node:assert/strict";
import fc from "fast-check";
import { isQuorum, quorumValue } from "../../../core/raft/quorum";

/** The twin: sort what the voters have; a majority has at least the value in the middle. */
function naiveQuorumValue(values: number[], voter: number[], above: number): number {
	const sorted = values.filter((_, place) => voter[place] === 1).sort((a, b) => b - a);
	return Math.max(above, sorted[Math.floor(sorted.length / 2)]);
}

const members = fc
	.array(fc.record({ value: fc.nat(12), voter: fc.nat(1) }), { minLength: 1, maxLength: 15 })
	.filter((all) => all.some((member) => member.voter === 1));

describe("quorum", () => {
	it("finds what a majority of voters has reached, as its sorting twin does", () => {
		fc.assert(
			fc.property(members, fc.nat(12), (all, above) => {
				const values = all.map((member) => member.value);
				const voter = all.map((member) => member.voter);
				const quorum = Math.floor(voter.filter((one) => one === 1).length / 2) + 1;
				const found = quorumValue(Float64Array.from(values), Uint8Array.from(voter), all.length, quorum, above);
				assert.equal(found, naiveQuorumValue(values, voter, above));
			}),
			{ numRuns: 3000 },
		);
	});

	it("counts values beyond 32 bits", () => {
		const values = Float64Array.from([2 ** 47, 2 ** 47 + 5, 3]);
		assert.equal(quorumValue(values, Uint8Array.from([1, 1, 1]), 3, 2, 0), 2 ** 47);
	});

	it("counts a voter once, and nobody else", () => {
		fc.assert(
			fc.property(members, fc.array(fc.nat(14)), (all, granted) => {
				const voter = all.map((member) => member.voter);
				const quorum = Math.floor(voter.filter((one) => one === 1).length / 2) + 1;
				let votes = 0;
				for (const place of granted) votes |= 1 << place;
				const naive = new Set(granted.filter((place) => voter[place] === 1)).size >= quorum;
				assert.equal(isQuorum(votes, Uint8Array.from(voter), all.length, quorum), naive);
			}),
			{ numRuns: 3000 },
		);
	});
});
