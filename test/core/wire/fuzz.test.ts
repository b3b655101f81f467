import assert from "node:assert/strict";
import { compare, copy } from "../../../core/bytes";
import { writeStringHeader } from "../../../core/command";
import { Configuration, NOBODY, ROLE_VOTER } from "../../../core/configuration";
import { Message } from "../../../core/raft/messages";
import { Codec } from "../../../core/wire/codec";
import { ACCEPTED, DROP_COUNTERS, dropName } from "../../../core/wire/drops";
import { BODY_LIMIT, BODY_OFFSET, CLIENT_ID, FRAME_BYTES, Frame } from "../../../core/wire/frame";
import { ClientMessage, REQUEST } from "../../../core/wire/requests";
import { LAYOUTS } from "../../../core/wire/schema";
import { SAMPLES, writeBody } from "./samples";

const FRAMES = 1_000_000;
const BUFFER_BYTES = 1600;

/** xorshift32 (Marsaglia 2003): the same million frames on every machine. */
class Random {
	state = 0x9e3779b9;

	below(limit: number): number {
		this.state ^= this.state << 13;
		this.state ^= this.state >>> 17;
		this.state ^= this.state << 5;
		return (this.state >>> 0) % limit;
	}
}

function members(): Configuration {
	const configuration = new Configuration(5);
	for (let id = 1; id <= 5; id++) configuration.add(id, 1, ROLE_VOTER, 0, 0);
	return configuration;
}

function node(id: number): Frame {
	const frame = new Frame(1, 2, id, 1, 5);
	frame.setMembers(members());
	return frame;
}

/** What a node does with a datagram before anything of it can have an effect. */
class Receiver {
	readonly frame = node(2);
	readonly codec = new Codec();
	readonly bytes = new Uint8Array(BUFFER_BYTES);
	readonly message = new Message(this.bytes);
	readonly request = new ClientMessage();

	/** @returns the kind of an accepted message, or the reason of its drop */
	receive(length: number): number {
		const { frame, codec, bytes } = this;
		const reason = frame.check(bytes, length);
		if (reason !== ACCEPTED) return reason;
		const kind =
			frame.place === NOBODY
				? codec.decodeRequest(bytes, frame.bodyEnd, this.request)
				: codec.decodeMember(this.message, frame.bodyEnd);
		return kind < 0 ? frame.drop(kind) : kind;
	}
}

/** Good datagrams to node 2: of member 1, and of a client. */
function seeds(): Uint8Array[] {
	const target = new Uint8Array(BUFFER_BYTES);
	const member = node(1);
	const client = new Frame(1, 2, CLIENT_ID, 0, 0);
	return SAMPLES.filter((sample) => sample.integers[0] <= REQUEST).map((sample) => {
		const sender = sample.integers[0] === REQUEST ? client : member;
		if (sender === client) client.beginTo(target, 2, 0);
		else member.begin(target, 1);
		return target.slice(0, sender.seal(target, writeBody(target, sample)));
	});
}

const SENDER = node(1);

/** Puts the next frame into `bytes`: random, or a good one mutated, half of them with a right tag. @returns its length */
function nextFrame(random: Random, good: readonly Uint8Array[], bytes: Uint8Array): number {
	if (random.below(8) === 0) {
		const length = random.below(random.below(2) === 0 ? 64 : BUFFER_BYTES);
		for (let i = 0; i < length; i++) bytes[i] = random.below(256);
		return length;
	}
	const seed = good[random.below(good.length)];
	copy(bytes, 0, seed, 0, seed.length);
	let length = seed.length;
	const from = random.below(3) === 0 ? 0 : BODY_OFFSET;
	for (let mutations = random.below(4); mutations > 0; mutations--) {
		const at = from + random.below(length - from);
		const mutation = random.below(5);
		if (mutation === 0) bytes[at] ^= 1 << random.below(8);
		else if (mutation === 1) bytes[at] = random.below(256);
		else if (mutation === 2) bytes[at] = [0x00, 0x17, 0x18, 0x1b, 0x1f, 0x40, 0x5f, 0x80, 0x9f, 0xff][random.below(10)];
		else if (mutation === 3 && length > FRAME_BYTES + 2) length -= 1 + random.below(length - FRAME_BYTES - 1);
		else {
			const more = 1 + random.below(9);
			copy(bytes, at + more, bytes, at, length - at);
			for (let i = 0; i < more; i++) bytes[at + i] = random.below(256);
			length += more;
		}
	}
	return random.below(2) === 0 ? length : SENDER.seal(bytes, Math.max(length - 4, BODY_OFFSET + 1));
}

/** Writes an accepted message again: it must be the same bytes, since there is one encoding only. */
function writeAgain(receiver: Receiver, kind: number, target: Uint8Array): number {
	const { codec, bytes, message, request } = receiver;
	if (kind !== REQUEST) {
		const at = codec.encode(target, kind, message.row, 0, message.length);
		copy(target, at, bytes, message.offset, message.length);
		return at + message.length;
	}
	const first = codec.encode(target, kind, request.row, 0, request.length);
	copy(target, first, bytes, request.offset, request.length);
	const second = writeStringHeader(target, first + request.length, BODY_LIMIT, request.secondLength);
	copy(target, second, bytes, request.secondOffset, request.secondLength);
	return second + request.secondLength;
}

describe("a million frames, random and mutated", () => {
	it("change nothing, throw nothing, and are counted by reason", () => {
		const random = new Random();
		const good = seeds();
		const receiver = new Receiver();
		const before = new Uint8Array(BUFFER_BYTES);
		const again = new Uint8Array(BUFFER_BYTES);
		const expected = new Float64Array(DROP_COUNTERS);
		const kinds = new Set<number>();
		let accepted = 0;
		for (let i = 0; i < FRAMES; i++) {
			const length = nextFrame(random, good, receiver.bytes);
			copy(before, 0, receiver.bytes, 0, length);
			const result = receiver.receive(length);
			if (compare(before, 0, length, receiver.bytes, 0, length) !== 0) assert.fail("the datagram was changed");
			if (result < 0) {
				expected[-result]++;
				continue;
			}
			accepted++;
			kinds.add(result);
			const end = writeAgain(receiver, result, again);
			const same = compare(again, BODY_OFFSET, end - BODY_OFFSET, before, BODY_OFFSET, length - FRAME_BYTES);
			if (same !== 0)
				assert.fail(`accepted, but not the one encoding: ${Buffer.from(before.slice(0, length)).toString("hex")}`);
		}
		assert.deepEqual(receiver.frame.drops, expected);
		assert.equal(
			expected.reduce((sum, count) => sum + count, accepted),
			FRAMES,
		);
		for (let reason = 1; reason < DROP_COUNTERS; reason++)
			assert.ok(expected[reason] > 0, `no frame was dropped as ${dropName(-reason)}`);
		assert.deepEqual(
			[...kinds].sort((a, b) => a - b),
			Object.keys(LAYOUTS)
				.map(Number)
				.filter((kind) => kind <= REQUEST),
		);
		assert.ok(accepted < FRAMES / 2);
		for (const datagram of good) {
			receiver.bytes.set(datagram);
			assert.ok(receiver.receive(datagram.length) > 0, "a good frame is not heard any more");
		}
	});
});
