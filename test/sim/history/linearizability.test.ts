/** Histories by hand: a correct one, and each way in which it could be wrong. */
import assert from "node:assert/strict";
import { isLinearizable } from "../../../sim/history/brute-force";
import {
	type Answer,
	NOTHING,
	type Operation,
	type OperationName,
	type Outcome,
	type Pair,
} from "../../../sim/history/history";
import { judge } from "../../../sim/history/linearizability";

const A = "61";
const B = "62";

type Span = readonly [called: number, returned: number | null];
/** Create revision, modification revision, version. */
type Numbers = readonly [number, number, number];

const NO_NUMBERS: Numbers = [0, 0, 0];

function operation(kind: OperationName, key: string, [called, returned]: Span, fields: Partial<Operation>): Operation {
	return {
		id: 0,
		client: 1,
		operation: kind,
		key,
		to: "",
		limit: 0,
		value: null,
		expected: 0,
		call: called,
		called,
		return: returned,
		returned,
		outcome: "done",
		reason: "DONE",
		answer: null,
		...fields,
	};
}

function answer(revision: number, numbers: Numbers, value: string | null = null): Answer {
	const [createRevision, modRevision, version] = numbers;
	return { ...NOTHING, revision, found: version > 0, value, createRevision, modRevision, version };
}

function put(key: string, value: string, span: Span, revision: number, numbers: Numbers): Operation {
	return operation("put", key, span, { value, answer: answer(revision, numbers) });
}

function compareAndPut(key: string, value: string, expected: number, span: Span, revision: number, numbers: Numbers) {
	return operation("compareAndPut", key, span, { value, expected, answer: answer(revision, numbers) });
}

/** A compare-and-put that failed, with the numbers that it found. */
function conflict(key: string, value: string, expected: number, span: Span, revision: number, numbers: Numbers) {
	return { ...compareAndPut(key, value, expected, span, revision, numbers), reason: "CONFLICT" };
}

function remove(key: string, span: Span, revision: number, numbers: Numbers): Operation {
	const reason = numbers[2] > 0 ? "DONE" : "KEY_NOT_FOUND";
	return operation("delete", key, span, { reason, answer: answer(revision, numbers) });
}

function get(key: string, span: Span, revision: number, value: string | null, numbers = NO_NUMBERS): Operation {
	const reason = value === null ? "KEY_NOT_FOUND" : "DONE";
	return operation("get", key, span, { reason, answer: answer(revision, numbers, value) });
}

function pair(key: string, value: string, [createRevision, modRevision, version]: Numbers): Pair {
	return { key, value, createRevision, modRevision, version };
}

function range(span: Span, revision: number, pairs: Pair[], fields: Partial<Operation> = {}, more = false): Operation {
	return operation("range", "", span, { answer: { ...NOTHING, revision, pairs, more }, ...fields });
}

function unanswered(key: string, value: string, span: Span, outcome: Outcome, reason: string): Operation {
	return operation("put", key, span, { value, outcome, reason });
}

/** Every kind of operation and answer; some overlap, one is unknown and happened, one was refused. */
function correct(): Operation[] {
	return [
		/*  0 */ put(A, "01", [0, 1], 1, [1, 1, 1]),
		/*  1 */ put(B, "02", [2, 5], 2, [2, 2, 1]),
		/*  2 */ get(A, [3, 4], 1, "01", [1, 1, 1]),
		/*  3 */ compareAndPut(A, "03", 1, [6, 7], 3, [1, 3, 2]),
		/*  4 */ conflict(A, "04", 1, [8, 9], 3, [1, 3, 2]),
		/*  5 */ unanswered(A, "05", [10, 11], "unknown", "OUTCOME_UNKNOWN"),
		/*  6 */ get(A, [12, 13], 4, "05", [1, 4, 3]),
		/*  7 */ remove(B, [14, 17], 5, [2, 2, 1]),
		/*  8 */ get(B, [15, 16], 4, "02", [2, 2, 1]),
		/*  9 */ get(B, [18, 19], 5, null),
		/* 10 */ unanswered(B, "06", [20, 21], "refused", "NO_SPACE"),
		/* 11 */ range([22, 23], 5, [pair(A, "05", [1, 4, 3])]),
		/* 12 */ put(B, "07", [24, 25], 6, [6, 6, 1]),
		/* 13 */ range([26, 27], 6, [pair(A, "05", [1, 4, 3]), pair(B, "07", [6, 6, 1])]),
		/* 14 */ unanswered(A, "08", [28, null], "unknown", ""),
		/* 15 */ remove("63", [29, 30], 6, NO_NUMBERS),
	];
}

/** Replaces operations of the correct history, and adds some behind it. */
function changed(changes: { readonly [id: number]: Operation }, ...added: Operation[]): Operation[] {
	const operations = correct().map((old, id) => changes[id] ?? old);
	return numbered([...operations, ...added]);
}

function numbered(operations: Operation[]): Operation[] {
	return operations.map((old, id) => ({ ...old, id }));
}

/** The checker finds it, says the key and the operations, and the definition agrees. */
function finds(operations: Operation[], key: string | null, ids: number[], words: RegExp): void {
	const { verdict, violation } = judge(operations);
	assert.equal(verdict, "not linearizable");
	assert.ok(violation);
	assert.match(violation.message, words);
	assert.equal(violation.key, key);
	assert.deepEqual([...violation.operations].sort(), [...ids].sort(), violation.message);
	for (const id of ids) assert.ok(violation.message.includes(`#${id} `), violation.message);
	if (key !== null) assert.ok(violation.message.includes(`key ${key}`), violation.message);
	assert.equal(isLinearizable(operations), false);
}

function accepts(operations: Operation[]): void {
	const verdict = judge(operations);
	assert.equal(verdict.violation?.message, undefined);
	assert.equal(verdict.verdict, "linearizable");
	assert.equal(isLinearizable(operations), true);
}

describe("sim/history/linearizability", () => {
	it("accepts a correct history", () => accepts(numbered(correct())));

	it("accepts nothing at all, and a history in which nobody was answered", () => {
		accepts([]);
		accepts(numbered([unanswered(A, "01", [0, null], "unknown", "")]));
	});

	it("does not mind in which order the operations come", () => accepts(numbered(correct()).reverse()));

	it("finds a stale read, which says an older revision than was told before", () => {
		finds(changed({ 9: get(B, [18, 19], 4, "02", [2, 2, 1]) }), B, [9, 7], /^get #9 .* is stale/);
	});

	it("finds a stale read that comes with a new revision", () => {
		finds(
			changed({ 9: get(B, [18, 19], 5, "02", [2, 2, 1]) }),
			B,
			[9, 7],
			/^get #9 .* but the key was deleted, by delete #7/,
		);
	});

	it("finds a read of what was not yet asked for", () => {
		const early = changed({ 6: get(A, [8, 9], 4, "08", [1, 4, 3]) });
		assert.equal(judge(early).verdict, "not linearizable");
		assert.equal(isLinearizable(early), false);
	});

	it("finds a lost write", () => {
		const lost = changed({ 13: range([26, 27], 6, [pair(A, "05", [1, 4, 3])]) });
		finds(lost, B, [13, 12], /^range #13 .* otherwise, or nothing, of key 62, which has value 07.* by put #12/);
		const overwritten = changed({}, put(B, "09", [31, 32], 7, [7, 7, 1]));
		finds(overwritten, B, [16, 12], /^put #16 .* is told version 1.* but before it the key has value 07/);
	});

	it("finds a write whose revision is given to another", () => {
		finds(changed({}, put("63", "09", [28, 33], 6, [6, 6, 1])), "63", [16, 12], /same revision/);
	});

	it("finds a doubled write, acknowledged", () => {
		const doubled = changed({}, get(B, [31, 32], 7, "07", [6, 7, 2]));
		finds(doubled, B, [16, 12], /^get #16 .* as written at revision 7, but it was at 6, by put #12/);
	});

	it("finds a doubled write of unknown outcome", () => {
		const doubled = changed({}, get(A, [31, 32], 7, "05", [1, 7, 4]));
		finds(doubled, A, [16, 5], /^get #16 .* as written at revision 7, but it was at 4, by put #5/);
	});

	it("finds a doubled write that was overwritten before anybody read it", () => {
		const doubled = changed({}, put(B, "09", [31, 32], 8, [6, 8, 3]));
		// The only unknown write left is of the other key: it may have taken revision 7, but the version tells.
		finds(doubled, B, [16, 12], /^put #16 .* is told version 3.* but before it the key has value 07, version 1/);
	});

	it("finds a revision that no write can have taken", () => {
		const history = numbered([
			put(A, "01", [0, 1], 1, [1, 1, 1]),
			unanswered(B, "02", [6, 7], "unknown", "OUTCOME_UNKNOWN"),
			get(A, [2, 3], 2, "01", [1, 1, 1]),
			get(A, [8, 9], 2, "01", [1, 1, 1]),
		]);
		finds(history, null, [2], /^get #2 .* knows of revision 2, which no write can have taken/);
	});

	it("finds a phantom", () => {
		finds(
			changed({ 6: get(A, [12, 13], 4, "99", [1, 4, 3]) }),
			A,
			[6],
			/^get #6 .* reads value 99 of key 61, which nobody wrote/,
		);
	});

	it("finds a value that turns up at another key", () => {
		finds(changed({ 8: get(B, [15, 16], 4, "01", [2, 2, 1]) }), B, [8, 1], /another by put #1/);
	});

	it("finds a compare-and-put that failed though it should not have", () => {
		const failed = changed({}, conflict(A, "09", 4, [31, 32], 6, [1, 4, 3]));
		finds(failed, A, [16, 5], /^compareAndPut #16 .* which is the revision it expected, by put #5/);
		const absent = changed({}, conflict("63", "09", 0, [31, 32], 6, NO_NUMBERS));
		finds(absent, "63", [16], /^compareAndPut #16 .* was never written, which is the revision it expected/);
	});

	it("finds a compare-and-put that succeeded though it should not have", () => {
		finds(changed({}, compareAndPut(A, "09", 3, [31, 32], 7, [1, 7, 4])), A, [16, 5], /^compareAndPut #16/);
	});

	it("finds a write that was refused and is read", () => {
		const page = [pair(A, "05", [1, 4, 3]), pair(B, "06", [6, 6, 1])];
		finds(changed({ 13: range([26, 27], 6, page) }), B, [13, 12], /another by put #12/);
		const read = changed({
			9: get(B, [22, 23], 6, "06", [6, 6, 1]),
			12: unanswered(B, "07", [24, 25], "refused", "BUSY"),
		});
		finds(read, B, [9, 10], /^get #9 .* reads value 06 of key 62, whose write did not happen: put #10/);
	});

	it("finds a failed compare-and-put whose value is read", () => {
		finds(
			changed({}, get(A, [31, 32], 7, "04", [1, 7, 4])),
			A,
			[16, 4],
			/whose write did not happen: compareAndPut #4/,
		);
	});

	it("finds a range that misses a key, holds one too many, or is cut wrongly", () => {
		const both = [pair(A, "05", [1, 4, 3]), pair(B, "07", [6, 6, 1])];
		finds(
			changed({ 13: range([26, 27], 6, [both[1]]) }),
			A,
			[13, 5],
			/^range #13 .* of key 61, which has value 05.* by put #5/,
		);
		finds(
			changed({ 11: range([22, 23], 5, [both[0], pair(B, "02", [2, 2, 1])]) }),
			B,
			[11, 7],
			/of key 62, which was deleted/,
		);
		finds(changed({ 13: range([26, 27], 6, both, {}, true) }), null, [13], /whether its page was cut/);
		finds(changed({ 13: range([26, 27], 6, both, { limit: 1 }) }), null, [13], /more pairs than it asked for/);
		finds(changed({ 13: range([26, 27], 6, both, { to: B }) }), B, [13, 12], /of key 62/);
	});

	it("accepts a range that was cut, by its limit or by the datagram, and one of a part", () => {
		const first = pair(A, "05", [1, 4, 3]);
		accepts(changed({ 13: range([26, 27], 6, [first], { limit: 1 }, true) }));
		accepts(changed({ 13: range([26, 27], 6, [first], {}, true) }));
		accepts(changed({ 13: range([26, 27], 6, [first], { to: B }) }));
		accepts(changed({ 13: range([26, 27], 6, [], { key: "6162", to: B }) }));
	});

	it("judges versions and create revisions", () => {
		finds(changed({ 2: get(A, [3, 4], 1, "01", [1, 1, 2]) }), A, [2, 0], /told value 01, version 2/);
		finds(
			changed({ 12: put(B, "07", [24, 25], 6, [2, 6, 2]) }),
			B,
			[12, 7],
			/created at revision 2.* was deleted, by delete #7/,
		);
	});

	it("lets an unknown write happen long after its client gave up, or never", () => {
		const late = [
			put(A, "01", [0, 1], 1, [1, 1, 1]),
			unanswered(A, "02", [2, 3], "unknown", "OUTCOME_UNKNOWN"),
			get(A, [4, 5], 1, "01", [1, 1, 1]),
			put(B, "03", [6, 7], 2, [2, 2, 1]),
		];
		accepts(numbered(late));
		accepts(numbered([...late, get(A, [8, 9], 3, "02", [1, 3, 2])]));
		// But not before its call, and not back again.
		const before = [...late, get(A, [8, 9], 3, "02", [1, 3, 2]), get(A, [10, 11], 3, "01", [1, 1, 1])];
		finds(numbered(before), A, [5, 4], /^get #5 .* finds key 61 as it was before revision 3 .* says get #4/);
	});

	it("finds out where silent writes must have been", () => {
		// Three unknown writes, of which two left only a version and a revision behind.
		const silent = [
			unanswered(A, "01", [0, 1], "unknown", "OUTCOME_UNKNOWN"),
			unanswered(A, "02", [2, 3], "unknown", "OUTCOME_UNKNOWN"),
			unanswered(B, "03", [4, 5], "unknown", "OUTCOME_UNKNOWN"),
			put(A, "04", [6, 7], 4, [1, 4, 3]),
		];
		accepts(numbered(silent));
		accepts(numbered([...silent, remove(B, [8, 9], 5, [2, 2, 1])]));
		const two = [silent[0], silent[2], put(A, "04", [6, 7], 3, [1, 3, 3])];
		assert.equal(judge(numbered(two)).verdict, "not linearizable");
		assert.equal(isLinearizable(numbered(two)), false);
	});

	it("counts revisions from where the store began", () => {
		const first = 0xffffffff;
		const history = numbered([
			put(A, "01", [0, 1], first + 1, [first + 1, first + 1, 1]),
			get(A, [2, 3], first + 1, "01", [first + 1, first + 1, 1]),
		]);
		assert.equal(judge(history, first).verdict, "linearizable");
		assert.equal(judge(history, first + 1).verdict, "not linearizable");
		assert.equal(judge(history).verdict, "not linearizable");
	});

	it("says that it does not know, rather than yes, when the search takes too long", () => {
		// Every subset of 40 silent writes of as many keys, and a version at the end that none explains.
		const operations: Operation[] = [];
		const keys = Array.from({ length: 40 }, (_, i) => (0x7000 + i).toString(16));
		for (const [i, key] of keys.entries()) operations.push(unanswered(key, "01", [2 * i, 2 * i + 1], "unknown", ""));
		operations.push(put(A, "02", [100, 101], 21, [21, 21, 1]));
		operations.push(range([102, 103], 21, [pair(A, "02", [21, 21, 1])], { to: "62" }));
		operations.push(get(keys[0], [104, 105], 21, null));
		for (const key of keys.slice(0, 21)) operations.push(get(key, [106, 107], 21, null));
		assert.equal(judge(numbered(operations)).verdict, "undecided");
	});
});
