/**
 * Linearizable reads without a log entry (thesis §6.4): note the commit index, have a quorum
 * confirm that this is still the leader, wait until the index is applied. The confirmation is the
 * echo of a round that this leader opened after the read came, never a token of the client's:
 * late and doubled answers to earlier rounds prove nothing (pitfall 34).
 */
import { DONE, NOT_LEADER } from "../reasons";
import { quorumValue } from "./quorum";
import type { Raft } from "./raft";

/** Round of a read that waits for the next one to open. */
const UNOPENED = 0;

export class Reads {
	count = 0;
	/** Of `count`, the latest ones, which wait for a round to open. */
	unopened = 0;
	/** A ring in order of arrival. */
	private readonly call: Float64Array;
	private readonly index: Float64Array;
	private readonly round: Float64Array;
	private head = 0;
	/** The latest round that reads wait for, and that a quorum has confirmed. */
	private opened = 0;
	private confirmed = 0;

	constructor(capacity: number) {
		this.call = new Float64Array(capacity);
		this.index = new Float64Array(capacity);
		this.round = new Float64Array(capacity);
	}

	/** @returns false without room */
	add(call: number): boolean {
		if (this.count === this.call.length) return false;
		let slot = this.head + this.count;
		if (slot >= this.call.length) slot -= this.call.length;
		this.call[slot] = call;
		this.round[slot] = UNOPENED;
		this.count++;
		this.unopened++;
		return true;
	}

	/** A new term is led: its rounds begin anew. */
	reset(): void {
		this.opened = 0;
		this.confirmed = 0;
	}

	/** True if reads wait that the next appends may confirm: all that came while a round was under way share the next. */
	wantsRound(node: Raft): boolean {
		return this.unopened > 0 && this.opened === this.confirmed && node.commitIndex >= node.termStartIndex;
	}

	/**
	 * The appends of `node.round` are about to leave. A leader that has committed nothing in its
	 * term does not know the commit index yet (pitfall 33): its reads wait.
	 */
	openRound(node: Raft): void {
		if (this.unopened === 0 || node.commitIndex < node.termStartIndex) return;
		const capacity = this.call.length;
		while (this.unopened > 0) {
			const slot = (this.head + this.count - this.unopened) % capacity;
			this.index[slot] = node.commitIndex;
			this.round[slot] = node.round;
			this.unopened--;
		}
		this.opened = node.round;
		this.confirm(node);
	}

	/** A peer has answered a round. Learners and strangers are not asked (pitfall 42). */
	confirm(node: Raft): void {
		if (this.opened === this.confirmed) return;
		const rounds = node.progress.round;
		rounds[node.self] = node.round;
		const reached = quorumValue(rounds, node.voter, node.configuration.count, node.quorum, this.confirmed);
		this.confirmed = Math.min(reached, this.opened);
		this.release(node);
		if (this.wantsRound(node)) node.appendsDue = true;
	}

	/** Answers the reads that are confirmed and whose index is applied. */
	release(node: Raft): void {
		while (this.count > this.unopened) {
			const slot = this.head;
			if (this.round[slot] > this.confirmed || this.index[slot] > node.appliedIndex) return;
			this.pop();
			node.answers.add(this.call[slot], DONE, this.index[slot]);
		}
	}

	/** The node leads no more: nothing was read, so all are refused (pitfalls 36, 37). */
	abandon(node: Raft): void {
		while (this.count > 0) {
			// Mark: a read is refused because the lead is lost
			node.answers.add(this.call[this.head], NOT_LEADER, 0);
			this.pop();
		}
		this.unopened = 0;
	}

	private pop(): void {
		this.count--;
		if (++this.head === this.call.length) this.head = 0;
	}
}
