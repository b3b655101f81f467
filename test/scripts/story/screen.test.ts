/** The screen of `npm start` fits where it is shown, and says what matters. */
import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { FOLLOWER, LEADER } from "../../../core/raft/role";
import { DONE, UNREACHABLE } from "../../../core/reasons";
import { STATUS_NAMES } from "../../../core/status";
import type { Status } from "../../../scripts/balsa/host-client";
import type { MemberState } from "../../../scripts/cluster/state";
import { leaderOf, type MemberView, screen, statusLine } from "../../../scripts/story/screen";

const SERVED = { leader: 0, ageMs: 0, index: 0 };
const NUMBERS = {
	member: 0,
	term: 0,
	revision: 0,
	session: 0,
	createRevision: 0,
	modRevision: 0,
	version: 0,
	...SERVED,
};
const U48_MAX = 2 ** 48 - 1;

function member(id: number, state: MemberState, status?: Partial<Status>): MemberView {
	const value = new Uint8Array(0);
	const isTooLong = false;
	const where = { id, address: "127.0.0.1", port: 7000 + id, state };
	if (status === undefined) return { ...where, answer: { ...NUMBERS, value, isTooLong, reason: UNREACHABLE } };
	const all = Object.fromEntries(STATUS_NAMES.map((name) => [name, 1]));
	return {
		...where,
		answer: {
			...NUMBERS,
			value,
			isTooLong,
			reason: DONE,
			status: { ...all, witness: 0, singleCopy: 0, ...(status as Status) },
		},
	};
}

const follower = (id: number, term = 5) => member(id, "running", { role: FOLLOWER, leader: 3, term });
const leader = (id: number, term = 5) => member(id, "running", { role: LEADER, leader: id, term, commitIndex: 42 });
const FOLDER = "build/cluster";
const EVENTS = Array.from({ length: 60 }, (_, at) => `12:00:00  event ${at} ${"x".repeat(200)}`);

describe("story: the screen", () => {
	it("fits 80 columns and 24 rows, whatever there is to show", () => {
		const huge = { role: 1, term: 4294967295, commitIndex: U48_MAX, datagramsReceived: U48_MAX };
		const members = [member(1, "running", huge), member(2, "off"), leader(3), member(4, "paused"), member(5, "frozen")];
		for (const hasColors of [false, true]) {
			const lines = screen({ members, events: EVENTS, folder: FOLDER }, { columns: 80, rows: 24, hasColors });
			assert.ok(lines.length < 24, `${lines.length} lines and the one below`);
			for (const line of lines) assert.ok(stripVTControlCharacters(line).length <= 80, line);
		}
	});
	it("shows all columns of ordinary numbers at 80 columns", () => {
		const packets = { datagramsReceived: 1234567, datagramsSent: 1234568, flashPrograms: 123456 };
		const members = [member(1, "running", { role: LEADER, term: 12345, commitIndex: 1234567, ...packets })];
		const [, , , row] = screen({ members, events: [], folder: FOLDER }, { columns: 80, rows: 24, hasColors: false });
		assert.match(row, /1234567\/1234568 +123456$/);
	});
	it("says which member keeps no state, and when nobody but the leader keeps what is committed", () => {
		const alone = member(1, "running", { role: LEADER, leader: 1, term: 5, commitIndex: 42, singleCopy: 1 });
		const witness = member(2, "running", { role: FOLLOWER, leader: 1, term: 5, witness: 1 });
		const view = { members: [alone, witness], events: [], folder: FOLDER };
		const lines = screen(view, { columns: 120, rows: 24, hasColors: false });
		assert.match(lines[0], /committed up to entry 42, which nobody else keeps \(single copy\); 2 of 2 answer/);
		assert.match(lines[3], /^1 +leader +5/);
		assert.match(lines[4], /^2 +witness +5/);
	});
	it("gives more rows to what happened", () => {
		const view = { members: [leader(3)], events: EVENTS, folder: FOLDER };
		const shown = (rows: number) =>
			screen(view, { columns: 80, rows, hasColors: false }).filter((line) => line.includes("event")).length;
		assert.ok(shown(50) > shown(24));
	});
	it("takes a terminal without a size for one of 80 columns and 24 rows", () => {
		const view = { members: [leader(3)], events: EVENTS, folder: FOLDER };
		const shown = (columns: number, rows: number) => screen(view, { columns, rows, hasColors: false });
		assert.deepEqual(shown(0, 0), shown(80, 24));
	});
	it("has no control sequences without colours", () => {
		const lines = screen(
			{ members: [leader(3), member(4, "off")], events: [], folder: FOLDER },
			{ columns: 80, rows: 24, hasColors: false },
		);
		for (const line of lines) assert.equal(stripVTControlCharacters(line), line);
	});
	it("believes the leader of the latest term, and nobody who only led before", () => {
		assert.equal(leaderOf([leader(1, 4), follower(2), leader(3, 5)])?.id, 3);
		assert.equal(leaderOf([follower(1), member(2, "off")]), undefined);
	});
	it("says in one line who leads and who is missing", () => {
		assert.equal(
			statusLine([follower(1), member(2, "off"), leader(3)]),
			"board 3 leads term 5, committed up to entry 42; 2 of 3 answer. Applied 1: 1, 2: off, 3: 1",
		);
	});
});
