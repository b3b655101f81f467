/**
 * Bodies of datagrams: each message is one array in deterministic CBOR, a row of integers and then
 * its byte strings. The codec writes into and reads from the caller's buffer, and one native call
 * does a whole row. What it accepts is exactly what it writes: one encoding for one message.
 */
import { OUT_OF_RANGE, readRecord, SHAPE_BYTES, UNKNOWN_KIND, writeArray } from "../bytes";
import type { Message } from "../raft/messages";
import {
	APPEND_REQUEST,
	HELLO,
	COLUMNS_MAX as MEMBER_COLUMNS_MAX,
	PRE_VOTE_REQUEST,
	SNAPSHOT_REQUEST,
} from "../raft/messages";
import { DROP_CBOR, DROP_KIND, DROP_RANGE } from "./drops";
import { BODY_LIMIT, BODY_OFFSET } from "./frame";
import type { ClientMessage } from "./requests";
import { isOfMembers, READ_REQUEST, READ_RESPONSE, REQUEST, RESPONSE, STATUS_RESPONSE } from "./requests";
import { COLUMNS_MAX, KINDS, LAYOUTS, type Layouts } from "./schema";

/** In `shapes`, a kind is columns + 16 strings: one look at a typed array costs an interpreter some 400 instructions. */
const STRING = 16;

/** The table for `readRecord` with these kinds, in ascending order, and no others. */
function shapesOf(layouts: Layouts, kinds: readonly number[]): Uint8Array {
	const shapes = new Uint8Array((kinds[kinds.length - 1] + 1) * SHAPE_BYTES);
	for (const kind of kinds) {
		const layout = layouts[kind];
		shapes[kind * SHAPE_BYTES] = layout.bits.length;
		shapes[kind * SHAPE_BYTES + 1] = layout.strings;
		shapes.set(layout.bits, kind * SHAPE_BYTES + 2);
	}
	return shapes;
}

/** @param result of `readRecord`, negative */
function reasonOf(result: number): number {
	return result === OUT_OF_RANGE ? DROP_RANGE : result === UNKNOWN_KIND ? DROP_KIND : DROP_CBOR;
}

/** All kinds between members; reserved ones have no layout. */
function memberKinds(layouts: Layouts): number[] {
	const kinds: number[] = [];
	for (let kind = PRE_VOTE_REQUEST; kind < KINDS; kind++) {
		if (layouts[kind] !== undefined && isOfMembers(kind)) kinds.push(kind);
	}
	return kinds;
}

export class Codec {
	/** The offset that a body must not pass. */
	readonly limit = BODY_LIMIT;
	/** By kind, to write. */
	private readonly shapes = new Uint8Array(KINDS);
	/** By kind, to read: a table for each end, with what may reach it. */
	private readonly fromMembers: Uint8Array;
	private readonly fromClients: Uint8Array;
	private readonly fromNodes: Uint8Array;

	/** @param layouts for tests of builds that speak another level */
	constructor(layouts: Layouts = LAYOUTS) {
		this.fromMembers = shapesOf(layouts, memberKinds(layouts));
		this.fromClients = shapesOf(layouts, [REQUEST, READ_REQUEST]);
		this.fromNodes = shapesOf(layouts, [RESPONSE, STATUS_RESPONSE, READ_RESPONSE]);
		for (let kind = 0; kind < KINDS; kind++) {
			const layout = layouts[kind];
			if (layout !== undefined) this.shapes[kind] = layout.bits.length + layout.strings * STRING;
		}
	}

	/**
	 * Writes a message at BODY_OFFSET, up to its first byte string, whose `length` bytes the caller
	 * then writes at the returned offset.
	 * @param row its integers in wire order from index `from`, kind first
	 * @param length of the first string; without meaning for a message that has none
	 * @returns the offset after what was written, or NO_ROOM when that and the string do not fit a datagram
	 */
	encode(target: Uint8Array, kind: number, row: DataView, from: number, length: number): number {
		const shape = this.shapes[kind];
		return writeArray(target, BODY_OFFSET, BODY_LIMIT, row, from, shape & 15, shape >>> 4, length);
	}

	/**
	 * Reads the message of a member in `message.bytes[BODY_OFFSET, end)`.
	 * @returns its kind, or a reason to drop it; `message` then means nothing
	 */
	decodeMember(message: Message, end: number): number {
		const row = message.row;
		const kind = readRecord(message.bytes, BODY_OFFSET, end, row, MEMBER_COLUMNS_MAX, this.fromMembers);
		if (kind < 0) return reasonOf(kind);
		message.kind = kind;
		if (kind === APPEND_REQUEST || kind === SNAPSHOT_REQUEST || kind === HELLO) {
			message.offset = message.fields[MEMBER_COLUMNS_MAX];
			message.length = message.fields[MEMBER_COLUMNS_MAX + 1];
		} else message.length = 0;
		return kind;
	}

	/**
	 * Reads the message of a client.
	 * @returns REQUEST, READ_REQUEST, or a reason to drop it
	 */
	decodeRequest(bytes: Uint8Array, end: number, message: ClientMessage): number {
		const kind = readRecord(bytes, BODY_OFFSET, end, message.row, COLUMNS_MAX, this.fromClients);
		if (kind < 0) return reasonOf(kind);
		message.offset = message.fields[COLUMNS_MAX];
		message.length = message.fields[COLUMNS_MAX + 1];
		message.secondOffset = message.fields[COLUMNS_MAX + 2];
		message.secondLength = message.fields[COLUMNS_MAX + 3];
		return kind;
	}

	/**
	 * Reads the message of a node to a client.
	 * @returns RESPONSE, READ_RESPONSE, STATUS_RESPONSE, or a reason to drop it
	 */
	decodeResponse(bytes: Uint8Array, end: number, message: ClientMessage): number {
		const kind = readRecord(bytes, BODY_OFFSET, end, message.row, COLUMNS_MAX, this.fromNodes);
		if (kind < 0) return reasonOf(kind);
		message.offset = message.fields[COLUMNS_MAX];
		message.length = message.fields[COLUMNS_MAX + 1];
		message.secondOffset = message.secondLength = 0;
		return kind;
	}
}
