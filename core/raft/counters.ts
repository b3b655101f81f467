/** What a node counts, by number in `Raft.counters`. */
export const COUNTER_ELECTIONS = 0;
export const COUNTER_TERMS_LED = 1;
/** Messages of an older term. */
export const COUNTER_STALE = 2;
/** Vote requests that were not heard because a leader was. */
export const COUNTER_STICKY = 3;
/** Messages of no use, for example entries that contradict themselves. */
export const COUNTER_NONSENSE = 4;
/** Appends that this node refused because the logs differ, and because it had no room. */
export const COUNTER_CONFLICTS = 5;
export const COUNTER_FULL = 6;
/** Windows of appends that were lost or late, and sent again. */
export const COUNTER_RESENDS = 7;
export const COUNTER_SNAPSHOTS_INSTALLED = 8;
/** Messages that claimed a term, an index or a round too far to be believed of one datagram (claims.ts). */
export const COUNTER_FAR = 9;
export const COUNTERS = 10;
