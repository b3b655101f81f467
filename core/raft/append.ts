/**
 * AppendEntries at the follower: the log matching property is kept here and nowhere else.
 * Raft §5.3, figure 2 "Receiver implementation" 2 to 5.
 */
import { assert } from "../assert";
import { ENTRY_HEADER_BYTES } from "../entry";
import { EVENT_LOG_FULL, EVENT_TRUNCATED } from "../events";
import { COMMITTED_ENTRY, contradict, doubt, FAR_INDEXES } from "./claims";
import { COUNTER_CONFLICTS, COUNTER_FULL } from "./counters";
import { hearLeader } from "./election";
import { MALFORMED } from "./log";
import { cutConfiguration, takeConfigurations } from "./membership";
import {
	APPEND_ACCEPTED,
	APPEND_COMMIT_INDEX,
	APPEND_CONFLICT,
	APPEND_FULL,
	APPEND_PREVIOUS_INDEX,
	APPEND_PREVIOUS_TERM,
	APPEND_RESPONSE,
	APPEND_RESPONSE_HINT_TERM,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_ROUND,
	APPEND_RESPONSE_STATUS,
	APPEND_ROUND,
	type Message,
	SNAPSHOT_RESPONSE,
	SNAPSHOT_RESPONSE_INDEX,
	SNAPSHOT_RESPONSE_OFFSET,
	SNAPSHOT_RESPONSE_ROUND,
} from "./messages";
import { NO_SEND } from "./outbox";
import { stir } from "./quiet";
import type { Raft } from "./raft";
import { ignore, isCredible } from "./receive";

/**
 * Takes the entries after the previous index if the logs agree there, and answers the leader.
 * @param message of the node's own term
 */
export function onAppendRequest(node: Raft, message: Message): void {
	const fields = message.fields;
	const log = node.log;
	const sender = message.sender;
	const previousIndex = fields[APPEND_PREVIOUS_INDEX];
	const previousTerm = fields[APPEND_PREVIOUS_TERM];
	const round = fields[APPEND_ROUND];
	const agrees = log.agreesAt(previousIndex, previousTerm);
	if (!agrees && !isCredible(node, message)) return;
	if (!hearLeader(node, sender, round)) return;
	if (node.isBlank) {
		askForSnapshot(node, sender, round);
		return;
	}

	if (!agrees) {
		refuse(node, sender, round, previousIndex, previousTerm);
		return;
	}

	// Pass over what is here already, and cut only where a term really differs. A delayed, shorter
	// append agrees with a part of what we have, and the rest may be committed (pitfall 15):
	//
	//   mine      1 1 2 2 2
	//   message   1 1 2            → nothing to do, not even the answer's index goes back
	let matchIndex = previousIndex;
	if (message.length > 0 && previousIndex < log.lastIndex) {
		// Mark: an append brings entries that may be here already
		matchIndex = dropKnown(node, message);
		if (matchIndex === MALFORMED) {
			ignore(node, message);
			return;
		}
	}

	if (message.length > 0) {
		// The leader has more to do, though in the round in which it asked all to rest.
		if (node.isQuiet) stir(node);
		const evictable = node.persistence.durableIndex;
		let taken = 0;
		if (message.length <= node.storageBytes) taken = log.append(message, node.term, evictable, node.snapshot.index);
		if (taken === MALFORMED) {
			ignore(node, message);
			return;
		}
		matchIndex += taken;
		if (taken > 0) {
			node.storageBytes -= message.length;
			if (log.firstConfiguration !== 0 && !takeConfigurations(node, matchIndex - taken + 1)) {
				ignore(node, message);
				return;
			}
		} else if (matchIndex === previousIndex) {
			// Mark: there is no room for any entry of an append
			refuseFull(node, sender, round, previousIndex);
			return;
		}
	}

	// What the leader sent, not what we have: our tail beyond it is unproven (pitfall 17).
	let commitIndex = fields[APPEND_COMMIT_INDEX];
	if (commitIndex > matchIndex) {
		// Mark: the leader has committed more than it has sent
		if (commitIndex - matchIndex > FAR_INDEXES) {
			doubt(node, message);
			return;
		}
		commitIndex = matchIndex;
	}
	if (commitIndex > node.commitIndex) node.commitIndex = commitIndex;
	acknowledge(node, sender, round, matchIndex);
}

/**
 * Drops those entries from the message that the log has, and cuts the log where one contradicts it.
 * @returns the last index that was dropped, or MALFORMED
 */
function dropKnown(node: Raft, message: Message): number {
	const log = node.log;
	const view = message.view;
	const end = message.offset + message.length;
	let offset = message.offset;
	let index = message.fields[APPEND_PREVIOUS_INDEX];
	while (offset < end && index < log.lastIndex) {
		if (offset + ENTRY_HEADER_BYTES > end) return MALFORMED;
		const next = offset + ENTRY_HEADER_BYTES + view.getUint16(offset + 2, true);
		const term = view.getUint32(offset + 4, true);
		if (next > end || term > node.term) return MALFORMED;
		if (!log.agreesAt(index + 1, term)) {
			if (index < node.commitIndex) {
				contradict(node, COMMITTED_ENTRY, message.sender, index + 1);
				return MALFORMED;
			}
			// What takes the place of our entries is judged before they are cut.
			if (!areWhole(node, message, offset, index)) return MALFORMED;
			cutFrom(node, index + 1, message.sender);
			break;
		}
		index++;
		offset = next;
	}
	message.offset = offset;
	message.length = end - offset;
	return index;
}

/** @returns true if the entries from `at` to the end of a message could follow the one at `index` in a log of this term */
function areWhole(node: Raft, message: Message, at: number, index: number): boolean {
	const { log } = node;
	const { view } = message;
	const end = message.offset + message.length;
	let before = index < log.baseIndex ? 0 : log.termAt(index);
	let offset = at;
	while (offset + ENTRY_HEADER_BYTES <= end) {
		const length = view.getUint16(offset + 2, true);
		const term = view.getUint32(offset + 4, true);
		if (length > log.payloadBytesMax || term < before || term > node.term) return false;
		before = term;
		offset += ENTRY_HEADER_BYTES + length;
	}
	return offset === end;
}

/** The leader has another entry at `index`: ours and all after it were never committed. */
function cutFrom(node: Raft, index: number, leader: number): void {
	assert(index > node.commitIndex, "a committed entry contradicts the leader");
	// Mark: entries that contradict the leader are cut
	node.trace.event(EVENT_TRUNCATED, index, node.log.lastIndex, leader);
	node.log.truncate(index);
	node.persistence.truncated(index);
	cutConfiguration(node, index);
}

/** All up to `index` is here: the answer waits until it is durable too, for the leader counts it (pitfall 26). */
export function acknowledge(node: Raft, leader: number, round: number, index: number): void {
	const outbox = node.outbox;
	const fields = outbox.fields;
	const after = node.persistence.afterIndex(index);
	let row = outbox.count === 0 ? NO_SEND : outbox.find(APPEND_RESPONSE, leader, after);
	let matchIndex = index;
	let latestRound = round;
	if (row === NO_SEND) row = outbox.open(APPEND_RESPONSE, leader, node.term, after);
	else {
		// Mark: one answer speaks for several appends
		// One answer for several appends of a turn, in whatever order they came.
		latestRound = Math.max(round, fields[row + APPEND_RESPONSE_ROUND]);
		if (fields[row + APPEND_RESPONSE_STATUS] === APPEND_ACCEPTED)
			matchIndex = Math.max(index, fields[row + APPEND_RESPONSE_INDEX]);
	}
	fields[row + APPEND_RESPONSE_ROUND] = latestRound;
	fields[row + APPEND_RESPONSE_STATUS] = APPEND_ACCEPTED;
	fields[row + APPEND_RESPONSE_INDEX] = matchIndex;
	fields[row + APPEND_RESPONSE_HINT_TERM] = 0;
}

/** Tells the leader where the logs may agree: see `Log.lastAtMost`. */
function refuse(node: Raft, leader: number, round: number, previousIndex: number, previousTerm: number): void {
	const log = node.log;
	const hint = log.lastAtMost(previousIndex, previousTerm);
	// Mark: the logs differ before an append
	node.counters[COUNTER_CONFLICTS]++;
	const row = node.outbox.openAnswer(APPEND_RESPONSE, leader, node.term, node.persistence.afterTerm());
	const fields = node.outbox.fields;
	fields[row + APPEND_RESPONSE_ROUND] = round;
	fields[row + APPEND_RESPONSE_STATUS] = APPEND_CONFLICT;
	fields[row + APPEND_RESPONSE_INDEX] = Math.max(hint, 0);
	fields[row + APPEND_RESPONSE_HINT_TERM] = hint < log.baseIndex ? 0 : log.termAt(hint);
}

/** The node has nothing that entries could follow: it asks for a snapshot, of whatever index, from the first byte on. */
function askForSnapshot(node: Raft, leader: number, round: number): void {
	const row = node.outbox.openAnswer(SNAPSHOT_RESPONSE, leader, node.term, node.persistence.afterTerm());
	const fields = node.outbox.fields;
	fields[row + SNAPSHOT_RESPONSE_ROUND] = round;
	fields[row + SNAPSHOT_RESPONSE_INDEX] = 0;
	fields[row + SNAPSHOT_RESPONSE_OFFSET] = 0;
}

/** Contact, and no more: what is under way to flash will make room. */
function refuseFull(node: Raft, leader: number, round: number, previousIndex: number): void {
	node.counters[COUNTER_FULL]++;
	node.trace.event(EVENT_LOG_FULL, node.log.lastIndex, previousIndex, leader);
	const row = node.outbox.openAnswer(APPEND_RESPONSE, leader, node.term, node.persistence.afterTerm());
	const fields = node.outbox.fields;
	fields[row + APPEND_RESPONSE_ROUND] = round;
	fields[row + APPEND_RESPONSE_STATUS] = APPEND_FULL;
	fields[row + APPEND_RESPONSE_INDEX] = 0;
	fields[row + APPEND_RESPONSE_HINT_TERM] = 0;
}
