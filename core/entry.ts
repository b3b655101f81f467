/**
 * A portable entry: the same bytes in the RAM log, in a datagram and in flash. Encoded once where
 * it is proposed, it is only copied afterwards, as part of a range. Its index is implied by its
 * position.
 *
 *   0      1       2        4        8
 *   | type | flags | length | term   | payload …
 *     u8     u8      u16      u32      `length` bytes, numbers little-endian
 */

/** Bytes before the payload. */
export const ENTRY_HEADER_BYTES = 8;

/** The first entry of every leader's term (Raft §8); no payload. */
export const ENTRY_NO_OP = 0;
/** A command of the state machine. */
export const ENTRY_COMMAND = 1;
/** A configuration of the cluster: members, limits, timing, level. */
export const ENTRY_CONFIGURATION = 2;
/** In the place of a command, for a witness: its term, and no payload. */
export const ENTRY_WITHHELD = 3;

export function entryType(bytes: Uint8Array, offset: number): number {
	return bytes[offset];
}

/** @returns bytes of the payload */
export function entryLength(bytes: Uint8Array, offset: number): number {
	return bytes[offset + 2] + bytes[offset + 3] * 0x100;
}

export function entryTerm(bytes: Uint8Array, offset: number): number {
	return bytes[offset + 4] + bytes[offset + 5] * 0x100 + bytes[offset + 6] * 0x10000 + bytes[offset + 7] * 0x1000000;
}

export function writeEntryHeader(bytes: Uint8Array, offset: number, type: number, length: number, term: number): void {
	// Length is u16 and term u32, so shifts are exact, and they are no calls.
	bytes[offset] = type;
	bytes[offset + 1] = 0;
	bytes[offset + 2] = length & 0xff;
	bytes[offset + 3] = length >>> 8;
	bytes[offset + 4] = term & 0xff;
	bytes[offset + 5] = (term >>> 8) & 0xff;
	bytes[offset + 6] = (term >>> 16) & 0xff;
	bytes[offset + 7] = term >>> 24;
}
