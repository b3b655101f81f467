/** What to do about a journal that does not open, by its status. */
import {
	CHAIN_BROKEN,
	FOREIGN_IDENTITY,
	GEOMETRY_DIFFERS,
	HARD_STATE_DAMAGED,
	LEVEL_NOT_SPOKEN,
	LOG_GAP,
	MEMBER_LIMIT,
	OTHER_LIMITS,
	RECORD_DAMAGED,
	SECTOR_DAMAGED,
	SNAPSHOT_DAMAGED,
	SUPERBLOCK_DAMAGED,
	TAIL_AMBIGUOUS,
	UNFORMATTED,
	UNKNOWN_FORMAT,
	UNKNOWN_RECORD,
} from "../../core/journal/status";

const RENEW = "begin a later life of this member and let `balsa member replace` take it in; the others have the data";

const ADVICE: { readonly [status: number]: string } = Object.freeze({
	[UNFORMATTED]: "it was never formatted: `balsa format` makes it a member, `balsa format --join` one that is added",
	[UNKNOWN_FORMAT]: "another version wrote this flash: run that version, or begin a later life of this member",
	[SUPERBLOCK_DAMAGED]: `the flash does not say whose it is. If a format was cut off and the node never ran, format it again; else ${RENEW}`,
	[FOREIGN_IDENTITY]: "the flash belongs to another node: give each node its own",
	[GEOMETRY_DIFFERS]: "the flash was formatted with another size: run the version that formatted it",
	[HARD_STATE_DAMAGED]: `it may have forgotten a vote: ${RENEW}`,
	[SNAPSHOT_DAMAGED]: `no snapshot is whole: ${RENEW}`,
	[LOG_GAP]: `a part of the log is missing: ${RENEW}`,
	[RECORD_DAMAGED]: `an acknowledged record has rotted: ${RENEW}`,
	[UNKNOWN_RECORD]: "a newer version wrote this flash: run that version",
	[CHAIN_BROKEN]: `the flash lost a write: ${RENEW}`,
	[TAIL_AMBIGUOUS]: `the end of the log is torn or rotted, and nothing tells which: ${RENEW}`,
	[SECTOR_DAMAGED]: `a sector of the log is damaged: ${RENEW}`,
	[LEVEL_NOT_SPOKEN]: "this version does not speak the cluster's level: run a later one",
	[OTHER_LIMITS]:
		"this build has other limits than the one that wrote this flash: run a build with the limits of the others",
	[MEMBER_LIMIT]: "the cluster has more members than this build holds: remove one, or run a build with larger limits",
});

/** @returns what a person can do about a node whose journal has this status */
export function adviceOf(status: number): string {
	return ADVICE[status] ?? "this version does not know the status: run a later one";
}
