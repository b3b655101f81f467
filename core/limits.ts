/**
 * Every capacity of a node. All memory is taken in constructors from these numbers; at a limit the
 * node refuses with a named reason, and never drops silently or grows.
 */
import { assert } from "./assert";
import { crc32c } from "./bytes";
import { ENTRY_HEADER_BYTES } from "./entry";

/** Bytes of UDP payload that an Ethernet frame carries unfragmented: 1,500 - 20 (IPv4) - 8 (UDP). */
export const DATAGRAM_BYTES = 1472;
/** Bytes that the frame and an append's integers may take of a datagram, at their widest. */
export const APPEND_OVERHEAD_BYTES = 96;

export interface Limits {
	/** Voters, learners and witnesses together. */
	readonly members: number;

	/** Bytes of one command, the payload of an entry. */
	readonly commandBytes: number;
	/** Bytes of entries in RAM: what is unapplied, unwritten or in flight; older ones are read from flash. */
	readonly logBytes: number;
	/** Entries in RAM. */
	readonly logEntries: number;
	/** Bytes of `logBytes` and entries of `logEntries` that only a no-op or configuration may use, so that a full node can still elect and heal. */
	readonly logReserveBytes: number;
	readonly logReserveEntries: number;
	/** Runs of one term in the log since the snapshot. */
	readonly termRuns: number;
	/** Appends sent to one peer and not yet answered. */
	readonly appendsInFlight: number;
	/** Proposals that are neither answered nor refused. */
	readonly proposals: number;
	/** Linearizable reads that wait for a round or for an index. */
	readonly reads: number;

	/** Applied entries after which a snapshot is taken. */
	readonly snapshotEvery: number;
	/** Bytes of a snapshot in one datagram. */
	readonly snapshotChunkBytes: number;

	/** Live keys, their bytes, and the bytes of all keys and values together. */
	readonly keys: number;
	readonly keyBytes: number;
	readonly valueBytes: number;
	readonly liveBytes: number;
	/** Client sessions, and the bytes of the one reply that each keeps. */
	readonly sessions: number;
	readonly replyBytes: number;
	/** Applied entries for which a session that was used is not evicted for a new one. */
	readonly sessionProtection: number;
}

/** Half of what Moddable gives an ESP32 by default. */
export const PROFILE_S: Limits = Object.freeze({
	members: 4,
	commandBytes: 512,
	logBytes: 6 * 1024,
	logEntries: 96,
	logReserveBytes: 256,
	logReserveEntries: 8,
	termRuns: 32,
	appendsInFlight: 2,
	proposals: 16,
	reads: 8,
	snapshotEvery: 512,
	snapshotChunkBytes: 1024,
	keys: 128,
	keyBytes: 64,
	valueBytes: 256,
	liveBytes: 8 * 1024,
	sessions: 8,
	replyBytes: 32,
	sessionProtection: 64,
});

/** What Moddable gives an ESP32 by default: 157,696 bytes of XS memory in all. */
export const PROFILE_M: Limits = Object.freeze({
	members: 7,
	commandBytes: 1024,
	logBytes: 12 * 1024,
	logEntries: 256,
	logReserveBytes: 1024,
	logReserveEntries: 16,
	termRuns: 64,
	appendsInFlight: 4,
	proposals: 64,
	reads: 16,
	snapshotEvery: 1024,
	snapshotChunkBytes: 1024,
	keys: 320,
	keyBytes: 128,
	valueBytes: 512,
	liveBytes: 20 * 1024,
	sessions: 32,
	replyBytes: 32,
	sessionProtection: 128,
});

/**
 * A fingerprint of the limits that decide what a command comes to, or whether an entry is taken at all. Members
 * that differ in one of them would come to different states by one log, so they do not hear one another.
 * @returns an unsigned 32-bit number, never 0
 */
export function limitsFingerprint(limits: Limits): number {
	const { commandBytes, keyBytes, keys, liveBytes, replyBytes, sessionProtection, sessions, valueBytes } = limits;
	const row = new DataView(new ArrayBuffer(8 * 4));
	row.setUint32(0, keys);
	row.setUint32(4, keyBytes);
	row.setUint32(8, valueBytes);
	row.setUint32(12, liveBytes);
	row.setUint32(16, sessions);
	row.setUint32(20, sessionProtection);
	row.setUint32(24, replyBytes);
	row.setUint32(28, commandBytes);
	return crc32c(0, new Uint8Array(row.buffer), 0, 8 * 4) || 1;
}

/** Asserts the relations between the numbers, once, at start. */
export function checkLimits(limits: Limits): void {
	const entryBytes = ENTRY_HEADER_BYTES + limits.commandBytes;
	assert(limits.members >= 1 && limits.members <= 15, "members do not fit a bit mask");
	assert(APPEND_OVERHEAD_BYTES + entryBytes <= DATAGRAM_BYTES, "the largest entry does not fit a datagram");
	assert(
		APPEND_OVERHEAD_BYTES + limits.snapshotChunkBytes <= DATAGRAM_BYTES,
		"a snapshot chunk does not fit a datagram",
	);
	assert(
		limits.logReserveBytes + 2 * entryBytes <= limits.logBytes,
		"the log does not hold two entries and its reserve",
	);
	assert(
		limits.logReserveEntries >= 8 && limits.logReserveEntries * 2 <= limits.logEntries,
		"the log's reserve is out of range",
	);
	assert(limits.termRuns >= 16, "too few term runs");
	assert(limits.appendsInFlight >= 1 && limits.appendsInFlight <= 16, "appends in flight out of range");
	assert(limits.proposals <= limits.logEntries - limits.logReserveEntries, "more proposals than entries in RAM");
	assert(limits.snapshotEvery >= limits.logEntries, "snapshots closer together than the RAM log");
	assert(limits.keyBytes + limits.valueBytes + 64 <= limits.commandBytes, "the largest put does not fit a command");
	assert(limits.keyBytes <= 255 && limits.valueBytes <= 65535 && limits.keys <= 65535, "a size field would wrap");
	assert(limits.sessions <= 255, "too many sessions for their index");
}
