/**
 * The cluster's configuration in deterministic CBOR: the payload of an ENTRY_CONFIGURATION, and a
 * part of every snapshot. Equal configurations have equal bytes on every node.
 *
 *   [level, heartbeatMs, electionMsMin, electionMsMax, stallMs, [[id, incarnation, role, address, port], …]]
 *
 * Where leases or quiescence are in force, leaseMs, driftPerMille and quietAfterMs follow stallMs.
 * A joint one has the role in the half that is left as the sixth column of every member, and a role
 * of 0 means that there is none in this half. Where some member has a priority, it is the seventh column
 * of every one, and the sixth is there too. The index of the entry that holds it comes last, where
 * there was one: it is not in what a node was formatted with.
 */
import { NO_ROOM, readArray, readIntegers, writeArray, writeIntegers } from "../bytes";
import type { Configuration } from "../configuration";
import { DRIFT_PER_MILLE, NOBODY, ROLE_NONE, ROLE_WITNESS_LEARNER } from "../configuration";
import type { ConfigurationEncoding } from "../raft/membership";

/** Numbers before the members, and those that there are only where they matter. */
const NUMBERS = 5;
const MORE_NUMBERS = 3;
const MEMBER_COLUMNS = 5;
const JOINT_COLUMNS = 6;
const PRIORITY_COLUMNS = 7;
/** Array heads of RFC 8949 §3.1: the major type, the number of elements in the lower five bits. */
const ARRAY = 0x80;
/** Members that one byte of array head can count. */
const MEMBERS_MAX = 23;
const INDEX_MAX = 0xffffffffffff;
/** Identities are ordered by id, then by incarnation, which is u16. */
const INCARNATIONS = 0x10000;

/** Bytes that a configuration of so many members takes at most. */
export function configurationBytesMax(members: number): number {
	return 2 + (NUMBERS + MORE_NUMBERS) * 5 + members * (1 + 2 + 3 + 1 + 5 + 3 + 1 + 1) + 9;
}

export class ConfigurationCodec implements ConfigurationEncoding {
	readonly #fields = new Float64Array(NUMBERS + MORE_NUMBERS);
	readonly #row = new DataView(this.#fields.buffer);
	/** Bits of a member's columns. */
	readonly #bits = new Uint8Array([8, 16, 3, 32, 16, 3, 2]);

	bytesMax(members: number): number {
		return configurationBytesMax(members);
	}

	/**
	 * @param offset and limit bound the room in `target`
	 * @returns the offset after the configuration, or NO_ROOM
	 */
	write(target: Uint8Array, offset: number, limit: number, configuration: Configuration): number {
		const fields = this.#fields;
		if (offset + 1 > limit) return NO_ROOM;
		fields[0] = configuration.level;
		fields[1] = configuration.heartbeatMs;
		fields[2] = configuration.electionMsMin;
		fields[3] = configuration.electionMsMax;
		fields[4] = configuration.stallMs;
		fields[5] = configuration.leaseMs;
		fields[6] = configuration.driftPerMille;
		fields[7] = configuration.quietAfterMs;
		const hasMore = configuration.leaseMs > 0 || configuration.quietAfterMs > 0;
		const hasIndex = configuration.index > 0;
		const numbers = hasMore ? NUMBERS + MORE_NUMBERS : NUMBERS;
		const at = writeIntegers(target, offset + 1, limit, this.#row, 0, numbers);
		if (at === NO_ROOM || at + 1 > limit) return NO_ROOM;
		target[offset] = ARRAY + numbers + (hasIndex ? 2 : 1);
		const end = this.#writeMembers(target, at, limit, configuration);
		if (end === NO_ROOM || !hasIndex) return end;
		fields[0] = configuration.index;
		return writeIntegers(target, end, limit, this.#row, 0, 1);
	}

	#writeMembers(target: Uint8Array, offset: number, limit: number, configuration: Configuration): number {
		const fields = this.#fields;
		const single = configuration.isJoint() ? JOINT_COLUMNS : MEMBER_COLUMNS;
		const columns = configuration.hasPriorities() ? PRIORITY_COLUMNS : single;
		let at = offset + 1;
		let members = 0;
		for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place)) {
			fields[0] = configuration.ids[place];
			fields[1] = configuration.incarnations[place];
			fields[2] = configuration.roles[place];
			fields[3] = configuration.addresses[place];
			fields[4] = configuration.ports[place];
			fields[5] = configuration.outgoingRoles[place];
			fields[6] = configuration.priorities[place];
			at = writeArray(target, at, limit, this.#row, 0, columns, 0, 0);
			if (at === NO_ROOM) return NO_ROOM;
			members++;
		}
		target[offset] = ARRAY + members;
		return at;
	}

	/**
	 * Reads the configuration that fills `bytes[offset, +length)` exactly, in its one encoding; its
	 * members stand in ascending order from place 0 on.
	 * @returns false when it is none, or has more members than there is room for; `configuration` may
	 * then be partly overwritten. Whether the numbers make sense together, `isSound` says.
	 */
	read(bytes: Uint8Array, offset: number, length: number, configuration: Configuration): boolean {
		const end = offset + length;
		const fields = this.#fields;
		configuration.clear();
		configuration.index = 0;
		if (length < 1) return false;
		const elements = bytes[offset] - ARRAY;
		const hasMore = elements > NUMBERS + 2;
		const numbers = hasMore ? NUMBERS + MORE_NUMBERS : NUMBERS;
		const hasIndex = elements === numbers + 2;
		if (!hasIndex && elements !== numbers + 1) return false;
		let at = readIntegers(bytes, offset + 1, end, this.#row, 0, numbers);
		if (at < 0 || at >= end) return false;
		for (let column = 0; column < numbers; column++) if (fields[column] > 0xffffffff) return false;
		// One encoding for each configuration: the numbers that do not matter are not there.
		if (hasMore && fields[5] === 0 && fields[7] === 0) return false;
		configuration.leaseMs = hasMore ? fields[5] : 0;
		configuration.driftPerMille = hasMore ? fields[6] : DRIFT_PER_MILLE;
		configuration.quietAfterMs = hasMore ? fields[7] : 0;
		configuration.level = fields[0];
		configuration.heartbeatMs = fields[1];
		configuration.electionMsMin = fields[2];
		configuration.electionMsMax = fields[3];
		configuration.stallMs = fields[4];
		at = this.#readMembers(bytes, at, end, configuration);
		if (at < 0) return false;
		if (!hasIndex) return at === end;
		at = readIntegers(bytes, at, end, this.#row, 0, 1);
		if (at < 0 || fields[0] < 1 || fields[0] > INDEX_MAX) return false;
		configuration.index = fields[0];
		return at === end;
	}

	/** @returns the offset after the members, or a negative number when they are none */
	#readMembers(bytes: Uint8Array, offset: number, end: number, configuration: Configuration): number {
		const fields = this.#fields;
		const members = bytes[offset] - ARRAY;
		if (members < 0 || members > MEMBERS_MAX || members > configuration.ids.length) return NO_ROOM;
		let at = offset + 1;
		let columns = MEMBER_COLUMNS;
		if (members > 0 && at < end) columns = bytes[at] - ARRAY;
		if (columns < MEMBER_COLUMNS || columns > PRIORITY_COLUMNS) return NO_ROOM;
		let previous = 0;
		fields[5] = ROLE_NONE;
		fields[6] = 0;
		for (let row = 0; row < members; row++) {
			at = readArray(bytes, at, end, this.#row, 0, columns, 0, this.#bits, 0);
			if (at < 0) return at;
			const identity = fields[0] * INCARNATIONS + fields[1];
			const isMember = fields[2] !== ROLE_NONE || fields[5] !== ROLE_NONE;
			if (fields[0] < 1 || fields[1] < 1 || identity <= previous || !isMember) return NO_ROOM;
			if (fields[2] > ROLE_WITNESS_LEARNER || fields[5] > ROLE_WITNESS_LEARNER) return NO_ROOM;
			configuration.add(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]);
			previous = identity;
		}
		// One encoding for each: six columns are joint ones' alone, and the seventh is there where it says something.
		if (columns === JOINT_COLUMNS && !configuration.isJoint()) return NO_ROOM;
		return columns === PRIORITY_COLUMNS && !configuration.hasPriorities() ? NO_ROOM : at;
	}
}
