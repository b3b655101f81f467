/**
 * The leader's side of the log: what each peer is sent, what its answers prove, and what is
 * committed by them (Raft §5.3, §5.4.2).
 */
import { assert } from "../assert";
import { NOBODY } from "../configuration";
import { observeRounds } from "./catch-up";
import { advanceChange, advanceDraft, dropDeparted, resign } from "./change";
import { COUNTER_RESENDS } from "./counters";
import { askLevels } from "./levels";
import {
	APPEND_ACCEPTED,
	APPEND_COMMIT_INDEX,
	APPEND_CONFLICT,
	APPEND_FULL,
	APPEND_PREVIOUS_INDEX,
	APPEND_PREVIOUS_TERM,
	APPEND_REQUEST,
	APPEND_RESPONSE_HINT_TERM,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_ROUND,
	APPEND_RESPONSE_STATUS,
	APPEND_ROUND,
	type Message,
} from "./messages";
import { ENTRIES_BYTES_MAX, endPathRound, judgePath, notePath } from "./path";
import { considerHandOver } from "./priority";
import { PROBE, REPLICATE, SNAPSHOT } from "./progress";
import { NO_CALL } from "./proposals";
import { considerRest, wake } from "./quiet";
import { quorumValue } from "./quorum";
import type { Raft } from "./raft";
import { ignore } from "./receive";
import { LEADER } from "./role";
import { askForOffset, sendChunk, startSnapshot } from "./snapshot";
import { orderElection, transferLeadership, watchTransfer } from "./transfer";
import { lastForWitness, NO_PEER, WITNESS } from "./witness";

/** Sends what has gathered in the turn; a round of reads goes to all, be it with nothing else. */
export function sendAppends(node: Raft): void {
	assert(node.role === LEADER, "appends of a node that does not lead");
	node.appendsDue = false;
	if (node.isQuiet) wake(node);
	const reading = node.reads.wantsRound(node);
	if (reading) {
		node.round++;
		node.reads.openRound(node);
	}
	const { peer } = node;
	const { lastIndex } = node.log;
	for (let place = 0; place < node.places.count; place++) {
		const kind = peer[place];
		if (kind === NO_PEER) continue;
		const end = kind === WITNESS ? lastForWitness(node) : lastIndex;
		if (!sendEntries(node, place, end) && reading && node.progress.state[place] !== SNAPSHOT)
			pushHeartbeat(node, place);
	}
}

/**
 * Due four times and more within the shortest election timeout. What was lost is noticed here:
 * an empty append follows the last one sent, so a gap before it is refused at once; and a peer
 * whose whole window is unanswered since the last heartbeat is asked anew (pitfalls 28, 30, 31).
 */
export function heartbeat(node: Raft): void {
	observeRounds(node);
	if (node.change.isUnderWay) advanceChange(node);
	const progress = node.progress;
	const { heartbeatMs, stallMs } = node.configuration;
	// Who is so late was stopped, and who knows whether the clock was too.
	if (node.nowMs > node.heartbeatDeadlineMs + stallMs) node.lease.forget();
	node.heartbeatDeadlineMs = node.nowMs + heartbeatMs;
	const isRound = node.transfer.sequence === 0;
	if (isRound) {
		node.round++;
		node.lease.opened(node.round, node.nowMs);
		node.reads.openRound(node);
	}
	const { peer } = node;
	for (let place = 0; place < node.places.count; place++) {
		if (peer[place] === NO_PEER) continue;
		const end = peer[place] === WITNESS ? lastForWitness(node) : node.log.lastIndex;
		const moved = progress.moved[place] === 1;
		progress.moved[place] = 0;
		const wasLate = progress.hasPaths && progress.paths.isLate(place);
		if (isRound && (!moved || progress.hasPaths)) judgePath(node, place, moved);
		if (progress.state[place] === SNAPSHOT) {
			if (!moved) {
				// Mark: a chunk of a snapshot is sent again
				sendChunk(node, place);
				// No chunk may get through: the peer hears its leader all the same, and says that it does.
				if (wasLate) askForOffset(node, place);
			}
			continue;
		}
		if (progress.state[place] === REPLICATE && progress.inFlight(place) > 0 && !moved) {
			// Mark: a whole window of appends goes unanswered
			progress.enterProbe(place, progress.match[place] + 1);
			node.counters[COUNTER_RESENDS]++;
		}
		if (progress.state[place] === REPLICATE && sendEntries(node, place, end)) continue;
		pushHeartbeat(node, place);
		if (progress.state[place] === PROBE) progress.paused[place] = 1;
	}
	if (isRound) endPathRound(node);
	if (node.change.levels.isAsking) askLevels(node);
	else if (node.change.isWaiting) advanceDraft(node);
	dropDeparted(node);
	if (node.transfer.target !== NOBODY) watchTransfer(node);
	if (node.change.isResigning) {
		resign(node);
		return;
	}
	if (node.configuration.quietAfterMs > 0) considerRest(node);
	if (node.transfer.target !== NOBODY) return;
	if (node.isDraining) {
		if (node.nowMs >= node.transfer.retryMs) transferLeadership(node, NOBODY, NO_CALL);
	} else if (node.patienceMs > 0) considerHandOver(node);
}

/**
 * @param end the last entry that the peer may be sent (witness.ts)
 * @returns false if there was nothing to send, or it must wait for an answer or the next heartbeat
 */
function sendEntries(node: Raft, place: number, end: number): boolean {
	const progress = node.progress;
	const log = node.log;
	const state = progress.state[place];
	if (state === SNAPSHOT || progress.paused[place] === 1) return false;
	let next = progress.next[place];
	if (next > end || !progress.hasWindow(place)) return false;
	if (next <= log.baseIndex) return startSnapshot(node, place);
	if (next < log.firstCached) return sendStored(node, place, end);
	const { hasPaths } = progress;
	if (state === PROBE) {
		const last = lastFor(node, place, next, end);
		pushAppend(node, place, next, last);
		progress.paused[place] = 1;
		progress.paths.tried(place, last, log.rangeBytes(next, last), last > next);
		return true;
	}
	do {
		// One entry is sent alone whatever its length: that is what most turns have.
		const last = next === end ? end : lastFor(node, place, next, end);
		pushAppend(node, place, next, last);
		progress.sent(place, last);
		if (hasPaths) progress.paths.follows(place, last, log.rangeBytes(next, last));
		next = last + 1;
	} while (next <= end && progress.hasWindow(place));
	return true;
}

/** @returns the last of the entries that one datagram to the peer holds, up to `end` */
function lastFor(node: Raft, place: number, first: number, end: number): number {
	const { log, progress } = node;
	const last = log.lastWithin(first, progress.hasPaths ? progress.paths.bytes[place] : ENTRIES_BYTES_MAX);
	if (last < end) return last;
	return end;
}

/** The entries are in the journal only: how many fit is seen when they are read, so the answer tells where to go on. */
function sendStored(node: Raft, place: number, end: number): boolean {
	const progress = node.progress;
	const next = progress.next[place];
	if (progress.inFlight(place) > 0) {
		// Mark: entries on flash wait until the window is answered
		return false;
	}
	// Mark: entries are sent from flash
	progress.enterProbe(place, next);
	progress.paused[place] = 1;
	pushAppend(node, place, next, Math.min(node.persistence.durableIndex, end));
	progress.paths.tried(place, next, progress.paths.bytes[place], true);
	return true;
}

/** Opens a round that all are asked to answer at once, with nothing else in it. No transfer may be under way. */
export function openRound(node: Raft): void {
	node.round++;
	node.reads.openRound(node);
	for (let place = 0; place < node.places.count; place++) {
		if (node.peer[place] !== NO_PEER && node.progress.state[place] !== SNAPSHOT) pushHeartbeat(node, place);
	}
}

/** An append without entries, after the last one that was sent. */
function pushHeartbeat(node: Raft, place: number): void {
	const next = node.progress.next[place];
	if (next <= node.log.baseIndex) startSnapshot(node, place);
	else pushAppend(node, place, next, next - 1);
}

function pushAppend(node: Raft, place: number, first: number, last: number): void {
	const outbox = node.outbox;
	const fields = outbox.fields;
	const previousIndex = first - 1;
	const row = outbox.open(APPEND_REQUEST, place, node.term, 0);
	fields[row + APPEND_PREVIOUS_INDEX] = previousIndex;
	fields[row + APPEND_PREVIOUS_TERM] = node.log.termAt(previousIndex);
	fields[row + APPEND_COMMIT_INDEX] = node.commitIndex;
	fields[row + APPEND_ROUND] = node.round;
	outbox.firstIndex[outbox.slot] = first;
	outbox.lastIndex[outbox.slot] = last;
}

/**
 * A peer has answered in our term: it follows us, whatever it says of its log.
 * @returns false for an answer to a round that was not opened: it is of no use
 */
export function hearPeer(node: Raft, place: number, round: number): boolean {
	const rounds = node.progress.round;
	if (round <= rounds[place]) {
		// Mark: an answer to an earlier round comes
		node.progress.contactMs[place] = node.nowMs;
		return true;
	}
	if (round > node.round) return false;
	node.progress.contactMs[place] = node.nowMs;
	rounds[place] = round;
	if (node.reads.count > 0) node.reads.confirm(node);
	// What this appends may free the place of a node that has left, and give it to another. A member keeps its place.
	if (node.change.isWaiting && node.configuration.ids[place] !== 0) advanceDraft(node);
	return true;
}

/** @param message of the node's own term; one that this node never led is nobody's answer */
export function onAppendResponse(node: Raft, message: Message): void {
	if (node.role !== LEADER || node.peer[message.sender] === NO_PEER) {
		// Mark: an append is answered after the lead was lost
		return;
	}
	const fields = message.fields;
	const place = message.sender;
	const index = fields[APPEND_RESPONSE_INDEX];
	// No entry is acknowledged that was never appended.
	if (index > node.log.lastIndex && fields[APPEND_RESPONSE_STATUS] === APPEND_ACCEPTED) {
		ignore(node, message);
		return;
	}
	if (!hearPeer(node, place, fields[APPEND_RESPONSE_ROUND])) {
		ignore(node, message);
		return;
	}
	switch (fields[APPEND_RESPONSE_STATUS]) {
		case APPEND_ACCEPTED:
			onAccepted(node, place, index);
			return;
		case APPEND_CONFLICT:
			onConflict(node, place, index, fields[APPEND_RESPONSE_HINT_TERM]);
			return;
		case APPEND_FULL:
			onFull(node, place);
			return;
		default:
			ignore(node, message);
	}
}

/** The peer holds all up to `index`, durably. A late answer proves no less than it did, and no more (pitfall 21). */
function onAccepted(node: Raft, place: number, index: number): void {
	const progress = node.progress;
	if (progress.hasPaths) {
		const bytes = progress.paths.triedWithin(place, index);
		if (bytes > 0) notePath(node, place, bytes);
	}
	if (index > progress.match[place]) {
		progress.match[place] = index;
		progress.moved[place] = 1;
		if (progress.awaited === place) orderElection(node);
	}
	switch (progress.state[place]) {
		case REPLICATE:
			progress.arrived(place, index);
			if (progress.next[place] <= index) progress.next[place] = index + 1;
			break;
		case PROBE:
			if (index >= progress.next[place] - 1) progress.enterReplicate(place);
			break;
		default:
			// Mark: a peer that is sent a snapshot answers to an append
			// However it came by them, its entries reach our log (pitfall 61).
			if (progress.match[place] >= node.log.baseIndex) progress.enterReplicate(place);
	}
	if (index > node.commitIndex) advanceCommit(node);
	if (progress.next[place] <= node.log.lastIndex) node.appendsDue = true;
}

/**
 * The logs differ before the append. The peer's hint is taken through our own terms too
 * (pitfall 32), and only ever lowers the next entry, never to one that the peer has (pitfall 20).
 */
function onConflict(node: Raft, place: number, hintIndex: number, hintTerm: number): void {
	const progress = node.progress;
	const log = node.log;
	const match = progress.match[place];
	if (progress.state[place] === SNAPSHOT || hintIndex < match) {
		// Mark: a refusal is late
		return;
	}
	const found = hintIndex < log.baseIndex ? hintIndex : log.lastAtMost(hintIndex, hintTerm);
	const next = Math.max(match, found) + 1;
	if (next >= progress.next[place]) {
		// Mark: a refusal says nothing new
		return;
	}
	// What was sent in a probe was judged by its previous entry: it has arrived.
	if (progress.state[place] === PROBE) progress.paths.calm(place);
	progress.enterProbe(place, next);
	node.appendsDue = true;
}

/** The peer has no room: what was in flight is lost, and the next heartbeat asks again. */
function onFull(node: Raft, place: number): void {
	const progress = node.progress;
	if (progress.state[place] === SNAPSHOT) return;
	// Mark: a peer has no room
	progress.paths.calm(place);
	if (progress.state[place] === REPLICATE) progress.enterProbe(place, progress.match[place] + 1);
	progress.paused[place] = 1;
}

/**
 * A quorum holds more than before, this node among them or not; its own copy counts when it is
 * durable (pitfall 25). Only entries of the own term are committed by counting, the earlier ones
 * with them (Raft §5.4.2, figure 8; pitfall 19).
 */
export function advanceCommit(node: Raft): void {
	const match = node.progress.match;
	match[node.self] = node.persistence.durableIndex;
	const index = quorumValue(match, node.voters, node.commitIndex);
	if (index === node.commitIndex || index < node.termStartIndex) return;
	node.commitIndex = index;
	if (node.change.isUnderWay) advanceChange(node);
	if (node.reads.unopened > 0) node.appendsDue = true;
}
