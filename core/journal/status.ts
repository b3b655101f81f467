/**
 * What `open` found. Everything but READY leaves the flash exactly as it was: a board never formats
 * itself, and what recovery does not understand stops the node by name (pitfalls 64, 65, 67).
 * The numbers never change their meaning: they are shown by a board that answers status only.
 */
export const READY = 0;
/** Blank: the node has no identity yet. */
export const UNFORMATTED = 1;
/** A superblock of another format version: written by a newer firmware. */
export const UNKNOWN_FORMAT = 2;
/** A superblock is damaged, or the two differ; a format that was cut off looks like this. */
export const SUPERBLOCK_DAMAGED = 3;
/** The flash belongs to another cluster, node or incarnation than the caller expects. */
export const FOREIGN_IDENTITY = 4;
/** The partition has another size than when it was formatted, or its regions are too small for these limits. */
export const GEOMETRY_DIFFERS = 5;
/** Both copies of the hard state are lost or rotted: the node may have forgotten a vote. */
export const HARD_STATE_DAMAGED = 6;
/** No snapshot is whole. */
export const SNAPSHOT_DAMAGED = 7;
/** The log does not begin where the best snapshot ends, or a sector between is missing. */
export const LOG_GAP = 8;
/** A record that was acknowledged does not match its checksum. */
export const RECORD_DAMAGED = 9;
/** A record whose checksum is right and whose type is not known: written by a newer firmware. */
export const UNKNOWN_RECORD = 10;
/** A record whose checksum is right does not continue the one before it: a write was lost. */
export const CHAIN_BROKEN = 11;
/** The end of the log may be torn, or acknowledged and rotted: nothing tells which. */
export const TAIL_AMBIGUOUS = 12;
/** The header of a sector that holds records is damaged, or no sector of the log is left. */
export const SECTOR_DAMAGED = 13;
/** The configuration is of a level that this build does not speak: it is too old, or too new (core/raft/levels.ts). */
export const LEVEL_NOT_SPOKEN = 14;
/** The configuration has more members than this build's limits hold (Limits.members). */
export const MEMBER_LIMIT = 15;
/** The snapshot was taken with other limits that decide what a command comes to (core/limits.ts, `limitsFingerprint`). */
export const OTHER_LIMITS = 16;

const NAMES: readonly string[] = Object.freeze([
	"READY",
	"UNFORMATTED",
	"UNKNOWN_FORMAT",
	"SUPERBLOCK_DAMAGED",
	"FOREIGN_IDENTITY",
	"GEOMETRY_DIFFERS",
	"HARD_STATE_DAMAGED",
	"SNAPSHOT_DAMAGED",
	"LOG_GAP",
	"RECORD_DAMAGED",
	"UNKNOWN_RECORD",
	"CHAIN_BROKEN",
	"TAIL_AMBIGUOUS",
	"SECTOR_DAMAGED",
	"LEVEL_NOT_SPOKEN",
	"MEMBER_LIMIT",
	"OTHER_LIMITS",
]);

/** @returns the name that people see, for example `UNFORMATTED` */
export function statusName(status: number): string {
	return NAMES[status] ?? "UNKNOWN_STATUS";
}
