/** What a node is in its term (Raft §5.1), and the probe before an election (thesis §9.6). */
export const FOLLOWER = 0;
export const PRE_CANDIDATE = 1;
export const CANDIDATE = 2;
export const LEADER = 3;
