/**
 * What a node says of itself: the numbers of a STATUS answer, in the order of the wire. Later
 * versions append; none changes its place or meaning. All are unsigned; counters are since boot
 * and never fall, so two readings tell what happened between them.
 */

export const STATUS_ID = 0;
export const STATUS_INCARNATION = 1;
/** FOLLOWER, PRE_CANDIDATE, CANDIDATE or LEADER of core/raft/role.ts; UNFORMATTED_ROLE for a blank node. */
export const STATUS_ROLE = 2;
export const STATUS_TERM = 3;
/** Id of the leader, 0 when none is known. */
export const STATUS_LEADER = 4;
export const STATUS_SNAPSHOT_INDEX = 5;
export const STATUS_LAST_INDEX = 6;
export const STATUS_COMMIT_INDEX = 7;
export const STATUS_APPLIED_INDEX = 8;
export const STATUS_REVISION = 9;
/** The logical hash of the replicated state at the applied index: equal on every member that applied as much. */
export const STATUS_STATE_HASH = 10;
export const STATUS_KEYS = 11;
export const STATUS_LIVE_BYTES = 12;
export const STATUS_SESSIONS = 13;
export const STATUS_UPTIME_MS = 14;
/** Times this node became leader, and times it began an election. */
export const STATUS_ELECTIONS_WON = 15;
export const STATUS_ELECTIONS_BEGUN = 16;
export const STATUS_DATAGRAMS_RECEIVED = 17;
export const STATUS_DATAGRAMS_SENT = 18;
/** Datagrams dropped for any of the reasons of core/wire/drops.ts. */
export const STATUS_DATAGRAMS_DROPPED = 19;
export const STATUS_FLASH_PROGRAMS = 20;
export const STATUS_FLASH_PROGRAMMED_BYTES = 21;
export const STATUS_FLASH_ERASES = 22;
/** XS alone, 0 elsewhere: bytes of both heaps in use and in all. */
export const STATUS_HEAP_USED_BYTES = 23;
export const STATUS_HEAP_BYTES = 24;
/** XS alone, counters: slots and chunk bytes ever allocated, and garbage collections. */
export const STATUS_SLOTS_ALLOCATED = 25;
export const STATUS_CHUNK_BYTES_ALLOCATED = 26;
export const STATUS_COLLECTIONS = 27;
/** 0 when the node runs, else why it does not: core/journal/status.ts. */
export const STATUS_JOURNAL = 28;
/** Boots of this node since it was formatted. */
export const STATUS_BOOT_EPOCH = 29;
/** Calls of clients under way. */
export const STATUS_CALLS = 30;
export const STATUS_ENTRIES_APPLIED = 31;
export const STATUS_SNAPSHOTS_TAKEN = 32;
export const STATUS_SNAPSHOTS_INSTALLED = 33;
/** Why this node led no more when it did last, a STEP_DOWN reason; 0 when it never led. */
export const STATUS_STEP_DOWN = 34;
/** 1 while the node refuses leadership. */
export const STATUS_DRAINING = 35;
/** Id of the member that a leader hands over to, else 0. */
export const STATUS_TRANSFER = 36;
/** Milliseconds since a leader was heard, or, at the leader, since it sent what a quorum has answered; STATUS_AGE_UNKNOWN when there was none. */
export const STATUS_LEADER_AGE_MS = 37;
/** 1 while the node rests: it runs no timer, for nothing is to do. */
export const STATUS_QUIET = 38;
/** 1 for a witness: its store is empty. */
export const STATUS_WITNESS = 39;
/** 1 at a leader while what is committed is held by one voter that keeps the state, and by witnesses. */
export const STATUS_SINGLE_COPY = 40;
/** Number of the latest order to drain or not, odd while it drains; whoever orders names the next (core/raft/drain.ts). */
export const STATUS_DRAIN_ORDER = 41;
/** What the node is in the configuration that it goes by, a ROLE of core/configuration.ts; 0 when it is no member of it. */
export const STATUS_MEMBER_ROLE = 42;
/** Why the node serves nobody, a reason of core/reasons.ts: OTHER_LIMITS or OTHER_MEMBERS; 0 when it serves. */
export const STATUS_REFUSAL = 43;
/** Messages that could not be true, and that claimed what is too far to be believed (core/raft/claims.ts). */
export const STATUS_NOT_BELIEVED = 44;
/** Datagrams of other members that came here and were for another receiver, since boot: somebody takes this address for another's. */
export const STATUS_FOR_OTHERS = 45;
/** How often this node sent to a member at another address from then on, since boot. */
export const STATUS_ADDRESS_MOVES = 46;

export const STATUS_COLUMNS = 47;

export const STATUS_AGE_UNKNOWN = 0xffffffffffff;

/** A higher term was heard of; a quorum did not answer; leadership was handed over; the leader is no voter any more. */
export const STEP_DOWN_TERM = 1;
export const STEP_DOWN_QUORUM = 2;
export const STEP_DOWN_TRANSFER = 3;
export const STEP_DOWN_REMOVED = 4;
/** The leader differs from others in what all members must share. */
export const STEP_DOWN_DIFFERS = 5;

/** The role of a node that was never formatted, which has none in the consensus core. */
export const UNFORMATTED_ROLE = 15;

/** By column: the name in JSON. */
export const STATUS_NAMES: readonly string[] = Object.freeze([
	"id",
	"incarnation",
	"role",
	"term",
	"leader",
	"snapshotIndex",
	"lastIndex",
	"commitIndex",
	"appliedIndex",
	"revision",
	"stateHash",
	"keys",
	"liveBytes",
	"sessions",
	"uptimeMs",
	"electionsWon",
	"electionsBegun",
	"datagramsReceived",
	"datagramsSent",
	"datagramsDropped",
	"flashPrograms",
	"flashProgrammedBytes",
	"flashErases",
	"heapUsedBytes",
	"heapBytes",
	"slotsAllocated",
	"chunkBytesAllocated",
	"collections",
	"journal",
	"bootEpoch",
	"calls",
	"entriesApplied",
	"snapshotsTaken",
	"snapshotsInstalled",
	"stepDownReason",
	"draining",
	"transferTarget",
	"leaderAgeMs",
	"quiet",
	"witness",
	"singleCopy",
	"drainOrder",
	"memberRole",
	"refusal",
	"notBelieved",
	"datagramsForOthers",
	"addressMoves",
]);

const ROLE_NAMES: readonly string[] = Object.freeze(["follower", "pre-candidate", "candidate", "leader"]);

/** @returns the word that people see for a role's number */
export function roleName(role: number): string {
	return role === UNFORMATTED_ROLE ? "unformatted" : (ROLE_NAMES[role] ?? "unknown");
}

// Rows of a PEERS answer, one after the other, for each member in the configuration.

export const PEER_ID = 0;
export const PEER_INCARNATION = 1;
/** A ROLE of core/configuration.ts. */
export const PEER_ROLE = 2;
/** PROBE, REPLICATE or SNAPSHOT of core/raft/progress.ts; PEER_STATE_UNKNOWN for the node itself, and where it does not lead. */
export const PEER_STATE = 3;
/** The last entry that the peer surely has, and the next that it is sent. */
export const PEER_MATCH = 4;
export const PEER_NEXT = 5;
/** Milliseconds since the leader heard of the peer in its term. */
export const PEER_SILENT_MS = 6;

/** Highest level that the member has said that it speaks; 0 when this node has not heard it (core/raft/levels.ts). */
export const PEER_LEVEL = 7;

/** Bytes of entries, or of a snapshot, that the leader puts into one datagram to the peer at most (core/raft/path.ts). */
export const PEER_BYTES = 8;
/** Heartbeats in a row that the peer has answered while it did not take the entries before them; above 1 their datagrams do not reach it. */
export const PEER_UNANSWERED = 9;

/** What the member differs in, as it has said itself: OTHER_LIMITS or OTHER_MEMBERS of core/reasons.ts; 0 for nothing known. */
export const PEER_DIFFERENCE = 10;

export const PEER_COLUMNS = 11;

export const PEER_STATE_UNKNOWN = 3;

/** By column: the name in JSON. */
export const PEER_NAMES: readonly string[] = Object.freeze([
	"id",
	"incarnation",
	"role",
	"state",
	"match",
	"next",
	"silentMs",
	"level",
	"datagramBytes",
	"unanswered",
	"difference",
]);
