/**
 * Linearizable reads without a log entry (thesis §6.4): note the commit index, have a quorum
 * confirm that this is still the leader, wait until the index is applied. The confirmation is the
 * echo of a round that this leader opened after the read came, never a token of the client's:
 * late and doubled answers to earlier rounds prove nothing (pitfall 34).
 */
import { NOBODY } from "../configuration";
import { DONE, NOT_READY } from "../reasons";
import { type Message, READ_INDEX_RESPONSE, READ_INDEX_RESPONSE_INDEX, READ_INDEX_TOKEN } from "./messages";
import { wake } from "./quiet";
import { quorumValue } from "./quorum";
import type { Raft } from "./raft";

/** Round of a read that waits for the next one to open. */
const UNOPENED = 0;

const NONE = -1;

/** Token of a question that nobody waits for any more. */
const VOID = -1;

export class Reads {
	count = 0;
	/** Of `count`, the latest ones, which wait for a round to open. */
	unopened = 0;
	/** Of `count`, those of followers that ask for an index. */
	private remote = 0;
	/** A ring in order of arrival; the call of a follower is its place, negative and less one, */
	private readonly call: Float64Array;
	/** and this is its token. */
	private readonly token: Float64Array;
	private readonly index: Float64Array;
	private readonly round: Float64Array;
	private head = 0;
	/** The latest round that reads wait for, and that a quorum has confirmed. */
	opened = 0;
	private confirmed = 0;
	/** Where the first read stood when the quorum was watched last; NONE without one. */
	private watchedHead = NONE;

	private readonly capacity: number;

	/**
	 * @param capacity calls of this node at once
	 * @param places of followers, each with one question under way
	 */
	constructor(capacity: number, places: number) {
		this.capacity = capacity;
		this.call = new Float64Array(capacity + places);
		this.token = new Float64Array(capacity + places);
		this.index = new Float64Array(capacity + places);
		this.round = new Float64Array(capacity + places);
	}

	/** @returns false without room */
	add(call: number): boolean {
		if (this.count - this.remote === this.capacity) return false;
		this.push(call);
		return true;
	}

	private push(call: number): void {
		let slot = this.head + this.count;
		if (slot >= this.call.length) slot -= this.call.length;
		this.call[slot] = call;
		this.round[slot] = UNOPENED;
		this.count++;
		this.unopened++;
	}

	/** A follower asks for a read index. While one question of it waits another is dropped: it asks again. */
	onRequest(node: Raft, message: Message): void {
		const token = message.fields[READ_INDEX_TOKEN];
		wake(node);
		if (node.lease.holds(node)) {
			answerIndex(node, message.sender, token, node.commitIndex);
			return;
		}
		const call = -message.sender - 1;
		const capacity = this.call.length;
		for (let i = 0; i < this.count; i++) if (this.call[(this.head + i) % capacity] === call) return;
		this.token[(this.head + this.count) % capacity] = token;
		this.push(call);
		this.remote++;
		node.appendsDue = true;
	}

	/** Another will stand at `place`: the question of who did is answered to nobody. */
	vacated(place: number): void {
		const capacity = this.call.length;
		for (let i = 0; i < this.count; i++) {
			const slot = (this.head + i) % capacity;
			if (this.call[slot] === -place - 1) this.token[slot] = VOID;
		}
	}

	/** A new term is led: its rounds begin anew. */
	reset(): void {
		this.opened = 0;
		this.confirmed = 0;
		this.watchedHead = NONE;
	}

	/** True if reads wait that the next appends may confirm: all that came while a round was under way share the next. */
	wantsRound(node: Raft): boolean {
		if (this.unopened === 0 || this.opened !== this.confirmed || node.commitIndex < node.termStartIndex) return false;
		return node.transfer.sequence === 0;
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
		const reached = quorumValue(rounds, node.voters, this.confirmed);
		this.confirmed = Math.min(reached, this.opened);
		this.release(node);
		if (this.wantsRound(node)) node.appendsDue = true;
	}

	/** Answers the reads that are confirmed and whose index is applied. */
	release(node: Raft): void {
		while (this.count > this.unopened) {
			const slot = this.head;
			const call = this.call[slot];
			if (this.round[slot] > this.confirmed || (call > 0 && this.index[slot] > node.appliedIndex)) return;
			this.pop();
			if (call > 0) node.answers.add(call, DONE, this.index[slot]);
			else if (this.token[slot] !== VOID) answerIndex(node, -call - 1, this.token[slot], this.index[slot]);
		}
	}

	/**
	 * A quorum has answered all through a window of check-quorum, and yet no read was: this leader cannot
	 * commit or apply, and nobody knows for how long. Then all are refused by name.
	 */
	watch(node: Raft): void {
		// A transfer holds reads up, and ends by itself.
		const isBusy = this.count > 0 && node.transfer.target === NOBODY;
		const isStuck = isBusy && this.head === this.watchedHead;
		this.watchedHead = isBusy ? this.head : NONE;
		if (!isStuck) return;
		// Mark: a leader that a quorum answers serves no read for a whole window
		this.abandon(node, NOT_READY);
	}

	/** The node leads no more, or cannot serve: nothing was read, so all are refused (pitfalls 36, 37). */
	abandon(node: Raft, reason: number): void {
		while (this.count > 0) {
			const call = this.call[this.head];
			if (call > 0) node.answers.add(call, reason, 0);
			this.pop();
		}
		this.unopened = 0;
	}

	private pop(): void {
		this.count--;
		if (this.call[this.head] < 0) this.remote--;
		if (++this.head === this.call.length) this.head = 0;
	}
}

/** Tells a follower up to which index it must have applied. */
function answerIndex(node: Raft, follower: number, token: number, index: number): void {
	const fields = node.outbox.fields;
	const row = node.outbox.openAnswer(READ_INDEX_RESPONSE, follower, node.term, 0);
	fields[row + READ_INDEX_TOKEN] = token;
	fields[row + READ_INDEX_RESPONSE_INDEX] = index;
}
