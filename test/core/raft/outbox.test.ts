import assert from "node:assert/strict";
import fc from "fast-check";
import { APPEND_RESPONSE, COLUMNS_MAX, VOTE_REQUEST } from "../../../core/raft/messages";
import { NO_SEND, Outbox } from "../../../core/raft/outbox";

describe("outbox", () => {
	it("keeps what waits and the order of what may leave, as a list does", () => {
		const step = fc.record({ open: fc.boolean(), after: fc.nat(3), durable: fc.nat(1) });
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
				const outbox = new Outbox(3, 2);
				let naive: { mark: number; after: number }[] = [];
				let durable = 0;
				steps.forEach(({ open, after, durable: more }, mark) => {
					if (open && naive.length < 36) {
						const row = outbox.open(APPEND_RESPONSE, mark % 3, 1, after === 0 ? 0 : durable + after);
						outbox.fields[row + COLUMNS_MAX - 1] = mark;
						outbox.firstIndex[outbox.slot] = mark;
						naive.push({ mark, after: after === 0 ? 0 : durable + after });
						return;
					}
					durable += more;
					assert.equal(outbox.count === 0, naive.length === 0);
					const slot = naive.length === 0 ? NO_SEND : outbox.take(durable);
					const found = naive.find((one) => one.after <= durable);
					assert.equal(slot === NO_SEND, found === undefined);
					if (found === undefined) return;
					naive = naive.filter((one) => one !== found);
					assert.equal(outbox.fields[slot * COLUMNS_MAX + COLUMNS_MAX - 1], found.mark);
					assert.equal(outbox.row.getFloat64((slot * COLUMNS_MAX + COLUMNS_MAX - 1) * 8, true), found.mark);
					assert.deepEqual([outbox.firstIndex[slot], outbox.receiver[slot]], [found.mark, found.mark % 3]);
				});
			}),
			{ numRuns: 500 },
		);
	});

	it("answers once for several, and drops what goes to one, wherever in the ring that stands", () => {
		const kinds = [APPEND_RESPONSE, VOTE_REQUEST];
		const step = fc.record({ verb: fc.nat(5), kind: fc.nat(1), receiver: fc.nat(2), after: fc.nat(2) });
		fc.assert(
			fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
				const outbox = new Outbox(3, 2);
				let naive: { kind: number; receiver: number; after: number; mark: number }[] = [];
				let durable = 0;
				steps.forEach(({ verb, kind: which, receiver, after: delay }, mark) => {
					const kind = kinds[which];
					const after = delay === 0 ? 0 : durable + delay;
					if (verb <= 2) {
						const same = naive.find((one) => one.kind === kind && one.receiver === receiver && one.after === after);
						outbox.fields[outbox.openAnswer(kind, receiver, 1, after) + COLUMNS_MAX - 1] = mark;
						if (same === undefined) naive.push({ kind, receiver, after, mark });
						else same.mark = mark;
					} else if (verb === 3) {
						outbox.dropTo(receiver);
						naive = naive.filter((one) => one.receiver !== receiver);
					} else {
						if (verb === 5) durable++;
						assert.equal(outbox.count === 0, naive.length === 0);
						const slot = outbox.count === 0 ? NO_SEND : outbox.take(durable);
						const found = naive.find((one) => one.after <= durable);
						assert.equal(slot === NO_SEND, found === undefined);
						if (found === undefined) return;
						naive.splice(naive.indexOf(found), 1);
						assert.equal(outbox.fields[slot * COLUMNS_MAX + COLUMNS_MAX - 1], found.mark);
						assert.equal(outbox.receiver[slot], found.receiver);
					}
				});
			}),
			{ numRuns: 300 },
		);
	});

	it("does not fill up behind a send that waits for long", () => {
		const outbox = new Outbox(3, 2);
		outbox.open(VOTE_REQUEST, 2, 7, 5);
		for (let i = 0; i < 1000; i++) {
			outbox.open(APPEND_RESPONSE, 1, 7, 0);
			assert.notEqual(outbox.take(4), NO_SEND);
		}
		assert.equal(outbox.take(4), NO_SEND);
		const slot = outbox.take(5);
		assert.deepEqual([outbox.kind[slot], outbox.receiver[slot]], [VOTE_REQUEST, 2]);
		assert.equal(outbox.count, 0);
	});

	it("stops by name when nobody takes anything", () => {
		const outbox = new Outbox(3, 2);
		assert.throws(() => {
			for (let i = 0; i < 1000; i++) outbox.open(APPEND_RESPONSE, 1, 7, 0);
		}, /the outbox was not drained/);
	});
});
