import assert from "node:assert/strict";
import { PROFILE_S } from "../../../core/limits";
import { APPEND_FULL, APPEND_REQUEST, APPEND_RESPONSE, APPEND_RESPONSE_STATUS } from "../../../core/raft/messages";
import { Random } from "../../../sim/random";
import { LoneFollower, noOp, put } from "./lone-follower";

const LIMITS = { ...PROFILE_S, liveBytes: 32 * 1024 };
/** Six sectors of log beside the snapshots. */
const SMALLEST_FLASH = 36 * 4096;

describe("writing", () => {
	// A record of its own for what was cut off found no room, and nor did the second of two records where the
	// ring in RAM ends: the node stopped, at each boot anew.
	it("goes on when leaders contradict one another before a log on flash that is full, 100 seeds", () => {
		let refused = 0;
		for (let seed = 1; seed <= 100; seed++) {
			const random = new Random(seed);
			const limits = { ...LIMITS, logBytes: random.between(2000, 3000) };
			const follower = new LoneFollower(limits, SMALLEST_FLASH);
			let term = 1;
			for (let turns = 0; turns < 100; turns++) {
				const { log } = follower.member.raft;
				let previous = random.chance(300) ? 0 : log.lastIndex;
				let previousTerm = previous === 0 ? 0 : log.lastTerm;
				if (previous === 0 || random.chance(300)) term++;
				for (let appends = random.below(3); appends >= 0; appends--) {
					const entries: Uint8Array[] = [];
					for (let next = random.below(4); next >= 0; next--)
						entries.push(put(term, 2, next + 1, "key", "z".repeat(random.below(250))));
					follower.send(2, [APPEND_REQUEST, term, previous, previousTerm, 0, 1], Buffer.concat(entries));
					previous += entries.length;
					previousTerm = term;
				}
				follower.turn();
				if (random.chance(20)) follower.boot();
			}
			for (const { fields, kind } of follower.answers)
				if (kind === APPEND_RESPONSE && fields[APPEND_RESPONSE_STATUS] === APPEND_FULL) refused++;
		}
		assert.ok(refused > 1000, `the log was full ${refused} times only`);
	});

	it("finds again after a restart what was cut off and not replaced, and cuts it again", () => {
		const follower = new LoneFollower(LIMITS, SMALLEST_FLASH);
		follower.append(2, 1, [0, 0], 0, [noOp(1), noOp(1), noOp(1)]);
		const tooLong = "z".repeat(250);
		follower.member.raft.storageBytes = 100;
		follower.append(3, 2, [1, 1], 1, [put(2, 2, 1, "key", tooLong)]);
		assert.equal(follower.member.raft.log.lastIndex, 1);
		follower.boot();
		assert.equal(follower.member.raft.log.lastIndex, 3);
		assert.equal(follower.member.raft.term, 2);
		follower.append(3, 2, [1, 1], 1, [noOp(2)]);
		follower.boot();
		assert.deepEqual([follower.member.raft.log.lastIndex, follower.member.raft.log.lastTerm], [2, 2]);
	});
});
