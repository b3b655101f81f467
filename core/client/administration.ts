/**
 * What whoever administers the members asks of the leader: its page of them (core/replica/members.ts),
 * and a change of it. As the verbs of the client: DONE means that an answer follows, any other reason
 * that none does.
 */
import { readIntegers } from "../bytes";
import { Configuration } from "../configuration";
import { ConfigurationCodec } from "../wire/configuration";
import { MEMBERS_OF_ANY, OPERATION_CHANGE, OPERATION_MEMBERS } from "../wire/requests";
import type { Client } from "./client";

/** Asks the leader who the members are; the answer's bytes are for `MembersPage.read`. */
export function members(client: Client, call: number): number {
	const nothing = client.datagram;
	return client.read(call, OPERATION_MEMBERS, client.leader.first(), 0, nothing, 0, 0, nothing, 0, 0);
}

/** Asks any member who the members are, as it knows itself: how far they are is nothing that it knows. */
export function membersOfAny(client: Client, call: number): number {
	const nothing = client.datagram;
	return client.read(call, OPERATION_MEMBERS, client.leader.first(), MEMBERS_OF_ANY, nothing, 0, 0, nothing, 0, 0);
}

/**
 * Has the leader change the configuration to `bytes[offset, +length)`, as core/wire/configuration.ts
 * encodes it, with the index of the one that the caller has seen. The answer is DONE, with the page,
 * when the change is committed.
 *
 * Compare and set makes it safe to ask again with the same bytes, and that is why a CONFLICT tells
 * little: an earlier copy of this very datagram may have made the change. The page says what came of it.
 */
export function change(client: Client, call: number, bytes: Uint8Array, offset: number, length: number): number {
	const nothing = client.datagram;
	return client.read(call, OPERATION_CHANGE, client.leader.first(), 0, bytes, offset, length, nothing, 0, 0);
}

/** The commit index and the last one. */
const INDICES = 2;
/** Major types of RFC 8949 §3.1, in the upper three bits of an item's head: an unsigned integer, an array. */
const UNSIGNED = 0;
const ARRAY = 4;

/** What a leader's page says, as a comfortable reader for cold paths. */
export class MembersPage {
	/** Members in ascending order from place 0 on. */
	readonly configuration: Configuration;
	commitIndex = 0;
	lastIndex = 0;
	/** By place: the last entry that the member surely has. */
	readonly matches: Float64Array;
	readonly #codec = new ConfigurationCodec();
	readonly #fields: Float64Array;
	readonly #row: DataView;

	/** @param places for so many members */
	constructor(places: number) {
		this.configuration = new Configuration(places);
		this.matches = new Float64Array(places);
		this.#fields = new Float64Array(INDICES + places);
		this.#row = new DataView(this.#fields.buffer);
	}

	/** @returns false when `bytes[offset, +length)` is no page; what it says then is undefined */
	read(bytes: Uint8Array, offset: number, length: number): boolean {
		const end = offset + length;
		const at = endOfItem(bytes, offset, end);
		const { configuration, matches } = this;
		if (at < 0 || !this.#codec.read(bytes, offset, at - offset, configuration)) return false;
		const fields = this.#fields;
		if (readIntegers(bytes, at, end, this.#row, 0, INDICES + configuration.count) !== end) return false;
		this.commitIndex = fields[0];
		this.lastIndex = fields[1];
		for (let place = 0; place < configuration.count; place++) matches[place] = fields[INDICES + place];
		return true;
	}

	/**
	 * Writes a configuration as `change` sends it.
	 * @returns its length, or a negative number without room
	 */
	write(target: Uint8Array, configuration: Configuration): number {
		return this.#codec.write(target, 0, target.length, configuration);
	}
}

/** @returns the offset after one item of unsigned integers and arrays of them, or -1 when there is none */
function endOfItem(bytes: Uint8Array, offset: number, end: number): number {
	let at = offset;
	for (let items = 1; items > 0; items--) {
		if (at >= end) return -1;
		const major = bytes[at] >> 5;
		const size = bytes[at] & 31;
		if (major === ARRAY && size < 24) items += size;
		else if (major !== UNSIGNED || size > 27) return -1;
		at += size < 24 ? 1 : 1 + (1 << (size - 24));
	}
	return at > end ? -1 : at;
}
