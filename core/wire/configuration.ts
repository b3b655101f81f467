/**
 * The cluster's configuration in deterministic CBOR: the payload of an ENTRY_CONFIGURATION, and a
 * part of every snapshot. Equal configurations have equal bytes on every node.
 *
 *   [level, heartbeatMs, electionMsMin, electionMsMax, stallMs, [[id, incarnation, role, address, port], …]]
 *
 * Where leases or quiescence are in force, leaseMs, driftPerMille and quietAfterMs follow stallMs.
 */
import { NO_ROOM, readArray, readIntegers, writeArray, writeIntegers } from "../bytes";
import type { Configuration } from "../configuration";
import { DRIFT_PER_MILLE, ROLE_VOTER, ROLE_WITNESS } from "../configuration";

/** Numbers before the members, and those that there are only where they matter. */
const NUMBERS = 5;
const MORE_NUMBERS = 3;
const MEMBER_COLUMNS = 5;
/** Array heads of RFC 8949 §3.1: the major type, the number of elements in the lower five bits. */
const ARRAY = 0x80;
/** Members that one byte of array head can count. */
const MEMBERS_MAX = 23;

/** Bytes that a configuration of so many members takes at most. */
export function configurationBytesMax(members: number): number {
	return 2 + (NUMBERS + MORE_NUMBERS) * 5 + members * (1 + 2 + 3 + 2 + 5 + 3);
}

export class ConfigurationCodec {
	readonly #fields = new Float64Array(NUMBERS + MORE_NUMBERS);
	readonly #row = new DataView(this.#fields.buffer);
	/** Bits of a member's columns. */
	readonly #bits = new Uint8Array([8, 16, 2, 32, 16]);

	/**
	 * @param offset and limit bound the room in `target`
	 * @returns the offset after the configuration, or NO_ROOM; `configuration.index` is not written,
	 * it is that of the entry or snapshot
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
		const numbers = hasMore ? NUMBERS + MORE_NUMBERS : NUMBERS;
		let at = writeIntegers(target, offset + 1, limit, this.#row, 0, numbers);
		if (at === NO_ROOM || at + 1 > limit) return NO_ROOM;
		target[offset] = ARRAY + numbers + 1;
		target[at++] = ARRAY + configuration.count;
		for (let place = 0; place < configuration.count; place++) {
			fields[0] = configuration.ids[place];
			fields[1] = configuration.incarnations[place];
			fields[2] = configuration.roles[place];
			fields[3] = configuration.addresses[place];
			fields[4] = configuration.ports[place];
			at = writeArray(target, at, limit, this.#row, 0, MEMBER_COLUMNS, 0, 0);
			if (at === NO_ROOM) return NO_ROOM;
		}
		return at;
	}

	/**
	 * Reads the configuration that fills `bytes[offset, +length)` exactly, in its one encoding. Leaves
	 * `configuration.index` as it is.
	 * @returns false when it is none, or has more members than there is room for; `configuration` may
	 * then be partly overwritten. Whether the numbers make sense together, `isSound` says.
	 */
	read(bytes: Uint8Array, offset: number, length: number, configuration: Configuration): boolean {
		const end = offset + length;
		const fields = this.#fields;
		configuration.count = 0;
		if (length < 1) return false;
		const hasMore = bytes[offset] !== ARRAY + NUMBERS + 1;
		const numbers = hasMore ? NUMBERS + MORE_NUMBERS : NUMBERS;
		if (bytes[offset] !== ARRAY + numbers + 1) return false;
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
		const members = bytes[at++] - ARRAY;
		if (members < 0 || members > MEMBERS_MAX || members > configuration.ids.length) return false;
		for (let place = 0; place < members; place++) {
			at = readArray(bytes, at, end, this.#row, 0, MEMBER_COLUMNS, 0, this.#bits, 0);
			if (at < 0 || !this.#isMember(configuration)) return false;
			configuration.add(fields[0], fields[1], fields[2], fields[3], fields[4]);
		}
		return at === end;
	}

	/** @returns true if the row is a member that may follow those read so far */
	#isMember(configuration: Configuration): boolean {
		const previous = configuration.count === 0 ? 0 : configuration.ids[configuration.count - 1];
		const role = this.#fields[2];
		return this.#fields[0] > previous && this.#fields[1] >= 1 && role >= ROLE_VOTER && role <= ROLE_WITNESS;
	}
}
