import assert from "node:assert/strict";
import { READY, RECORD_DAMAGED } from "../../../core/journal/status";
import { FOLLOWER, LEADER } from "../../../core/raft/role";
import { type Asked, problemsOf } from "../../../scripts/balsa/status-problems";

function member(id: number, fields: { readonly [name: string]: number } = {}): Asked {
	const status = { journal: READY, role: FOLLOWER, memberRole: 1, term: 3, leader: 1, appliedIndex: 9, stateHash: 7 };
	return { id, status: { ...status, ...fields } };
}

const LED = member(1, { role: LEADER });

describe("F7, F8: what is wrong with a cluster, from the statuses of its members", () => {
	const names = (...asked: Asked[]) => problemsOf(asked).map(({ name }) => name);

	it("is nothing where one leads and states agree, and where a member is silent", () => {
		assert.deepEqual(names(LED, member(2), { id: 3, status: undefined }), []);
		assert.deepEqual(names(member(2)), [], "the leader was not asked");
	});

	it("is two leaders of one term, and not an old and a new one", () => {
		assert.deepEqual(names(LED, member(2, { role: LEADER }), member(3)), ["TWO_LEADERS"]);
		assert.deepEqual(names(LED, member(2, { role: LEADER, term: 4 })), []);
		const [problem] = problemsOf([LED, member(2, { role: LEADER })]);
		assert.deepEqual(problem.members, [1, 2]);
		assert.match(problem.text, /members 1 and 2 both lead term 3: .*--peers/);
	});

	it("is no leader, where nobody who answers knows one", () => {
		assert.deepEqual(names(member(1, { leader: 0 }), member(2, { leader: 0 })), ["NO_LEADER"]);
		assert.deepEqual(names(member(1, { leader: 0 }), member(2)), []);
		assert.deepEqual(names({ id: 1, status: undefined }), [], "silence has a name of its own");
	});

	it("is states that differ at one applied index, of those that keep a state", () => {
		assert.deepEqual(names(LED, member(2, { stateHash: 8 }), member(3)), ["STATES_DIFFER"]);
		assert.deepEqual(names(LED, member(2, { stateHash: 8, appliedIndex: 8 })), []);
		assert.deepEqual(names(LED, member(2, { stateHash: 8, witness: 1 })), []);
		assert.deepEqual(names(LED, member(2, { stateHash: 8, memberRole: 0 })), [], "it is no longer a member");
	});

	it("is a node that does not run, with its reason and what to do; the cluster goes on", () => {
		const problems = problemsOf([LED, { id: 2, status: { journal: RECORD_DAMAGED, role: FOLLOWER } }]);
		assert.deepEqual(
			problems.map(({ isOfCluster, members, name }) => ({ isOfCluster, members, name })),
			[{ isOfCluster: false, members: [2], name: "RECORD_DAMAGED" }],
		);
		assert.match(problems[0].text, /member 2 does not run: .*`balsa member replace`/);
	});
});
