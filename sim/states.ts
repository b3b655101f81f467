/** What a node is in the middle of, for the table of faults by states. */

import { STORAGE_RESERVE_BYTES } from "../core/raft/raft";
import { CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE } from "../core/raft/role";
import type { Member } from "../core/replica/member";

/** A node may be in several at once. */
export const STATES = Object.freeze([
	"follower",
	"pre-candidate",
	"candidate",
	"leader elect",
	"leader",
	"writing",
	"catching up",
	"reading",
	"taking a snapshot",
	"sending a snapshot",
	"receiving a snapshot",
	"log full",
	"recovering",
] as const);

export type StateName = (typeof STATES)[number];

const BY_ROLE: { readonly [role: number]: StateName } = Object.freeze({
	[FOLLOWER]: "follower",
	[PRE_CANDIDATE]: "pre-candidate",
	[CANDIDATE]: "candidate",
	[LEADER]: "leader",
});

/** Calls `visit` for each state that a node is in; null is a node that has not recovered yet. */
export function visitStates(member: Member | null, visit: (state: StateName) => void): void {
	if (member === null) return visit("recovering");
	const { applier, raft } = member;
	const { log, persistence, reads } = raft;
	const isElect = raft.role === LEADER && raft.commitIndex < raft.termStartIndex;
	visit(isElect ? "leader elect" : BY_ROLE[raft.role]);
	if (persistence.isDirty || persistence.durableIndex < log.lastIndex) visit("writing");
	if (raft.appliedIndex < raft.commitIndex) visit("catching up");
	if (reads.count > 0) visit("reading");
	if (applier.paused) visit("taking a snapshot");
	if (raft.isSendingSnapshot()) visit("sending a snapshot");
	if (raft.isReceivingSnapshot()) visit("receiving a snapshot");
	if (raft.storageBytes < STORAGE_RESERVE_BYTES) visit("log full");
}
