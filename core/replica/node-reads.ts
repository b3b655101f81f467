/**
 * Reads that this node serves from its own state, whether it leads or not (READ_REQUEST): linearizable
 * ones, for which it asks the leader how far it must have applied, and local ones of any age, whose
 * answer says how old. Either may ask not to be served before the store has a certain revision: it
 * waits for that as long as the longest election timeout, and is refused by name when it is over.
 */
import { assert } from "../assert";
import { readHere } from "../raft/follower-reads";
import type { Raft } from "../raft/raft";
import { LEADER } from "../raft/role";
import { DONE, NO_STATE, REVISION_NOT_REACHED } from "../reasons";
import type { Store } from "../store/store";
import { AGE_UNKNOWN, OPERATION_FOLLOWER_GET, OPERATION_FOLLOWER_RANGE, OPERATION_LOCAL_GET } from "../wire/requests";

/** True for those that read one key. */
export function isNodeGet(operation: number): boolean {
	return operation === OPERATION_FOLLOWER_GET || operation === OPERATION_LOCAL_GET;
}

/**
 * Milliseconds since a leader was heard; at a leader, since it opened the latest round that a quorum has
 * answered. Then it led; but until it has committed in its term, and while its own flash is behind, its
 * state lacks what was committed long before.
 */
export function leaderAgeMs(raft: Raft): number {
	const isBehind = raft.commitIndex < raft.termStartIndex || raft.appliedIndex < raft.commitIndex;
	if (raft.role === LEADER && isBehind) return AGE_UNKNOWN;
	const heardMs = raft.role === LEADER ? raft.lease.heldSinceMs(raft) : raft.leaderHeardMs;
	if (heardMs === -Infinity || (raft.role !== LEADER && raft.answeredTerm === 0)) return AGE_UNKNOWN;
	return Math.floor(raft.nowMs - heardMs);
}

/** Who serves a call, or refuses it. */
export interface Server {
	serve(call: number): void;
	answer(call: number, reason: number): void;
}

export class NodeReads {
	/** Calls that wait for a revision: `waiting[0, count)`, in any order. */
	count = 0;
	private readonly waiting: Uint16Array;
	/** By call: the revision that it asks for, and until when it waits. */
	private readonly revisions: Float64Array;
	private readonly deadlinesMs: Float64Array;
	private readonly raft: Raft;
	private readonly store: Store;
	private readonly server: Server;

	/** @param capacity numbers of calls are below */
	constructor(raft: Raft, store: Store, server: Server, capacity: number) {
		this.raft = raft;
		this.store = store;
		this.server = server;
		this.waiting = new Uint16Array(capacity);
		this.revisions = new Float64Array(capacity);
		this.deadlinesMs = new Float64Array(capacity);
	}

	/** Begins a call, whose keys are kept. @returns DONE, or why it is refused */
	begin(call: number, operation: number, revision: number): number {
		if (this.raft.isWitness) return NO_STATE;
		const { reason } = this.raft.places.refusal;
		if (reason !== 0) return reason;
		this.revisions[call] = revision;
		this.deadlinesMs[call] = this.raft.nowMs + this.raft.configuration.electionMsMax;
		if (operation === OPERATION_FOLLOWER_GET || operation === OPERATION_FOLLOWER_RANGE)
			return readHere(this.raft, call + 1);
		this.serve(call);
		return DONE;
	}

	/** The state is as new as the read must be, but for the revision that was asked for. */
	serve(call: number): void {
		if (this.store.revision >= this.revisions[call]) {
			this.server.serve(call);
			return;
		}
		assert(this.count < this.waiting.length, "more calls wait than there are");
		this.waiting[this.count++] = call;
	}

	/** Something was applied, or time has passed. */
	check(): void {
		for (let i = this.count - 1; i >= 0; i--) {
			const call = this.waiting[i];
			const isReached = this.store.revision >= this.revisions[call];
			if (!isReached && this.raft.nowMs < this.deadlinesMs[call]) continue;
			this.waiting[i] = this.waiting[--this.count];
			if (isReached) this.server.serve(call);
			else this.server.answer(call, REVISION_NOT_REACHED);
		}
	}

	/** @returns when `check` is needed at the latest, Infinity when nothing waits */
	nextDeadlineMs(): number {
		let next = Infinity;
		for (let i = 0; i < this.count; i++) next = Math.min(next, this.deadlinesMs[this.waiting[i]]);
		return next;
	}
}
