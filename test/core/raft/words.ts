/** Datagrams and events of a scenario in words. */
import * as events from "../../../core/events";
import {
	APPEND_ACCEPTED,
	APPEND_CONFLICT,
	APPEND_FULL,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	LEVELS,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	QUIET_REQUEST,
	QUIET_RESPONSE,
	READ_INDEX_REQUEST,
	READ_INDEX_RESPONSE,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	TIMEOUT_NOW,
	TRANSFER_VOTE_REQUEST,
	VOTE_REQUEST,
	VOTE_RESPONSE,
} from "../../../core/raft/messages";
import { reasonName } from "../../../core/reasons";
import { entryText } from "./member";
import type { Packet } from "./watcher";

export const KINDS: Record<string, number> = {
	"pre-vote": PRE_VOTE_REQUEST,
	"pre-vote-answer": PRE_VOTE_RESPONSE,
	vote: VOTE_REQUEST,
	"vote-answer": VOTE_RESPONSE,
	append: APPEND_REQUEST,
	"append-answer": APPEND_RESPONSE,
	snapshot: SNAPSHOT_REQUEST,
	"snapshot-answer": SNAPSHOT_RESPONSE,
	"timeout-now": TIMEOUT_NOW,
	"transfer-vote": TRANSFER_VOTE_REQUEST,
	quiet: QUIET_REQUEST,
	"quiet-answer": QUIET_RESPONSE,
	hello: LEVELS,
	"read-index": READ_INDEX_REQUEST,
	"read-index-answer": READ_INDEX_RESPONSE,
};
const KIND_NAMES = new Map(Object.entries(KINDS).map(([name, kind]) => [kind, name]));
export const ROLES = ["follower", "pre-candidate", "candidate", "leader"];
const STEP_DOWNS = ["", "a higher term", "no quorum", "handed over", "left out", "it differs"];
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
			if (packet.bytes.length === 0) return `${ends} round ${a} of ${b}/${c} asks which byte is wanted`;
			return `${ends} round ${a} of ${b}/${c} bytes ${f}..${f + packet.bytes.length - 1} of ${d}`;
		case TIMEOUT_NOW:
			return `${ends} order ${a}`;
		case TRANSFER_VOTE_REQUEST:
			return `${ends} last ${a}/${b} by order ${c}`;
		case QUIET_REQUEST:
			return `${ends} round ${b} at ${a}`;
		case QUIET_RESPONSE:
			return `${ends} round ${a}`;
		case LEVELS:
			return `${ends} ${packet.fields[5] === 1 ? "asks" : "says"} ${a}: speaks ${b}..${c}`;
		// Tokens begin at random: two told apart by their last digits.
		case READ_INDEX_REQUEST:
			return `${ends} token ${a % 1000}`;
		case READ_INDEX_RESPONSE:
			return `${ends} token ${a % 1000} index ${b}`;
		default:
			return `${ends} round ${a} of ${b} wants ${c}`;
	}
}

/** What a node's trace says, without the node. @param who names whoever stands at a place of it, `configuration` is in force */
export function eventText(
	who: (place: number) => string,
	configuration: string,
	event: number,
	a: number,
	b: number,
	c: number,
): string {
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
					? `follows ${who(b)} in term ${a}`
					: `steps down from ${ROLES[c]} in term ${a}`;
		case events.EVENT_QUORUM_LOST:
			return `has heard no quorum in term ${a} since round ${b}`;
		case events.EVENT_VOTE:
			return `votes for ${who(b)} in term ${a}`;
		case events.EVENT_TRUNCATED:
			return `cuts its log from ${a} to ${b}, which leader ${who(c)} contradicts`;
		case events.EVENT_SNAPSHOT_SEND:
			return `begins to send snapshot ${b} to ${who(a)}`;
		case events.EVENT_SNAPSHOT_BEGIN:
			return `begins to take in snapshot ${a}/${b}`;
		case events.EVENT_SNAPSHOT_INSTALLED:
			return `installs snapshot ${a}/${b}`;
		case events.EVENT_NONSENSE:
			return `ignores a ${KIND_NAMES.get(a) ?? a} of ${who(b)}`;
		case events.EVENT_LOG_FULL:
			return `has no room after entry ${a}`;
		case events.EVENT_PATH:
			return c > 0
				? `keeps datagrams to ${who(a)} to ${b} bytes: one of ${c} was lost`
				: `tries datagrams of ${b} bytes to ${who(a)}`;
		case events.EVENT_DIFFERS:
			return `learns that ${a} differs`;
		case events.EVENT_REFUSAL:
			return a === 0 ? "serves again" : "serves nobody";
		case events.EVENT_FAR:
			return `does not believe a ${KIND_NAMES.get(a) ?? a} of ${who(b)}: too far`;
		case events.EVENT_CONTRADICTION:
			return a === 1
				? `does not believe ${who(b)}: a second leader in term ${c}`
				: `does not believe ${who(b)}: entry ${c} is committed`;
		case events.EVENT_USED_UP:
			return `campaigns no more: term ${a}, last index ${b}`;
		case events.EVENT_CONFIGURATION:
			return a === 0 ? "" : `goes by ${configuration} of entry ${a}`;
		case events.EVENT_CONFIGURATION_CUT:
			return `gives up the configuration of entry ${a}`;
		case events.EVENT_CONFIGURATION_COMMITTED:
			return `has committed the configuration of entry ${a}`;
		case events.EVENT_STEP_DOWN:
			return `leads term ${a} no more: ${STEP_DOWNS[b]}`;
		case events.EVENT_TRANSFER_BEGIN:
			return `hands term ${a} over to ${who(b)}, which must have entry ${c}`;
		case events.EVENT_TIMEOUT_NOW:
			return `has ${who(b)} stand for election by order ${c}`;
		case events.EVENT_TRANSFER_END:
			return `gives up handing over and leads term ${a} on: ${reasonName(b)}`;
		case events.EVENT_QUIET:
			return b === 1 ? "rests" : "wakes";
		case events.EVENT_DRAIN:
			return b === 1 ? "refuses leadership" : "takes leadership again";
		default:
			return `event ${event} ${a} ${b} ${c}`;
	}
}
