/**
 * Messages for tests, at least one of each kind, with readable numbers. A message is its integers in
 * wire order, kind first, and its byte strings.
 */
import { copy } from "../../../core/bytes";
import { writeStringHeader } from "../../../core/command";
import * as kinds from "../../../core/raft/messages";
import { Codec } from "../../../core/wire/codec";
import { BODY_LIMIT, BODY_OFFSET } from "../../../core/wire/frame";
import { READ_REQUEST, READ_RESPONSE, REQUEST, RESPONSE, STATUS_RESPONSE } from "../../../core/wire/requests";

export interface Sample {
	readonly name: string;
	readonly integers: readonly number[];
	readonly strings: readonly Uint8Array[];
}

/** ASCII; neither TextEncoder nor Buffer exists inside XS. */
const text = (string: string): Uint8Array => Uint8Array.from(string, (character) => character.charCodeAt(0));
const NONCE = [0x01234567, 0x89abcdef];
const U32_MAX = 0xffffffff;
const U48_MAX = 0xffffffffffff;

export const SAMPLES: readonly Sample[] = [
	{ name: "pre-vote-request", integers: [kinds.PRE_VOTE_REQUEST, 8, 1000, 7, 3], strings: [] },
	{ name: "pre-vote-response granted", integers: [kinds.PRE_VOTE_RESPONSE, 7, 3, 1], strings: [] },
	{ name: "pre-vote-response refused", integers: [kinds.PRE_VOTE_RESPONSE, 9, 3, 0], strings: [] },
	{ name: "vote-request", integers: [kinds.VOTE_REQUEST, 8, 1000, 7], strings: [] },
	{ name: "vote-request widest", integers: [kinds.VOTE_REQUEST, U32_MAX, U48_MAX, U32_MAX], strings: [] },
	{ name: "vote-response", integers: [kinds.VOTE_RESPONSE, 8, 1], strings: [] },
	{ name: "append-request heartbeat", integers: [kinds.APPEND_REQUEST, 8, 1000, 7, 999, 41], strings: [text("")] },
	{
		name: "append-request one entry",
		integers: [kinds.APPEND_REQUEST, 8, 1000, 7, 999, 42],
		strings: [new Uint8Array([1, 0, 5, 0, 8, 0, 0, 0, 0x83, 0x05, 0x18, 0x2a, 0x07])],
	},
	{ name: "append-response accepted", integers: [kinds.APPEND_RESPONSE, 8, 42, 0, 1001, 0], strings: [] },
	{ name: "append-response conflict", integers: [kinds.APPEND_RESPONSE, 8, 42, 1, 900, 6], strings: [] },
	{
		name: "snapshot-request",
		integers: [kinds.SNAPSHOT_REQUEST, 8, 43, 70000, 7, 2048, 0xdeadbeef, 1024],
		strings: [text("chunk of a snapshot, not short")],
	},
	{ name: "snapshot-response", integers: [kinds.SNAPSHOT_RESPONSE, 8, 43, 70000, 2048], strings: [] },
	{ name: "timeout-now", integers: [kinds.TIMEOUT_NOW, 8, 44], strings: [] },
	{ name: "transfer-vote-request", integers: [kinds.TRANSFER_VOTE_REQUEST, 9, 1000, 7, 44], strings: [] },
	{ name: "read-index-request", integers: [kinds.READ_INDEX_REQUEST, 8, 2 ** 33 + 5], strings: [] },
	{ name: "read-index-response", integers: [kinds.READ_INDEX_RESPONSE, 8, 2 ** 33 + 5, 1001], strings: [] },
	{ name: "quiet-request", integers: [kinds.QUIET_REQUEST, 8, 1001, 45], strings: [] },
	{ name: "quiet-response", integers: [kinds.QUIET_RESPONSE, 8, 45], strings: [] },
	{ name: "levels", integers: [kinds.LEVELS, 8, 3, 1, 2, 1], strings: [] },
	{
		name: "hello asks",
		integers: [kinds.HELLO, 8, 0xfeedface, 0, 5, 1001, 0x12345678, 0x9abcdef0],
		strings: [text("")],
	},
	{
		name: "hello answers",
		integers: [kinds.HELLO, 8, 0xfeedface, 1, 6, 1001, 0x12345678, 0x9abcdef0],
		strings: [new Uint8Array([2, 0, 1, 10, 77, 0, 2, 0x1b, 0x58])],
	},
	{ name: "request status", integers: [REQUEST, ...NONCE, 1, 5, 0, 0], strings: [text(""), text("")] },
	{ name: "request get", integers: [REQUEST, ...NONCE, 2, 3, 0, 0], strings: [text("key"), text("")] },
	{ name: "request range", integers: [REQUEST, ...NONCE, 3, 4, 300, 680], strings: [text("a"), text("b")] },
	{
		name: "request write",
		integers: [REQUEST, ...NONCE, 4, 2, 0, 0],
		strings: [new Uint8Array([0x85, 2, 0x18, 0x2a, 7, 0x41, 0x6b, 0x41, 0x76]), text("")],
	},
	{
		name: "response get",
		integers: [RESPONSE, ...NONCE, 2, 0, 3, 8, 1001, 0, 900, 1000, 2, 0],
		strings: [text("value")],
	},
	{
		name: "response conflict",
		integers: [RESPONSE, ...NONCE, 4, 104, 3, 8, 1001, 42, 900, 1000, 2, 0],
		strings: [text("")],
	},
	{ name: "response not leader", integers: [RESPONSE, ...NONCE, 5, 200, 4, 8, 0, 0, 0, 0, 0, 0], strings: [text("")] },
	{ name: "request transfer", integers: [REQUEST, ...NONCE, 6, 20, 2, 0], strings: [text(""), text("")] },
	{
		name: "read-request follower get",
		integers: [READ_REQUEST, ...NONCE, 7, 10, 0, 0, 1000],
		strings: [text("key"), text("")],
	},
	{
		name: "read-response local range",
		integers: [READ_RESPONSE, ...NONCE, 8, 0, 3, 8, 1001, 150, 0, 0, 0, 1, 70000],
		strings: [new Uint8Array([0x18, 0x2a, 0x18, 0x2b, 1, 0x41, 0x6b, 0x41, 0x76])],
	},
	{
		name: "status-response",
		integers: [STATUS_RESPONSE, ...NONCE, 1],
		strings: [new Uint8Array([0, 0x17, 0x18, 0x18, 0x19, 1, 0])],
	},
];

/** Writes the body as the product does: the codec up to the first string, then the strings. @returns the offset after it */
export function writeBody(target: Uint8Array, sample: Sample): number {
	const row = new DataView(new ArrayBuffer(8 * sample.integers.length));
	for (const [column, integer] of sample.integers.entries()) row.setFloat64(8 * column, integer, true);
	let at = new Codec().encode(target, sample.integers[0], row, 0, sample.strings[0]?.length ?? 0);
	sample.strings.forEach((bytes, i) => {
		if (i > 0) at = writeStringHeader(target, at, BODY_LIMIT, bytes.length);
		copy(target, at, bytes, 0, bytes.length);
		at += bytes.length;
	});
	return at;
}

/** The body alone, as its own array. */
export function bodyOf(sample: Sample): Uint8Array {
	const target = new Uint8Array(1472);
	return target.slice(BODY_OFFSET, writeBody(target, sample));
}
