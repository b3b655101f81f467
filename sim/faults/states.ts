/** What a node is in the middle of, for the table of faults by states. */

import { ENTRY_HEADER_BYTES } from "../../core/entry";
import { STORAGE_RESERVE_BYTES } from "../../core/raft/raft";
import { CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE } from "../../core/raft/role";
import { isReceivingSnapshot, isSendingSnapshot } from "../../core/raft/snapshot";
import type { SimulatedNode } from "../node";

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

/**
 * Calls `visit` for each state that a node is in. It is recovering from the moment that it has power
 * until its first turn.
 * @param commandBytes the longest command: a log without room for it is full
 */
export function visitStates(node: SimulatedNode, commandBytes: number, visit: (state: StateName) => void): void {
	const member = node.replica?.member ?? null;
	if (member === null || !node.hasTurned) return visit("recovering");
	const { applier, raft } = member;
	const { log, persistence, reads } = raft;
	const isElect = raft.role === LEADER && raft.commitIndex < raft.termStartIndex;
	visit(isElect ? "leader elect" : BY_ROLE[raft.role]);
	if (persistence.isDirty || persistence.durableIndex < log.lastIndex) visit("writing");
	if (raft.appliedIndex < raft.commitIndex) visit("catching up");
	if (reads.count > 0) visit("reading");
	if (applier.paused) visit("taking a snapshot");
	if (isSendingSnapshot(raft)) visit("sending a snapshot");
	if (isReceivingSnapshot(raft)) visit("receiving a snapshot");
	if (raft.storageBytes - ENTRY_HEADER_BYTES - commandBytes < STORAGE_RESERVE_BYTES) visit("log full");
}

/** The last chunk of a snapshot is being stored, and all that follows from it. */
export function isInstalling(node: SimulatedNode): boolean {
	const incoming = node.replica?.member?.raft.incoming;
	return incoming?.chunkPending === true && incoming.offset + incoming.chunkLength >= incoming.size;
}
