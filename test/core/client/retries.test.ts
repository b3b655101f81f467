import { strict as assert } from "node:assert";
import { HOPS_MAX, RETRY_MS_MAX, RETRY_MS_MIN, TIMEOUT_MS } from "../../../core/client/timing";
import * as reasons from "../../../core/reasons";
import { OPERATION_GET, OPERATION_WRITE } from "../../../core/wire/requests";
import { SILENT } from "./fake-cluster";
import { replies, World, warm } from "./world";

const { BUSY, DONE, NO_LEADER, NOT_LEADER, OUTCOME_UNKNOWN, UNREACHABLE } = reasons;

const asked = (world: World) => world.cluster.requests.map(({ member }) => member);

describe("client: silence", () => {
	it("asks again with the same number and bytes, later each time up to a bound, and other members", () => {
		const world = new World();
		world.onRequest = () => [];
		world.get("key");
		world.run(TIMEOUT_MS + 1);
		// A member that was silent is asked for its status just before it is asked again.
		const sent = world.sent.filter(({ at }, i) => world.sent[i + 1]?.at !== at);
		const gaps = sent.slice(1).map(({ at }, i) => at - sent[i].at);
		let expected = RETRY_MS_MIN;
		for (const gap of gaps) {
			assert.ok(gap >= 0.75 * expected && gap <= 1.25 * expected, `${gap} ms is not about ${expected}`);
			expected = Math.min(2 * expected, RETRY_MS_MAX);
		}
		assert.ok(gaps.length >= 4 && gaps.length <= 6);
		for (let i = 1; i < sent.length; i++) {
			assert.notEqual(sent[i].member, sent[i - 1].member);
			// All between the frame's addresses and its tag.
			assert.deepEqual(sent[i].bytes.slice(10, -4), sent[0].bytes.slice(10, -4));
		}
	});

	// Seed 35432 of the simulator: with two of five boards dead, a read went from one to the other for 10 s.
	it("asks each member once before any of them again", () => {
		for (let seed = 1; seed <= 50; seed++) {
			const world = new World(5, seed);
			world.onRequest = () => [];
			world.get("key");
			world.run(TIMEOUT_MS + 1);
			const first = world.sent.slice(0, 5).map(({ member }) => member);
			assert.equal(new Set(first).size, Math.min(world.sent.length, 5), first.join(" "));
		}
	});

	it("retries a write under its session and sequence number, and it is applied once", () => {
		const world = warm();
		let lost = 3;
		world.onReply = () => (lost-- > 0 ? [] : [5]);
		const put = world.put("key", "once");
		world.run(5000);
		assert.equal(world.answerOf(put).reason, DONE);
		assert.deepEqual(world.cluster.applied, ["once"]);
		const writes = world.cluster.requests.filter(({ request }) => request.operation === OPERATION_WRITE);
		assert.equal(new Set(writes.map(({ request }) => request.command?.sequence)).size, 1);
	});

	it("does not ask in step with another client", () => {
		const gap = (seed: number) => {
			const world = new World(5, seed);
			world.onRequest = () => [];
			world.get("key");
			world.run(1000);
			return world.sent[1].at;
		};
		assert.ok(new Set([1, 2, 3, 4, 5, 6, 7, 8].map(gap)).size > 4);
	});

	it("answers a read that nobody heard with UNREACHABLE, at its deadline", () => {
		const world = new World();
		world.onRequest = () => [];
		world.client.timeoutMs = 700;
		const get = world.get("key");
		world.run(699);
		assert.ok(!world.isAnswered(get));
		world.run(1);
		assert.equal(world.answerOf(get).reason, UNREACHABLE);
		assert.equal(world.client.nextDeadlineMs(), Number.POSITIVE_INFINITY);
	});

	it("answers a write that needed a session first with UNREACHABLE: nothing of it was sent", () => {
		const world = new World();
		world.onRequest = () => [];
		const put = world.put("key", "never");
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(put).reason, UNREACHABLE);
	});

	it("answers a write that was sent with OUTCOME_UNKNOWN, and the next one fences it off", () => {
		const world = warm();
		const slow: Uint8Array[] = [];
		world.onRequest = () => [];
		const put = world.put("key", "unknown");
		slow.push(world.sent[0].bytes);
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(put).reason, OUTCOME_UNKNOWN);
		world.onRequest = () => [5];
		const next = world.put("key", "next");
		world.run(3000);
		assert.equal(world.answerOf(next).reason, DONE);
		// The copy that lay in the network all the time comes too late.
		world.cluster.handle(1, slow[0]);
		assert.deepEqual(world.cluster.applied, ["next"]);
	});

	it("answers a write in the queue with BUSY when its time runs out there, and never sends it", () => {
		const world = warm();
		world.cluster.override = (_, request) => (request.operation === OPERATION_WRITE ? SILENT : undefined);
		world.client.timeoutMs = 20000;
		world.put("key", "first");
		world.client.timeoutMs = 1000;
		const second = world.put("key", "second");
		world.run(1000);
		assert.equal(world.answerOf(second).reason, BUSY);
		world.run(30000);
		assert.ok(world.cluster.requests.every(({ request }) => request.command?.value !== "second"));
	});

	it("begins no write whose time runs out together with that of the one before it", () => {
		const world = warm();
		world.onRequest = () => [];
		const [first, second] = [world.put("key", "a"), world.put("key", "b")];
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(first).reason, OUTCOME_UNKNOWN);
		assert.equal(world.answerOf(second).reason, BUSY);
	});

	it("asks again under the same nonce when the answer to a registration was lost: one session", () => {
		const world = new World();
		let lost = 4;
		world.onReply = () => (lost-- > 0 ? [] : [5]);
		const put = world.put("key", "a");
		world.run(9000);
		assert.equal(world.answerOf(put).reason, DONE);
		assert.equal(world.cluster.sessions.size, 1);
	});

	it("takes up the registration that an earlier call gave up", () => {
		const world = new World();
		world.onReply = () => [];
		world.client.timeoutMs = 1000;
		const first = world.put("key", "a");
		world.run(1000);
		assert.equal(world.answerOf(first).reason, UNREACHABLE);
		world.onReply = () => [5];
		world.client.timeoutMs = TIMEOUT_MS;
		const second = world.put("key", "b");
		world.run(3000);
		assert.equal(world.answerOf(second).reason, DONE);
		assert.equal(world.cluster.nonces.size, 1);
		assert.deepEqual(world.cluster.applied, ["b"]);
	});

	it("asks for a status the one member that can give it, again and again", () => {
		const world = new World();
		world.onRequest = () => [];
		const status = world.call((client, call) => client.status(call, 3));
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(status).reason, UNREACHABLE);
		assert.ok(world.sent.length > 3 && world.sent.every(({ member }) => member === 3));
	});
});

describe("client: refusals", () => {
	it("follows a hint at once", () => {
		const world = new World(5, 3);
		world.cluster.leader = 4;
		world.get("key");
		assert.notEqual(world.sent[0].member, 4);
		world.run(25);
		assert.equal(world.answers.length, 1);
		assert.equal(asked(world).at(-1), 4);
		assert.equal(world.sent.length, 2);
	});

	it("follows at most three hints that lead in a circle, then rests", () => {
		const world = warm();
		world.cluster.override = (member) => ({ reason: NOT_LEADER, leader: (member % 5) + 1 });
		world.get("key");
		world.run(150);
		assert.deepEqual(asked(world), [1, 2, 3, 4]);
		assert.equal(HOPS_MAX, 3);
		// After the rest it may follow as many again.
		world.run(RETRY_MS_MIN);
		assert.equal(asked(world).length, 8);
	});

	it("takes no hint at itself, at nobody or at a stranger, and asks another after a rest", () => {
		for (const hint of [1, 0, 99]) {
			const world = warm();
			world.cluster.override = (member) => (member === 1 ? { reason: NOT_LEADER, leader: hint } : SILENT);
			world.get("key");
			world.run(150);
			assert.deepEqual(asked(world), [1]);
			world.run(400);
			assert.notEqual(asked(world)[1], 1);
		}
	});

	it("takes no hint of an older term", () => {
		const world = warm();
		world.cluster.term = 9;
		world.get("key");
		world.run(100);
		world.cluster.requests.length = 0;
		world.cluster.term = 8;
		world.cluster.override = replies(OPERATION_GET, { reason: NOT_LEADER, leader: 2 });
		world.get("key");
		world.run(100);
		assert.deepEqual(asked(world), [1]);
	});

	it("waits out an election without hammering, then finds the new leader", () => {
		const world = warm();
		world.cluster.leader = 0;
		world.after(2400, () => (world.cluster.leader = 5));
		const put = world.put("key", "new");
		world.run(2399);
		assert.ok(world.sent.length >= 4 && world.sent.length <= 9, `${world.sent.length} datagrams`);
		world.run(1200);
		assert.equal(world.answerOf(put).reason, DONE);
		assert.deepEqual(world.cluster.applied, ["new"]);
	});

	it("answers NO_LEADER to a read when none was found in time, and to a write that had no session yet", () => {
		const world = new World();
		world.cluster.leader = 0;
		const [get, put] = [world.get("key"), world.put("key", "a")];
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(get).reason, NO_LEADER);
		assert.equal(world.answerOf(put).reason, NO_LEADER);
	});

	it("answers OUTCOME_UNKNOWN to a write whose every attempt was refused: a copy may lie in the network", () => {
		const world = warm();
		world.cluster.leader = 0;
		const put = world.put("key", "a");
		const copy = world.sent[0].bytes;
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(put).reason, OUTCOME_UNKNOWN);
		world.cluster.leader = world.sent[0].member;
		world.cluster.handle(world.sent[0].member, copy);
		assert.deepEqual(world.cluster.applied, ["a"]);
	});

	for (const reason of [BUSY, reasons.LOG_FULL])
		it(`rests after ${reasons.reasonName(reason)}, longer each time, and asks the same member`, () => {
			const world = warm();
			const refusal = { reason };
			world.cluster.override = replies(OPERATION_WRITE, refusal, refusal, refusal);
			const put = world.put("key", "a");
			world.run(4000);
			assert.equal(world.answerOf(put).reason, DONE);
			assert.deepEqual(asked(world), [1, 1, 1, 1]);
			const gaps = world.sent.slice(1).map(({ at }, i) => at - world.sent[i].at);
			assert.ok(gaps[0] >= 187 && gaps[1] >= 375 && gaps[2] >= 750, gaps.join(" "));
		});

	for (const reason of [reasons.RECOVERING, reasons.UNFORMATTED, OUTCOME_UNKNOWN])
		it(`asks another member after ${reasons.reasonName(reason)}`, () => {
			const world = warm();
			world.cluster.override = replies(OPERATION_WRITE, { reason });
			const put = world.put("key", "a");
			world.run(4000);
			assert.equal(world.answerOf(put).reason, DONE);
			assert.notEqual(asked(world)[1], 1);
			assert.equal(new Set(world.cluster.requests.map(({ request }) => request.number)).size, 1);
		});

	it("takes the second copy of a refusal for the same refusal", () => {
		const world = warm();
		world.cluster.override = replies(OPERATION_WRITE, { reason: BUSY });
		world.onReply = () => [5, 150];
		const put = world.put("key", "a");
		world.run(1.25 * RETRY_MS_MIN + 20);
		assert.equal(world.answerOf(put).reason, DONE);
	});

	it("answers a read with the last refusal when its time is over", () => {
		const world = warm();
		world.cluster.override = () => ({ reason: BUSY });
		const get = world.get("key");
		world.run(TIMEOUT_MS);
		assert.equal(world.answerOf(get).reason, BUSY);
	});

	it("gives a refusal for good to the caller at once, and goes on with the next write", () => {
		const world = warm();
		world.cluster.override = replies(OPERATION_WRITE, { reason: reasons.NO_SPACE });
		const [first, second] = [world.put("key", "a"), world.put("key", "b")];
		world.run(50);
		assert.equal(world.answerOf(first).reason, reasons.NO_SPACE);
		assert.equal(world.answerOf(second).reason, DONE);
	});
});
