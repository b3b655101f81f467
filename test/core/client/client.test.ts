import { strict as assert } from "node:assert";
import { Client } from "../../../core/client/client";
import { BOARD_CLIENT_LIMITS, type ClientLimits, clientFootprint } from "../../../core/client/limits";
import { PROFILE_M } from "../../../core/limits";
import { BAD_REQUEST, BUSY, CONFLICT, DONE, KEY_NOT_FOUND, REQUEST_TOO_LARGE } from "../../../core/reasons";
import { OPERATION_WRITE } from "../../../core/wire/requests";
import { SILENT } from "./fake-cluster";
import { bytes, LIMITS, World } from "./world";

const wrote = (world: World) => world.cluster.requests.filter(({ request }) => request.operation === OPERATION_WRITE);

describe("client", () => {
	describe("a call on a good network", () => {
		it("registers a session at the first write, and writes under it in order", () => {
			const world = new World();
			const calls = ["a", "b", "c"].map((value) => world.put("key", value));
			world.run(2000);
			assert.deepEqual(
				calls.map((call) => world.answerOf(call).reason),
				[DONE, DONE, DONE],
			);
			assert.deepEqual(world.cluster.applied, ["a", "b", "c"]);
			assert.equal(world.cluster.sessions.size, 1);
			assert.deepEqual(
				wrote(world).map(({ request }) => request.command?.sequence),
				[1, 2, 3],
			);
		});

		it("carries the fields of each answer", () => {
			const world = new World();
			world.put("key", "one");
			const put = world.put("key", "two");
			world.run(1000);
			const get = world.get("key");
			const none = world.get("other");
			world.run(1000);
			assert.equal(world.answerOf(put).revision, 2);
			assert.equal(world.answerOf(get).value, "two");
			assert.equal(world.answerOf(get).modRevision, 2);
			assert.equal(world.answerOf(get).member, 1);
			assert.equal(world.answerOf(none).reason, KEY_NOT_FOUND);
		});

		it("compares and puts, and says what it found", () => {
			const world = new World();
			const k = bytes("key");
			const v = bytes("v");
			const cas = (expected: number) =>
				world.call((client, call) => client.compareAndPut(call, expected, k, 0, k.length, v, 0, v.length));
			const [made, exists, changed] = [cas(0), cas(0), cas(1)];
			world.run(2000);
			assert.equal(world.answerOf(made).reason, DONE);
			assert.equal(world.answerOf(exists).reason, CONFLICT);
			assert.equal(world.answerOf(exists).modRevision, 1);
			assert.equal(world.answerOf(changed).reason, DONE);
		});

		it("deletes, and ranges over what is left with its end and limit", () => {
			const world = new World();
			for (const key of ["a", "b", "c", "d"]) {
				world.put(key, key);
				world.run(1000);
			}
			const [b, d] = [bytes("b"), bytes("d")];
			const gone = world.call((client, call) => client.delete(call, b, 0, 1));
			world.run(1000);
			const range = world.call((client, call) => client.range(call, 1, b, 0, 1, d, 0, 1));
			world.run(1000);
			assert.equal(world.answerOf(gone).reason, DONE);
			assert.ok(world.answerOf(range).value.includes("c"));
			assert.equal(world.answerOf(range).more, false);
			assert.deepEqual(world.cluster.requests.at(-1)?.request.limit, 1);
		});

		it("takes keys and values out of the middle of a buffer, as boards keep them", () => {
			const world = new World();
			const buffer = bytes("..keyvalue..");
			world.call((client, call) => client.put(call, buffer, 2, 3, buffer, 5, 5));
			buffer.fill(0);
			world.run(1000);
			assert.deepEqual(wrote(world)[0].request.command?.key, "key");
			assert.deepEqual(world.cluster.applied, ["value"]);
		});

		it("closes its session and opens another under another nonce", () => {
			const world = new World();
			world.put("key", "a");
			const close = world.call((client, call) => client.close(call));
			world.run(1000);
			assert.equal(world.answerOf(close).reason, DONE);
			assert.equal(world.cluster.sessions.size, 0);
			world.put("key", "b");
			world.run(1000);
			assert.equal(world.cluster.sessions.size, 1);
			assert.equal(world.cluster.nonces.size, 2);
			assert.equal(wrote(world).at(-1)?.request.command?.sequence, 1);
		});

		it("closes nothing and registers nothing twice without a datagram", () => {
			const world = new World();
			const close = world.call((client, call) => client.close(call));
			assert.equal(world.answerOf(close).reason, DONE);
			assert.equal(world.sent.length, 0);
			const first = world.call((client, call) => client.register(call));
			world.run(1000);
			const before = world.sent.length;
			const second = world.call((client, call) => client.register(call));
			assert.ok(world.answerOf(first).session > 0);
			assert.equal(world.answerOf(second).session, world.answerOf(first).session);
			assert.equal(world.sent.length, before);
		});

		it("starts at different members, so that clients spread", () => {
			const first = new Set<number>();
			for (let seed = 0; seed < 50; seed++) {
				const world = new World(5, seed);
				world.get("key");
				first.add(world.sent[0].member);
			}
			assert.equal(first.size, 5);
		});

		it("asks the known leader first", () => {
			const world = new World();
			world.cluster.leader = 4;
			world.get("key");
			world.run(1000);
			const before = world.sent.length;
			world.get("key");
			world.put("key", "a");
			world.run(1000);
			assert.deepEqual(
				world.sent.slice(before).map(({ member }) => member),
				[4, 4, 4],
			);
		});
	});

	describe("capacity", () => {
		it("says how many bytes its limits cost", () => {
			const buffersOf = (limits: ClientLimits) => {
				const seen = new Set<object>();
				let bytes = 0;
				const walk = (value: unknown) => {
					if (typeof value !== "object" || value === null || seen.has(value)) return;
					seen.add(value);
					if (value instanceof ArrayBuffer) bytes += value.byteLength;
					else if (ArrayBuffer.isView(value)) walk(value.buffer);
					else Object.values(value).forEach(walk);
				};
				walk(new Client(limits, 1, 2, 3, 4, 5));
				return bytes;
			};
			const small = { members: 1, writes: 1, reads: 1, requestBytes: 64 };
			const rest = buffersOf(small) - clientFootprint(small);
			assert.ok(rest >= 0 && rest < 2048, `${rest} bytes besides`);
			assert.equal(buffersOf(BOARD_CLIENT_LIMITS) - clientFootprint(BOARD_CLIENT_LIMITS), rest);
			assert.ok(BOARD_CLIENT_LIMITS.requestBytes >= PROFILE_M.keyBytes + PROFILE_M.valueBytes);
		});

		it("refuses more writes than its queue with BUSY, and has room for reads beside it", () => {
			const world = new World();
			world.onRequest = () => [];
			const k = bytes("key");
			for (let i = 0; i < LIMITS.writes; i++) world.put("key", "a");
			assert.equal(world.client.put(99, k, 0, 3, k, 0, 3), BUSY);
			for (let i = 0; i < LIMITS.reads; i++) world.get("key");
			assert.equal(world.client.get(99, k, 0, 3), BUSY);
			world.run(20000);
			assert.equal(world.answers.length, LIMITS.writes + LIMITS.reads);
			world.put("key", "a");
		});

		it("refuses a request over its size, a revision or limit that is none, and an unknown member", () => {
			const { client } = new World();
			const large = new Uint8Array(LIMITS.requestBytes);
			assert.equal(client.put(1, large, 0, 1, large, 0, large.length), REQUEST_TOO_LARGE);
			assert.equal(client.compareAndPut(1, -1, large, 0, 1, large, 0, 1), BAD_REQUEST);
			assert.equal(client.compareAndPut(1, 2 ** 48, large, 0, 1, large, 0, 1), BAD_REQUEST);
			assert.equal(client.range(1, 1.5, large, 0, 1, large, 0, 1), BAD_REQUEST);
			assert.equal(client.status(1, 77), BAD_REQUEST);
			assert.equal(client.nextDeadlineMs(), Number.POSITIVE_INFINITY);
		});

		it("sends the largest request that it accepts", () => {
			const world = new World();
			const large = new Uint8Array(LIMITS.requestBytes).fill(120);
			const put = world.call((client, call) => client.put(call, large, 0, 255, large, 0, LIMITS.requestBytes - 255));
			world.run(1000);
			assert.equal(world.answerOf(put).reason, DONE);
		});

		it("keeps one write under way, and reads beside it", () => {
			const world = new World();
			world.cluster.override = (_, request) => (request.operation === OPERATION_WRITE ? SILENT : undefined);
			const [first, second] = [world.put("key", "a"), world.put("key", "b")];
			const get = world.get("key");
			world.run(5000);
			assert.ok(world.isAnswered(get));
			assert.ok(!world.isAnswered(first) && !world.isAnswered(second));
			assert.deepEqual([...new Set(wrote(world).map(({ request }) => request.command?.value))], ["a"]);
		});
	});
});
