/** Who leads, asked by a client of whole replicas. */
import assert from "node:assert/strict";
import { drain, transfer } from "../../../core/client/node-calls";
import { nextDrainOrder } from "../../../core/raft/drain";
import { CONFLICT, DONE, NOT_A_VOTER } from "../../../core/reasons";
import {
	STATUS_DRAIN_ORDER,
	STATUS_DRAINING,
	STATUS_STEP_DOWN,
	STATUS_TRANSFER,
	STEP_DOWN_TRANSFER,
} from "../../../core/status";
import { type SimulatedNode, World } from "../../../sim/world";
import { type SimulatedAnswer, SimulatedClient } from "../client/simulated-client";
import { ask, askNode, followerOf, leaderOf, OPTIONS, started, statusOf } from "./asked-world";

describe("leadership of whole replicas", () => {
	it("goes round all members by transfers, under writes, none of which fails", () => {
		const w = started(new World({ ...OPTIONS, nodes: 5 }));
		const writer = new SimulatedClient(w, 1, 1);
		const admin = new SimulatedClient(w, 2, 1);
		const { electionMsMin } = w.configuration();
		let writes = 0;
		let isRunning = true;
		let lastMs = w.nowMs;
		let longestMs = 0;
		const write = (): void => {
			if (!isRunning) return;
			writer.put("key", String(writes), (answer) => {
				assert.equal(answer.reason, DONE);
				writes++;
				longestMs = Math.max(longestMs, w.nowMs - lastMs);
				lastMs = w.nowMs;
				write();
			});
		};
		write();
		for (let round = 0; round < 15; round++) {
			const target = (round % 5) + 1;
			const answer = askNode(w, admin, (client, call) => transfer(client, call, target));
			assert.equal(answer.reason, DONE, `round ${round}`);
			assert.ok(w.runUntil(() => w.leader()?.id === target, w.nowMs + 1000));
			w.run(w.nowMs + 300);
		}
		isRunning = false;
		w.run(w.nowMs + 1000);
		assert.ok(writes > 300, `${writes} writes`);
		assert.ok(longestMs < electionMsMin, `${longestMs} ms without a write`);
		const before = w.leader();
		const answer = askNode(w, admin, (client, call) => transfer(client, call, 0));
		assert.equal(answer.reason, DONE);
		assert.notEqual(w.leader(), before);
		assert.equal(statusOf(before as SimulatedNode)[STATUS_STEP_DOWN], STEP_DOWN_TRANSFER);
	});

	it("is refused by name, to who does not vote or is not there", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const admin = new SimulatedClient(w, 2, 1);
		assert.equal(askNode(w, admin, (client, call) => transfer(client, call, 9)).reason, NOT_A_VOTER);
		const follower = followerOf(w);
		w.crash(follower);
		const asked = w.nowMs;
		let answer: SimulatedAnswer | undefined;
		admin.call(
			(client, call) => transfer(client, call, follower.id),
			(found) => (answer = found),
		);
		w.run(w.nowMs + 300);
		assert.equal(statusOf(leaderOf(w))[STATUS_TRANSFER], follower.id);
		assert.ok(w.runUntil(() => answer !== undefined, w.nowMs + 10_000));
		const { electionMsMax, heartbeatMs } = w.configuration();
		assert.ok(w.nowMs - asked <= electionMsMax + heartbeatMs + 100, "the transfer was given up too late");
		assert.equal(statusOf(leaderOf(w))[STATUS_TRANSFER], 0);
		const writer = new SimulatedClient(w, 1, 1);
		assert.equal(ask(w, (answered) => writer.put("key", "a", answered)).reason, DONE);
	});

	it("leaves a member that drains, and comes back only afterwards", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const admin = new SimulatedClient(w, 2, 1);
		const first = leaderOf(w);
		const begin = nextDrainOrder(statusOf(first)[STATUS_DRAIN_ORDER], true);
		assert.equal(askNode(w, admin, (client, call) => drain(client, call, first.id, begin)).reason, DONE);
		assert.ok(w.runUntil(() => w.leader() !== undefined && w.leader() !== first, w.nowMs + 2000));
		assert.equal(statusOf(first)[STATUS_DRAINING], 1);
		const others = w.nodes.filter((node) => node !== first);
		for (let round = 0; round < 4; round++) {
			const leader = leaderOf(w);
			assert.ok(others.includes(leader));
			w.crash(leader);
			assert.ok(w.runUntil(() => w.leader() !== undefined, w.nowMs + 20_000));
			w.boot(leader);
			w.run(w.nowMs + 1000);
		}
		const end = nextDrainOrder(statusOf(first)[STATUS_DRAIN_ORDER], false);
		assert.equal(askNode(w, admin, (client, call) => drain(client, call, first.id, end)).reason, DONE);
		assert.equal(statusOf(first)[STATUS_DRAINING], 0);
		// The first order once more, as a datagram that was long under way, and the second one.
		assert.equal(askNode(w, admin, (client, call) => drain(client, call, first.id, begin)).reason, CONFLICT);
		assert.equal(askNode(w, admin, (client, call) => drain(client, call, first.id, end)).reason, DONE);
		assert.equal(statusOf(first)[STATUS_DRAINING], 0);
		assert.equal(askNode(w, admin, (client, call) => transfer(client, call, first.id)).reason, DONE);
		assert.equal(w.leader(), first);
	});

	it("falls mostly to the member of the highest priority", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3, priorities: [0, 3, 0] }));
		let wins = 0;
		for (let round = 0; round < 12; round++) {
			const leader = leaderOf(w);
			w.crash(leader);
			assert.ok(w.runUntil(() => w.leader() !== undefined, w.nowMs + 20_000));
			if (leader.id !== 2 && w.leader()?.id === 2) wins++;
			if (leader.id === 2) wins++;
			w.boot(leader);
			w.run(w.nowMs + 1000);
		}
		assert.ok(wins >= 11, `${wins} of 12`);
	});
});
