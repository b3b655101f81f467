/** Datagrams and events of a scenario in words. */
import * as events from "../../../core/events";
import {
	APPEND_ACCEPTED,
	APPEND_CONFLICT,
	APPEND_FULL,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	VOTE_REQUEST,
	VOTE_RESPONSE,
} from "../../../core/raft/messages";
import { entryText, type Packet } from "./cluster";

export const KINDS: Record<string, number> = {
	"pre-vote": PRE_VOTE_REQUEST,
	"pre-vote-answer": PRE_VOTE_RESPONSE,
	vote: VOTE_REQUEST,
	"vote-answer": VOTE_RESPONSE,
	append: APPEND_REQUEST,
	"append-answer": APPEND_RESPONSE,
	snapshot: SNAPSHOT_REQUEST,
	"snapshot-answer": SNAPSHOT_RESPONSE,
};
const KIND_NAMES = new Map(Object.entries(KINDS).map(([name, kind]) => [kind, name]));
export const ROLES = ["follower", "pre-candidate", "candidate", "leader"];
const STATUSES = ["accepted", "conflict", "full", "stale"];

/** A datagram in words. */
export function packetText(packet: Packet): string {
	const [, term, a, b, c, d, , f] = packet.fields;
	const ends = `${packet.from + 1} -> ${packet.to + 1} ${KIND_NAMES.get(packet.kind)} term ${term}`;
	switch (packet.kind) {
		case PRE_VOTE_REQUEST:
		case VOTE_REQUEST:
			return `${ends} last ${a}/${b}`;
		case PRE_VOTE_RESPONSE:
			return `${ends} ${b === 1 ? "granted" : "refused"}`;
		case VOTE_RESPONSE:
			return `${ends} ${a === 1 ? "granted" : "refused"}`;
		case APPEND_REQUEST: {
			const texts: string[] = [];
			for (let at = 0; at < packet.bytes.length; ) {
				texts.push(entryText(packet.bytes, at));
				at += 8 + packet.bytes[at + 2] + packet.bytes[at + 3] * 256;
			}
			const shown =
				texts.length > 8 ? `${texts.slice(0, 3).join(" ")} … ${texts.at(-1)} (${texts.length})` : texts.join(" ");
			return `${ends} after ${a}/${b} commit ${c} round ${d} [${shown}]`;
		}
		case APPEND_RESPONSE: {
			const index = b === APPEND_ACCEPTED ? ` ${c}` : b === APPEND_CONFLICT ? ` hint ${c}/${d}` : "";
			return `${ends} round ${a} ${STATUSES[b]}${b === APPEND_FULL ? "" : index}`;
		}
		case SNAPSHOT_REQUEST:
			return `${ends} round ${a} of ${b}/${c} bytes ${f}..${f + packet.bytes.length - 1} of ${d}`;
		default:
			return `${ends} round ${a} of ${b} wants ${c}`;
	}
}

/** What a node's trace says, without the node. */
export function eventText(event: number, a: number, b: number, c: number): string {
	switch (event) {
		case events.EVENT_PRE_VOTE:
			return `asks for pre-votes in term ${a}, its log ends with ${b}/${c}`;
		case events.EVENT_CANDIDATE:
			return `stands for election in term ${a}, its log ends with ${b}/${c}`;
		case events.EVENT_LEADER:
			return `leads term ${a} from entry ${b}`;
		case events.EVENT_FOLLOWER:
			return c === 0 && b < 0
				? `enters term ${a}`
				: c === 0
					? `follows ${b + 1} in term ${a}`
					: `steps down from ${ROLES[c]} in term ${a}`;
		case events.EVENT_QUORUM_LOST:
			return `has heard no quorum in term ${a} since round ${b}`;
		case events.EVENT_VOTE:
			return `votes for ${b + 1} in term ${a}`;
		case events.EVENT_TRUNCATED:
			return `cuts its log from ${a} to ${b}, which leader ${c + 1} contradicts`;
		case events.EVENT_SNAPSHOT_SEND:
			return `begins to send snapshot ${b} to ${a + 1}`;
		case events.EVENT_SNAPSHOT_BEGIN:
			return `begins to take in snapshot ${a}/${b}`;
		case events.EVENT_SNAPSHOT_INSTALLED:
			return `installs snapshot ${a}/${b}`;
		case events.EVENT_NONSENSE:
			return `ignores a ${KIND_NAMES.get(a) ?? a} of ${b + 1}`;
		case events.EVENT_LOG_FULL:
			return `has no room after entry ${a}`;
		default:
			return `event ${event} ${a} ${b} ${c}`;
	}
}
