/**
 * Snapshots from a leader to a peer that is behind its log, a chunk at a time (Raft §7). A
 * snapshot is named by index, term, size and hash; the peer says which byte it wants next, so
 * that what is lost, doubled or late costs one chunk and mixes nothing (pitfall 63).
 */
import { assert } from "../assert";
import { type Configuration, NOBODY } from "../configuration";
import { EVENT_SNAPSHOT_BEGIN, EVENT_SNAPSHOT_INSTALLED, EVENT_SNAPSHOT_SEND } from "../events";
import { acknowledge } from "./append";
import { COUNTER_SNAPSHOTS_INSTALLED } from "./counters";
import { hearLeader } from "./election";
import { replaceConfiguration } from "./membership";
import {
	COLUMNS_MAX,
	type Message,
	SNAPSHOT_ENTRY_TERM,
	SNAPSHOT_HASH,
	SNAPSHOT_INDEX,
	SNAPSHOT_OFFSET,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	SNAPSHOT_RESPONSE_INDEX,
	SNAPSHOT_RESPONSE_OFFSET,
	SNAPSHOT_RESPONSE_ROUND,
	SNAPSHOT_ROUND,
	SNAPSHOT_SIZE,
} from "./messages";
import { NO_SEND } from "./outbox";
import { CHUNK_BYTES_MIN, notePath } from "./path";
import { SNAPSHOT } from "./progress";
import type { Raft } from "./raft";
import { ignore } from "./receive";
import { hearPeer } from "./replication";
import { LEADER } from "./role";
import { NO_PEER, WITNESS } from "./witness";

/** What tells one snapshot from another. */
export class SnapshotName {
	/** The last entry that it covers, and its term. */
	index = 0;
	term = 0;
	/** Bytes of the whole; 0 when there is none. */
	size = 0;
	/** CRC-32C of the whole. */
	hash = 0;

	set(index: number, term: number, size: number, hash: number): void {
		this.index = index;
		this.term = term;
		this.size = size;
		this.hash = hash;
	}
}

/** This node's own, and what a witness is sent in its place: the same without the state. */
export class OwnSnapshot extends SnapshotName {
	withheldSize = 0;
	withheldHash = 0;
}

/** The snapshot that comes in, and the chunk of it that the caller shall store. */
export class IncomingSnapshot extends SnapshotName {
	/** Place of the leader that sends it, or NOBODY when none comes in; the term it leads, and its latest round. */
	sender = NOBODY;
	leaderTerm = 0;
	round = 0;
	/** When the latest chunk of it came. */
	heardMs = -Infinity;
	/** Bytes that are stored: the chunk goes there. At 0 a slot must be begun. */
	offset = 0;
	/** True: store `message.bytes[chunkOffset, +chunkLength)` of the message just received, then tell `snapshotStored`. */
	chunkPending = false;
	chunkOffset = 0;
	chunkLength = 0;
}

// The leader.

/** The entry that the peer needs next is at or before our log's base (pitfall 60). @returns true */
export function startSnapshot(node: Raft, place: number): boolean {
	const snapshot = node.snapshot;
	assert(snapshot.index >= node.log.baseIndex && snapshot.size > 0, "the log was compacted without a snapshot");
	node.progress.enterSnapshot(place, snapshot.index);
	node.trace.event(EVENT_SNAPSHOT_SEND, place, snapshot.index, snapshot.size);
	sendChunk(node, place);
	return true;
}

/** @returns bytes of the chunk that the peer wants next */
export function chunkLength(node: Raft, place: number): number {
	const { limits, progress, snapshot } = node;
	const size = node.peer[place] === WITNESS ? snapshot.withheldSize : snapshot.size;
	const limit = Math.max(progress.paths.bytes[place], CHUNK_BYTES_MIN);
	return Math.min(limits.snapshotChunkBytes, limit, size - progress.snapshotOffset[place]);
}

/** Sends the chunk that the peer wants next, of the latest snapshot. */
export function sendChunk(node: Raft, place: number): void {
	const { progress, snapshot } = node;
	if (progress.snapshotIndex[place] !== snapshot.index) {
		// Mark: a newer snapshot takes the place of the one that is sent
		progress.enterSnapshot(place, snapshot.index);
	}
	pushChunk(node, place, chunkLength(node, place));
}

/** A chunk without bytes: the heartbeat of a peer that is sent a snapshot. The answer says which byte it wants. */
export function askForOffset(node: Raft, place: number): void {
	// Mark: a peer that takes no chunk is asked what it wants
	pushChunk(node, place, 0);
}

function pushChunk(node: Raft, place: number, length: number): void {
	const progress = node.progress;
	const snapshot = node.snapshot;
	const outbox = node.outbox;
	const fields = outbox.fields;
	const isWithheld = node.peer[place] === WITNESS;
	// The latest takes the place of one that has not left: many answers in a turn ask for one chunk.
	let row = outbox.find(SNAPSHOT_REQUEST, place, 0);
	if (row === NO_SEND || outbox.chunkLength[row / COLUMNS_MAX] > 0 !== length > 0)
		row = outbox.open(SNAPSHOT_REQUEST, place, node.term, 0);
	fields[row + SNAPSHOT_ROUND] = node.round;
	fields[row + SNAPSHOT_INDEX] = snapshot.index;
	fields[row + SNAPSHOT_ENTRY_TERM] = snapshot.term;
	fields[row + SNAPSHOT_SIZE] = isWithheld ? snapshot.withheldSize : snapshot.size;
	fields[row + SNAPSHOT_HASH] = isWithheld ? snapshot.withheldHash : snapshot.hash;
	fields[row + SNAPSHOT_OFFSET] = progress.snapshotOffset[place];
	outbox.chunkLength[row / COLUMNS_MAX] = length;
}

/** The peer says which byte it wants. An answer that is late asks for nothing: the next heartbeat does. */
export function onSnapshotResponse(node: Raft, message: Message): void {
	if (node.role !== LEADER || node.peer[message.sender] === NO_PEER) return;
	const fields = message.fields;
	const progress = node.progress;
	const place = message.sender;
	if (!hearPeer(node, place, fields[SNAPSHOT_RESPONSE_ROUND])) {
		ignore(node, message);
		return;
	}
	// A blank node answers an append so. Without the state before the first entry, entries are of no use to it.
	if (progress.state[place] !== SNAPSHOT && fields[SNAPSHOT_RESPONSE_INDEX] === 0 && progress.match[place] === 0) {
		if (node.snapshot.size > 0) startSnapshot(node, place);
		return;
	}
	if (progress.state[place] !== SNAPSHOT || fields[SNAPSHOT_RESPONSE_INDEX] !== node.snapshot.index) {
		// Mark: a chunk is answered that is not waited for any more
		return;
	}
	if (progress.snapshotIndex[place] !== node.snapshot.index) return;
	const offset = fields[SNAPSHOT_RESPONSE_OFFSET];
	const before = progress.snapshotOffset[place];
	if (offset >= (node.peer[place] === WITNESS ? node.snapshot.withheldSize : node.snapshot.size)) {
		ignore(node, message);
		return;
	}
	progress.snapshotOffset[place] = offset;
	if (offset <= before) {
		// Mark: a chunk is answered again
		return;
	}
	progress.moved[place] = 1;
	if (progress.hasPaths) notePath(node, place, offset - before);
	sendChunk(node, place);
}

// The follower.

/** @param message of the node's own term */
export function onSnapshotRequest(node: Raft, message: Message): void {
	const fields = message.fields;
	const incoming = node.incoming;
	const sender = message.sender;
	const index = fields[SNAPSHOT_INDEX];
	const round = fields[SNAPSHOT_ROUND];
	if (!hearLeader(node, sender, round)) return;

	// What it covers is here already. It comes late, or an answer of ours was lost: say so again.
	// Nothing is cut, for what follows it here may be committed (pitfall 58).
	const known = index <= node.log.lastIndex && node.log.agreesAt(index, fields[SNAPSHOT_ENTRY_TERM]);
	if ((index <= node.commitIndex || known) && !node.isBlank) {
		// Mark: a snapshot comes of what is here already
		if (index > node.commitIndex) node.commitIndex = index;
		incoming.sender = NOBODY;
		incoming.chunkPending = false;
		acknowledge(node, sender, round, node.commitIndex);
		return;
	}

	if (!isIncoming(incoming, fields)) {
		// Of two snapshots of one leader the older is late.
		// But for one that has stopped coming: a later index, made up, would keep the true snapshot out.
		const isComing = incoming.leaderTerm === node.term && isReceivingSnapshot(node);
		if ((isComing && index < incoming.index) || incoming.chunkPending) {
			// Mark: an elder snapshot of the same leader comes late
			return;
		}
		begin(node, fields);
	}
	incoming.sender = sender;
	incoming.leaderTerm = node.term;
	incoming.round = round;
	incoming.heardMs = node.nowMs;

	const offset = fields[SNAPSHOT_OFFSET];
	if (incoming.chunkPending || offset !== incoming.offset) {
		// Mark: a chunk comes that is not the next
		respond(node);
		return;
	}
	if (message.length === 0) {
		// Mark: a leader asks which byte is wanted
		respond(node);
		return;
	}
	if (offset + message.length > incoming.size) {
		ignore(node, message);
		return;
	}
	incoming.chunkPending = true;
	incoming.chunkOffset = message.offset;
	incoming.chunkLength = message.length;
}

function isIncoming(incoming: IncomingSnapshot, fields: Float64Array): boolean {
	return (
		incoming.sender !== NOBODY &&
		incoming.index === fields[SNAPSHOT_INDEX] &&
		incoming.term === fields[SNAPSHOT_ENTRY_TERM] &&
		incoming.size === fields[SNAPSHOT_SIZE] &&
		incoming.hash === fields[SNAPSHOT_HASH]
	);
}

function begin(node: Raft, fields: Float64Array): void {
	const incoming = node.incoming;
	incoming.set(fields[SNAPSHOT_INDEX], fields[SNAPSHOT_ENTRY_TERM], fields[SNAPSHOT_SIZE], fields[SNAPSHOT_HASH]);
	incoming.offset = 0;
	node.trace.event(EVENT_SNAPSHOT_BEGIN, incoming.index, incoming.term, incoming.size);
}

/** @returns true while the latest snapshot is sent to somebody: taking a new one would begin that anew */
export function isSendingSnapshot(node: Raft): boolean {
	return node.role === LEADER && node.progress.isSendingSnapshot(node.places.count, node.round);
}

/** @returns true while a snapshot comes in, and its sender has not gone silent: an own one would begin it anew */
export function isReceivingSnapshot(node: Raft): boolean {
	const { heardMs, sender } = node.incoming;
	return sender !== NOBODY && node.nowMs - heardMs < node.configuration.electionMsMin;
}

/** Tells the leader which byte is wanted next. */
function respond(node: Raft): void {
	const incoming = node.incoming;
	if (incoming.sender !== node.leader || incoming.leaderTerm !== node.term) return;
	const after = node.persistence.afterTerm();
	const row = node.outbox.openAnswer(SNAPSHOT_RESPONSE, incoming.sender, node.term, after);
	const fields = node.outbox.fields;
	fields[row + SNAPSHOT_RESPONSE_ROUND] = incoming.round;
	fields[row + SNAPSHOT_RESPONSE_INDEX] = incoming.index;
	fields[row + SNAPSHOT_RESPONSE_OFFSET] = incoming.offset;
}

/** See `Raft.snapshotStored`. */
export function stored(node: Raft, offset: number): void {
	const incoming = node.incoming;
	assert(incoming.chunkPending, "a chunk was stored that nobody asked for");
	assert(offset >= 0 && offset < incoming.size, "the last chunk is followed by the installation");
	incoming.chunkPending = false;
	incoming.offset = offset;
	respond(node);
}

/** See `Raft.snapshotRefused`. */
export function refused(node: Raft): void {
	const incoming = node.incoming;
	// Mark: an incoming snapshot is given up
	incoming.chunkPending = false;
	incoming.offset = 0;
	respond(node);
	incoming.sender = NOBODY;
}

/** See `Raft.snapshotInstalled`. The term and the vote stay as they are (pitfall 62). */
export function installed(node: Raft, configuration: Configuration): void {
	const incoming = node.incoming;
	const log = node.log;
	const index = incoming.index;
	const isForward = index > node.commitIndex && index > node.appliedIndex;
	assert(isForward || node.isBlank, "a snapshot took the state back");
	assert(incoming.sender !== NOBODY && incoming.chunkPending, "a snapshot was installed that is not whole");
	// An entry of another term at its index is not the one that was committed: none after it can
	// be kept (pitfall 59).
	const keepsLog = node.keepsLogAfter(index, incoming.term);
	if (!keepsLog) {
		log.reset(index, incoming.term);
		node.persistence.replaced(index);
	}
	replaceConfiguration(node, configuration, index, keepsLog);
	node.snapshot.set(index, incoming.term, incoming.size, incoming.hash);
	node.commitIndex = index;
	node.appliedIndex = index;
	node.followerReads.release(node);
	node.counters[COUNTER_SNAPSHOTS_INSTALLED]++;
	node.trace.event(EVENT_SNAPSHOT_INSTALLED, index, incoming.term, incoming.size);
	const answer = incoming.sender === node.leader && incoming.leaderTerm === node.term;
	if (answer) acknowledge(node, incoming.sender, incoming.round, index);
	incoming.sender = NOBODY;
	incoming.chunkPending = false;
}
