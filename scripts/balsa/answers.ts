/** What the client on a host answers: plain values, copied from the records and datagrams that are used again. */
import { readIntegers } from "../../core/bytes";
import { MembersPage } from "../../core/client/administration";
import type { Call } from "../../core/client/call";
import { isTooLong } from "../../core/client/paths";
import { DONE } from "../../core/reasons";
import { PEER_NAMES, STATUS_NAMES } from "../../core/status";
import { PAGE_BROKEN, PAGE_PAIR, PageReader } from "../../core/wire/page";
import { MEMBERS_MAX, Membership } from "./membership";

/** What a call came to. Numbers that the call does not have are 0. */
export interface Answer {
	/** A number of core/reasons.ts. */
	readonly reason: number;
	/** Id of the member that answered, 0 when none did. */
	readonly member: number;
	readonly term: number;
	readonly revision: number;
	readonly session: number;
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;
	/** The value of a get. */
	readonly value: Uint8Array;
	/** Id of the leader as the answering node knows it, 0 when it knows none. */
	readonly leader: number;
	/** Of a read that a member served itself: milliseconds since it heard a leader, and the last log index in its state. */
	readonly ageMs: number;
	readonly index: number;
	/** A member answers short datagrams, and left this request unanswered: see core/client/paths.ts. */
	readonly isTooLong: boolean;
}

/** A pair of a range. */
export interface Pair {
	readonly key: Uint8Array;
	readonly value: Uint8Array;
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;
}

export interface RangeAnswer extends Answer {
	readonly pairs: readonly Pair[];
	/** There are more pairs than the limit let through. */
	readonly more: boolean;
}

/** A member's status by the names of core/status.ts. */
export type Status = { readonly [name: string]: number };

/** What a leader knows of one member, by the names of core/status.ts. */
export type Peer = { readonly [name: string]: number };

export interface PeersAnswer extends Answer {
	readonly peers: readonly Peer[];
}

export interface StatusAnswer extends Answer {
	readonly status?: Status;
}

export interface MembersAnswer extends Answer {
	/** Who the members are, when the answer says so. */
	readonly membership?: Membership;
}

const NOTHING = new Uint8Array(0);

export function refusal(reason: number): Answer {
	return {
		reason,
		member: 0,
		term: 0,
		revision: 0,
		session: 0,
		createRevision: 0,
		modRevision: 0,
		version: 0,
		value: NOTHING,
		leader: 0,
		ageMs: 0,
		index: 0,
		isTooLong: false,
	};
}

/** Copies a call's answer, because its record and datagram are used again. */
export function answerOf(call: Call): Answer {
	return {
		reason: call.reason,
		member: call.member,
		term: call.term,
		revision: call.revision,
		session: call.session,
		createRevision: call.createRevision,
		modRevision: call.modRevision,
		version: call.version,
		leader: call.leader,
		ageMs: call.ageMs,
		index: call.index,
		isTooLong: isTooLong(call),
		value: call.answer.slice(call.answerOffset, call.answerOffset + call.answerLength),
	};
}

export function pairsOf(call: Call): Pair[] {
	const reader = new PageReader();
	const bytes = call.answer;
	reader.begin(call.answerOffset, call.answerLength);
	const pairs: Pair[] = [];
	let found = reader.next(bytes);
	for (; found === PAGE_PAIR; found = reader.next(bytes))
		pairs.push({
			key: bytes.slice(reader.keyOffset, reader.keyOffset + reader.keyLength),
			value: bytes.slice(reader.valueOffset, reader.valueOffset + reader.valueLength),
			createRevision: reader.createRevision,
			modRevision: reader.modRevision,
			version: reader.version,
		});
	if (found === PAGE_BROKEN) throw new Error("a node sent a page of a range that is not in its one encoding");
	return pairs;
}

/** Numbers that this version does not know are left out; a node of an older version has fewer. */
export function statusOf(call: Call): Status {
	const status: { [name: string]: number } = {};
	const number = new DataView(new ArrayBuffer(8));
	const end = call.answerOffset + call.answerLength;
	let at = call.answerOffset;
	for (let column = 0; column < STATUS_NAMES.length && at < end; column++) {
		at = readIntegers(call.answer, at, end, number, 0, 1);
		if (at < 0) break;
		status[STATUS_NAMES[column]] = number.getFloat64(0, true);
	}
	return status;
}

/** What a node knows of the members, row by row; nothing of a row that is cut. */
export function peersOf(call: Call): Peer[] {
	const number = new DataView(new ArrayBuffer(8));
	const end = call.answerOffset + call.answerLength;
	const peers: Peer[] = [];
	let at = call.answerOffset;
	while (at >= 0 && at < end) {
		const peer: { [name: string]: number } = {};
		for (let column = 0; column < PEER_NAMES.length && at >= 0; column++) {
			at = readIntegers(call.answer, at, end, number, 0, 1);
			peer[PEER_NAMES[column]] = number.getFloat64(0, true);
		}
		if (at >= 0) peers.push(peer);
	}
	return peers;
}

/** @throws Error where a node sent something else */
export function membersOf(call: Call | undefined): { membership?: Membership } {
	if (call?.reason !== DONE) return {};
	const page = new MembersPage(MEMBERS_MAX);
	if (!page.read(call.answer, call.answerOffset, call.answerLength))
		throw new Error("a node sent a members page that is not in its one encoding");
	return { membership: new Membership(page, call.leader, call.term) };
}

/** @param address IPv4, dotted */
export function addressNumber(address: string): number {
	const [a, b, c, d] = address.split(".").map(Number);
	return ((a * 256 + b) * 256 + c) * 256 + d;
}

/** @returns an IPv4 address, dotted */
export function addressText(address: number): string {
	return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
