import assert from "node:assert/strict";
import fc from "fast-check";
import { Configuration } from "../../../core/configuration";
import { isQuorum, quorumValue, Voters } from "../../../core/raft/quorum";

/** A node, with its roles in the two halves. */
interface Node {
	value: number;
	role: number;
	outgoingRole: number;
}

const VOTES = [false, true, false, true];

function votersOf(nodes: Node[]): Voters {
	const configuration = new Configuration(nodes.length);
	nodes.forEach(({ role, outgoingRole }, place) => {
		configuration.set(place, place + 1, 1, role, 0, 0, outgoingRole);
	});
	const voters = new Voters(17);
	voters.take(configuration);
	return voters;
}

/** The twin: sort what the voters have; a majority has at least the value in the middle. */
function naiveHalf(values: number[], above: number): number {
	const sorted = values.sort((a, b) => b - a);
	return Math.max(above, sorted[Math.floor(sorted.length / 2)]);
}

/** Of a joint configuration both halves must have reached it (pitfall 53). */
function naiveQuorumValue(nodes: Node[], above: number): number {
	const incoming = nodes.filter(({ role }) => VOTES[role]).map(({ value }) => value);
	const outgoing = nodes.filter(({ outgoingRole }) => VOTES[outgoingRole]).map(({ value }) => value);
	const entered = naiveHalf(incoming, above);
	return outgoing.length === 0 ? entered : Math.min(entered, naiveHalf(outgoing, above));
}

function naiveIsQuorum(nodes: Node[], granted: number[]): boolean {
	const wins = (voters: number[]) => voters.filter((place) => granted.includes(place)).length * 2 > voters.length;
	const places = nodes.map((_, place) => place);
	const outgoing = places.filter((place) => VOTES[nodes[place].outgoingRole]);
	return wins(places.filter((place) => VOTES[nodes[place].role])) && (outgoing.length === 0 || wins(outgoing));
}

/** Roles 0 to 3 in the one half; in half of the cases there is another. */
const nodes = fc
	.tuple(
		fc.boolean(),
		fc.array(fc.record({ value: fc.nat(12), role: fc.nat(3), outgoingRole: fc.nat(3) }), {
			minLength: 1,
			maxLength: 15,
		}),
	)
	.map(([isJoint, all]) => (isJoint ? all : all.map((node) => ({ ...node, outgoingRole: 0 }))))
	.filter((all) => all.some(({ role }) => VOTES[role]))
	.filter((all) => all.every(({ outgoingRole }) => outgoingRole === 0) || all.some((node) => VOTES[node.outgoingRole]));

describe("quorum", () => {
	it("finds what a majority of voters, or of both halves, has reached, as its sorting twin does", () => {
		fc.assert(
			fc.property(nodes, fc.nat(12), (all, above) => {
				const values = Float64Array.from(all.map(({ value }) => value));
				assert.equal(quorumValue(values, votersOf(all), above), naiveQuorumValue(all, above));
			}),
			{ numRuns: 5000 },
		);
	});

	it("counts values beyond 32 bits", () => {
		const values = Float64Array.from([2 ** 47, 2 ** 47 + 5, 3]);
		const all = [1, 2, 3].map(() => ({ value: 0, role: 1, outgoingRole: 0 }));
		assert.equal(quorumValue(values, votersOf(all), 0), 2 ** 47);
	});

	it("counts a voter once, in each half that it is of, and nobody else (pitfalls 5, 53)", () => {
		fc.assert(
			fc.property(nodes, fc.array(fc.nat(14)), (all, granted) => {
				let votes = 0;
				for (const place of granted) votes |= 1 << place;
				assert.equal(isQuorum(votes, votersOf(all)), naiveIsQuorum(all, granted));
			}),
			{ numRuns: 5000 },
		);
	});

	it("is not that of the union (pitfall 53)", () => {
		// {1,2,3|3,4,5}: 1, 2 and 3 are three of five, and no majority of the half that is entered.
		const all = [1, 1, 1, 0, 0].map((outgoingRole, place) => ({ value: 0, role: place > 1 ? 1 : 0, outgoingRole }));
		assert.equal(isQuorum(0b00111, votersOf(all)), false);
		assert.equal(isQuorum(0b01111, votersOf(all)), true);
	});
});
