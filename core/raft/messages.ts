/**
 * The messages of the protocol between members: their kinds, and the columns of the row of
 * integers that each is, in the order of the wire (core/wire/messages.cddl).
 *
 * A row is read by column, `fields[APPEND_ROUND]`, and not copied into an object of named fields:
 * on an interpreter that copy costs more than the handler that reads it. The decoder has checked
 * every column of the row, so a handler never meets half a message.
 */

/** Asks whether a vote would be granted in a term that is not entered yet (thesis §9.6). */
export const PRE_VOTE_REQUEST = 1;
export const PRE_VOTE_RESPONSE = 2;
/** RequestVote (Raft §5.2). */
export const VOTE_REQUEST = 3;
export const VOTE_RESPONSE = 4;
/** AppendEntries (Raft §5.3); without entries it is the heartbeat. */
export const APPEND_REQUEST = 5;
export const APPEND_RESPONSE = 6;
/** InstallSnapshot (Raft §7), one chunk; the last one is answered with an APPEND_RESPONSE. */
export const SNAPSHOT_REQUEST = 7;
export const SNAPSHOT_RESPONSE = 8;
/** Leadership transfer (thesis §3.10): the leader asks one member to stand for election at once. */
export const TIMEOUT_NOW = 9;
/** Reserved: repair of entries without a leader, and its answer. */
export const FETCH_REQUEST = 10;
export const FETCH_RESPONSE = 11;
/** Two nodes find each other, below consensus (core/replica/hello.ts): who answers at an address, and what it is made of. */
export const HELLO = 12;
/** RequestVote of a candidate whom the leader has asked to stand: those who hear that leader may vote all the same. */
export const TRANSFER_VOTE_REQUEST = 13;
/** A follower asks up to which index it must have applied for a linearizable read (thesis §6.4). */
export const READ_INDEX_REQUEST = 14;
export const READ_INDEX_RESPONSE = 15;
/** A leader asks who has all of the log to rest, and is answered when it does. The kinds between are those of clients. */
export const QUIET_REQUEST = 21;
export const QUIET_RESPONSE = 22;
/** A leader asks which levels a node speaks, and a node says it (levels.ts). */
export const LEVELS = 23;

/** Columns that every row begins with. */
export const KIND = 0;
/** The sender's term, u32; in a PRE_VOTE_REQUEST the term that it would enter. */
export const TERM = 1;

/** Columns of PRE_VOTE_REQUEST [kind, term, last index u48, last term u32, round u32]. */
export const PRE_VOTE_LAST_INDEX = 2;
export const PRE_VOTE_LAST_TERM = 3;
/** The candidate's own count of its probes, echoed, so that a late answer does not count for a later probe. */
export const PRE_VOTE_ROUND = 4;
export const PRE_VOTE_REQUEST_COLUMNS = 5;

/** Columns of PRE_VOTE_RESPONSE [kind, term, round u32, granted 0 or 1]; the term is the voter's own. */
export const PRE_VOTE_RESPONSE_ROUND = 2;
export const PRE_VOTE_RESPONSE_GRANTED = 3;
export const PRE_VOTE_RESPONSE_COLUMNS = 4;

/** Columns of VOTE_REQUEST [kind, term, last index u48, last term u32]. */
export const VOTE_LAST_INDEX = 2;
export const VOTE_LAST_TERM = 3;
export const VOTE_REQUEST_COLUMNS = 4;

/** Columns of VOTE_RESPONSE [kind, term, granted 0 or 1]. */
export const VOTE_RESPONSE_GRANTED = 2;
export const VOTE_RESPONSE_COLUMNS = 3;

/** Columns of APPEND_REQUEST [kind, term, previous index u48, previous term u32, commit index u48, round u32] + entries. */
export const APPEND_PREVIOUS_INDEX = 2;
export const APPEND_PREVIOUS_TERM = 3;
export const APPEND_COMMIT_INDEX = 4;
/** The leader's count of heartbeats and read rounds in its term, echoed by the answer. */
export const APPEND_ROUND = 5;
export const APPEND_REQUEST_COLUMNS = 6;

/** Columns of APPEND_RESPONSE [kind, term, round u32, status, index u48, hint term u32]. */
export const APPEND_RESPONSE_ROUND = 2;
export const APPEND_RESPONSE_STATUS = 3;
/** ACCEPTED: all up to here is equal and durable. CONFLICT: where to try next. Else 0. */
export const APPEND_RESPONSE_INDEX = 4;
/** CONFLICT: the follower's term at that index. Else 0. */
export const APPEND_RESPONSE_HINT_TERM = 5;
export const APPEND_RESPONSE_COLUMNS = 6;

/** The logs agree and the entries are durable, up to the index. */
export const APPEND_ACCEPTED = 0;
/** The logs differ at the previous index. */
export const APPEND_CONFLICT = 1;
/** No room now: contact, but neither agreement nor conflict. */
export const APPEND_FULL = 2;
/** The leader is of an older term than the answer's. */
export const APPEND_STALE = 3;
export const APPEND_STATUS_MAX = 3;

/** Columns of SNAPSHOT_REQUEST [kind, term, round u32, index u48, entry term u32, size u32, hash u32, offset u32] + chunk. */
export const SNAPSHOT_ROUND = 2;
/** The last entry that the snapshot covers, and its term. */
export const SNAPSHOT_INDEX = 3;
export const SNAPSHOT_ENTRY_TERM = 4;
/** Bytes of the whole snapshot. */
export const SNAPSHOT_SIZE = 5;
/** CRC-32C of the whole snapshot; with index and term it names it. */
export const SNAPSHOT_HASH = 6;
/** Where the chunk begins in the snapshot. */
export const SNAPSHOT_OFFSET = 7;
export const SNAPSHOT_REQUEST_COLUMNS = 8;

/** Columns of SNAPSHOT_RESPONSE [kind, term, round u32, index u48, offset u32]; the offset is that of the byte wanted next. */
export const SNAPSHOT_RESPONSE_ROUND = 2;
export const SNAPSHOT_RESPONSE_INDEX = 3;
export const SNAPSHOT_RESPONSE_OFFSET = 4;
export const SNAPSHOT_RESPONSE_COLUMNS = 5;

/** Columns of TIMEOUT_NOW [kind, term, sequence u32]; the sequence is above every round that the leader has opened. */
export const TIMEOUT_NOW_SEQUENCE = 2;
export const TIMEOUT_NOW_COLUMNS = 3;

/**
 * Columns of HELLO [kind, term, nonce u32, purpose u8, boot epoch u32, last index u48, limits u32, first u32] + addresses.
 * Term and last index are durable at the sender. The addresses are rows of HELLO_ADDRESS_BYTES.
 */
/** Random in a question; an answer echoes it. */
export const HELLO_NONCE = 2;
/** HELLO_ASKS or HELLO_ANSWERS. */
export const HELLO_PURPOSE = 3;
export const HELLO_BOOT_EPOCH = 4;
export const HELLO_LAST_INDEX = 5;
/** Fingerprint of the limits that decide outcomes. */
export const HELLO_LIMITS = 6;
/** Fingerprint of the configuration that the cluster began with. */
export const HELLO_FIRST = 7;
export const HELLO_COLUMNS = 8;

/** The sender tells who it is; the receiver does the same. */
export const HELLO_ASKS = 0;
/** The nonce is that of a question. */
export const HELLO_ANSWERS = 1;

/** Where a member may be: id u8, incarnation u16, IPv4 address u32, port u16, most significant byte first. */
export const HELLO_ADDRESS_BYTES = 9;

/** Columns of LEVELS [kind, term, question u32, lowest u32, highest u32, asks 0 or 1]. */
/** A leader's count of its questions in its term, echoed by the answer; 0 in what is said unasked. */
export const LEVELS_QUESTION = 2;
/** The levels that the sender speaks. */
export const LEVELS_LOWEST = 3;
export const LEVELS_HIGHEST = 4;
/** 1: the receiver shall say the same of itself. */
export const LEVELS_ASKS = 5;
export const LEVELS_COLUMNS = 6;
export const QUESTION_MAX = 0xffffffff;

/** Columns of TRANSFER_VOTE_REQUEST [kind, term, last index u48, last term u32, sequence u32]: those of VOTE_REQUEST, and of which TIMEOUT_NOW it comes. */
export const TRANSFER_VOTE_LAST_INDEX = VOTE_LAST_INDEX;
export const TRANSFER_VOTE_LAST_TERM = VOTE_LAST_TERM;
export const TRANSFER_VOTE_SEQUENCE = 4;
export const TRANSFER_VOTE_REQUEST_COLUMNS = 5;

/** Columns of READ_INDEX_REQUEST [kind, term, token u48]; the token is the follower's, echoed. */
export const READ_INDEX_TOKEN = 2;
export const READ_INDEX_REQUEST_COLUMNS = 3;

/** Columns of READ_INDEX_RESPONSE [kind, term, token u48, index u48]. */
export const READ_INDEX_RESPONSE_TOKEN = READ_INDEX_TOKEN;
export const READ_INDEX_RESPONSE_INDEX = 3;
export const READ_INDEX_RESPONSE_COLUMNS = 4;

/** Columns of QUIET_REQUEST [kind, term, index u48, round u32]. */
export const QUIET_REQUEST_INDEX = 2;
export const QUIET_REQUEST_ROUND = 3;
export const QUIET_REQUEST_COLUMNS = 4;

/** Columns of QUIET_RESPONSE [kind, term, round u32]. */
export const QUIET_RESPONSE_ROUND = 2;
export const QUIET_RESPONSE_COLUMNS = 3;

/** Columns of the widest row. */
export const COLUMNS_MAX = 8;

/** The largest term, and the largest round: u32. */
export const TERM_MAX = 0xffffffff;
/** The largest index: u48. */
export const INDEX_MAX = 0xffffffffffff;

/** The one record that a received datagram is decoded into, again and again. */
export class Message {
	kind = 0;
	/** Place of the sender in the configuration. */
	sender = 0;
	/** The row, kind first; only the columns of its kind have a meaning. Two more, because the decoder puts the string's place behind them. */
	readonly fields = new Float64Array(COLUMNS_MAX + 2);
	/** The row again, for `readIntegers` of core/bytes. */
	readonly row: DataView;
	/** The datagram's buffer; the byte string of APPEND_REQUEST and SNAPSHOT_REQUEST stands in it at `offset`. */
	readonly bytes: Uint8Array;
	/** The same bytes, to read the numbers of entries. */
	readonly view: DataView;
	offset = 0;
	length = 0;

	/** @param bytes the buffer that datagrams are received into */
	constructor(bytes: Uint8Array) {
		this.row = new DataView(this.fields.buffer);
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}
}
