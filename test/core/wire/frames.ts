/**
 * Random and mutated datagrams at the ends that receive them, without a test framework: a million on
 * V8 (fuzz.test.ts), some thousands inside XS (test/xs/wire.xs.ts), with the same outcomes.
 */
import { compare, copy, crc32c, fill } from "../../../core/bytes";
import { writeStringHeader } from "../../../core/command";
import { Configuration, NOBODY, ROLE_VOTER } from "../../../core/configuration";
import { Message } from "../../../core/raft/messages";
import { Codec } from "../../../core/wire/codec";
import { ACCEPTED, DROP_COUNTERS } from "../../../core/wire/drops";
import { BODY_LIMIT, BODY_OFFSET, CLIENT_ID, FRAME_BYTES, Frame } from "../../../core/wire/frame";
import { ClientMessage, isOfMembers, isRequest } from "../../../core/wire/requests";
import { MUTATIONS_MAX, mutate, Random } from "../fuzz/mutation";
import { SAMPLES, writeBody } from "./samples";

const BUFFER_BYTES = 1600;

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

/** What a node, or a client, does with a datagram before anything of it can have an effect. */
class Receiver {
	readonly frame: Frame;
	readonly codec = new Codec();
	readonly bytes = new Uint8Array(BUFFER_BYTES);
	readonly message = new Message(this.bytes);
	readonly clientMessage = new ClientMessage();

	constructor(frame: Frame) {
		this.frame = frame;
	}

	/** What was decoded, as its numbers. */
	fields(kind: number): Float64Array {
		return isOfMembers(kind) ? this.message.fields : this.clientMessage.fields;
	}

	/** @returns the kind of an accepted message, or the reason of its drop */
	receive(length: number): number {
		const { frame, codec, bytes } = this;
		const reason = frame.check(bytes, length);
		if (reason !== ACCEPTED) return reason;
		const kind =
			frame.place !== NOBODY
				? codec.decodeMember(this.message, frame.bodyEnd)
				: frame.sender === CLIENT_ID
					? codec.decodeRequest(bytes, frame.bodyEnd, this.clientMessage)
					: codec.decodeResponse(bytes, frame.bodyEnd, this.clientMessage);
		return kind < 0 ? frame.drop(kind) : kind;
	}
}

/** Good datagrams: of member 1 and of a client to node 2, or of node 1 to a client. */
function goodFrames(toNode: boolean): Uint8Array[] {
	const target = new Uint8Array(BUFFER_BYTES);
	const client = new Frame(1, 2, CLIENT_ID, 0, 0);
	const good: Uint8Array[] = [];
	for (const sample of SAMPLES) {
		const kind = sample.integers[0];
		if ((isOfMembers(kind) || isRequest(kind)) !== toNode) continue;
		if (isRequest(kind)) client.beginTo(target, 2, 0);
		else SENDER.begin(target, toNode ? 1 : NOBODY);
		good.push(target.slice(0, SENDER.seal(target, writeBody(target, sample))));
	}
	return good;
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
	for (let mutations = random.below(MUTATIONS_MAX + 1); mutations > 0; mutations--) {
		const at = from + random.below(length - from);
		length = mutate(random, bytes, at, length, FRAME_BYTES + 1);
	}
	return random.below(2) === 0 ? length : SENDER.seal(bytes, Math.max(length - 4, BODY_OFFSET + 1));
}

/** Writes an accepted message again: it must be the same bytes, since there is one encoding only. */
function writeAgain(receiver: Receiver, kind: number, target: Uint8Array): number {
	const { codec, bytes, message, clientMessage: request } = receiver;
	if (isOfMembers(kind)) {
		const at = codec.encode(target, kind, message.row, 0, message.length);
		copy(target, at, bytes, message.offset, message.length);
		return at + message.length;
	}
	const first = codec.encode(target, kind, request.row, 0, request.length);
	copy(target, first, bytes, request.offset, request.length);
	if (!isRequest(kind)) return first + request.length;
	const second = writeStringHeader(target, first + request.length, BODY_LIMIT, request.secondLength);
	copy(target, second, bytes, request.secondOffset, request.secondLength);
	return second + request.secondLength;
}

export interface Outcome {
	/** By kind, and by the reason of the drop as this file counted it. */
	accepted: Map<number, number>;
	dropped: Float64Array;
	/** The same as the receiver counted it. */
	counted: Float64Array;
	/** CRC-32C of every result, kind or reason, in order. */
	digest: number;
}

/** Throws unless two receivers of one frame, with other bytes behind it, have decoded the same. */
function expectSame(kind: number, receiver: Receiver, twin: Receiver, twinKind: number): void {
	let isSame = kind === twinKind;
	if (kind >= 0) {
		const fields = receiver.fields(kind);
		const twinFields = twin.fields(kind);
		for (let column = 0; column < fields.length; column++) isSame = isSame && fields[column] === twinFields[column];
	}
	if (!isSame) throw new Error("bytes behind the datagram were read");
}

/**
 * Throws if a frame is changed by its receiver, if bytes behind it make a difference, if one is
 * accepted that is not the one encoding of its message, or if a good frame is not accepted afterwards.
 * @param toNode whether a member or a client receives them
 */
export function receiveFrames(frames: number, toNode: boolean, seed = 0): Outcome {
	const random = new Random(seed);
	const good = goodFrames(toNode);
	const ownFrame = () => (toNode ? node(2) : new Frame(1, 2, CLIENT_ID, 0, 0));
	const receiver = new Receiver(ownFrame());
	const twin = new Receiver(ownFrame());
	const before = new Uint8Array(BUFFER_BYTES);
	const again = new Uint8Array(BUFFER_BYTES);
	const result = new Int8Array(1);
	const noted = new Uint8Array(result.buffer);
	const outcome: Outcome = {
		accepted: new Map(),
		dropped: new Float64Array(DROP_COUNTERS),
		counted: receiver.frame.drops,
		digest: 0,
	};
	for (let i = 0; i < frames; i++) {
		const length = nextFrame(random, good, before);
		copy(receiver.bytes, 0, before, 0, length);
		fill(receiver.bytes, length, BUFFER_BYTES - length, 0);
		copy(twin.bytes, 0, before, 0, length);
		fill(twin.bytes, length, BUFFER_BYTES - length, 0xff);
		const kind = receiver.receive(length);
		expectSame(kind, receiver, twin, twin.receive(length));
		result[0] = kind;
		outcome.digest = crc32c(outcome.digest, noted, 0, 1);
		if (compare(before, 0, length, receiver.bytes, 0, length) !== 0) throw new Error("the datagram was changed");
		if (kind < 0) {
			outcome.dropped[-kind]++;
			continue;
		}
		outcome.accepted.set(kind, (outcome.accepted.get(kind) ?? 0) + 1);
		const end = writeAgain(receiver, kind, again);
		const body = length - FRAME_BYTES;
		if (compare(again, BODY_OFFSET, end - BODY_OFFSET, before, BODY_OFFSET, body) !== 0)
			throw new Error(`accepted, but not the one encoding: ${before.slice(0, length).join()}`);
	}
	for (const datagram of good) {
		receiver.bytes.set(datagram);
		if (receiver.receive(datagram.length) < 0) throw new Error("a good frame is not heard any more");
	}
	return outcome;
}

/** What the first thousands of frames must come to, on V8 and on XS. */
export const SHORT_RUN = 3000;
export const DIGEST_OF_NODE = 0x5cffaf5f;
export const DIGEST_OF_CLIENT = 0x98ba0a9d;
