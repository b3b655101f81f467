/**
 * Every message comes through here: the one place where terms are compared (Raft figure 2, "Rules
 * for Servers"). Behind it a handler sees only messages of the node's own term, but for the two
 * pre-vote messages, which speak of a term that nobody has entered.
 */
import { EVENT_NONSENSE } from "../events";
import { onAppendRequest } from "./append";
import { isNear, isPossible } from "./claims";
import { COUNTER_NONSENSE, COUNTER_STALE, COUNTER_STICKY } from "./counters";
import {
	enterTerm,
	hearsLeader,
	onPreVoteRequest,
	onPreVoteResponse,
	onVoteRequest,
	onVoteResponse,
	respondToVote,
} from "./election";
import { onLevels } from "./levels";
import {
	APPEND_REQUEST,
	APPEND_RESPONSE,
	APPEND_RESPONSE_HINT_TERM,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_ROUND,
	APPEND_RESPONSE_STATUS,
	APPEND_STALE,
	LEVELS,
	type Message,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	QUIET_REQUEST,
	QUIET_RESPONSE,
	READ_INDEX_REQUEST,
	READ_INDEX_RESPONSE,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	TERM,
	TIMEOUT_NOW,
	TRANSFER_VOTE_REQUEST,
	TRANSFER_VOTE_SEQUENCE,
	VOTE_REQUEST,
	VOTE_RESPONSE,
} from "./messages";
import { onQuietRequest, onQuietResponse } from "./quiet";
import type { Raft } from "./raft";
import { onAppendResponse } from "./replication";
import { LEADER } from "./role";
import { onSnapshotRequest, onSnapshotResponse } from "./snapshot";
import { isOrdered, onTimeoutNow } from "./transfer";

export function receive(node: Raft, message: Message): void {
	const { kind, sender } = message;
	const term = message.fields[TERM];
	if (sender === node.self || sender >= node.places.count) {
		ignore(node, message);
		return;
	}
	if (kind === PRE_VOTE_REQUEST) {
		if (isCredible(node, message)) onPreVoteRequest(node, message);
		return;
	}
	if (term > node.term) {
		if (!isCredible(node, message)) return;
		// Somebody else's impatience must not depose a leader that we hear (pitfall 10).
		if (kind === VOTE_REQUEST && hearsLeader(node)) {
			// Mark: a vote request of a higher term is not heard, for a leader is
			node.counters[COUNTER_STICKY]++;
			return;
		}
		if (kind === TRANSFER_VOTE_REQUEST) {
			onTransferVoteRequest(node, message);
			return;
		}
		enterTerm(node, term);
	} else if (term < node.term && kind !== PRE_VOTE_RESPONSE) {
		answerStale(node, message);
		return;
	}
	switch (kind) {
		case APPEND_REQUEST:
			onAppendRequest(node, message);
			return;
		case APPEND_RESPONSE:
			onAppendResponse(node, message);
			return;
		case PRE_VOTE_RESPONSE:
			onPreVoteResponse(node, message);
			return;
		case VOTE_REQUEST:
			if (isCredible(node, message)) onVoteRequest(node, message, false);
			return;
		case VOTE_RESPONSE:
			onVoteResponse(node, message);
			return;
		case SNAPSHOT_REQUEST:
			if (isCredible(node, message)) onSnapshotRequest(node, message);
			return;
		case SNAPSHOT_RESPONSE:
			onSnapshotResponse(node, message);
			return;
		case TIMEOUT_NOW:
			onTimeoutNow(node, message);
			return;
		case TRANSFER_VOTE_REQUEST:
			if (isCredible(node, message))
				onVoteRequest(node, message, isOrdered(node, term, message.fields[TRANSFER_VOTE_SEQUENCE]));
			return;
		case QUIET_REQUEST:
			onQuietRequest(node, message);
			return;
		case QUIET_RESPONSE:
			onQuietResponse(node, message);
			return;
		case LEVELS:
			onLevels(node, message);
			return;
		case READ_INDEX_REQUEST:
			if (node.role === LEADER) node.reads.onRequest(node, message);
			return;
		case READ_INDEX_RESPONSE:
			node.followerReads.onResponse(node, message);
			return;
		default:
			ignore(node, message);
	}
}

/**
 * Of a higher term. Whether the order is in force is seen in the term that gave it, before it is left:
 * the leader itself would open rounds again in no later term of its own.
 */
function onTransferVoteRequest(node: Raft, message: Message): void {
	const term = message.fields[TERM];
	const ordered = isOrdered(node, term, message.fields[TRANSFER_VOTE_SEQUENCE]);
	if (!ordered && hearsLeader(node)) {
		node.counters[COUNTER_STICKY]++;
		return;
	}
	enterTerm(node, term);
	onVoteRequest(node, message, ordered);
}

/** Nothing of a message is believed before this: it makes sense by itself, and is not too far from what is known. */
export function isCredible(node: Raft, message: Message): boolean {
	if (isPossible(message)) return isNear(node, message);
	ignore(node, message);
	return false;
}

/** Counts a message of no use, whatever its sender had in mind. */
export function ignore(node: Raft, message: Message): void {
	node.counters[COUNTER_NONSENSE]++;
	node.trace.event(EVENT_NONSENSE, message.kind, message.sender, message.fields[TERM]);
}

/**
 * A leader or candidate of an older term learns ours, and steps down. If it were not answered, a
 * node that came back with a higher term could neither follow that leader, whose appends it
 * refuses, nor win against those who hear it (pitfall 9).
 */
function answerStale(node: Raft, message: Message): void {
	node.counters[COUNTER_STALE]++;
	const kind = message.kind;
	if (kind === VOTE_REQUEST || kind === TRANSFER_VOTE_REQUEST) {
		// Mark: a candidate of an older term learns this one
		respondToVote(node, message.sender, 0);
		return;
	}
	if (kind !== APPEND_REQUEST && kind !== SNAPSHOT_REQUEST) {
		// Mark: an answer to an older term is dropped
		return;
	}
	// Mark: a leader of an older term learns this one
	const fields = node.outbox.fields;
	const row = node.outbox.openAnswer(APPEND_RESPONSE, message.sender, node.term, node.persistence.afterTerm());
	fields[row + APPEND_RESPONSE_ROUND] = 0;
	fields[row + APPEND_RESPONSE_STATUS] = APPEND_STALE;
	fields[row + APPEND_RESPONSE_INDEX] = 0;
	fields[row + APPEND_RESPONSE_HINT_TERM] = 0;
}
