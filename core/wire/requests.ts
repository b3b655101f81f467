/**
 * The messages between clients and nodes: their kinds and the columns of their rows, in the order
 * of the wire (core/wire/messages.cddl), as core/raft/messages.ts has those between members.
 */
import { copy, NO_ROOM } from "../bytes";
import { writeStringHeader } from "../command";
import type { Codec } from "./codec";

/** A client asks; nodes never send it. */
export const REQUEST = 16;
/** A node answers a client; so are the kinds after it. */
export const RESPONSE = 17;
/** A node answers STATUS. */
export const STATUS_RESPONSE = 18;

/** Columns that all three begin with: kind, the client's 64-bit nonce as two u32, and its count of requests, u32, echoed. */
export const NONCE_HIGH = 1;
export const NONCE_LOW = 2;
export const REQUEST_NUMBER = 3;
export const STATUS_RESPONSE_COLUMNS = 4;

/** Columns of REQUEST [kind, nonce high, nonce low, request, operation u8, limit u16] + first string + second string. */
export const REQUEST_OPERATION = 4;
/** RANGE: most pairs wanted, 0 for as many as fit. Else 0. */
export const REQUEST_LIMIT = 5;
export const REQUEST_COLUMNS = 6;

/** Opens a session: first is the command. */
export const OPERATION_REGISTER = 1;
/** First is the command, copied verbatim into the entry. */
export const OPERATION_WRITE = 2;
/** Linearizable; first is the key. */
export const OPERATION_GET = 3;
/** Linearizable; first is where to begin, second where to end before; an empty second has no end. */
export const OPERATION_RANGE = 4;
/** Answered by any node at any time, from what it knows itself. */
export const OPERATION_STATUS = 5;

/**
 * Columns of RESPONSE [kind, nonce high, nonce low, request, reason u16, leader u8, term u32,
 * revision u48, session u48, create revision u48, modification revision u48, version u32, more u1] + string.
 */
export const RESPONSE_REASON = 4;
/** Node id of the leader as the node knows it, 0 when it knows none. */
export const RESPONSE_LEADER = 5;
export const RESPONSE_TERM = 6;
/** The store's revision that the answer is of. */
export const RESPONSE_REVISION = 7;
export const RESPONSE_SESSION = 8;
export const RESPONSE_CREATE_REVISION = 9;
export const RESPONSE_MOD_REVISION = 10;
export const RESPONSE_VERSION = 11;
/** RANGE: 1 when it was cut at the datagram; the next page begins at the last key followed by a zero byte. */
export const RESPONSE_MORE = 12;
export const RESPONSE_COLUMNS = 13;

/** Columns of the widest; the strings' places stand behind them. */
const COLUMNS_MAX = RESPONSE_COLUMNS;

/** The one record that datagrams between clients and nodes are decoded into, or written from. */
export class ClientMessage {
	/** The row, kind first; the decoder puts offset and length of each string behind the columns of the widest kind. */
	readonly fields = new Float64Array(COLUMNS_MAX + 4);
	/** The row again, for core/bytes. */
	readonly row: DataView;
	/** After decoding: the strings of the message, in the datagram's buffer. A message that lacks one has length 0. */
	offset = 0;
	length = 0;
	secondOffset = 0;
	secondLength = 0;

	constructor() {
		this.row = new DataView(this.fields.buffer);
	}
}

/**
 * Writes the body of a REQUEST whose columns `message.fields` holds.
 * @returns the offset after the body, for `Frame.seal`, or NO_ROOM
 */
export function writeRequest(
	codec: Codec,
	target: Uint8Array,
	message: ClientMessage,
	first: Uint8Array,
	firstOffset: number,
	firstLength: number,
	second: Uint8Array,
	secondOffset: number,
	secondLength: number,
): number {
	message.fields[0] = REQUEST;
	let at = codec.encode(target, REQUEST, message.row, 0, firstLength);
	if (at === NO_ROOM) return NO_ROOM;
	copy(target, at, first, firstOffset, firstLength);
	at = writeStringHeader(target, at + firstLength, codec.limit, secondLength);
	if (at === NO_ROOM) return NO_ROOM;
	copy(target, at, second, secondOffset, secondLength);
	return at + secondLength;
}

/**
 * Writes the body of a RESPONSE or STATUS_RESPONSE whose columns `message.fields` holds, kind
 * included; the string is a value, a page of a range (page.ts), or a status: a CBOR sequence of
 * unsigned integers as `writeIntegers` makes it.
 * @param bytes may be `target` itself, as long as it was written behind what it is moved to
 * @returns the offset after the body, for `Frame.seal`, or NO_ROOM
 */
export function writeResponse(
	codec: Codec,
	target: Uint8Array,
	message: ClientMessage,
	bytes: Uint8Array,
	offset: number,
	length: number,
): number {
	const at = codec.encode(target, message.fields[0], message.row, 0, length);
	if (at === NO_ROOM) return NO_ROOM;
	copy(target, at, bytes, offset, length);
	return at + length;
}
