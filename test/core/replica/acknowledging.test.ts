import assert from "node:assert/strict";
import { PROFILE_S } from "../../../core/limits";
import {
	APPEND_ACCEPTED,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_ROUND,
	APPEND_RESPONSE_STATUS,
} from "../../../core/raft/messages";
import { LoneFollower, noOp } from "./lone-follower";

describe("acknowledging", () => {
	// A late append took the round back, and the reads of the later one waited for the next heartbeat.
	it("speaks for the latest round of a turn, in whatever order its appends came", () => {
		const follower = new LoneFollower(PROFILE_S, 512 * 1024);
		follower.send(2, [APPEND_REQUEST, 1, 0, 0, 0, 8], noOp(1));
		follower.send(2, [APPEND_REQUEST, 1, 1, 1, 0, 9], new Uint8Array(0));
		follower.send(2, [APPEND_REQUEST, 1, 0, 0, 0, 7], new Uint8Array(0));
		follower.turn();
		const answers = follower.answers.filter(({ kind }) => kind === APPEND_RESPONSE);
		const said = answers.map(({ fields }) => [
			fields[APPEND_RESPONSE_STATUS],
			fields[APPEND_RESPONSE_INDEX],
			fields[APPEND_RESPONSE_ROUND],
		]);
		assert.ok(
			said.some(([status, index, round]) => status === APPEND_ACCEPTED && index === 1 && round === 9),
			JSON.stringify(said),
		);
	});
});
