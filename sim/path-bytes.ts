/**
 * How long a datagram a path must carry for everything to work across it: what is never divided is one
 * entry, one pair of a range, one value, a status. Batches of entries, chunks and pages are made smaller.
 */
import { ENTRY_HEADER_BYTES } from "../core/entry";
import type { Limits } from "../core/limits";
import { CHUNK_BYTES_MIN } from "../core/raft/path";
import { STATUS_COLUMNS } from "../core/status";
import { configurationBytesMax } from "../core/wire/configuration";
import { FRAME_BYTES } from "../core/wire/frame";

/** Bytes of integers in CBOR, at their widest, by bits. */
const U8 = 2;
const U16 = 3;
const U32 = 5;
const U48 = 9;
/** An array's head and a kind; the head of a byte string; a flag. */
const BEGIN = 2;
const HEAD = 3;
const FLAG = 1;
const NONCE_AND_NUMBER = 3 * U32;

const APPEND = FRAME_BYTES + BEGIN + 3 * U32 + 2 * U48 + HEAD;
const SNAPSHOT = FRAME_BYTES + BEGIN + 6 * U32 + U48 + HEAD;
const REQUEST = FRAME_BYTES + BEGIN + NONCE_AND_NUMBER + U8 + 2 * U16 + 2 * HEAD;
const STATUS = FRAME_BYTES + BEGIN + NONCE_AND_NUMBER + HEAD;
const RESPONSE = FRAME_BYTES + BEGIN + NONCE_AND_NUMBER + U16 + U8 + 2 * U32 + 5 * U48 + FLAG + HEAD;
const COMMAND = BEGIN + 2 * U48 + U32 + 2 * HEAD;
const PAIR = 2 * U48 + U32 + 2 * HEAD;

/** A row of PEERS: an id, an incarnation, a role, a state, two indices, an age, a level, bytes, a count. */
const PEER_ROW = U8 + U16 + 2 * FLAG + 3 * U48 + U32 + U16 + U8;

/** @returns bytes of UDP payload that a path must carry for members to replicate, and for clients to write and read */
export function pathBytesMin({ keyBytes, members, snapshotChunkBytes, valueBytes }: Limits): number {
	const command = COMMAND + keyBytes + valueBytes;
	return Math.max(
		APPEND + ENTRY_HEADER_BYTES + Math.max(command, configurationBytesMax(members)),
		SNAPSHOT + Math.min(snapshotChunkBytes, CHUNK_BYTES_MIN),
		REQUEST + Math.max(command, 2 * (keyBytes + 1)),
		RESPONSE + PAIR + keyBytes + valueBytes,
	);
}

/** @returns the same for whoever administers a cluster: a status, what a leader knows of its peers, the members and their change */
export function administrationBytesMin({ members }: Limits): number {
	const configuration = configurationBytesMax(members);
	return Math.max(
		STATUS + Math.max(STATUS_COLUMNS * U48, members * PEER_ROW),
		RESPONSE + configuration + (2 + members) * U48,
		REQUEST + configuration,
	);
}
