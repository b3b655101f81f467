/**
 * Old and new versions of a message in one cluster, with their bytes. A later level has kinds of its own; here one,
 * whose layout is that of a quiet-response and one integer more. What stands in messages.cddl never changes.
 */
import assert from "node:assert/strict";
import { Message } from "../../../core/raft/messages";
import { Codec } from "../../../core/wire/codec";
import { DROP_CBOR, DROP_KIND } from "../../../core/wire/drops";
import { BODY_LIMIT, BODY_OFFSET } from "../../../core/wire/frame";
import { isOfMembers } from "../../../core/wire/requests";
import { LAYOUTS } from "../../../core/wire/schema";
import { SAMPLES, writeBody } from "./samples";

/** A reserved one. */
const NEW_KIND = 10;
const first = new Codec();
const second = new Codec({ ...LAYOUTS, [NEW_KIND]: { bits: [8, 32, 32, 48], strings: 0 } });

function decode(codec: Codec, body: readonly number[]): number {
	const bytes = new Uint8Array(BODY_LIMIT);
	bytes.set(body, BODY_OFFSET);
	return codec.decodeMember(new Message(bytes), BODY_OFFSET + body.length);
}

describe("messages of two levels", () => {
	it("of the first are understood by a build of the second, byte for byte", () => {
		for (const sample of SAMPLES.filter(({ integers }) => isOfMembers(integers[0]))) {
			const target = new Uint8Array(1472);
			const body = [...target.slice(BODY_OFFSET, writeBody(target, sample))];
			assert.equal(decode(first, body), sample.integers[0], sample.name);
			assert.equal(decode(second, body), sample.integers[0], sample.name);
		}
	});

	it("of the second are dropped by a build of the first, by their kind", () => {
		const target = new Uint8Array(1472);
		const row = new DataView(new ArrayBuffer(32));
		for (const [column, integer] of [NEW_KIND, 8, 45, 2 ** 33].entries()) row.setFloat64(column * 8, integer, true);
		const end = second.encode(target, NEW_KIND, row, 0, 0);
		const body = [...target.slice(BODY_OFFSET, end)];
		assert.equal(Buffer.from(body).toString("hex"), "840a08182d1b0000000200000000");
		assert.equal(decode(second, body), NEW_KIND);
		assert.equal(decode(first, body), DROP_KIND);
		// Of two bytes: kind 24, as a level after that may write it.
		assert.equal(decode(first, [0x83, 0x18, 24, 8, 1]), DROP_KIND);
	});

	it("never grow in place: one field more or fewer is no message, of whatever level", () => {
		// quiet-response [22, 8, 45]
		for (const codec of [first, second]) {
			assert.equal(decode(codec, [0x83, 22, 8, 0x18, 45]), 22);
			assert.equal(decode(codec, [0x84, 22, 8, 0x18, 45, 1]), DROP_CBOR);
			assert.equal(decode(codec, [0x82, 22, 8]), DROP_CBOR);
		}
	});
});
