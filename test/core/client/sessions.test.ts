import { strict as assert } from "node:assert";
import { TIMEOUT_MS } from "../../../core/client/timing";
import { CLOSE } from "../../../core/command";
import * as reasons from "../../../core/reasons";
import { DROP_CLUSTER, DROP_RECEIVER, DROP_SHORT, DROP_TAG } from "../../../core/wire/drops";
import { OPERATION_REGISTER, OPERATION_WRITE } from "../../../core/wire/requests";
import { SILENT } from "./fake-cluster";
import { replies, World, warm } from "./world";

const { DONE, NOT_LEADER, OUTCOME_UNKNOWN } = reasons;

describe("client: sessions", () => {
	it("gives the refusal of a registration to the write that needed it; the next write tries again", () => {
		const world = new World();
		world.cluster.override = replies(OPERATION_REGISTER, { reason: reasons.SESSION_LIMIT });
		const [first, second] = [world.put("key", "a"), world.put("key", "b")];
		world.run(3000);
		assert.equal(world.answerOf(first).reason, reasons.SESSION_LIMIT);
		assert.equal(world.answerOf(second).reason, DONE);
		assert.deepEqual(world.cluster.applied, ["b"]);
	});

	it("does not know of a write that met an expired session, and the next one opens a new session", () => {
		const world = warm();
		world.cluster.sessions.clear();
		const [first, second] = [world.put("key", "a"), world.put("key", "b")];
		world.run(3000);
		assert.equal(world.answerOf(first).reason, OUTCOME_UNKNOWN);
		assert.equal(world.answerOf(second).reason, DONE);
		assert.equal(world.cluster.nonces.size, 2);
		assert.deepEqual(world.cluster.applied, ["b"]);
	});

	// The network doubles the only datagram: the first copy is applied and its answer lost, the session
	// is pushed out, and the second copy meets none.
	it("does not call a write refused that was sent once, came twice, and met an expired session then", () => {
		const world = warm();
		world.onRequest = () => [5, 10];
		world.onReply = () => {
			world.cluster.sessions.clear();
			world.onReply = () => [5];
			return [];
		};
		const put = world.put("key", "applied");
		world.run(3000);
		assert.equal(world.sent.length, 1);
		assert.equal(world.answerOf(put).reason, OUTCOME_UNKNOWN);
		assert.deepEqual(world.cluster.applied, ["applied"]);
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
		world.cluster.override = replies(OPERATION_WRITE, { reason: reasons.SESSION_EXPIRED });
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
