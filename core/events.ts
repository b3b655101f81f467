/** Numbered events of the Trace port, for people and tests, and what their three numbers are. */

/** A node starts an election's probe: its term, its last index, its last term. */
export const EVENT_PRE_VOTE = 1;
/** A node stands for election: the new term, its last index, its last term. */
export const EVENT_CANDIDATE = 2;
/** A node leads: the term, index of its no-op, 0. */
export const EVENT_LEADER = 3;
/** A node follows: the term, place of the leader or -1, the role that it gives up. */
export const EVENT_FOLLOWER = 4;
/** A leader heard no quorum within a window and steps down: the term, the round that was not answered, 0. */
export const EVENT_QUORUM_LOST = 5;
/** A vote was granted: the term, place of the candidate, 0. */
export const EVENT_VOTE = 6;
/** A follower cut its log: the first index cut, its last index before, the leader's place. */
export const EVENT_TRUNCATED = 7;
/** A leader sends its snapshot to a peer that is behind its log: the peer's place, the snapshot's index, its size. */
export const EVENT_SNAPSHOT_SEND = 8;
/** A follower begins to take in a snapshot: its index, its term, its size. */
export const EVENT_SNAPSHOT_BEGIN = 9;
/** A snapshot took the place of the log: its index, its term, its size. */
export const EVENT_SNAPSHOT_INSTALLED = 10;
/** A message was of no use: its kind, place of its sender, its term. */
export const EVENT_NONSENSE = 11;
/** No room for an entry: the last index, entries that came, place of the leader. */
export const EVENT_LOG_FULL = 12;
/** Datagrams to a peer are kept shorter, or longer ones are tried: its place, bytes of entries or chunk in one, bytes of the one that was lost or 0. */
export const EVENT_PATH = 13;
/** A member is sent to another address from now on: its place, the IPv4 address as a u32, the port. */
export const EVENT_ADDRESS = 14;
/** A message claims a term, an index or a round that is too far to be believed of one datagram: its kind, place of its sender, its term. */
export const EVENT_FAR = 16;
/** A member contradicts what is certain, and is not believed: a CONTRADICTION of core/raft/claims.ts, place of the member, an index or the term. */
export const EVENT_CONTRADICTION = 15;
/** A node campaigns no more, for its terms or indices are used up: the term, its last index, 0. */
export const EVENT_USED_UP = 17;
/** A node differs in what all members must share: its id, OTHER_LIMITS or OTHER_MEMBERS of core/reasons.ts, 0. */
export const EVENT_DIFFERS = 18;
/** This node serves nobody from now on, or serves again: a reason of core/reasons.ts or 0, nodes that differ, nodes that agree. */
export const EVENT_REFUSAL = 19;
/** A configuration came into force: its index, how many vote in it, 1 when it is joint. */
export const EVENT_CONFIGURATION = 20;
/** The log was cut with the configuration in it: its index, the index of the one in force again, 0. */
export const EVENT_CONFIGURATION_CUT = 21;
/** A leader has committed the configuration that a change led to: its index, how many vote in it, 0. */
export const EVENT_CONFIGURATION_COMMITTED = 22;
/** A leader is one no more: the term that it led, a STEP_DOWN reason of core/status.ts, its latest round. */
export const EVENT_STEP_DOWN = 30;
/** A leader hands over: the term, place of the target, the last index, which the target must have. */
export const EVENT_TRANSFER_BEGIN = 31;
/** The target is asked to stand for election: the term, its place, the sequence of the order. */
export const EVENT_TIMEOUT_NOW = 32;
/** A transfer was given up, and the leader serves on: the term, OUTCOME_UNKNOWN or TRANSFER_TIMEOUT, 0. */
export const EVENT_TRANSFER_END = 33;
/** Draining begins or ends: the term, 1 or 0, the role. */
export const EVENT_DRAIN = 34;
/** A node rests because nothing is to do, or wakes: the term, 1 or 0, place of the leader. */
export const EVENT_QUIET = 35;
