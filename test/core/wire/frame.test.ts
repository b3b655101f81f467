import assert from "node:assert/strict";
import { crc32c } from "../../../core/bytes";
import { Configuration, NOBODY, ROLE_LEARNER, ROLE_VOTER } from "../../../core/configuration";
import * as drops from "../../../core/wire/drops";
import { BODY_OFFSET, CLIENT_ID, FRAME_BYTES, Frame, STRANGER } from "../../../core/wire/frame";

const HIGH = 0x01234567;
const LOW = 0x89abcdef;

function configuration(): Configuration {
	const members = new Configuration(7);
	for (let id = 1; id <= 5; id++) members.add(id * 10, id, ROLE_VOTER, 0x0a4d0000 + id, 4000);
	return members;
}

function node(id: number, incarnation: number, low = LOW, high = HIGH): Frame {
	const frame = new Frame(high, low, id, incarnation, 7);
	frame.setMembers(configuration());
	return frame;
}

function client(): Frame {
	return new Frame(HIGH, LOW, CLIENT_ID, 0, 0);
}

/** A datagram of five bytes of body, begun by `begin`. */
function datagram(frame: Frame, begin: (target: Uint8Array) => void): Uint8Array {
	const target = new Uint8Array(1500);
	begin(target);
	target.set([0x84, 1, 2, 3, 4], BODY_OFFSET);
	return target.slice(0, frame.seal(target, BODY_OFFSET + 5));
}

const sender = node(20, 2);
const receiver = (): Frame => node(40, 4);
const sent = (): Uint8Array => datagram(sender, (target) => sender.begin(target, 3));

/** The same datagram with another byte and a right tag. */
function changed(offset: number, value: number): Uint8Array {
	const bytes = sent();
	bytes[offset] = value;
	sender.seal(bytes, bytes.length - 4);
	return bytes;
}

function expectDrop(frame: Frame, bytes: Uint8Array, reason: number): void {
	const before = frame.drops.slice();
	assert.equal(drops.dropName(frame.check(bytes, bytes.length)), drops.dropName(reason));
	before[-reason]++;
	assert.deepEqual(frame.drops, before);
}

describe("core/wire/frame", () => {
	it("is laid out as documented", () => {
		const bytes = sent();
		assert.equal(bytes.length, 5 + FRAME_BYTES);
		assert.equal(Buffer.from(bytes.slice(0, 15)).toString("hex"), "1000cdef1400022800048401020304");
		const id = new DataView(new ArrayBuffer(8));
		id.setUint32(0, HIGH);
		id.setUint32(4, LOW);
		const crc = crc32c(crc32c(0, new Uint8Array(id.buffer), 0, 8), bytes, 0, 15);
		assert.equal(new DataView(bytes.buffer).getUint32(15, true), crc);
	});

	it("reaches the member that it is for, and tells it the sender's place", () => {
		const frame = receiver();
		assert.equal(frame.check(sent(), 19), drops.ACCEPTED);
		assert.deepEqual([frame.sender, frame.place, frame.bodyEnd], [20, 1, 15]);
		assert.equal(Math.max(...frame.drops), 0);
	});

	it("goes from a client to a node whose incarnation it knows or not, and back", () => {
		const frame = receiver();
		const ends = client();
		for (const incarnation of [0, 4]) {
			const question = datagram(ends, (target) => ends.beginTo(target, 40, incarnation));
			assert.equal(frame.check(question, question.length), drops.ACCEPTED);
			assert.deepEqual([frame.sender, frame.place], [CLIENT_ID, NOBODY]);
		}
		expectDrop(
			frame,
			datagram(ends, (target) => ends.beginTo(target, 40, 3)),
			drops.DROP_RECEIVER,
		);
		const answer = datagram(frame, (target) => frame.begin(target, NOBODY));
		assert.equal(ends.check(answer, answer.length), drops.ACCEPTED);
		assert.deepEqual([ends.sender, ends.place], [40, NOBODY]);
	});

	it("keeps clients apart from clients, and nodes from answers to clients", () => {
		const ends = client();
		expectDrop(
			ends,
			datagram(ends, (target) => ends.beginTo(target, CLIENT_ID, 0)),
			drops.DROP_SENDER,
		);
		expectDrop(
			receiver(),
			datagram(sender, (target) => sender.begin(target, NOBODY)),
			drops.DROP_RECEIVER,
		);
		const lying = new Frame(HIGH, LOW, CLIENT_ID, 9, 0);
		expectDrop(
			receiver(),
			datagram(lying, (target) => lying.beginTo(target, 40, 4)),
			drops.DROP_SENDER,
		);
	});

	it("answers clients of an unformatted node's own kind only", () => {
		const blank = new Frame(0, 0, CLIENT_ID, 0, 7);
		const asks = new Frame(0, 0, CLIENT_ID, 0, 0);
		const question = datagram(asks, (target) => asks.beginTo(target, CLIENT_ID, 0));
		assert.equal(blank.check(question, question.length), drops.ACCEPTED);
		expectDrop(blank, sent(), drops.DROP_CLUSTER);
	});

	it("drops by name what is not for this node in this life", () => {
		expectDrop(receiver(), new Uint8Array(0), drops.DROP_SHORT);
		expectDrop(receiver(), sent().slice(0, FRAME_BYTES), drops.DROP_SHORT);
		expectDrop(receiver(), new Uint8Array(1473), drops.DROP_LONG);
		expectDrop(receiver(), changed(0, 0x20), drops.DROP_VERSION);
		expectDrop(receiver(), changed(0, 0x14), drops.DROP_VERSION);
		expectDrop(receiver(), changed(0, 0x11), drops.DROP_KEY);
		expectDrop(receiver(), changed(1, 1), drops.DROP_KEY);
		expectDrop(receiver(), changed(2, 0), drops.DROP_CLUSTER);
		// An echo.
		const echo = changed(4, 40);
		echo[6] = 4;
		sender.seal(echo, echo.length - 4);
		expectDrop(receiver(), echo, drops.DROP_SENDER);
		expectDrop(receiver(), changed(6, 0), drops.DROP_SENDER);
		// A life of a member that is over.
		expectDrop(receiver(), changed(6, 1), drops.DROP_SENDER);
		expectDrop(receiver(), changed(7, 30), drops.DROP_RECEIVER);
		expectDrop(receiver(), changed(9, 5), drops.DROP_RECEIVER);
		expectDrop(node(40, 4, 0x11110000 + (LOW % 0x10000)), sent(), drops.DROP_TAG);
		expectDrop(node(40, 4, LOW, HIGH + 1), sent(), drops.DROP_TAG);
	});

	it("drops a datagram in which any one bit is wrong", () => {
		const frame = receiver();
		const bytes = sent();
		for (let bit = 0; bit < bytes.length * 8; bit++) {
			bytes[bit >>> 3] ^= 1 << (bit & 7);
			assert.ok(frame.check(bytes, bytes.length) < 0, `bit ${bit}`);
			bytes[bit >>> 3] ^= 1 << (bit & 7);
		}
		assert.equal(frame.check(bytes, bytes.length), drops.ACCEPTED);
	});

	it("hears who is no member, or a new life of one, as a stranger until it was told", () => {
		const frame = receiver();
		for (const bytes of [changed(4, 60), changed(6, 7)]) {
			assert.equal(frame.check(bytes, bytes.length), drops.ACCEPTED);
			assert.deepEqual([frame.place, frame.sender, frame.senderIncarnation], [STRANGER, bytes[4], bytes[6]]);
		}
		const members = configuration();
		members.incarnations[1] = 7;
		frame.setMembers(members);
		const reborn = changed(6, 7);
		assert.equal(frame.check(reborn, reborn.length), drops.ACCEPTED);
		assert.equal(frame.place, 1);
		expectDrop(frame, sent(), drops.DROP_SENDER);
	});

	it("hears two lives of one id while both are members", () => {
		const frame = receiver();
		const members = new Configuration(9);
		members.copyFrom(configuration());
		members.set(6, 20, 7, ROLE_LEARNER, 0, 0, 0);
		frame.setMembers(members);
		const [old, reborn] = [sent(), changed(6, 7)];
		assert.equal(frame.check(old, old.length), drops.ACCEPTED);
		assert.equal(frame.place, 1);
		assert.equal(frame.check(reborn, reborn.length), drops.ACCEPTED);
		assert.equal(frame.place, 6);
		expectDrop(frame, changed(6, 1), drops.DROP_SENDER);
	});
});
