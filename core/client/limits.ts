/** Every capacity of a client; all memory is taken in its constructor. */
import { DATAGRAM_BYTES } from "../limits";

/** Bytes that a command's array, integers and string headers may take, at their widest. */
export const COMMAND_OVERHEAD_BYTES = 48;

export interface ClientLimits {
	readonly members: number;
	/** Writes that wait or are under way; one is under way at a time, because a session's writes are applied in order. */
	readonly writes: number;
	/** Reads and statuses under way. */
	readonly reads: number;
	/** Bytes of one call's key and value together. */
	readonly requestBytes: number;
}

/** For a board of profile M: its largest put, and a few calls at once. */
export const BOARD_CLIENT_LIMITS: ClientLimits = Object.freeze({ members: 7, writes: 4, reads: 2, requestBytes: 640 });

/** Bytes of an id, an address and a port, and of what is known of the path there. */
const MEMBER_BYTES = 1 + 4 + 2 + 5;

/** @returns bytes of the client's buffers: the chunks on XS, besides its objects' slots and the fixed rows of the codec */
export function clientFootprint(limits: ClientLimits): number {
	const { members, writes, reads, requestBytes } = limits;
	return (
		DATAGRAM_BYTES + COMMAND_OVERHEAD_BYTES + requestBytes + (writes + reads) * requestBytes + members * MEMBER_BYTES
	);
}
