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
/** A node answers STATUS or PEERS. */
export const STATUS_RESPONSE = 18;
/** A client asks this very node to read, whether it leads or not, and how new the state must be. */
export const READ_REQUEST = 19;
/** A node answers a READ_REQUEST. */
export const READ_RESPONSE = 20;

/** True for what members send each other. */
export function isOfMembers(kind: number): boolean {
	return kind < REQUEST || kind > READ_RESPONSE;
}

/** True for what clients send. */
export function isRequest(kind: number): boolean {
	return kind === REQUEST || kind === READ_REQUEST;
}

/** True for a read that the asked node serves itself. */
export function isNodeRead(operation: number): boolean {
	return operation >= OPERATION_FOLLOWER_GET && operation <= OPERATION_LOCAL_RANGE;
}

/** @returns the kind of message that asks for an operation */
export function requestKind(operation: number): number {
	return isNodeRead(operation) ? READ_REQUEST : REQUEST;
}

/** @returns the kind of message that answers an operation */
export function responseKind(operation: number): number {
	if (operation === OPERATION_STATUS || operation === OPERATION_PEERS) return STATUS_RESPONSE;
	return isNodeRead(operation) ? READ_RESPONSE : RESPONSE;
}

/** True for what is asked of one node, and what no other can answer in its place. */
export function isOfOneNode(operation: number): boolean {
	return responseKind(operation) !== RESPONSE || operation === OPERATION_DRAIN;
}

/** Columns that all begin with: kind, the client's 64-bit nonce as two u32, and its count of requests, u32, echoed. */
export const NONCE_HIGH = 1;
export const NONCE_LOW = 2;
export const REQUEST_NUMBER = 3;
export const STATUS_RESPONSE_COLUMNS = 4;

/** True for what is answered with a page, which may be asked for in a size. */
export function isPaged(operation: number): boolean {
	return operation === OPERATION_RANGE || operation === OPERATION_FOLLOWER_RANGE || operation === OPERATION_LOCAL_RANGE;
}

/** Columns of REQUEST [kind, nonce high, nonce low, request, operation u8, limit u16, bytes u16] + first string + second string. */
export const REQUEST_OPERATION = 4;
/** RANGE: most pairs wanted, 0 for as many as fit. Else 0. */
export const REQUEST_LIMIT = 5;
/** RANGE: most bytes of the page, 0 for as many as fit; but for one pair, which is never divided. Else 0. */
export const REQUEST_BYTES = 6;
export const REQUEST_COLUMNS = 7;

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
/** Answered by the leader, or with MEMBERS_OF_ANY as the limit by any node: its members page (core/replica/members.ts). */
export const OPERATION_MEMBERS = 6;
export const MEMBERS_OF_ANY = 1;
/**
 * First is the configuration to change to, as core/wire/configuration.ts encodes it, with the index of the
 * one that the client has seen; the answer is the members page when the change is done.
 */
export const OPERATION_CHANGE = 7;
/** READ_REQUEST: linearizable, from whichever node is asked (thesis §6.4, read index). Strings as those of GET and RANGE. */
export const OPERATION_FOLLOWER_GET = 10;
export const OPERATION_FOLLOWER_RANGE = 11;
/** READ_REQUEST: what the node has applied, however old; the answer says how old. */
export const OPERATION_LOCAL_GET = 12;
export const OPERATION_LOCAL_RANGE = 13;
/** Hands leadership over; the limit is the target's id, 0 for whoever is best placed. */
export const OPERATION_TRANSFER = 20;
/** To the node itself: it hands leadership over and refuses it from now on, or ends that; the limit is the order's number (core/raft/drain.ts). */
export const OPERATION_DRAIN = 21;
/** Answered by any node at any time: what a leader knows of its peers (core/status.ts, PEER_COLUMNS). */
export const OPERATION_PEERS = 22;

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

/** READ_REQUEST [the columns of REQUEST, revision u48] + first string + second string: wait until the store has this revision, 0 for none. */
export const READ_REQUEST_OPERATION = REQUEST_OPERATION;
export const READ_REQUEST_LIMIT = REQUEST_LIMIT;
export const READ_REQUEST_BYTES = REQUEST_BYTES;
export const READ_REQUEST_REVISION = 7;
export const READ_REQUEST_COLUMNS = 8;

/** READ_RESPONSE [the columns of RESPONSE, index u48] + string; in place of the session stands the age. */
export const READ_RESPONSE_AGE_MS = RESPONSE_SESSION;
/** The last log index that is in the state that was read. */
export const READ_RESPONSE_INDEX = 13;
export const READ_RESPONSE_COLUMNS = 14;
/** The age of a node that has heard no leader since it started. */
export const AGE_UNKNOWN = 0xffffffffffff;

/** Columns of the widest; the strings' places stand behind them. */
const COLUMNS_MAX = READ_RESPONSE_COLUMNS;

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
 * Writes the body of a REQUEST or READ_REQUEST whose columns `message.fields` holds, kind included.
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
	let at = codec.encode(target, message.fields[0], message.row, 0, firstLength);
	if (at === NO_ROOM) return NO_ROOM;
	copy(target, at, first, firstOffset, firstLength);
	at = writeStringHeader(target, at + firstLength, codec.limit, secondLength);
	if (at === NO_ROOM) return NO_ROOM;
	copy(target, at, second, secondOffset, secondLength);
	return at + secondLength;
}

/**
 * Writes the body of a RESPONSE, READ_RESPONSE or STATUS_RESPONSE whose columns `message.fields` holds, kind
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
