import assert from "node:assert/strict";
import { Call } from "../../../core/client/call";
import { BUSY, CONFLICT, DONE, OUTCOME_UNKNOWN } from "../../../core/reasons";
import { History, hexOf, NOTHING } from "../../../sim/history/history";
import { randomHistory } from "../../../sim/history/random-history";
import { readHistory } from "../../../sim/history/reader";
import { Random } from "../../../sim/random";

describe("sim/history/history", () => {
	it("orders calls and returns, also within a millisecond", () => {
		const history = new History();
		const first = history.begin(1, { operation: "put", key: "61", value: "01" }, 5);
		const second = history.begin(2, { operation: "get", key: "61" }, 5);
		history.end(second, OUTCOME_UNKNOWN, 5, null);
		history.end(first, DONE, 5, { ...NOTHING, revision: 1, found: true });
		assert.deepEqual(
			history.operations.map(({ called, outcome, reason, returned }) => ({ called, outcome, reason, returned })),
			[
				{ called: 0, returned: 3, outcome: "done", reason: "DONE" },
				{ called: 1, returned: 2, outcome: "unknown", reason: "OUTCOME_UNKNOWN" },
			],
		);
	});

	it("takes a conflict for an answer, and a refusal for none", () => {
		const history = new History();
		const ids = [1, 2].map((client) =>
			history.begin(client, { operation: "compareAndPut", key: "61", value: "01" }, 0),
		);
		history.end(ids[0], CONFLICT, 1, { ...NOTHING, revision: 7 });
		history.end(ids[1], BUSY, 1, { ...NOTHING, revision: 7 });
		assert.deepEqual(
			history.operations.map(({ answer, outcome }) => [outcome, answer?.revision]),
			[
				["done", 7],
				["refused", undefined],
			],
		);
	});

	it("refuses a second end, an end of nothing, and an answer that is missing or broken", () => {
		const history = new History();
		const id = history.begin(1, { operation: "range", key: "" }, 0);
		assert.throws(() => history.end(id, DONE, 1, null), /without an answer/);
		assert.throws(() => history.end(9, BUSY, 1, null), /not under way/);
		const call = new Call(8);
		call.reason = DONE;
		call.answerLength = 3;
		assert.throws(() => history.answered(id, call, 1), /broken/);
		history.end(id, BUSY, 1, null);
		assert.throws(() => history.end(id, BUSY, 1, null), /not under way/);
	});

	it("writes bytes as hex that sorts as the bytes do", () => {
		const bytes = Uint8Array.of(9, 0, 10, 0xff);
		assert.equal(hexOf(bytes, 1, 3), "000aff");
		assert.equal(hexOf(bytes, 0, 0), "");
	});

	it("comes back from JSON lines as it was written", () => {
		for (let seed = 1; seed <= 50; seed++) {
			const shape = { clients: 4, keys: 3, unknownPermille: 200, refusedPermille: 100, initialRevision: 0, values: 0 };
			const history = new History();
			history.operations.push(...randomHistory(new Random(seed), { ...shape, operations: 40 }));
			assert.deepEqual(readHistory(`${history.toJsonLines()}\n`), history.operations);
		}
	});

	it("reads nothing that is not as it must be, and says where", () => {
		const history = new History();
		const id = history.begin(1, { operation: "get", key: "61" }, 0);
		history.end(id, DONE, 2, { ...NOTHING, revision: 1 });
		const good = JSON.parse(history.toJsonLines());
		const wrong: [object, RegExp][] = [
			[{ operation: "increment" }, /^Error: line 2: operation is none of put, get/],
			[{ key: "6" }, /key is not in lower-case hex/],
			[{ key: 61 }, /key is no string/],
			[{ called: 1.5 }, /called is no integer/],
			[{ call: -1 }, /call is no number/],
			[{ returned: 0 }, /returned is not after called/],
			[{ returned: null }, /known without a return/],
			[{ outcome: "unknown" }, /an answer goes with the outcome done/],
			[{ answer: null }, /an answer goes with the outcome done/],
			[{ answer: [] }, /answer is no object/],
			[{ answer: { ...good.answer, pairs: 1 } }, /pairs is no array/],
			[{ answer: { ...good.answer, more: 0 } }, /more is no boolean/],
			[{ answer: { ...good.answer, pairs: [{ key: "61" }] } }, /value is no string/],
		];
		for (const [change, message] of wrong)
			assert.throws(() => readHistory(`${JSON.stringify(good)}\n${JSON.stringify({ ...good, ...change })}`), message);
		assert.throws(() => readHistory("{"), /line 1/);
		assert.throws(() => readHistory("3"), /the line is no object/);
	});
});
