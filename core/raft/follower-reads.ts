/**
 * Linearizable reads at a follower (thesis §6.4): it asks the leader for a read index, and serves from
 * its own state once that is applied. All calls that come while a question is under way share the next.
 *
 * A question is known by a token that stands for the same calls for ever: an answer, however late or
 * doubled, was made after a question that was sent after those calls came (pitfall 34). A restarted
 * node draws its tokens from elsewhere.
 */
import { NOBODY } from "../configuration";
import { BUSY, DONE, LEADER_SILENT, NO_LEADER } from "../reasons";
import { doubt } from "./claims";
import { INDEX_MAX, type Message, READ_INDEX_REQUEST, READ_INDEX_RESPONSE_INDEX, READ_INDEX_TOKEN } from "./messages";
import { wake } from "./quiet";
import type { Raft } from "./raft";
import { LEADER } from "./role";

export class FollowerReads {
	count = 0;
	/** Of `count`, those that the question under way stands for, and behind them those that wait for the next. */
	private asked = 0;
	private unasked = 0;
	private token: number;
	/** When the question under way was sent. */
	private askedMs = 0;
	/** A ring in order of arrival. */
	private readonly call: Float64Array;
	private readonly index: Float64Array;
	private readonly acceptedMs: Float64Array;
	private head = 0;

	/**
	 * @param capacity calls at once
	 * @param start random u32
	 */
	constructor(capacity: number, start: number) {
		this.call = new Float64Array(capacity);
		this.index = new Float64Array(capacity);
		this.acceptedMs = new Float64Array(capacity);
		this.token = start * 0x10000;
	}

	/** @returns DONE, or why not */
	add(node: Raft, call: number): number {
		if (node.leader === NOBODY) return NO_LEADER;
		if (this.count === this.call.length) return BUSY;
		const slot = (this.head + this.count) % this.call.length;
		this.call[slot] = call;
		this.acceptedMs[slot] = node.nowMs;
		this.count++;
		this.unasked++;
		if (this.asked === 0) this.ask(node);
		return DONE;
	}

	private ask(node: Raft): void {
		this.asked = this.unasked;
		this.unasked = 0;
		this.token = this.token === INDEX_MAX ? 0 : this.token + 1;
		this.send(node);
	}

	private send(node: Raft): void {
		const row = node.outbox.openAnswer(READ_INDEX_REQUEST, node.leader, node.term, node.persistence.afterTerm());
		node.outbox.fields[row + READ_INDEX_TOKEN] = this.token;
		this.askedMs = node.nowMs;
	}

	/** Asks without a call: whatever a leader is asked, it answers all. */
	ping(node: Raft): void {
		if (node.leader !== NOBODY && this.asked === 0) this.send(node);
	}

	/**
	 * The leader has begun another round: a question that it has not answered may be lost, and goes again.
	 * It may also hear nothing of us for ever, while we hear it, or bring us no entries: then all are refused
	 * by name, for those behind the first could be answered no sooner.
	 */
	remind(node: Raft): void {
		const waitedMs = node.nowMs - this.acceptedMs[this.head];
		if (waitedMs >= node.configuration.electionMsMax) {
			// Mark: a leader that is heard does not answer for an election timeout
			this.abandon(node, LEADER_SILENT);
			return;
		}
		if (this.asked > 0 && node.nowMs - this.askedMs >= node.configuration.heartbeatMs) this.send(node);
	}

	onResponse(node: Raft, message: Message): void {
		const fields = message.fields;
		const isNear = node.places.claims.isIndexNear(node, message.sender, fields[READ_INDEX_RESPONSE_INDEX]);
		if (!isNear) {
			doubt(node, message);
			return;
		}
		if (this.asked === 0 || message.sender !== node.leader || fields[READ_INDEX_TOKEN] !== this.token) return;
		const first = this.count - this.unasked - this.asked;
		for (let i = 0; i < this.asked; i++) {
			this.index[(this.head + first + i) % this.call.length] = fields[READ_INDEX_RESPONSE_INDEX];
		}
		this.asked = 0;
		this.release(node);
		if (this.unasked > 0) this.ask(node);
	}

	/** Answers the reads whose index is known and applied. */
	release(node: Raft): void {
		while (this.count > this.asked + this.unasked) {
			if (this.index[this.head] > node.appliedIndex) return;
			node.answers.add(this.call[this.head], DONE, this.index[this.head]);
			this.pop();
		}
	}

	/** The leader is lost, has changed or is silent: nothing was read, so all are refused (pitfalls 36, 37). */
	abandon(node: Raft, reason: number): void {
		this.asked = 0;
		this.unasked = 0;
		while (this.count > 0) {
			node.answers.add(this.call[this.head], reason, 0);
			this.pop();
		}
	}

	private pop(): void {
		this.count--;
		if (++this.head === this.call.length) this.head = 0;
	}
}

/**
 * A linearizable read at whatever node this is.
 * @returns DONE when it was accepted, else the reason, and no answer follows
 */
export function readHere(node: Raft, call: number): number {
	wake(node);
	return node.role === LEADER ? node.read(call) : node.followerReads.add(node, call);
}
