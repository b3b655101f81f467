/**
 * Who leads: the probe before an election, the election, and becoming what one is then
 * (Raft §5.2, thesis §9.6).
 */
import { assert } from "../assert";
import { NOBODY } from "../configuration";
import { ENTRY_HEADER_BYTES, ENTRY_NO_OP } from "../entry";
import {
	EVENT_CANDIDATE,
	EVENT_FAR,
	EVENT_FOLLOWER,
	EVENT_LEADER,
	EVENT_LOG_FULL,
	EVENT_PRE_VOTE,
	EVENT_QUORUM_LOST,
	EVENT_STEP_DOWN,
	EVENT_USED_UP,
	EVENT_VOTE,
} from "../events";
import { NOT_LEADER, OUTCOME_UNKNOWN } from "../reasons";
import { STEP_DOWN_QUORUM, STEP_DOWN_REMOVED, STEP_DOWN_TERM, STEP_DOWN_TRANSFER } from "../status";
import { abandonChange, takeOverChange } from "./change";
import { contradict, FAR_ROUNDS, SECOND_LEADER } from "./claims";
import { COUNTER_ELECTIONS, COUNTER_FAR, COUNTER_TERMS_LED } from "./counters";
import { mayStand } from "./drain";
import { announceLevels } from "./levels";
import { mayCampaign, setPeers } from "./membership";
import {
	APPEND_REQUEST,
	INDEX_MAX,
	type Message,
	PRE_VOTE_LAST_INDEX,
	PRE_VOTE_LAST_TERM,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	PRE_VOTE_RESPONSE_GRANTED,
	PRE_VOTE_RESPONSE_ROUND,
	PRE_VOTE_ROUND,
	TERM,
	TERM_MAX,
	TRANSFER_VOTE_SEQUENCE,
	VOTE_LAST_INDEX,
	VOTE_LAST_TERM,
	VOTE_REQUEST,
	VOTE_RESPONSE,
	VOTE_RESPONSE_GRANTED,
} from "./messages";
import { noteHandOver, noteLeader } from "./priority";
import { stir, wake } from "./quiet";
import { isQuorum, quorumValue } from "./quorum";
import type { Raft } from "./raft";
import { CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE } from "./role";
import { endTransfer } from "./transfer";

/** A leader whose rounds have come so far steps down at the next check, long before they end. */
const ROUND_LAST = 0x80000000;

/** Draws a timeout and waits that long; equal draws of two nodes are drawn anew (Raft §5.2). */
export function restartElectionTimer(node: Raft): void {
	const configuration = node.configuration;
	const range = configuration.electionMsMax - configuration.electionMsMin;
	node.electionTimeoutMs = configuration.electionMsMin + node.random.below(range) + node.patienceMs;
	node.electionDeadlineMs = node.nowMs + node.electionTimeoutMs;
}

/**
 * True for a leader, and for a node that heard one within the shortest election timeout (Raft §6, end),
 * whatever term it has entered since: that leader may hold a lease (lease.ts). So it is for who has just
 * started, or was at rest, and does not know whom it would have heard.
 */
export function hearsLeader(node: Raft): boolean {
	if (node.role === LEADER || node.nowMs < node.patientUntilMs) return true;
	return node.nowMs - node.leaderHeardMs < node.configuration.electionMsMin;
}

/** The node's term is over: a message of a higher one came, or it enters the next as a candidate. */
export function enterTerm(node: Raft, term: number): void {
	assert(term > node.term, "the term fell");
	if (node.role === LEADER) {
		const handedOver = node.transfer.sequence > 0 ? STEP_DOWN_TRANSFER : STEP_DOWN_TERM;
		stepDown(node, node.change.isResigning ? STEP_DOWN_REMOVED : handedOver);
		if (node.transfer.sequence > 0) noteHandOver(node);
	}
	node.term = term;
	node.votedFor = NOBODY;
	node.persistence.hardStateChanged();
	node.outbox.discard();
	becomeFollower(node, NOBODY);
}

/**
 * In the node's own term. The vote stays: whoever steps down must not vote twice (pitfall 2).
 * @param leader its place, or NOBODY
 */
export function becomeFollower(node: Raft, leader: number): void {
	const before = node.role;
	if (node.isQuiet) stir(node);
	node.role = FOLLOWER;
	node.leader = leader;
	if (before === LEADER) {
		// Mark: a leader steps down
		node.heartbeatDeadlineMs = Infinity;
		node.quorumDeadlineMs = Infinity;
		node.appendsDue = false;
		node.proposals.abandon(node.answers);
		node.reads.abandon(node, NOT_LEADER);
		abandonChange(node);
		endTransfer(node);
	}
	node.followerReads.abandon(node, NOT_LEADER);
	if (leader !== NOBODY) {
		node.transfer.ended(node, leader);
		noteLeader(node);
	}
	if (before !== FOLLOWER) restartElectionTimer(node);
	node.trace.event(EVENT_FOLLOWER, node.term, leader, before);
}

/** A leader is one no more, and why: STEP_DOWN of core/status.ts. Before `becomeFollower`. */
export function stepDown(node: Raft, reason: number): void {
	node.stepDownReason = reason;
	node.trace.event(EVENT_STEP_DOWN, node.term, reason, node.round);
}

/**
 * The leader of the node's term has spoken.
 * @param round that the node is about to answer
 * @returns false if it is not believed: the message is dropped, and has changed nothing
 */
export function hearLeader(node: Raft, leader: number, round: number): boolean {
	if (node.role !== FOLLOWER || node.leader !== leader) {
		if (!mayFollow(node, leader, round)) return false;
		becomeFollower(node, leader);
		announceLevels(node, leader);
		if (node.answeredTerm !== node.term) node.answeredRound = 0;
		node.answeredTerm = node.term;
	}
	if (round > node.answeredRound) {
		if (round - node.answeredRound > FAR_ROUNDS && !isFarRoundTrue(node, leader, round)) return false;
		node.answeredRound = round;
		if (node.isQuiet) stir(node);
		if (node.followerReads.count > 0) node.followerReads.remind(node);
	}
	// The messages of a turn are heard at one time, so the first of them says it for all.
	const nowMs = node.nowMs;
	if (node.leaderHeardMs === nowMs) return true;
	node.leaderHeardMs = nowMs;
	node.electionDeadlineMs = nowMs + node.electionTimeoutMs;
	return true;
}

/**
 * Another than the known leader of the term says that it leads. No voter votes twice in a term, so one of
 * the two was made up. The first is followed, until it has been silent for the longest election timeout.
 */
function mayFollow(node: Raft, leader: number, round: number): boolean {
	const isHeard = node.role === LEADER || node.nowMs - node.leaderHeardMs < node.configuration.electionMsMax;
	if (node.leader !== NOBODY && node.leader !== leader && isHeard) {
		contradict(node, SECOND_LEADER, leader, node.term);
		return false;
	}
	const answered = node.answeredTerm === node.term ? node.answeredRound : 0;
	return round - answered <= FAR_ROUNDS || isFarRoundTrue(node, leader, round);
}

/** Were a round believed that no leader has reached, none of the true ones would count until the next term. */
function isFarRoundTrue(node: Raft, leader: number, round: number): boolean {
	if (node.places.claims.isRoundNear(node.term, round)) return true;
	node.counters[COUNTER_FAR]++;
	node.trace.event(EVENT_FAR, APPEND_REQUEST, leader, node.term);
	return false;
}

/** No leader was heard for too long. A transfer that this node began has come to nothing that it knows of. */
export function onElectionTimeout(node: Raft): void {
	node.transfer.answer(node, OUTCOME_UNKNOWN);
	const isUsedUp = node.term >= TERM_MAX || node.log.lastIndex >= INDEX_MAX;
	if (isUsedUp) node.trace.event(EVENT_USED_UP, node.term, node.log.lastIndex, 0);
	if (isUsedUp || !mayCampaign(node) || !mayStand(node)) {
		// Who does not stand can only ask again: the leader is gone, or rests and has not heard that this node woke.
		node.followerReads.abandon(node, NOT_LEADER);
		// Who is no member any more is answered nothing.
		if (node.configuration.ids[node.self] !== 0) node.followerReads.ping(node);
		restartElectionTimer(node);
	} else startPreVote(node);
}

/**
 * No leader is heard: ask whether an election would be won before disturbing anybody. Nothing
 * durable changes, so nothing waits for a write. A pre-candidate knows no leader (pitfall 7).
 */
export function startPreVote(node: Raft): void {
	node.role = PRE_CANDIDATE;
	node.leader = NOBODY;
	node.followerReads.abandon(node, NOT_LEADER);
	restartElectionTimer(node);
	node.preVoteRound = (node.preVoteRound + 1) % TERM_MAX;
	node.votes = 1 << node.self;
	node.trace.event(EVENT_PRE_VOTE, node.term, node.log.lastIndex, node.log.lastTerm);
	if (isQuorum(node.votes, node.voters)) {
		startElection(node, VOTE_REQUEST, 0);
		return;
	}
	const fields = node.outbox.fields;
	for (let place = 0; place < node.voters.count; place++) {
		if (place === node.self || node.voter[place] === 0) continue;
		const row = node.outbox.open(PRE_VOTE_REQUEST, place, node.term + 1, 0);
		fields[row + PRE_VOTE_LAST_INDEX] = node.log.lastIndex;
		fields[row + PRE_VOTE_LAST_TERM] = node.log.lastTerm;
		fields[row + PRE_VOTE_ROUND] = node.preVoteRound;
	}
}

/** Answers with what a real vote would be, and changes nothing. */
export function onPreVoteRequest(node: Raft, message: Message): void {
	const fields = message.fields;
	wake(node);
	const granted =
		!node.isBlank &&
		fields[TERM] > node.term &&
		!hearsLeader(node) &&
		node.log.isUpToDate(fields[PRE_VOTE_LAST_INDEX], fields[PRE_VOTE_LAST_TERM]);
	// Our own term goes with a refusal too. A node with the better log may be in a lower term than
	// the others: unless it learns theirs from here, it is refused for ever (pitfall 8).
	const after = node.persistence.afterTerm();
	const row = node.outbox.openAnswer(PRE_VOTE_RESPONSE, message.sender, node.term, after);
	node.outbox.fields[row + PRE_VOTE_RESPONSE_ROUND] = fields[PRE_VOTE_ROUND];
	node.outbox.fields[row + PRE_VOTE_RESPONSE_GRANTED] = granted ? 1 : 0;
}

/** Counts an answer to this probe, and to no earlier one (pitfall 6). */
export function onPreVoteResponse(node: Raft, message: Message): void {
	const fields = message.fields;
	if (node.role !== PRE_CANDIDATE || fields[PRE_VOTE_RESPONSE_ROUND] !== node.preVoteRound) {
		// Mark: an answer to an earlier pre-vote comes
		return;
	}
	if (fields[PRE_VOTE_RESPONSE_GRANTED] === 0) {
		// Mark: a pre-vote is refused
		return;
	}
	node.votes |= 1 << message.sender;
	if (isQuorum(node.votes, node.voters)) startElection(node, VOTE_REQUEST, 0);
}

/**
 * Enters the next term as its candidate. The requests leave when the node's own vote is durable.
 * @param kind VOTE_REQUEST; or TRANSFER_VOTE_REQUEST, with the sequence of the order
 */
export function startElection(node: Raft, kind: number, sequence: number): void {
	enterTerm(node, node.term + 1);
	node.role = CANDIDATE;
	node.votedFor = node.self;
	node.votes = 0;
	node.counters[COUNTER_ELECTIONS]++;
	restartElectionTimer(node);
	node.trace.event(EVENT_CANDIDATE, node.term, node.log.lastIndex, node.log.lastTerm);
	const after = node.persistence.afterTerm();
	const fields = node.outbox.fields;
	for (let place = 0; place < node.voters.count; place++) {
		if (place === node.self || node.voter[place] === 0) continue;
		const row = node.outbox.open(kind, place, node.term, after);
		fields[row + VOTE_LAST_INDEX] = node.log.lastIndex;
		fields[row + VOTE_LAST_TERM] = node.log.lastTerm;
		fields[row + TRANSFER_VOTE_SEQUENCE] = sequence;
	}
}

/** A write is durable. The candidate's own vote counts when it is, like that of any other (pitfall 1). */
export function countOwnVote(node: Raft): void {
	if (node.persistence.afterTerm() === 0) countVote(node, node.self);
}

/**
 * @param ordered true when the leader that this node hears has asked the candidate to stand. Else the
 * vote is kept while a leader is heard, though its term be over: it may hold a lease.
 */
export function onVoteRequest(node: Raft, message: Message, ordered: boolean): void {
	const fields = message.fields;
	const sender = message.sender;
	const granted =
		!node.isBlank &&
		(node.votedFor === NOBODY || node.votedFor === sender) &&
		node.leader === NOBODY &&
		(ordered || !hearsLeader(node)) &&
		node.log.isUpToDate(fields[VOTE_LAST_INDEX], fields[VOTE_LAST_TERM]);
	if (granted) {
		if (node.votedFor === NOBODY) {
			node.votedFor = sender;
			node.persistence.hardStateChanged();
			node.trace.event(EVENT_VOTE, node.term, sender, 0);
		}
		// Whoever gave its vote away waits for the outcome.
		node.role = FOLLOWER;
		restartElectionTimer(node);
	}
	respondToVote(node, sender, granted ? 1 : 0);
}

/** The answer waits until the vote that it tells, and the term, are durable (pitfall 1). */
export function respondToVote(node: Raft, receiver: number, granted: number): void {
	const row = node.outbox.openAnswer(VOTE_RESPONSE, receiver, node.term, node.persistence.afterTerm());
	node.outbox.fields[row + VOTE_RESPONSE_GRANTED] = granted;
}

export function onVoteResponse(node: Raft, message: Message): void {
	if (node.role !== CANDIDATE || message.fields[VOTE_RESPONSE_GRANTED] === 0) {
		// Mark: a vote is refused, or comes late
		return;
	}
	countVote(node, message.sender);
}

/** Votes are a set: a datagram that comes twice is one vote (pitfall 5). */
function countVote(node: Raft, place: number): void {
	node.votes |= 1 << place;
	if (isQuorum(node.votes, node.voters)) becomeLeader(node);
}

/**
 * The term begins with an entry of its own, so that what earlier terms left can be committed at
 * once (Raft §5.4.2, §8). Without room for it nothing could be, so the node does not lead.
 */
function becomeLeader(node: Raft): void {
	const log = node.log;
	assert(node.persistence.afterTerm() === 0, "a leader whose term is not durable");
	// Its log may lack what it would be asked for; that of any other takes no such entry in (log.ts).
	assert(!node.isWitness, "a witness leads");
	if (
		log.lastIndex >= INDEX_MAX ||
		node.storageBytes < ENTRY_HEADER_BYTES ||
		!log.appendFirst(ENTRY_NO_OP, node.term, node.persistence.durableIndex, node.snapshot.index)
	) {
		node.trace.event(EVENT_LOG_FULL, log.lastIndex, 1, node.self);
		becomeFollower(node, NOBODY);
		return;
	}
	node.role = LEADER;
	node.leader = node.self;
	node.electionDeadlineMs = Infinity;
	node.termStartIndex = log.lastIndex;
	node.round = 1;
	node.reads.reset();
	node.lease.reset();
	node.change.levels.reset();
	node.lease.opened(node.round, node.nowMs);
	node.transfer.ended(node, node.self);
	node.transfer.calmSinceMs = node.nowMs;
	setPeers(node);
	takeOverChange(node);
	for (let place = 0; place < node.places.count; place++) {
		node.progress.reset(place, log.lastIndex - 1, node.nowMs);
	}
	node.progress.match[node.self] = node.persistence.durableIndex;
	node.heartbeatDeadlineMs = node.nowMs + node.configuration.heartbeatMs;
	watchQuorum(node);
	node.appendsDue = true;
	node.counters[COUNTER_TERMS_LED]++;
	node.trace.event(EVENT_LEADER, node.term, log.lastIndex, 0);
}

/** Begins a window in which a quorum must answer a round that is opened from now on. */
export function watchQuorum(node: Raft): void {
	node.quorumRound = node.round;
	node.quorumDeadlineMs = node.nowMs + node.configuration.electionMsMin;
}

/**
 * A leader that a quorum no longer answers steps down, so that its clients look elsewhere
 * (thesis §6.2). Learners are not asked, and every window begins anew (pitfall 14).
 */
export function checkQuorum(node: Raft): void {
	const rounds = node.progress.round;
	rounds[node.self] = node.round;
	const above = node.quorumRound - 1;
	const answered = quorumValue(rounds, node.voters, above) > above;
	// Rounds are u32, and a busy reader opens thousands a second: the next term counts anew.
	if (answered && node.round < ROUND_LAST) {
		// While an order to stand for election is in force no round is opened (transfer.ts).
		if (node.transfer.sequence === 0) node.round++;
		watchQuorum(node);
		node.reads.watch(node);
		return;
	}
	// Mark: a leader that no majority answers gives up
	node.trace.event(EVENT_QUORUM_LOST, node.term, node.quorumRound, 0);
	stepDown(node, STEP_DOWN_QUORUM);
	becomeFollower(node, NOBODY);
}
