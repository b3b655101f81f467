/** What a person reads of a node's part. */
import { strict as assert } from "node:assert";
import { ROLE_LEARNER, ROLE_NONE, ROLE_VOTER, ROLE_WITNESS } from "../../../core/configuration";
import { FOLLOWER, LEADER, PRE_CANDIDATE } from "../../../core/raft/role";
import { roleText } from "../../../scripts/balsa/role-text";

describe("balsa: what a node is", () => {
	for (const [role, memberRole, witness, singleCopy, text] of [
		[FOLLOWER, ROLE_VOTER, 0, 0, "follower"],
		[FOLLOWER, ROLE_LEARNER, 0, 0, "learner"],
		[FOLLOWER, ROLE_NONE, 0, 0, "no member"],
		[FOLLOWER, ROLE_NONE, 1, 0, "no member"],
		[FOLLOWER, ROLE_WITNESS, 1, 0, "witness"],
		[PRE_CANDIDATE, ROLE_VOTER, 0, 0, "pre-candidate"],
		[LEADER, ROLE_VOTER, 0, 0, "leader"],
		[LEADER, ROLE_VOTER, 0, 1, "leader, single copy"],
	] as const)
		it(`says ${text} of role ${role} that is ${memberRole} in the configuration`, () => {
			assert.equal(roleText({ memberRole, role, singleCopy, witness }), text);
		});
});
