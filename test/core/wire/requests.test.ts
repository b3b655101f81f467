import assert from "node:assert/strict";
import { NO_ROOM } from "../../../core/bytes";
import { Codec } from "../../../core/wire/codec";
import { BODY_LIMIT, BODY_OFFSET } from "../../../core/wire/frame";
import { ClientMessage, isOfMembers, isRequest, writeRequest, writeResponse } from "../../../core/wire/requests";
import { bodyOf, SAMPLES, type Sample } from "./samples";

const codec = new Codec();

function messageOf(sample: Sample): ClientMessage {
	const message = new ClientMessage();
	message.fields.set(sample.integers);
	return message;
}

/** The string inside other bytes, at an offset of its own. */
function placed(bytes: Uint8Array): Uint8Array {
	return Uint8Array.from([0xee, 0xee, ...bytes, 0xee]);
}

function request(target: Uint8Array, sample: Sample, first: Uint8Array, second: Uint8Array): number {
	const message = messageOf(sample);
	return writeRequest(codec, target, message, placed(first), 2, first.length, placed(second), 2, second.length);
}

describe("core/wire/requests", () => {
	for (const sample of SAMPLES.filter(({ integers }) => !isOfMembers(integers[0])))
		it(`writes ${sample.name} as the schema has it`, () => {
			const target = new Uint8Array(1472);
			const [first, second] = sample.strings;
			const end = isRequest(sample.integers[0])
				? request(target, sample, first, second)
				: writeResponse(codec, target, messageOf(sample), placed(first), 2, first.length);
			assert.deepEqual(target.slice(BODY_OFFSET, end), bodyOf(sample));
		});

	it("moves a string that was written into the datagram's own buffer", () => {
		const sample = SAMPLES.find(({ name }) => name === "response get")!;
		const target = new Uint8Array(1472);
		const value = sample.strings[0];
		target.set(value, 60);
		const end = writeResponse(codec, target, messageOf(sample), target, 60, value.length);
		assert.deepEqual(target.slice(BODY_OFFSET, end), bodyOf(sample));
	});

	it("writes nothing beyond the datagram", () => {
		const sample = SAMPLES.find(({ name }) => name === "request write")!;
		const target = new Uint8Array(1472);
		const overhead = bodyOf(sample).length - sample.strings[0].length + 2;
		const room = BODY_LIMIT - BODY_OFFSET - overhead;
		const nothing = new Uint8Array(0);
		assert.equal(request(target, sample, new Uint8Array(room), nothing), BODY_LIMIT);
		assert.equal(request(target, sample, new Uint8Array(room + 1), nothing), NO_ROOM);
		assert.equal(request(target, sample, new Uint8Array(room), new Uint8Array(1)), NO_ROOM);
		assert.equal(request(target, sample, new Uint8Array(2000), nothing), NO_ROOM);
		const answer = SAMPLES.find(({ name }) => name === "response get")!;
		assert.equal(writeResponse(codec, target, messageOf(answer), new Uint8Array(1460), 0, 1460), NO_ROOM);
		assert.ok(target.slice(BODY_LIMIT).every((byte) => byte === 0));
	});
});
