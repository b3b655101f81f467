/** The judgement of what a key holds: it must find what is lost, and what happened twice. */
import assert from "node:assert/strict";
import { DONE, KEY_NOT_FOUND } from "../../../core/reasons";
import { Unmet } from "../../../scripts/story/expect";
import { compare, type KeyRecord } from "../../../scripts/story/writer";

const record = (acknowledged: number, last: string, ...unknown: string[]): KeyRecord => ({
	acknowledged,
	last,
	unknown,
});
const holds = (version: number, value: string) => ({ reason: DONE, version, value: Buffer.from(value) });
const NOTHING = { reason: KEY_NOT_FOUND, version: 0, value: new Uint8Array(0) };

function unmet(seen: RegExp, written: KeyRecord, answer: Parameters<typeof compare>[2]): void {
	assert.throws(
		() => compare("k", written, answer),
		(error: unknown) => error instanceof Unmet && seen.test(error.seen),
	);
}

describe("story: what a key must hold", () => {
	it("takes what was acknowledged", () => compare("k", record(3, "c"), holds(3, "c")));
	it("takes an unknown write that happened, and one that did not", () => {
		compare("k", record(3, "c", "d"), holds(4, "d"));
		compare("k", record(3, "c", "d"), holds(3, "c"));
		compare("k", record(0, "", "a"), NOTHING);
	});
	it("finds a lost write", () => unmet(/lost/, record(3, "c"), holds(2, "b")));
	it("finds a lost key", () => unmet(/lost/, record(1, "a"), NOTHING));
	it("finds a write that was applied twice", () => unmet(/twice/, record(3, "c"), holds(4, "c")));
	it("finds more than the unknown writes explain", () => unmet(/twice/, record(3, "c", "d"), holds(5, "d")));
	it("finds an old value in the place of the last", () => unmet(/^b$/, record(3, "c"), holds(3, "b")));
});
