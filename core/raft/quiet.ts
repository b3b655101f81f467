/**
 * Quiescence: a group that has nothing to do stops its heartbeats, to save radio and battery. Off unless
 * the configuration says `quietAfterMs`. It changes when messages are sent, never what they may say.
 *
 *   leader     every peer has all of the log, all is committed and applied, nothing waits → QUIET_REQUEST
 *   follower   has applied just that, and nothing waits → rests: no election timer → QUIET_RESPONSE
 *   leader     all have answered, nothing happened meanwhile → rests: no heartbeats, no check-quorum, no lease
 *
 * A rest ends with whatever comes: a client that wants more than a status (core/replica/member.ts), a
 * message of the leader, somebody who asks for votes. Who
 * wakes and does not lead asks the leader for a read index, which wakes all; and stands for election
 * when nothing is heard for an election timeout. So a leader that dies while all rest is missed by
 * nobody until somebody wants something.
 */
import { NOBODY } from "../configuration";
import { EVENT_QUIET } from "../events";
import { FAR_ROUNDS } from "./claims";
import { restartElectionTimer, watchQuorum } from "./election";
import {
	type Message,
	QUIET_REQUEST,
	QUIET_REQUEST_INDEX,
	QUIET_REQUEST_ROUND,
	QUIET_RESPONSE,
	QUIET_RESPONSE_ROUND,
} from "./messages";
import { owesHandOver } from "./priority";
import { REPLICATE } from "./progress";
import type { Raft } from "./raft";
import { FOLLOWER, LEADER } from "./role";
import { NO_PEER } from "./witness";

export class Quiet {
	/** Leader: since when nothing has happened, and what the log and the reads were then. */
	idleSinceMs = 0;
	lastIndex = 0;
	readRound = 0;
	/** Leader: when a rest ended; before that it has asked nobody. */
	wokeMs = -Infinity;
	/** Leader: the round in which all were asked to rest, 0 for none; and a bit by place of who does. */
	askedRound = 0;
	resting = 0;
}

/** With each heartbeat of a leader: asks all to rest when nothing has happened for long enough. */
export function considerRest(node: Raft): void {
	const { quiet, log, reads } = node;
	quiet.askedRound = 0;
	if (log.lastIndex !== quiet.lastIndex || reads.opened !== quiet.readRound || !isIdle(node)) {
		quiet.lastIndex = log.lastIndex;
		quiet.readRound = reads.opened;
		quiet.idleSinceMs = node.nowMs;
		return;
	}
	if (node.nowMs - quiet.idleSinceMs < node.configuration.quietAfterMs) return;
	quiet.askedRound = node.round;
	quiet.resting = 0;
	const fields = node.outbox.fields;
	for (let place = 0; place < node.places.count; place++) {
		if (node.peer[place] === NO_PEER) continue;
		const row = node.outbox.openAnswer(QUIET_REQUEST, place, node.term, 0);
		fields[row + QUIET_REQUEST_INDEX] = log.lastIndex;
		fields[row + QUIET_REQUEST_ROUND] = node.round;
	}
	rest(node);
}

/** @returns true if every peer has all, and answers; and nothing waits at the leader. Who was removed is told first. */
function isIdle(node: Raft): boolean {
	const { configuration, log, progress } = node;
	if (node.change.isUnderWay || node.change.isWaiting || node.change.levels.isAsking) return false;
	if (node.commitIndex !== log.lastIndex || node.proposals.count > 0 || node.reads.count > 0) return false;
	if (!hasAppliedAll(node) || node.transfer.target !== NOBODY || node.isDraining) return false;
	for (let place = 0; place < node.places.count; place++) {
		if (node.peer[place] === NO_PEER) continue;
		if (progress.state[place] !== REPLICATE || progress.match[place] !== log.lastIndex) return false;
		if (node.nowMs - progress.contactMs[place] > 2 * configuration.heartbeatMs) return false;
	}
	return !owesHandOver(node);
}

function hasAppliedAll(node: Raft): boolean {
	return node.appliedIndex === node.log.lastIndex && node.persistence.durableIndex === node.log.lastIndex;
}

/** The follower rests if it is where the leader thinks it is, and has answered no later round. */
export function onQuietRequest(node: Raft, message: Message): void {
	const fields = message.fields;
	const round = fields[QUIET_REQUEST_ROUND];
	if (node.role !== FOLLOWER || message.sender !== node.leader || round < node.answeredRound) return;
	if (round - node.answeredRound > FAR_ROUNDS) return;
	if (fields[QUIET_REQUEST_INDEX] !== node.log.lastIndex || !hasAppliedAll(node)) return;
	if (node.followerReads.count > 0 || node.persistence.afterTerm() > 0) return;
	if (!node.isQuiet) node.trace.event(EVENT_QUIET, node.term, 1, node.leader);
	node.isQuiet = true;
	// The heartbeat of this very round may come behind, and must start no timer.
	node.answeredRound = round;
	node.electionTimeoutMs = Infinity;
	node.electionDeadlineMs = Infinity;
	const row = node.outbox.openAnswer(QUIET_RESPONSE, message.sender, node.term, 0);
	node.outbox.fields[row + QUIET_RESPONSE_ROUND] = round;
}

export function onQuietResponse(node: Raft, message: Message): void {
	const quiet = node.quiet;
	if (node.role !== LEADER || node.isQuiet || quiet.askedRound !== message.fields[QUIET_RESPONSE_ROUND]) return;
	quiet.resting |= 1 << message.sender;
	rest(node);
}

/** The leader rests when all others do, and nothing has happened since they were asked. */
function rest(node: Raft): void {
	const { quiet } = node;
	if (quiet.askedRound !== node.round || quiet.lastIndex !== node.log.lastIndex || !isIdle(node)) return;
	for (let place = 0; place < node.places.count; place++) {
		if (node.peer[place] !== NO_PEER && (quiet.resting & (1 << place)) === 0) return;
	}
	node.isQuiet = true;
	node.heartbeatDeadlineMs = Infinity;
	node.quorumDeadlineMs = Infinity;
	node.lease.forget();
	node.trace.event(EVENT_QUIET, node.term, 1, node.self);
}

/** The node rests no more: an election timer runs again, unless it leads. */
export function stir(node: Raft): void {
	node.isQuiet = false;
	node.trace.event(EVENT_QUIET, node.term, 0, node.leader);
	if (node.role !== LEADER) restartElectionTimer(node);
}

/** Something has come. A leader speaks at once; who follows one asks whether it is there. */
export function wake(node: Raft): void {
	if (!node.isQuiet) return;
	stir(node);
	if (node.role === LEADER) {
		node.round++;
		watchQuorum(node);
		node.quiet.idleSinceMs = node.nowMs;
		node.quiet.wokeMs = node.nowMs;
		node.heartbeatDeadlineMs = node.nowMs;
		return;
	}
	// The leader is silent because all rest, and votes against it are refused until it could have answered.
	node.patientUntilMs = node.nowMs + node.configuration.electionMsMin;
	node.followerReads.ping(node);
}
