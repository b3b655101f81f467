/**
 * What one datagram may make a node believe. Any datagram may be forged, damaged or very late, so a
 * number that no member is likely to have reached is not taken from a message alone:
 *
 *   our term, or the log's    ──┬── believed ──┬── too far: dropped, and the sender is asked
 *                               0         FAR_TERMS
 *
 * The replica asks with a HELLO that carries a random number (core/replica/hello.ts). Only an answer
 * to that number confirms a term and a last index, and what it confirms moves the bound for that
 * sender. So a node that was away for very long comes back after one question, and no single datagram
 * brings a cluster to the end of its terms or indices.
 */
import { EVENT_CONTRADICTION, EVENT_FAR } from "../events";
import { COUNTER_FAR, COUNTER_NONSENSE } from "./counters";
import {
	APPEND_PREVIOUS_INDEX,
	APPEND_REQUEST,
	type Message,
	PRE_VOTE_LAST_INDEX,
	PRE_VOTE_LAST_TERM,
	PRE_VOTE_REQUEST,
	SNAPSHOT_ENTRY_TERM,
	SNAPSHOT_INDEX,
	SNAPSHOT_OFFSET,
	SNAPSHOT_REQUEST,
	SNAPSHOT_SIZE,
	TERM,
	TRANSFER_VOTE_REQUEST,
	VOTE_LAST_INDEX,
	VOTE_LAST_TERM,
	VOTE_REQUEST,
} from "./messages";
import type { Raft } from "./raft";

/**
 * Elections that a node may miss and believe the next term at once: at one election a second without
 * any success, a quarter of an hour. It counts from the log's last term, so that small steps do not add
 * up: to move the bound by so many terms, an entry of such a term must be in the log.
 */
export const FAR_TERMS = 1024;
/** Entries that a node may miss: at 1,000 entries a second, seven weeks. */
export const FAR_INDEXES = 0x100000000;
/**
 * Rounds that a follower may miss: at one a heartbeat, two and a half minutes. A larger step needs two
 * datagrams. A round that was made up within it keeps orders from that follower for so long, and no more.
 */
export const FAR_ROUNDS = 1024;
/** The last index at which commands are proposed: no-ops and configurations still find room behind it. */
export const INDEX_LAST = 0xffffffff0000;

/** Contradictions of EVENT_CONTRADICTION: a second leader of a term that has one; an entry in the place of a committed one. */
export const SECOND_LEADER = 1;
export const COMMITTED_ENTRY = 2;

export class Claims {
	/** The term that the node began with when it was started. */
	startTerm = 0;
	/** A bit by place: members that have said what is too far, and are asked. Each is asked once until the replica clears it. */
	asks = 0;
	/** By place: the term and the last index that the member has confirmed itself, to a fresh question. */
	private readonly terms: Float64Array;
	private readonly indexes: Float64Array;
	/** A round that was too far when it came, its term, and the last of those that were believed after another. */
	private farRound = 0;
	private farTerm = 0;
	private nearRound = 0;

	constructor(places: number) {
		this.terms = new Float64Array(places);
		this.indexes = new Float64Array(places);
	}

	/** A member has answered a fresh question with its term and the last index of its log. */
	confirm(place: number, term: number, lastIndex: number): void {
		this.terms[place] = term;
		this.indexes[place] = lastIndex;
		this.asks &= ~(1 << place);
	}

	/** Another will stand at a place. */
	vacated(place: number): void {
		this.confirm(place, 0, 0);
	}

	/** @returns true if a term is not too far to be believed of a member */
	isTermNear(node: Raft, place: number, term: number): boolean {
		const base = Math.max(node.log.lastTerm, this.startTerm, this.terms[place]);
		return term - base <= FAR_TERMS;
	}

	/** @returns true if an index is not too far to be believed of a member */
	isIndexNear(node: Raft, place: number, index: number): boolean {
		return index - Math.max(node.log.lastIndex, this.indexes[place]) <= FAR_INDEXES;
	}

	/**
	 * A leader's round is far above all that were answered. The next one that follows it closely says that it
	 * was no mistake; the same datagram again does not.
	 * @returns true if it is believed
	 */
	isRoundNear(term: number, round: number): boolean {
		if (term === this.farTerm) {
			if (round === this.nearRound) return true;
			if (round > this.farRound && round - this.farRound <= FAR_ROUNDS) {
				this.nearRound = round;
				return true;
			}
		}
		this.farTerm = term;
		this.farRound = round;
		this.nearRound = 0;
		return false;
	}
}

/** A message claims what is too far: it is dropped and counted, and its sender is asked. @returns false */
export function doubt(node: Raft, message: Message): boolean {
	node.counters[COUNTER_FAR]++;
	const { claims } = node.places;
	const bit = 1 << message.sender;
	if ((claims.asks & bit) === 0) {
		claims.asks |= bit;
		// The replica looks, and asks.
		node.places.changed = true;
	}
	node.trace.event(EVENT_FAR, message.kind, message.sender, message.fields[TERM]);
	return false;
}

/**
 * Whether any honest member can have sent such numbers together, in whatever state it and we are. A
 * candidate has no entry of a later term than the one that it enters, and no sender has one of a later than its own.
 */
export function isPossible(message: Message): boolean {
	const { fields } = message;
	const term = fields[TERM];
	switch (message.kind) {
		case PRE_VOTE_REQUEST:
			return fields[PRE_VOTE_LAST_TERM] <= term;
		case VOTE_REQUEST:
		case TRANSFER_VOTE_REQUEST:
			return fields[VOTE_LAST_TERM] <= term;
		case SNAPSHOT_REQUEST: {
			const end = fields[SNAPSHOT_OFFSET] + message.length;
			return fields[SNAPSHOT_ENTRY_TERM] <= term && fields[SNAPSHOT_SIZE] > 0 && end <= fields[SNAPSHOT_SIZE];
		}
		default:
			return true;
	}
}

/** @returns the last index that a message claims for its sender's log or snapshot; 0 where it claims none */
function claimedIndex(message: Message): number {
	const { fields } = message;
	switch (message.kind) {
		case PRE_VOTE_REQUEST:
			return fields[PRE_VOTE_LAST_INDEX];
		case VOTE_REQUEST:
		case TRANSFER_VOTE_REQUEST:
			return fields[VOTE_LAST_INDEX];
		case APPEND_REQUEST:
			return fields[APPEND_PREVIOUS_INDEX];
		case SNAPSHOT_REQUEST:
			return fields[SNAPSHOT_INDEX];
		default:
			return 0;
	}
}

/** True if neither the term nor the index of a message is too far; else its sender is asked. */
export function isNear(node: Raft, message: Message): boolean {
	const { claims } = node.places;
	const { sender } = message;
	const isTermNear = claims.isTermNear(node, sender, message.fields[TERM]);
	if (isTermNear && claims.isIndexNear(node, sender, claimedIndex(message))) return true;
	return doubt(node, message);
}

/** A message contradicts what is certain here, or what another said first. It changes nothing, and is counted. */
export function contradict(node: Raft, contradiction: number, sender: number, number: number): void {
	node.counters[COUNTER_NONSENSE]++;
	node.trace.event(EVENT_CONTRADICTION, contradiction, sender, number);
}
