/**
 * Calls of a client that one member answers, and orders to the leader that are no writes. As the verbs
 * of the client: DONE means that an answer follows, any other reason that none does.
 */
import { BAD_REQUEST } from "../reasons";
import {
	OPERATION_DRAIN,
	OPERATION_FOLLOWER_GET,
	OPERATION_FOLLOWER_RANGE,
	OPERATION_LOCAL_GET,
	OPERATION_LOCAL_RANGE,
	OPERATION_PEERS,
	OPERATION_TRANSFER,
} from "../wire/requests";
import type { Client } from "./client";
import { NOBODY } from "./members";

/** What a member serves itself: linearizably, or whatever it has applied. */
export const FOLLOWER = 0;
export const LOCAL = 1;

/**
 * Reads a key from the member with that id. The answer carries what a get does, and of a local read
 * `ageMs` and `index`.
 * @param how FOLLOWER or LOCAL
 * @param notBefore revision that the member must have reached, 0 for any; REVISION_NOT_REACHED when it does not in time
 */
export function getFrom(
	client: Client,
	call: number,
	member: number,
	how: number,
	notBefore: number,
	key: Uint8Array,
	keyOffset: number,
	keyLength: number,
): number {
	const place = client.members.placeOf(member);
	if (place === NOBODY) return BAD_REQUEST;
	const operation = how === LOCAL ? OPERATION_LOCAL_GET : OPERATION_FOLLOWER_GET;
	return client.read(call, operation, place, 0, key, keyOffset, keyLength, key, 0, 0, notBefore);
}

/** Reads the keys from `from` to `to` exclusive from the member with that id; see `getFrom` and `Client.range`. */
export function rangeFrom(
	client: Client,
	call: number,
	member: number,
	how: number,
	notBefore: number,
	limit: number,
	from: Uint8Array,
	fromOffset: number,
	fromLength: number,
	to: Uint8Array,
	toOffset: number,
	toLength: number,
): number {
	const place = client.members.placeOf(member);
	if (place === NOBODY) return BAD_REQUEST;
	const operation = how === LOCAL ? OPERATION_LOCAL_RANGE : OPERATION_FOLLOWER_RANGE;
	return client.read(call, operation, place, limit, from, fromOffset, fromLength, to, toOffset, toLength, notBefore);
}

/** Has the leader hand over to the member with that id, or to any for 0. */
export function transfer(client: Client, call: number, target: number): number {
	const nothing = client.datagram;
	return client.read(call, OPERATION_TRANSFER, client.leader.first(), target, nothing, 0, 0, nothing, 0, 0);
}

/**
 * Has the member with that id refuse leadership from now on, or take it again. CONFLICT when another order was first.
 * @param order `nextDrainOrder` (core/raft/drain.ts) of the one that the member's status tells
 */
export function drain(client: Client, call: number, member: number, order: number): number {
	const place = client.members.placeOf(member);
	if (place === NOBODY) return BAD_REQUEST;
	const nothing = client.datagram;
	return client.read(call, OPERATION_DRAIN, place, order, nothing, 0, 0, nothing, 0, 0);
}

/** Asks the member with that id what it knows of the others: rows of PEER_COLUMNS (core/status.ts). */
export function peers(client: Client, call: number, member: number): number {
	const place = client.members.placeOf(member);
	if (place === NOBODY) return BAD_REQUEST;
	const nothing = client.datagram;
	return client.read(call, OPERATION_PEERS, place, 0, nothing, 0, 0, nothing, 0, 0);
}
