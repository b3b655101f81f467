import assert from "node:assert/strict";
import { crc32c } from "../../../core/bytes";
import { PUT, REGISTER } from "../../../core/command";
import { ENTRY_NO_OP } from "../../../core/entry";
import { PROFILE_M } from "../../../core/limits";
import { BAD_REQUEST, DONE, SEQUENCE_STALE, SESSION_EXPIRED, SESSION_LIMIT } from "../../../core/reasons";
import { encode, Machine, SMALL } from "./machine";

const NOTHING = new Uint8Array(0);

describe("core/store/sessions", () => {
	it("makes one session of five copies of a registration", () => {
		const machine = new Machine();
		const answers = [1, 2, 3, 4, 5].map(() => machine.register(0xffffffff, 7));
		for (const answer of answers) assert.deepEqual(answer, { ...answers[0], session: 1 });
		assert.equal(machine.store.sessions.count, 1);
		assert.equal(machine.register(7, 0xffffffff).session, 6, "the halves of a nonce are not exchanged");
		assert.equal(machine.register(0xffffffff, 8).session, 7);
	});

	it("answers a retry from memory and applies it once", () => {
		const machine = new Machine();
		const { session } = machine.register(0, 1);
		const first = machine.put(session, 1, "counter", "1");
		machine.apply(NOTHING, ENTRY_NO_OP);
		for (let i = 0; i < 4; i++) assert.deepEqual(machine.put(session, 1, "counter", "1"), first);
		assert.equal(machine.store.revision, 1);
		assert.deepEqual(machine.delete(session, 2, "counter"), machine.delete(session, 2, "counter"));
		assert.equal(machine.store.revision, 2);
		assert.equal(machine.put(session, 1, "counter", "1").reason, SEQUENCE_STALE);
		assert.equal(machine.get("counter"), undefined);

		// A refusal is an answer too: the retry gets the same, although it could now succeed.
		const conflict = machine.compareAndPut(session, 3, 9, "a", "b");
		const other = machine.register(0, 2).session;
		for (let i = 1; i <= 7; i++) machine.put(other, i, "a", `${i}`);
		assert.equal(machine.store.revision, 9);
		assert.deepEqual(machine.compareAndPut(session, 3, 9, "a", "b"), conflict);
		assert.equal(machine.get("a"), "7");
	});

	it("refuses another request under a used number", () => {
		const machine = new Machine();
		const { session } = machine.register(0, 1);
		const first = machine.put(session, 1, "a", "1");
		assert.equal(machine.put(session, 1, "a", "2").reason, BAD_REQUEST);
		assert.equal(machine.delete(session, 1, "a").reason, BAD_REQUEST);
		assert.equal(machine.close(session, 1).reason, BAD_REQUEST);
		assert.equal(machine.put(session, 0, "a", "2").reason, SEQUENCE_STALE);
		assert.deepEqual(machine.put(session, 1, "a", "1"), first, "the kept reply is untouched");
		assert.equal(machine.get("a"), "1");
	});

	it("does not take number 0 for a retry of a session without a command", () => {
		const machine = new Machine();
		const { session } = machine.register(0, 1);
		assert.equal(machine.put(session, 0, "a", "1").reason, BAD_REQUEST);
		const payload = encode({ operation: PUT, session, sequence: 0 }, "a", "1");
		machine.store.sessions.table[0].request = crc32c(0, payload, 0, payload.length); // as chance might have it
		assert.equal(machine.apply(payload).reason, BAD_REQUEST);
		assert.equal(machine.store.revision, 0);
	});

	it("never executes a command of an unknown session", () => {
		const machine = new Machine();
		for (const session of [0, 1, 5, 2 ** 48 - 1])
			assert.equal(machine.put(session, 1, "a", "1").reason, SESSION_EXPIRED);
		assert.equal(machine.store.keys.count, 0);
		assert.equal(machine.store.revision, 0);
	});

	it("closes idempotently; what comes late finds no session", () => {
		const machine = new Machine();
		const { session } = machine.register(0, 1);
		machine.put(session, 1, "a", "1");
		assert.equal(machine.close(session, 2).reason, DONE);
		assert.equal(machine.close(session, 2).reason, DONE);
		assert.equal(machine.put(session, 1, "a", "1").reason, SESSION_EXPIRED);
		assert.equal(machine.store.sessions.count, 0);
		assert.equal(machine.register(0, 1).session, 6, "the nonce of a closed session opens a new one");
	});

	it("finds every session among many that open and close", () => {
		const machine = new Machine({ ...PROFILE_M, sessions: 40 });
		const open = new Map<number, number>();
		for (let round = 1; round <= 300; round++) {
			if (open.size === 40 || round % 5 === 4) {
				const ids = [...open.keys()];
				const id = ids[(round * 7) % ids.length];
				assert.equal(machine.close(id, (open.get(id) ?? 0) + 1).reason, DONE);
				open.delete(id);
			} else open.set(machine.register(0, round).session, 0);
			for (const [id, sequence] of open) {
				assert.equal(machine.put(id, sequence + 1, `${id % 50}`, "x").reason, DONE);
				open.set(id, sequence + 1);
			}
		}
		assert.ok(open.size > 30);
	});

	it("keeps a board's idle session through 1,000 command lines", () => {
		const machine = new Machine(PROFILE_M);
		const board = machine.register(0, 1).session;
		machine.put(board, 1, "board", "1");
		for (let i = 0; i < 1000; i++) {
			const { session } = machine.register(1, i);
			assert.equal(machine.put(session, 1, "line", `${i}`).reason, DONE);
			assert.equal(machine.close(session, 2).reason, DONE);
		}
		assert.equal(machine.put(board, 2, "board", "2").reason, DONE);
		assert.equal(machine.store.sessions.count, 1);
	});

	for (const fraction of [1, 2, 7])
		it(`keeps a board's idle session through 1,000 command lines of which one in ${fraction} dies half-way`, () => {
			for (const limits of [SMALL, PROFILE_M]) {
				const machine = new Machine(limits);
				const board = machine.register(0, 1).session;
				machine.put(board, 1, "board", "1");
				machine.put(board, 2, "board", "2");
				let served = 0;
				for (let i = 0; i < 1000; i++) {
					const { session, reason } = machine.register(1, i);
					if (reason === SESSION_LIMIT) continue;
					served++;
					if (i % 3 > 0) assert.equal(machine.put(session, 1, "line", `${i}`).reason, DONE);
					if (i % fraction !== 0) assert.equal(machine.close(session, 2).reason, DONE);
				}
				assert.equal(machine.put(board, 3, "board", "3").reason, DONE);
				assert.ok(served >= 1000 / 5, `${served} were served`);
			}
		});

	it("evicts who wrote less, then who is idle longest, and never who is protected", () => {
		const machine = new Machine(); // 4 sessions, protected for 8 entries
		const a = machine.register(0, 1).session;
		const b = machine.register(0, 2).session;
		const c = machine.register(0, 3).session;
		const d = machine.register(0, 4).session;
		machine.put(c, 1, "k", "1");
		machine.put(b, 1, "k", "1");
		machine.put(d, 1, "k", "1");
		machine.put(d, 2, "k", "1");
		assert.equal(machine.register(0, 5).reason, SESSION_LIMIT, "all are protected");
		const alive = () => machine.store.sessions.table.slice(0, machine.store.sessions.count).map(({ id }) => id);
		const idle = (entries: number) => {
			for (let i = 0; i < entries; i++) machine.apply(NOTHING, ENTRY_NO_OP);
		};
		idle(12);
		const e = machine.register(0, 6).session;
		assert.deepEqual(alive(), [b, c, d, e], "a never wrote");
		const f = machine.register(0, 7).session;
		assert.deepEqual(alive(), [b, d, e, f], "c wrote once, as b, and earlier; e never wrote, but is protected");
		idle(12);
		const g = machine.register(0, 8).session;
		const h = machine.register(0, 9).session;
		assert.deepEqual(alive(), [b, d, g, h], "e and f never wrote");
		const i = machine.register(0, 10).session;
		assert.deepEqual(alive(), [d, g, h, i], "b wrote once");
		assert.equal(machine.register(0, 11).reason, SESSION_LIMIT, "d wrote twice, and others will make room");
		for (const session of [g, h, i])
			for (const sequence of [1, 2]) assert.equal(machine.put(session, sequence, "k", "2").reason, DONE);
		idle(1);
		const j = machine.register(0, 12).session;
		assert.deepEqual(alive(), [g, h, i, j], "only working clients: the one idle longest goes");
		assert.equal(a, 1);
	});

	it("lets a refused newcomer in when protection has run out", () => {
		const machine = new Machine();
		for (let nonce = 1; nonce <= 4; nonce++) machine.register(0, nonce);
		let tries = 0;
		while (machine.register(0, 99).reason === SESSION_LIMIT) assert.ok(++tries < 20);
		assert.equal(tries, SMALL.sessionProtection - 3, "refusals are entries: protection runs out by them alone");
	});

	it("gives a retried registration its session again, although the table is full", () => {
		const machine = new Machine();
		for (let nonce = 1; nonce <= 4; nonce++) machine.register(0, nonce);
		assert.equal(machine.apply(encode({ operation: REGISTER, nonceHigh: 0, nonceLow: 2 })).session, 2);
	});
});
