/**
 * What is written, what is being written and what must wait for it. Hard state and log become
 * durable in one order; a send names the write that it waits for by its sequence.
 *
 *   durable      under way          not taken yet
 *   ──────────┼──────────────────┼──────────────── last index
 *         durableIndex      writtenIndex
 */
import { assert } from "../assert";
import { NOBODY } from "../configuration";
import type { Log } from "./log";
import type { Raft } from "./raft";

/**
 * One write, in the order in which it goes to flash: hard state, then entries. Entries replace what the
 * journal holds from their first on. Those that were cut off and not replaced stay there: they were
 * never committed, and a node that finds them again after a restart is where it was before the cut.
 */
export class Write {
	/** Tells it from all others of this start; ascending from 1. */
	sequence = 0;
	/** True when `term` and `votedFor` (a place, or NOBODY) have changed. */
	hardState = false;
	term = 0;
	votedFor = NOBODY;
	/** The entries to append, which are in the RAM log; firstIndex > lastIndex means none. */
	firstIndex = 0;
	/** The last entry of the log, and its term. */
	lastIndex = 0;
	lastTerm = 0;
}

export class Persistence {
	/** True when the hard state has changed since the last write was taken. */
	isDirty = false;
	/** Entries up to here were taken. */
	writtenIndex = 0;
	durableIndex = 0;
	/** All up to this write, and all entries up to this index, are durable. */
	durableSequence = 0;
	/** The write taken last; it is under way while its sequence is above `durableSequence`. */
	readonly write = new Write();
	/** Sequence of the write that carries the latest hard state. */
	private hardStateSequence = 0;

	/** @returns true when there is nothing to write but what is under way */
	isWritten(log: Log): boolean {
		return !this.isDirty && this.writtenIndex === log.lastIndex;
	}

	/** See `Raft.takeWrite`, which asks only when something has changed. */
	take(node: Raft): boolean {
		const write = this.write;
		const log = node.log;
		if (write.sequence > this.durableSequence) return false;
		write.hardState = this.hardStateSequence > write.sequence;
		write.sequence++;
		write.term = node.term;
		write.votedFor = node.votedFor;
		write.firstIndex = this.writtenIndex + 1;
		write.lastIndex = log.lastIndex;
		write.lastTerm = log.lastTerm;
		this.isDirty = false;
		this.writtenIndex = log.lastIndex;
		return true;
	}

	/**
	 * See `Raft.persisted`. Since the write was taken, the log may have lost a part of it and gained
	 * other entries at the same indices; those are not durable (pitfall 24):
	 *
	 *   written    5 6 7   of term 2
	 *   log        5 6'7'  of term 3 from 6 on: durable up to 5
	 */
	persisted(log: Log, sequence: number, term: number, lastIndex: number): void {
		const write = this.write;
		const isUnderWay = sequence === write.sequence && sequence > this.durableSequence;
		assert(
			isUnderWay && term === write.lastTerm && lastIndex === write.lastIndex,
			"a write was reported that is not under way",
		);
		this.durableSequence = sequence;
		let kept = lastIndex;
		if (kept > this.writtenIndex) kept = this.writtenIndex;
		assert(kept < log.lastIndex || term === log.lastTerm || kept < lastIndex, "the log changed under a write");
		if (kept > this.durableIndex) this.durableIndex = kept;
	}

	/** @returns the write after which the term and all entries up to `index` are durable; 0 when they are */
	afterIndex(index: number): number {
		if (index <= this.durableIndex) return this.afterTerm();
		const next = this.write.sequence + 1;
		return index > this.writtenIndex || this.hardStateSequence === next ? next : next - 1;
	}

	/** @returns the write after which this node's term and vote are durable; 0 when they are */
	afterTerm(): number {
		return this.hardStateSequence > this.durableSequence ? this.hardStateSequence : 0;
	}

	/** All that recovery found is durable. */
	start(lastIndex: number): void {
		this.durableIndex = lastIndex;
		this.writtenIndex = lastIndex;
	}

	/** The term or the vote has changed. */
	hardStateChanged(): void {
		this.hardStateSequence = this.write.sequence + 1;
		this.isDirty = true;
	}

	/** The log lost its entries from `index` on. */
	truncated(index: number): void {
		if (index > this.writtenIndex) return;
		this.writtenIndex = index - 1;
		if (this.durableIndex >= index) this.durableIndex = index - 1;
	}

	/** The log was replaced by a snapshot that is durable, and so was the journal. */
	replaced(index: number): void {
		assert(this.durableSequence === this.write.sequence, "a snapshot was installed during a write");
		this.durableIndex = index;
		this.writtenIndex = index;
		this.isDirty = this.hardStateSequence > this.write.sequence;
	}
}
