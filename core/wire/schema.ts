/**
 * The shape of every message as the codec needs it: bits of each integer's field, and how many byte
 * strings follow. The normative text is messages.cddl; a test holds the two equal.
 */
import {
	APPEND_REQUEST,
	APPEND_RESPONSE,
	HELLO,
	LEVELS,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	QUIET_REQUEST,
	QUIET_RESPONSE,
	READ_INDEX_REQUEST,
	READ_INDEX_RESPONSE,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	TIMEOUT_NOW,
	TRANSFER_VOTE_REQUEST,
	VOTE_REQUEST,
	VOTE_RESPONSE,
} from "../raft/messages";
import { READ_REQUEST, READ_RESPONSE, REQUEST, RESPONSE, STATUS_RESPONSE } from "./requests";

const FLAG = 1;
/** Status of an append response, 0 to 3. */
const STATUS = 2;
const U8 = 8;
const U16 = 16;
const U32 = 32;
const U48 = 48;

/** Kinds are below this number: then kind and array head are one byte each. */
export const KINDS = 24;
/** Columns of the widest message. */
export const COLUMNS_MAX = 14;

export interface Layout {
	/** Bits of each integer's field, the kind's first. */
	readonly bits: readonly number[];
	readonly strings: number;
}

export interface Layouts {
	readonly [kind: number]: Layout;
}

/** By kind; a kind that is reserved or unknown has none. */
export const LAYOUTS: Layouts = Object.freeze({
	[PRE_VOTE_REQUEST]: layout([U8, U32, U48, U32, U32], 0),
	[PRE_VOTE_RESPONSE]: layout([U8, U32, U32, FLAG], 0),
	[VOTE_REQUEST]: layout([U8, U32, U48, U32], 0),
	[VOTE_RESPONSE]: layout([U8, U32, FLAG], 0),
	[APPEND_REQUEST]: layout([U8, U32, U48, U32, U48, U32], 1),
	[APPEND_RESPONSE]: layout([U8, U32, U32, STATUS, U48, U32], 0),
	[SNAPSHOT_REQUEST]: layout([U8, U32, U32, U48, U32, U32, U32, U32], 1),
	[SNAPSHOT_RESPONSE]: layout([U8, U32, U32, U48, U32], 0),
	[TIMEOUT_NOW]: layout([U8, U32, U32], 0),
	[TRANSFER_VOTE_REQUEST]: layout([U8, U32, U48, U32, U32], 0),
	[HELLO]: layout([U8, U32, U32, U8, U32, U48, U32, U32], 1),
	[READ_INDEX_REQUEST]: layout([U8, U32, U48], 0),
	[READ_INDEX_RESPONSE]: layout([U8, U32, U48, U48], 0),
	[QUIET_REQUEST]: layout([U8, U32, U48, U32], 0),
	[QUIET_RESPONSE]: layout([U8, U32, U32], 0),
	[LEVELS]: layout([U8, U32, U32, U32, U32, FLAG], 0),
	[REQUEST]: layout([U8, U32, U32, U32, U8, U16, U16], 2),
	[RESPONSE]: layout([U8, U32, U32, U32, U16, U8, U32, U48, U48, U48, U48, U32, FLAG], 1),
	[STATUS_RESPONSE]: layout([U8, U32, U32, U32], 1),
	[READ_REQUEST]: layout([U8, U32, U32, U32, U8, U16, U16, U48], 2),
	[READ_RESPONSE]: layout([U8, U32, U32, U32, U16, U8, U32, U48, U48, U48, U48, U32, FLAG, U48], 1),
});

function layout(bits: readonly number[], strings: number): Layout {
	return Object.freeze({ bits: Object.freeze(bits), strings });
}
