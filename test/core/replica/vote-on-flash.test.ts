import assert from "node:assert/strict";
import { PROFILE_S } from "../../../core/limits";
import { PRE_VOTE_RESPONSE, VOTE_REQUEST, VOTE_RESPONSE } from "../../../core/raft/messages";
import { LoneFollower } from "./lone-follower";

/** @returns to whom votes of the term were granted */
function granted(follower: LoneFollower): number[] {
	return follower.answers.filter(({ kind, fields }) => kind === VOTE_RESPONSE && fields[2] === 1).map(({ to }) => to);
}

describe("a vote", () => {
	// A vote that comes with a new term is written with it; this one comes when the term is on the flash already.
	it("is on the flash before it is told, also in a term that was entered before", () => {
		const follower = new LoneFollower(PROFILE_S, 512 * 1024);
		// A late answer to a probe tells the term, and asks for no vote.
		follower.send(3, [PRE_VOTE_RESPONSE, 3, 0, 0], new Uint8Array(0));
		follower.settle();
		assert.equal(follower.replica.journal.term, 3);
		follower.send(2, [VOTE_REQUEST, 3, 0, 0], new Uint8Array(0));
		follower.settle();
		assert.deepEqual(granted(follower), [2]);
		follower.boot();
		follower.send(3, [VOTE_REQUEST, 3, 9, 3], new Uint8Array(0));
		follower.settle();
		assert.deepEqual(granted(follower), [2], "a second vote in the term");
	});
});
