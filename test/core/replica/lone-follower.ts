/**
 * One whole replica, whose fellow members are the test itself: it writes what they say, datagram by
 * datagram, and so decides what a follower meets in which order.
 */
import assert from "node:assert/strict";
import { Command, PUT, REGISTER } from "../../../core/command";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES, ENTRY_NO_OP, writeEntryHeader } from "../../../core/entry";
import { DATAGRAM_BYTES, type Limits, limitsFingerprint } from "../../../core/limits";
import { APPEND_REQUEST, COLUMNS_MAX, HELLO, Message, SNAPSHOT_REQUEST } from "../../../core/raft/messages";
import { firstFingerprint, formatNode } from "../../../core/replica/format";
import type { Member } from "../../../core/replica/member";
import { Replica } from "../../../core/replica/replica";
import { Codec } from "../../../core/wire/codec";
import { ACCEPTED } from "../../../core/wire/drops";
import { BODY_OFFSET, Frame } from "../../../core/wire/frame";
import { MemoryFlash } from "../../../sim/memory-flash";
import { SimulatedNetwork } from "../../../sim/network";

/** A row that the follower sent. */
export interface Answer {
	readonly kind: number;
	readonly to: number;
	readonly fields: readonly number[];
}

const PORT = 7000;
const SELF = 1;
const MEMBERS = 3;

/** @returns an entry as it stands in logs and datagrams */
export function entry(type: number, term: number, payload: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(ENTRY_HEADER_BYTES + payload.length);
	writeEntryHeader(bytes, 0, type, payload.length, term);
	bytes.set(payload, ENTRY_HEADER_BYTES);
	return bytes;
}

export function noOp(term: number): Uint8Array {
	return entry(ENTRY_NO_OP, term, new Uint8Array(0));
}

export function register(term: number): Uint8Array {
	return command(term, REGISTER, 0, 0, "", "");
}

export function put(term: number, session: number, sequence: number, key: string, value: string): Uint8Array {
	return command(term, PUT, session, sequence, key, value);
}

function command(
	term: number,
	operation: number,
	session: number,
	sequence: number,
	key: string,
	value: string,
): Uint8Array {
	const written = new Command();
	Object.assign(written, { operation, session, sequence, nonceHigh: 1, nonceLow: 2 });
	written.keyLength = key.length;
	written.valueLength = value.length;
	const bytes = new Uint8Array(1024);
	const end = written.write(bytes, 0, bytes.length, Buffer.from(key), Buffer.from(value));
	return entry(ENTRY_COMMAND, term, bytes.slice(0, end));
}

export class LoneFollower {
	nowMs = 0;
	flash: MemoryFlash;
	replica!: Replica;
	readonly answers: Answer[] = [];
	readonly configuration: Configuration;
	private readonly limits: Limits;
	private readonly network = new SimulatedNetwork(SELF, PORT, (address, _port, datagram) =>
		this.hear(address, datagram.bytes),
	);
	private readonly frames: Frame[] = [];
	private readonly codec = new Codec();

	constructor(limits: Limits, flashBytes: number) {
		this.limits = limits;
		const configuration = new Configuration(limits.members);
		this.configuration = configuration;
		for (let id = 1; id <= MEMBERS; id++) configuration.add(id, 1, ROLE_VOTER, id, PORT);
		for (let id = 1; id <= MEMBERS; id++) {
			const frame = new Frame(1, 2, id, 1, limits.members);
			frame.setMembers(configuration);
			frame.setShared(limitsFingerprint(limits), firstFingerprint(configuration));
			this.frames.push(frame);
		}
		this.flash = new MemoryFlash(flashBytes, 4096);
		formatNode(this.flash, limits, { clusterHigh: 1, clusterLow: 2, id: SELF, incarnation: 1 }, configuration);
		this.boot();
	}

	get member(): Member {
		assert.ok(this.replica.member);
		return this.replica.member;
	}

	/** Takes its power and gives it back. */
	boot(): void {
		this.flash = this.flash.copy();
		const ports = {
			network: this.network,
			flash: this.flash,
			clock: { milliseconds: () => this.nowMs },
			entropy: { random32: () => 7 },
			trace: { event: () => undefined },
			gauges: { gauge: () => 0 },
		};
		this.replica = new Replica(ports, this.limits);
	}

	/** A datagram of the member `from` arrives; it is taken in by the next turn. */
	send(from: number, row: readonly number[], bytes: Uint8Array): void {
		const buffer = new Uint8Array(DATAGRAM_BYTES);
		const fields = new Float64Array(COLUMNS_MAX);
		fields.set(row);
		const at = this.codec.encode(buffer, row[0], new DataView(fields.buffer), 0, bytes.length);
		assert.ok(at > 0);
		buffer.set(bytes, at);
		this.arrive(from, buffer, at + bytes.length);
	}

	/** A datagram of the member `from` with a body that need be none. */
	sendBody(from: number, body: readonly number[]): void {
		const buffer = new Uint8Array(DATAGRAM_BYTES);
		buffer.set(body, BODY_OFFSET);
		this.arrive(from, buffer, BODY_OFFSET + body.length);
	}

	private arrive(from: number, buffer: Uint8Array, end: number): void {
		const frame = this.frames[from - 1];
		const length = frame.wrap(buffer, SELF - 1, end);
		this.network.arrive({ fromAddress: from, fromPort: PORT, bytes: buffer.slice(0, length) });
	}

	/** @param previous index and term of the entry before */
	sendAppend(
		from: number,
		term: number,
		previous: readonly [number, number],
		commit: number,
		entries: Uint8Array[],
	): void {
		this.send(from, [APPEND_REQUEST, term, previous[0], previous[1], commit, 1], Buffer.concat(entries));
	}

	/** @param name index, term, size and hash of the snapshot */
	sendChunk(from: number, term: number, name: readonly number[], offset: number, bytes: Uint8Array): void {
		this.send(from, [SNAPSHOT_REQUEST, term, 1, ...name, offset], bytes);
	}

	/** An append of the leader `from`, and the turn that takes it in. */
	append(from: number, term: number, previous: readonly [number, number], commit: number, entries: Uint8Array[]): void {
		this.sendAppend(from, term, previous, commit, entries);
		this.turn();
	}

	turn(): number {
		return this.replica.turn();
	}

	/** Turns until the replica says that it may sleep. */
	settle(): void {
		for (let turns = 0; this.turn() === 0; turns++) assert.ok(turns < 10_000, "the replica never rests");
	}

	/** @returns the value of a key in its store, or undefined */
	value(key: string): string | undefined {
		const { store } = this.member;
		if (!store.get(Buffer.from(key), 0, key.length)) return undefined;
		const { valueLength, valueOffset } = store.found;
		return Buffer.from(store.bytes.subarray(valueOffset, valueOffset + valueLength)).toString();
	}

	private hear(to: number, bytes: Uint8Array): void {
		// A node that hears no leader asks at its own address too, whether another member has it now.
		if (to === SELF) return;
		const frame = this.frames[to - 1];
		assert.equal(frame.check(bytes, bytes.length), ACCEPTED);
		const buffer = new Uint8Array(DATAGRAM_BYTES);
		buffer.set(bytes);
		const message = new Message(buffer);
		const kind = this.codec.decodeMember(message, frame.bodyEnd);
		assert.ok(kind > 0);
		if (kind !== HELLO) this.answers.push({ kind, to, fields: Array.from(message.fields.subarray(0, COLUMNS_MAX)) });
	}
}
