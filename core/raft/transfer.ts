/**
 * Leadership transfer (thesis §3.10): the leader refuses proposals, brings the target up to date and
 * asks it to stand for election at once. The target asks for votes with the sequence of that TimeoutNow,
 * and whoever hears the leader votes all the same, but for an order that is still in force:
 *
 *   rounds of the leader   … 7 8 ┊ 9            TimeoutNow, sequence 9; no round is opened meanwhile
 *                                ┊   10 11 …    after an abort: who has answered 10 knows that 9 is void
 *
 * So an order that is late is obeyed by nobody who has answered a later round of the leader, neither by
 * the target nor by a voter (pitfalls 39, 70), and the leader's lease rests on later rounds alone.
 */
import { NOBODY, ROLE_VOTER } from "../configuration";
import { EVENT_TIMEOUT_NOW, EVENT_TRANSFER_BEGIN, EVENT_TRANSFER_END } from "../events";
import {
	BUSY,
	DONE,
	NO_TARGET,
	NOT_A_VOTER,
	NOT_LEADER,
	OUTCOME_UNKNOWN,
	TRANSFER_LOST,
	TRANSFER_TIMEOUT,
} from "../reasons";
import { FAR_ROUNDS } from "./claims";
import { startElection, watchQuorum } from "./election";
import { mayCampaign } from "./membership";
import { type Message, TERM_MAX, TIMEOUT_NOW, TIMEOUT_NOW_SEQUENCE, TRANSFER_VOTE_REQUEST } from "./messages";
import { REPLICATE } from "./progress";
import { NO_CALL } from "./proposals";
import { wake } from "./quiet";
import type { Raft } from "./raft";
import { ignore } from "./receive";
import { LEADER } from "./role";

export class Transfer {
	/** Leader: place of the member that shall lead next, or NOBODY when no transfer is under way. */
	target = NOBODY;
	/** Leader: sequence of the TimeoutNow that was sent, or 0; until it is void, no round is opened. */
	sequence = 0;
	/** Leader: when the transfer is aborted. */
	deadlineMs = Infinity;
	/** Who was asked in vain last, or NOBODY; and a node that drains does not try again before then. */
	failed = NOBODY;
	retryMs = -Infinity;
	/** Leader: a bit by place of who shall rather lead, and since when nothing has changed in that (priority.ts). */
	preferred = 0;
	calmSinceMs = 0;
	/** How often in a row an order to one of those was obeyed, and none of them led. */
	vain = 0;
	/** A node that drains and does not lead: election timeouts in which no leader was heard, and when one was before them (drain.ts). */
	vainTimeouts = 0;
	vainSinceMs = -Infinity;
	/** The call that waits for the outcome, perhaps longer than this node leads; or NO_CALL. */
	call = NO_CALL;
	/** Whom the call has asked to lead, or NOBODY for any. */
	private asked = NOBODY;

	begin(target: number, deadlineMs: number): void {
		this.target = target;
		this.sequence = 0;
		this.deadlineMs = deadlineMs;
	}

	expect(asked: number, call: number): void {
		this.asked = asked;
		this.call = call;
	}

	/** Nothing of a transfer outlives the leader's term but the call that waits for its outcome (pitfall 68). */
	clear(): void {
		this.target = NOBODY;
		this.sequence = 0;
		this.deadlineMs = Infinity;
	}

	/** Answers the call, if there is one. */
	answer(node: Raft, reason: number): void {
		if (this.call === NO_CALL) return;
		node.answers.add(this.call, reason, 0);
		this.call = NO_CALL;
	}

	/** A leader is known again. */
	ended(node: Raft, leader: number): void {
		if (this.call === NO_CALL) return;
		const isAsked = leader !== node.self && (this.asked === NOBODY || this.asked === leader);
		this.answer(node, isAsked ? DONE : TRANSFER_LOST);
	}
}

/**
 * The call's answer is DONE when the target, or any other if none is named, is heard as leader; else
 * TRANSFER_TIMEOUT, TRANSFER_LOST or OUTCOME_UNKNOWN. Proposals are refused meanwhile.
 * @param target its place, or NOBODY for whoever is best placed
 * @param call NO_CALL when nobody waits
 * @returns DONE when it was accepted, else the reason, and no answer follows
 */
export function transferLeadership(node: Raft, target: number, call: number): number {
	const transfer = node.transfer;
	if (node.role !== LEADER) return NOT_LEADER;
	if (transfer.target !== NOBODY || (transfer.call !== NO_CALL && call !== NO_CALL)) return BUSY;
	if (target !== NOBODY && !mayLead(node, target)) return NOT_A_VOTER;
	if (target === node.self) {
		node.answers.add(call, DONE, 0);
		return DONE;
	}
	const chosen = target === NOBODY ? bestPlaced(node, 0) : target;
	if (chosen === NOBODY) return NO_TARGET;
	wake(node);
	// As long as the longest election timeout, for an abort must not cost more than an election.
	transfer.begin(chosen, node.nowMs + node.configuration.electionMsMax);
	if (call !== NO_CALL) transfer.expect(target, call);
	node.progress.awaited = chosen;
	node.proposals.close();
	node.trace.event(EVENT_TRANSFER_BEGIN, node.term, chosen, node.log.lastIndex);
	node.appendsDue = true;
	orderElection(node);
	return DONE;
}

/** True for a member that can lead: a voter that keeps the state, and that a joint configuration does not leave. */
export function mayLead(node: Raft, place: number): boolean {
	const configuration = node.configuration;
	return place >= 0 && place < configuration.count && configuration.roles[place] === ROLE_VOTER;
}

/**
 * @param priority the lowest that it may have
 * @returns a voter that has all that is committed and was heard of late, of the highest priority; who was
 * asked in vain comes last. NOBODY where there is none
 */
export function bestPlaced(node: Raft, priority: number): number {
	const { configuration, progress } = node;
	const { failed } = node.transfer;
	let best = NOBODY;
	for (let i = 1; i <= configuration.count; i++) {
		const place = (failed + i + configuration.count) % configuration.count;
		if (place === node.self || !mayLead(node, place) || !isWellPlaced(node, place)) continue;
		if (configuration.priorities[place] < priority || progress.match[place] < node.commitIndex) continue;
		if (place === failed && best !== NOBODY) continue;
		if (best === NOBODY || configuration.priorities[place] > configuration.priorities[best]) best = place;
	}
	return best;
}

/** True for a peer that follows, and was heard of late. */
export function isWellPlaced(node: Raft, place: number): boolean {
	const { contactMs, state } = node.progress;
	return state[place] === REPLICATE && node.nowMs - contactMs[place] < node.configuration.electionMsMin;
}

/**
 * Sends the TimeoutNow once the target has the whole log; again with each heartbeat, for it may be
 * lost. The leader's term is durable, so nothing waits for a write.
 */
export function orderElection(node: Raft): void {
	const transfer = node.transfer;
	const target = transfer.target;
	if (node.progress.match[target] < node.log.lastIndex) return;
	if (transfer.sequence === 0) {
		transfer.sequence = node.round + 1;
		node.lease.order(target, transfer.sequence);
		node.trace.event(EVENT_TIMEOUT_NOW, node.term, target, transfer.sequence);
	}
	const row = node.outbox.openAnswer(TIMEOUT_NOW, target, node.term, 0);
	node.outbox.fields[row + TIMEOUT_NOW_SEQUENCE] = transfer.sequence;
}

/** With each heartbeat of a leader that hands over: asks again, or gives up when the time is over (pitfall 69). */
export function watchTransfer(node: Raft): void {
	const transfer = node.transfer;
	if (node.nowMs < transfer.deadlineMs) {
		orderElection(node);
		if (transfer.deadlineMs < node.heartbeatDeadlineMs) node.heartbeatDeadlineMs = transfer.deadlineMs;
		return;
	}
	giveUp(node);
}

/** The transfer has come to nothing, and the leader serves on. */
function giveUp(node: Raft): void {
	const transfer = node.transfer;
	const wasOrdered = transfer.sequence > 0;
	const reason = wasOrdered ? OUTCOME_UNKNOWN : TRANSFER_TIMEOUT;
	transfer.failed = transfer.target;
	transfer.retryMs = node.nowMs + node.configuration.electionMsMax;
	// The order becomes void with the first round after it. Check-quorum had to wait, and begins anew.
	if (wasOrdered) node.round = transfer.sequence + 1;
	endTransfer(node);
	watchQuorum(node);
	node.trace.event(EVENT_TRANSFER_END, node.term, reason, 0);
	// Until it is void, the target may yet obey.
	transfer.answer(node, reason);
}

/** This node leads no more, or goes on leading: what a transfer had stopped goes on. */
export function endTransfer(node: Raft): void {
	node.transfer.clear();
	node.progress.awaited = NOBODY;
	node.proposals.open();
}

/**
 * The target: stands at once, without a probe, for the leader itself has asked. A late order is void
 * when a round as late was answered, and so it is for a node that does not know the leader's rounds. Who
 * drains sends the order back, so that the leader does not wait for it in vain.
 */
export function onTimeoutNow(node: Raft, message: Message): void {
	const sequence = message.fields[TIMEOUT_NOW_SEQUENCE];
	const isInForce = message.sender === node.leader && isAhead(sequence, node.answeredRound);
	const { target, sequence: ordered } = node.transfer;
	if (node.role === LEADER && message.sender === target && sequence === ordered) {
		giveUp(node);
		return;
	}
	if (isInForce && node.isDraining) {
		sendBack(node, message.sender, sequence);
		return;
	}
	const mayObey = node.nowMs >= node.ordersFromMs && node.role !== LEADER && mayCampaign(node) && node.term < TERM_MAX;
	if (!isInForce || !mayObey || !mayLead(node, node.self)) {
		ignore(node, message);
		return;
	}
	startElection(node, TRANSFER_VOTE_REQUEST, sequence);
}

/** While the term is not durable nothing is said: the order comes again. */
function sendBack(node: Raft, leader: number, sequence: number): void {
	if (node.persistence.afterTerm() > 0) return;
	const row = node.outbox.openAnswer(TIMEOUT_NOW, leader, node.term, 0);
	node.outbox.fields[row + TIMEOUT_NOW_SEQUENCE] = sequence;
}

/** True if a vote request comes by order of the leader that this node hears, or of this node, and the order is in force. */
export function isOrdered(node: Raft, term: number, sequence: number): boolean {
	if (node.role === LEADER) return term === node.term + 1 && isAhead(sequence, node.round);
	if (node.nowMs < node.ordersFromMs) return false;
	return term === node.answeredTerm + 1 && isAhead(sequence, node.answeredRound);
}

/** True for an order after a round, but for one that no leader can have given: it is the round after the latest. */
function isAhead(sequence: number, round: number): boolean {
	return sequence > round && sequence - round <= FAR_ROUNDS;
}
