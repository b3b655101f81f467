/** What a node's journal holds is told to it in this order, before `Raft.start`; what was never written is left out. */
import { assert } from "../assert";
import { takeConfiguration } from "./membership";
import type { Raft } from "./raft";

/** The verified snapshot of this node: all up to `index` is committed and applied. */
export function recoverSnapshot(node: Raft, index: number, term: number, size: number, hash: number): void {
	node.snapshot.set(index, term, size, hash);
	node.commitIndex = index;
	node.appliedIndex = index;
	node.log.reset(index, term);
}

/**
 * The journal's log begins after `index`, which may be before the snapshot's.
 * @param term of the entry at `index`
 */
export function recoverLog(node: Raft, index: number, term: number): void {
	assert(index <= node.snapshot.index, "the log begins after the snapshot");
	node.log.reset(index, term);
}

/** The next entry of the journal is of `term`. */
export function recoverEntry(node: Raft, term: number): void {
	assert(node.log.appendStored(term, node.snapshot.index), "the journal holds more terms than the limit");
}

/** The entry that was told last is a configuration with this payload, behind the snapshot: it is in force (pitfall 50). */
export function recoverConfiguration(node: Raft, bytes: Uint8Array, offset: number, length: number): void {
	const read = takeConfiguration(node, node.log.lastIndex, bytes, offset, length);
	assert(read, "a configuration in the journal is not understood");
}

/** @param votedFor place of the candidate, or NOBODY; a place means what the log's end says, so the log comes first */
export function recoverHardState(node: Raft, term: number, votedFor: number): void {
	node.term = term;
	node.votedFor = votedFor;
}
