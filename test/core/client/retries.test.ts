import { strict as assert } from "node:assert";
import { HOPS_MAX, RETRY_MS_MAX, RETRY_MS_MIN, TIMEOUT_MS } from "../../../core/client/timing";
import { CLOSE } from "../../../core/command";
import * as reasons from "../../../core/reasons";
import { DROP_CLUSTER, DROP_RECEIVER, DROP_SHORT, DROP_TAG } from "../../../core/wire/drops";
import { OPERATION_GET, OPERATION_REGISTER, OPERATION_WRITE } from "../../../core/wire/requests";
import { type Override, SILENT } from "./fake-cluster";
import { World } from "./world";

const { BUSY, DONE, NO_LEADER, NOT_LEADER, OUTCOME_UNKNOWN, SESSION_EXPIRED, UNREACHABLE } = reasons;

/** A world whose client has a session and knows that member 1 leads. */
function warm(): World {
	const world = new World();
	world.put("key", "cold");
	world.put("key", "warm");
	world.run(3000);
	world.cluster.applied.length = 0;
	world.cluster.requests.length = 0;
	world.sent.length = 0;
	return world;
}

const asked = (world: World) => world.cluster.requests.map(({ member }) => member);
/** What members make of requests of one operation, one reply after the other; the rest are served. */
function replies(operation: number, ...list: ReturnType<Override>[]): Override {
	return (_, request) => (request.operation === operation ? list.shift() : undefined);
}

describe("client: silence", () => {
	it("asks again with the same number and bytes, later each time up to a bound, and other members", () => {
		const world = new World();
		world.onRequest = () => [];
		world.get("key");
		world.run(TIMEOUT_MS + 1);
		const gaps = world.sent.slice(1).map(({ at }, i) => at - world.sent[i].at);
		let expected = RETRY_MS_MIN;
		for (const gap of gaps) {
			assert.ok(gap >= 0.75 * expected && gap <= 1.25 * expected, `${gap} ms is not about ${expected}`);
			expected = Math.min(2 * expected, RETRY_MS_MAX);
		}
		assert.ok(gaps.length >= 4 && gaps.length <= 6);
		for (let i = 1; i < world.sent.length; i++) {
			assert.notEqual(world.sent[i].member, world.sent[i - 1].member);
			// All between the frame's addresses and its tag.
			assert.deepEqual(world.sent[i].bytes.slice(10, -4), world.sent[0].bytes.slice(10, -4));
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
		assert.equal(new Set(world.cluster.requests.map(({ request }) => request.command?.sequence)).size, 1);
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

describe("client: sessions", () => {
	it("gives the refusal of a registration to the write that needed it; the next write tries again", () => {
		const world = new World();
		world.cluster.override = replies(OPERATION_REGISTER, ...Array(1).fill({ reason: reasons.SESSION_LIMIT }));
		const [first, second] = [world.put("key", "a"), world.put("key", "b")];
		world.run(3000);
		assert.equal(world.answerOf(first).reason, reasons.SESSION_LIMIT);
		assert.equal(world.answerOf(second).reason, DONE);
		assert.deepEqual(world.cluster.applied, ["b"]);
	});

	it("refuses a write whose first attempt met an expired session, and the next one opens a new session", () => {
		const world = warm();
		world.cluster.sessions.clear();
		const [first, second] = [world.put("key", "a"), world.put("key", "b")];
		world.run(3000);
		assert.equal(world.answerOf(first).reason, SESSION_EXPIRED);
		assert.equal(world.answerOf(second).reason, DONE);
		assert.equal(world.cluster.nonces.size, 2);
		assert.deepEqual(world.cluster.applied, ["b"]);
	});

	it("counts the attempts of the write alone, not those of its registration", () => {
		const world = new World();
		world.cluster.override = replies(OPERATION_REGISTER, SILENT, SILENT);
		world.after(
			0,
			() =>
				(world.onReply = () => {
					world.cluster.sessions.clear();
					return [5];
				}),
		);
		const put = world.put("key", "a");
		world.run(5000);
		assert.equal(world.answerOf(put).reason, SESSION_EXPIRED);
	});

	it("does not know the outcome of a write that was sent before its session was found expired", () => {
		const world = warm();
		// The first attempt is applied, its answer lost, and the session then forgotten.
		world.onReply = () => {
			world.onReply = () => [5];
			world.cluster.sessions.clear();
			return [];
		};
		const put = world.put("key", "applied");
		world.run(3000);
		assert.equal(world.answerOf(put).reason, OUTCOME_UNKNOWN);
		assert.deepEqual(world.cluster.applied, ["applied"]);
	});

	it("closes an expired session as if it had been there", () => {
		const world = warm();
		world.cluster.override = replies(OPERATION_WRITE, { reason: SESSION_EXPIRED });
		const close = world.call((client, call) => client.close(call));
		world.run(1000);
		assert.equal(world.answerOf(close).reason, DONE);
		assert.equal(world.client.session.isOpen(), false);
	});

	it("gives up a session that it could not close", () => {
		const world = warm();
		world.cluster.override = (_, request) => (request.command?.operation === CLOSE ? SILENT : undefined);
		world.client.timeoutMs = 1000;
		const close = world.call((client, call) => client.close(call));
		world.run(1000);
		assert.equal(world.answerOf(close).reason, OUTCOME_UNKNOWN);
		const put = world.put("key", "b");
		world.run(1000);
		assert.equal(world.answerOf(put).reason, DONE);
		assert.equal(world.cluster.sessions.size, 2);
	});

	it("opens a new session when its sequence numbers are spent", () => {
		const world = warm();
		Object.assign(world.client.session, { sequence: 0xffffffff });
		const put = world.put("key", "b");
		world.run(1000);
		assert.equal(world.answerOf(put).reason, DONE);
		assert.equal(world.cluster.nonces.size, 2);
		assert.equal(world.cluster.requests.at(-1)?.request.command?.sequence, 1);
	});
});

describe("client: datagrams that answer nothing", () => {
	it("drops and counts doubled and late answers", () => {
		const world = warm();
		world.onReply = () => [5, 6, 300];
		const put = world.put("key", "a");
		world.run(1000);
		assert.equal(world.answerOf(put).reason, DONE);
		assert.equal(world.client.lateAnswers, 2);
	});

	it("lets no late refusal of one member end the attempt at another", () => {
		const world = warm();
		// Member 1 answers so late that another is asked; its NOT_LEADER then sends nobody anywhere.
		world.cluster.override = (member) => (member === 1 ? { reason: NOT_LEADER, leader: 1 } : SILENT);
		world.onReply = () => [400];
		world.get("key");
		world.run(320);
		const before = world.sent.length;
		assert.equal(before, 2);
		world.run(100);
		assert.equal(world.sent.length, before);
		assert.equal(world.client.lateAnswers, 1);
	});

	it("takes a late answer of a member that it does not ask any more, when it is final", () => {
		const world = warm();
		world.onReply = (member) => (member === 1 ? [400] : []);
		const get = world.get("key");
		world.run(450);
		assert.equal(world.answerOf(get).value, "warm");
		assert.ok(world.sent.length > 1);
	});

	it("drops what is damaged, of another cluster or short, counted by reason", () => {
		const world = warm();
		world.onReply = () => [];
		const get = world.get("key");
		const reply = world.cluster.handle(1, world.sent[0].bytes)!;
		const flip = (at: number) => reply.map((byte, i) => (i === at ? byte ^ 1 : byte));
		const { drops } = world.client.datagrams.frame;
		world.receive(flip(20));
		assert.equal(drops[-DROP_TAG], 1);
		world.receive(flip(2));
		assert.equal(drops[-DROP_CLUSTER], 1);
		world.receive(reply.slice(0, 9));
		assert.equal(drops[-DROP_SHORT], 1);
		assert.ok(!world.isAnswered(get));
		world.receive(reply);
		assert.equal(world.answerOf(get).reason, DONE);
	});

	it("drops an answer to another client, though the request number is the same", () => {
		const [world, other] = [new World(5, 1), new World(5, 2)];
		world.onRequest = other.onRequest = () => [];
		const get = world.get("key");
		other.get("key");
		const reply = other.cluster.handle(other.sent[0].member, other.sent[0].bytes)!;
		world.receive(reply);
		assert.ok(!world.isAnswered(get));
		assert.equal(world.client.datagrams.frame.drops[-DROP_RECEIVER], 1);
		other.receive(reply);
		assert.equal(other.answers.length, 1);
	});

	it("drops an answer of another kind than the call's", () => {
		const [world, other] = [new World(5, 1), new World(5, 1)];
		world.onRequest = other.onRequest = () => [];
		const status = world.call((client, call) => client.status(call, 1));
		const get = other.get("key");
		other.cluster.leader = other.sent[0].member;
		const page = other.cluster.handle(other.sent[0].member, other.sent[0].bytes)!;
		const numbers = world.cluster.handle(1, world.sent[0].bytes)!;
		world.receive(page);
		other.receive(numbers);
		assert.ok(!world.isAnswered(status) && !other.isAnswered(get));
		assert.equal(world.client.lateAnswers + other.client.lateAnswers, 2);
		world.receive(numbers);
		assert.equal(world.answerOf(status).reason, DONE);
	});

	it("drops the answer of a member that is not in its list", () => {
		const world = new World(5, 1);
		world.onRequest = () => [];
		const get = world.get("key");
		world.cluster.leader = 9;
		// The bytes of the request, but addressed to member 9.
		const narrow = new World(9, 1);
		narrow.onRequest = () => [];
		while (narrow.sent.at(-1)?.member !== 9) {
			narrow.get("key");
			narrow.run(TIMEOUT_MS);
		}
		const reply = world.cluster.handle(9, narrow.sent.at(-1)!.bytes)!;
		world.receive(reply);
		assert.ok(!world.isAnswered(get));
		assert.equal(world.client.lateAnswers, 1);
	});

	it("drops random bytes", () => {
		const world = warm();
		world.onRequest = () => [];
		const get = world.get("key");
		let state = 1;
		for (let length = 0; length < 1600; length++) {
			const noise = new Uint8Array(length).map(() => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16);
			world.receive(noise);
		}
		assert.equal(
			world.client.datagrams.frame.drops.reduce((sum, count) => sum + count, 0),
			1600,
		);
		assert.ok(!world.isAnswered(get));
	});
});
