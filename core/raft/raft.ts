/**
 * One node of the consensus protocol, without I/O: inputs are method calls, effects wait in fixed
 * places until the caller takes them. After each turn of inputs the caller
 *
 *   1. sends:   while ((slot = raft.takeSend()) !== NO_SEND) … raft.outbox … (what need not wait leaves first)
 *   2. writes:  if (raft.takeWrite()) … raft.write … raft.persisted(…), then 1 again
 *   3. applies: while (raft.appliedIndex < raft.applicableIndex()) … raft.applied(index), raft.callAt(index)
 *   4. answers: while (raft.takeAnswer()) … raft.answer …
 *
 * and again while any of it moved. Nodes are addressed by their place (places.ts); ids belong to the
 * edges, which look at `places` whenever `places.changed` says so. Each rule stands in a file of its own,
 * and rare calls stand with their rule; `receive` holds the term check, `claims` what is believed at all.
 */
import { assert } from "../assert";
import { Configuration, NOBODY, placesFor } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES } from "../entry";
import { DATAGRAM_BYTES, type Limits } from "../limits";
import type { Trace } from "../ports";
import {
	BUSY,
	DONE,
	INDEX_LIMIT,
	LEVEL_NOT_SPOKEN,
	LOG_FULL,
	NOT_LEADER,
	REQUEST_TOO_LARGE,
	TRANSFERRING,
} from "../reasons";
import { Answers } from "./answers";
import { Change } from "./change";
import { INDEX_LAST } from "./claims";
import { COUNTERS } from "./counters";
import { checkQuorum, countOwnVote, onElectionTimeout, restartElectionTimer } from "./election";
import { FollowerReads } from "./follower-reads";
import { Lease } from "./lease";
import { hasEntries } from "./levels";
import { Log } from "./log";
import { beginMembership, type ConfigurationEncoding, refresh } from "./membership";
import type { Message } from "./messages";
import { NO_SEND, Outbox } from "./outbox";
import { Persistence, type Write } from "./persistence";
import { Places } from "./places";
import { Progress } from "./progress";
import { NO_CALL, Proposals, STORAGE_RESERVE_BYTES } from "./proposals";
import { Quiet } from "./quiet";
import { Voters } from "./quorum";
import { Random } from "./random";
import { Reads } from "./reads";
import { receive } from "./receive";
import { advanceCommit, heartbeat, sendAppends } from "./replication";
import { CANDIDATE, FOLLOWER, LEADER } from "./role";
import { IncomingSnapshot, installed, OwnSnapshot, refused, stored } from "./snapshot";
import { Transfer } from "./transfer";

export { NO_CALL, STORAGE_RESERVE_BYTES } from "./proposals";

export class Raft {
	// The parts come first: they are asked for most, and XS looks a field up from the first on.
	readonly log: Log;
	readonly outbox: Outbox;
	readonly persistence: Persistence;
	/** The write that `takeWrite` took. */
	readonly write: Write;
	readonly progress: Progress;
	readonly proposals: Proposals;
	readonly reads: Reads;
	readonly answers: Answers;
	/** The answer that `takeAnswer` took. */
	readonly answer: Answers;

	readonly limits: Limits;
	/** The configuration in force: the latest in the log, committed or not (Raft §6); it rolls back with the log. */
	readonly configuration: Configuration;
	/** The one before it, which is committed; the same where there is none. */
	readonly previous: Configuration;
	/** Who stands at which place, this node and strangers among them. */
	readonly places: Places;
	/** This node's own place, a member's or not. */
	readonly self: number;
	/** By place: whom a leader sends its log to, NO_PEER, KEEPER or WITNESS of witness.ts. */
	readonly peer: Uint8Array;
	/** True for a node that was formatted to be added: it has no state until a leader sends a snapshot. */
	isBlank = false;
	readonly change: Change;
	readonly trace: Trace;

	/** Hard state: durable before anything that relies on it is sent (Raft figure 2). */
	term = 0;
	/** Place of the candidate that has this node's vote in the term, or NOBODY. */
	votedFor = NOBODY;

	/** FOLLOWER, PRE_CANDIDATE, CANDIDATE or LEADER. */
	role = FOLLOWER;
	/** Place of the leader of the term as far as known, or NOBODY. */
	leader = NOBODY;
	/** All entries up to here are committed. */
	commitIndex = 0;
	/** All entries up to here are applied to the state machine. */
	appliedIndex = 0;
	/** The latest time that was told, in milliseconds since boot. */
	nowMs = 0;

	/** When a follower or candidate asks for votes, or, if it does not stand for election, asks for its leader again. */
	electionDeadlineMs = Infinity;
	/** Drawn anew for each election, from the configured range. */
	electionTimeoutMs = 0;
	/** When a leader was last heard, of this term or an earlier one; -Infinity for never. */
	leaderHeardMs = -Infinity;
	/** A bit by place: who granted the vote or pre-vote that is asked for now. */
	votes = 0;
	/** Counts this node's probes for pre-votes, from a random start. */
	preVoteRound = 0;

	/** Leader: index of the no-op that its term began with (Raft §8). */
	termStartIndex = 0;
	/** Leader: counts heartbeats and rounds of reads in its term. */
	round = 0;
	heartbeatDeadlineMs = Infinity;
	/** Leader: by then a quorum must have answered `quorumRound` or a later one. */
	quorumDeadlineMs = Infinity;
	quorumRound = 0;
	/** Bytes of entries that the journal surely takes until the caller says so anew. */
	storageBytes = Infinity;
	/** Leader: appends are due when the outbox is drained; several proposals of a turn share them. */
	appendsDue = false;

	/** Who counts in quorums, and 1 by place of a member that does in one half or the other. */
	readonly voters: Voters;
	readonly voter: Uint8Array;

	/** The latest snapshot of this node, which a leader sends to those that are behind its log. */
	readonly snapshot = new OwnSnapshot();
	/** The snapshot that comes in from a leader. */
	readonly incoming = new IncomingSnapshot();
	readonly random: Random;
	readonly counters = new Float64Array(COUNTERS);

	// Of the rarer rules.
	readonly followerReads: FollowerReads;
	readonly lease: Lease;
	readonly transfer = new Transfer();
	readonly quiet = new Quiet();
	/** The term of the leader that this node followed last, and that leader's latest round that it has answered. */
	answeredTerm = 0;
	answeredRound = 0;
	/** Added to each election timeout: whoever has a lower priority than others waits longer (priority.ts). */
	patienceMs = 0;
	/** True while no timer runs because nothing is to do (quiet.ts). */
	isQuiet = false;
	/** Until then no vote is granted but by a leader's order: a leader may be there that was not heard. */
	patientUntilMs = -Infinity;
	/** Orders to stand for election count from then on: who has just started has forgotten which are void (lease.ts). */
	ordersFromMs = -Infinity;
	/** True while the node refuses leadership, and the number of the latest order about that (drain.ts). */
	isDraining = false;
	drainOrder = 0;
	/** Why this node led no more when it did last, a STEP_DOWN reason of core/status.ts; 0 when it never led. */
	stepDownReason = 0;
	/** True when a WITNESS is among the peers, or was when they were set last. */
	hasWitnesses = false;
	/** True for a node that keeps no state: it was formatted so, and never leads. */
	readonly isWitness: boolean;

	/**
	 * @param configuration of the latest snapshot, members in ascending order from place 0 on; it is copied
	 * @param id and incarnation say who this node is, be it a member or not
	 * @param seed unpredictable u32; it is mixed with the node's id, so that no two nodes draw the
	 * same election timeouts one after the other
	 * @param isWitness what the node was formatted as
	 */
	constructor(
		limits: Limits,
		configuration: Configuration,
		id: number,
		incarnation: number,
		seed: number,
		encoding: ConfigurationEncoding,
		trace: Trace,
		isWitness = false,
	) {
		const entryBytes = ENTRY_HEADER_BYTES + limits.commandBytes;
		const places = placesFor(limits.members);
		assert(limits.logBytes >= DATAGRAM_BYTES + entryBytes, "the log does not hold a datagram of entries");
		assert(encoding.bytesMax(limits.members) <= limits.commandBytes, "an entry does not hold a configuration");
		this.limits = limits;
		this.configuration = new Configuration(places);
		this.previous = new Configuration(places);
		this.change = new Change(limits.members, encoding);
		this.places = new Places(places);
		this.peer = new Uint8Array(places);
		this.trace = trace;
		this.voters = new Voters(places);
		this.voter = this.voters.either;
		this.log = new Log(limits, isWitness);
		this.isWitness = isWitness;
		this.outbox = new Outbox(limits.members, limits.appendsInFlight);
		this.persistence = new Persistence();
		this.write = this.persistence.write;
		this.progress = new Progress(places, limits.appendsInFlight);
		this.proposals = new Proposals(limits.proposals);
		this.reads = new Reads(limits.reads, places);
		this.lease = new Lease(places);
		// Reads of a leader, of the follower that it was, and under its lease; a transfer and a change.
		this.answers = new Answers(limits.proposals + 3 * limits.reads + 2);
		this.answer = this.answers;
		this.random = new Random(id, seed);
		this.preVoteRound = Math.floor(this.random.next() / 2);
		this.followerReads = new FollowerReads(limits.reads, this.preVoteRound);
		this.self = beginMembership(this, configuration, id, incarnation);
		refresh(this);
	}

	/** Begins as a follower; what the journal holds was told before (recovery.ts). */
	start(nowMs: number): void {
		assert(this.log.lastIndex >= this.snapshot.index, "the journal ends before its snapshot");
		assert(this.term >= this.log.lastTerm, "the hard state is older than the log");
		this.persistence.start(this.log.lastIndex);
		this.places.claims.startTerm = this.term;
		this.nowMs = nowMs;
		// It may have heard a leader just before: what that promised must be kept (pitfall 41).
		if (this.configuration.leaseMs > 0) this.patientUntilMs = nowMs + this.configuration.electionMsMin;
		this.ordersFromMs = this.patientUntilMs;
		restartElectionTimer(this);
	}

	// Time.

	/** Tells the time without judging any timer: after a stall the inbox is drained first. */
	setTime(nowMs: number): void {
		if (nowMs > this.nowMs) this.nowMs = nowMs;
	}

	/** Tells the time and does what is due. */
	tick(nowMs: number): void {
		if (nowMs > this.nowMs) this.nowMs = nowMs;
		if (this.role === LEADER) {
			if (this.nowMs >= this.quorumDeadlineMs) checkQuorum(this);
			if (this.nowMs >= this.heartbeatDeadlineMs) heartbeat(this);
		} else if (this.nowMs >= this.electionDeadlineMs) onElectionTimeout(this);
	}

	/** @returns when `tick` has something to do, in milliseconds since boot; Infinity for never */
	nextDeadlineMs(): number {
		if (this.role !== LEADER) return this.electionDeadlineMs;
		if (this.quorumDeadlineMs < this.heartbeatDeadlineMs) return this.quorumDeadlineMs;
		return this.heartbeatDeadlineMs;
	}

	// Inputs.

	/** Takes in a message of a member. Then `incoming.chunkPending` may ask for a chunk to be stored, while its bytes are there. */
	receive(message: Message): void {
		receive(this, message);
	}

	/**
	 * Appends an entry at the leader. It is sent when the outbox is drained, together with all
	 * others of the turn.
	 * @param bytes the payload is `bytes[offset, +length)`; it is copied once
	 * @param call a positive number: exactly one answer for it follows, by `callAt` or `takeAnswer`
	 * @returns DONE when it was accepted; else the reason why it never will be applied, and no answer follows
	 */
	propose(type: number, bytes: Uint8Array, offset: number, length: number, call: number): number {
		if (this.role !== LEADER) return NOT_LEADER;
		if (type > ENTRY_CONFIGURATION && !hasEntries(this, type)) return LEVEL_NOT_SPOKEN;
		if (length > this.limits.commandBytes) return REQUEST_TOO_LARGE;
		if (this.proposals.count >= this.proposals.limit) return this.proposals.isOpen() ? BUSY : TRANSFERRING;
		const storageBytes = this.storageBytes - ENTRY_HEADER_BYTES - length;
		if (storageBytes < STORAGE_RESERVE_BYTES) {
			// Mark: the log on flash is full but for its reserve
			return LOG_FULL;
		}
		// Not by Math.min: each entry comes here, and on an interpreter that call costs more than the comparison.
		let evictable = this.persistence.durableIndex;
		if (this.appliedIndex < evictable) evictable = this.appliedIndex;
		if (this.log.lastIndex >= INDEX_LAST) return INDEX_LIMIT;
		if (!this.log.propose(type, this.term, bytes, offset, length, evictable)) return LOG_FULL;
		this.storageBytes = storageBytes;
		this.proposals.add(call, this.log.lastIndex);
		this.appendsDue = true;
		return DONE;
	}

	/**
	 * Asks for a linearizable read (thesis §6.4). Its answer is DONE once it may be served from the state.
	 * @returns DONE when it was accepted, else the reason, and no answer follows
	 */
	read(call: number): number {
		if (this.role !== LEADER) return NOT_LEADER;
		if (this.configuration.leaseMs > 0 && this.lease.serves(this, call)) return DONE;
		if (!this.reads.add(call)) return BUSY;
		this.appendsDue = true;
		return DONE;
	}

	// Durability.

	/**
	 * Closes the pending write and describes it in `write`: all that changed since the last one.
	 * There is one at a time: the next can be taken after `persisted`.
	 * @returns false if there is nothing to write, or one is under way
	 */
	takeWrite(): boolean {
		return !this.persistence.isWritten(this.log) && this.persistence.take(this);
	}

	/**
	 * The write is durable.
	 * @param sequence `write.sequence`
	 * @param term `write.lastTerm`
	 * @param lastIndex `write.lastIndex`
	 */
	persisted(sequence: number, term: number, lastIndex: number): void {
		this.persistence.persisted(this.log, sequence, term, lastIndex);
		if (this.role === LEADER) {
			if (this.hasWitnesses) this.appendsDue = true;
			advanceCommit(this);
		} else if (this.role === CANDIDATE) countOwnVote(this);
	}

	// Applying.

	/** @returns the last index that may be applied: committed, and durable here */
	applicableIndex(): number {
		const { durableIndex } = this.persistence;
		if (this.commitIndex > durableIndex) {
			// Mark: an entry is committed before it is durable here
			return durableIndex;
		}
		return this.commitIndex;
	}

	/**
	 * Ask before `applied(index)`, in order of index.
	 * @returns the call that the entry at `index` belongs to, whose answer is now the caller's duty; or NO_CALL
	 */
	callAt(index: number): number {
		return this.proposals.count === 0 ? NO_CALL : this.proposals.take(index);
	}

	/** All entries up to `index` are applied. */
	applied(index: number): void {
		const isApplicable = index <= this.commitIndex && index <= this.persistence.durableIndex;
		assert(isApplicable && index >= this.appliedIndex, "applied what may not be applied");
		this.appliedIndex = index;
		if (this.reads.count > 0) this.reads.release(this);
		else if (this.followerReads.count > 0) this.followerReads.release(this);
	}

	// Effects.

	/** @returns true if an answer was taken to `answer`: its `call`, `reason` and, for a read that may be served, `index` */
	takeAnswer(): boolean {
		return this.answers.count > 0 && this.answers.take();
	}

	/** @returns a slot of `outbox` that may be sent now, valid until the next input; or NO_SEND */
	takeSend(): number {
		if (this.appendsDue) sendAppends(this);
		return this.outbox.count === 0 ? NO_SEND : this.outbox.take(this.persistence.durableSequence);
	}

	// Snapshots.

	/** A snapshot of this node is verified and durable: offer it to those that are behind the log. */
	snapshotTaken(index: number, term: number, size: number, hash: number): void {
		assert(index <= this.appliedIndex && index >= this.snapshot.index, "a snapshot of what is not applied");
		this.snapshot.set(index, term, size, hash);
	}

	/** The journal holds no entry up to `index` any more; `index` is covered by the snapshot. */
	compacted(index: number): void {
		assert(index <= this.snapshot.index, "compacted beyond the snapshot");
		this.log.compact(index);
	}

	/** The chunk that `incoming` described is stored, up to the byte wanted next; after the last see the two below. */
	snapshotStored(offset: number): void {
		stored(this, offset);
	}

	/** @returns true if the log goes on after the incoming snapshot; else the journal must begin anew after it */
	keepsLogAfter(index: number, term: number): boolean {
		return this.log.agreesAt(index, term) && index <= this.log.lastIndex;
	}

	/**
	 * The incoming snapshot is complete, verified and durable, the journal agrees with it (see
	 * `keepsLogAfter`), and the state machine was loaded from it. Every write was taken before.
	 * @param configuration that the snapshot holds, members in ascending order from place 0 on
	 */
	snapshotInstalled(configuration: Configuration): void {
		installed(this, configuration);
	}

	/** The incoming snapshot is complete but not what it says: forget it. */
	snapshotRefused(): void {
		refused(this);
	}
}
