/**
 * The replicated state machine: etcd's model at microcontroller size. One revision counter; each
 * key with the revision that created it, the revision that changed it last, and its version; and
 * sessions, so that a command that is sent again is applied once.
 *
 * Deterministic: no clock, no chance, no order that depends on history. What is full is decided
 * here, when a command is applied, wholly or not at all; a command that changes nothing takes no
 * revision. Applying allocates nothing, and is kept shallow: on an interpreter a call costs more
 * than what most functions do. So are assertions that every entry meets: tested first, called if broken.
 */
import { assert } from "../assert";
import { copy, crc32c, hash, readRecord, writeIntegers } from "../bytes";
import {
	CLOSE,
	COMPARE_AND_PUT,
	CommandReader,
	DELETE,
	EXPECTED,
	KEY_LENGTH,
	KEY_OFFSET,
	NONCE_HIGH,
	NONCE_LOW,
	PUT,
	REGISTER,
	SEQUENCE,
	SESSION,
	U48_MAX,
	VALUE_LENGTH,
} from "../command";
import { ENTRY_COMMAND, ENTRY_CONFIGURATION, ENTRY_NO_OP } from "../entry";
import { type Limits, limitsFingerprint } from "../limits";
import {
	BAD_REQUEST,
	CONFLICT,
	DONE,
	KEY_NOT_FOUND,
	KEY_TOO_LARGE,
	NO_SPACE,
	SEQUENCE_STALE,
	SESSION_EXPIRED,
	SESSION_LIMIT,
	VALUE_TOO_LARGE,
} from "../reasons";
import { Keys, NONE } from "./keys";
import { Reply } from "./reply";
import { LINES, type Session, Sessions } from "./sessions";

/** A key that `get` found. Its bytes lie in `store.bytes`, until the next command is applied. */
export class Found {
	createRevision = 0;
	modRevision = 0;
	version = 0;
	valueOffset = 0;
	valueLength = 0;
}

export class Store {
	/** Index of the last entry that was applied. */
	appliedIndex = 0;
	private readonly reader = new CommandReader();
	/** The command that is applied: columns of `core/command.ts`. */
	private readonly command = this.reader.row;
	private readonly commandView = this.reader.view;
	private readonly commandShapes = this.reader.shapes;
	readonly sessions: Sessions;
	readonly keys: Keys;
	/** Commands that changed something since the beginning, u48. */
	revision = 0;
	/** A pair of at most so many bytes has no value that is too large, whatever its key. */
	private readonly pairBytesSafe: number;
	private readonly keyBytesMax: number;
	private readonly valueBytesMax: number;
	/** What `get` found. */
	readonly found = new Found();
	/** Pairs that `range` wrote, and whether more are there. */
	rangeCount = 0;
	rangeMore = false;
	/** Of commands that no session keeps the reply of. */
	private readonly answer = new Reply();
	/** Fingerprint of the limits that decide what a command comes to. */
	readonly limits: number;
	/** Fingerprint of the configuration that the cluster began with, which snapshots carry; 0 while a node waits to be added. */
	first = 0;
	private readonly row = new DataView(new ArrayBuffer(3 * 8));
	private readonly rowBytes = new Uint8Array(this.row.buffer);

	constructor(limits: Limits) {
		this.limits = limitsFingerprint(limits);
		this.keyBytesMax = limits.keyBytes;
		this.valueBytesMax = limits.valueBytes;
		this.pairBytesSafe = limits.valueBytes + 2;
		this.keys = new Keys(limits);
		this.sessions = new Sessions(limits);
	}

	/** Where `found.valueOffset` points into. Read only. */
	get bytes(): Uint8Array {
		return this.keys.bytes;
	}

	/** Forgets everything: the store as it was constructed. */
	clear(): void {
		this.appliedIndex = 0;
		this.revision = 0;
		this.keys.clear();
		this.sessions.clear();
	}

	/**
	 * What a leader asks before it proposes: the answer is given without an entry if it is a refusal.
	 * @returns DONE, BAD_REQUEST (no command, or an empty key), KEY_TOO_LARGE or VALUE_TOO_LARGE.
	 * A command that passes may still be refused when it is applied; one that does not must never
	 * be proposed, because applying it stops every node.
	 */
	check(bytes: Uint8Array, offset: number, length: number): number {
		const operation = this.reader.read(bytes, offset, length);
		if (operation === 0) return BAD_REQUEST;
		return operation === REGISTER || operation === CLOSE ? DONE : this.checkSizes(operation);
	}

	/**
	 * Applies the committed entry `index`, which follows the one applied last; its payload is
	 * `bytes[offset, +length)`. No-ops and configurations only move the applied index: the replica
	 * acts on them. A committed command that is not understood stops the node: skipping it would
	 * make this replica differ from the others.
	 * @returns what it came to, valid until the next call
	 */
	apply(index: number, type: number, bytes: Uint8Array, offset: number, length: number): Reply {
		if (index !== this.appliedIndex + 1) assert(false, "an entry is applied out of order");
		this.appliedIndex = index;
		if (type !== ENTRY_COMMAND) {
			assert(type === ENTRY_NO_OP || type === ENTRY_CONFIGURATION, "a committed entry of an unknown type");
			return this.refuse(DONE);
		}
		const end = offset + length;
		// What `reader.read` does, without its call.
		const operation = readRecord(bytes, offset, end, this.commandView, KEY_OFFSET, this.commandShapes);
		if (operation < 0) assert(false, "a committed command is not understood");
		if (operation === REGISTER) return this.register(index);

		// Raft thesis §6.3: applied if it is the session's next command, answered from memory if its last.
		const row = this.command;
		const id = row[SESSION];
		let session: Session | undefined = this.sessions.lines[id % LINES];
		if (session.id !== id) session = this.sessions.find(id);
		// Never applied: what the session already did is forgotten, so it might be done twice.
		if (session === undefined) {
			// Mark: a command comes from a session that is gone
			return this.refuse(operation === CLOSE ? DONE : SESSION_EXPIRED);
		}
		const sequence = row[SEQUENCE];
		const request = crc32c(0, bytes, offset, length);
		if (sequence <= session.sequence) return this.repeat(session, sequence, request);
		if (operation === CLOSE) {
			this.sessions.close(session);
			return this.refuse(DONE);
		}
		session.sequence = sequence;
		session.request = request;
		session.lastIndex = index;
		const reply = session.reply;
		this.execute(reply, operation, bytes, end);
		return reply;
	}

	private refuse(reason: number): Reply {
		this.answer.set(reason, this.revision);
		return this.answer;
	}

	private register(index: number): Reply {
		const session = this.sessions.register(index, this.command[NONCE_HIGH], this.command[NONCE_LOW]);
		if (session === undefined) {
			// Mark: no session may go for another
			return this.refuse(SESSION_LIMIT);
		}
		const reply = this.refuse(DONE);
		reply.session = session.id;
		return reply;
	}

	/** Answers a number that the session has used: only the last one, and only for the same request. */
	private repeat(session: Session, sequence: number, request: number): Reply {
		if (sequence < session.sequence) {
			// Mark: a command comes that its session has left behind
			return this.refuse(SEQUENCE_STALE);
		}
		// Mark: a command is told its answer again
		return sequence > 0 && request === session.request ? session.reply : this.refuse(BAD_REQUEST);
	}

	/** @param end offset after the command: where its pair ends, if it has one */
	private execute(reply: Reply, operation: number, bytes: Uint8Array, end: number): void {
		const keys = this.keys;
		const row = this.command;
		const keyOffset = row[KEY_OFFSET];
		const keyLength = row[KEY_LENGTH];
		const slot = keys.find(bytes, keyOffset, keyLength);
		const pair = keyOffset - (keyLength < 24 ? 1 : 2);
		const length = end - pair;
		if (slot === NONE || length > this.pairBytesSafe) {
			const reason = this.checkSizes(operation);
			if (reason !== DONE) {
				reply.set(reason, this.revision);
				return;
			}
		}
		if (operation !== PUT) {
			if (operation === DELETE) {
				this.remove(reply, slot);
				return;
			}
			assert(operation === COMPARE_AND_PUT, "an operation without its code");
			const modRevision = slot === NONE ? 0 : keys.modRevisions[slot];
			if (modRevision !== row[EXPECTED]) {
				// Mark: a comparison fails
				this.describe(reply, CONFLICT, slot);
				return;
			}
		}
		const revision = this.revision + 1;
		if (revision > U48_MAX) assert(false, "the last revision is reached");
		if (slot === NONE) {
			this.create(reply, revision, bytes, pair, keyOffset, keyLength, length);
			return;
		}
		if (!keys.replace(slot, revision, bytes, pair, length, reply)) {
			// Mark: a longer value finds no space
			reply.set(NO_SPACE, this.revision);
			return;
		}
		this.revision = revision;
		reply.revision = revision;
		reply.reason = DONE;
	}

	private create(
		reply: Reply,
		revision: number,
		bytes: Uint8Array,
		pair: number,
		keyOffset: number,
		keyLength: number,
		length: number,
	): void {
		const keys = this.keys;
		if (!keys.admits(length)) {
			// Mark: a new key finds no space
			reply.set(NO_SPACE, this.revision);
			return;
		}
		const place = keys.seek(bytes, keyOffset, keyLength);
		keys.insert(place, revision, revision, 1, bytes, pair, keyOffset, keyLength, length);
		this.revision = revision;
		reply.set(DONE, revision);
		reply.createRevision = revision;
		reply.modRevision = revision;
		reply.version = 1;
	}

	private checkSizes(operation: number): number {
		const keyLength = this.command[KEY_LENGTH];
		if (keyLength === 0) return BAD_REQUEST;
		if (keyLength > this.keyBytesMax) return KEY_TOO_LARGE;
		return operation !== DELETE && this.command[VALUE_LENGTH] > this.valueBytesMax ? VALUE_TOO_LARGE : DONE;
	}

	/** Says in `reply` how a key is, or that there is none. */
	private describe(reply: Reply, reason: number, slot: number): void {
		reply.set(reason, this.revision);
		if (slot === NONE) return;
		reply.createRevision = this.keys.createRevisions[slot];
		reply.modRevision = this.keys.modRevisions[slot];
		reply.version = this.keys.versions[slot];
	}

	private remove(reply: Reply, slot: number): void {
		if (slot === NONE) {
			reply.set(KEY_NOT_FOUND, this.revision);
			return;
		}
		assert(this.revision < U48_MAX, "the last revision is reached");
		this.revision += 1;
		this.describe(reply, DONE, slot);
		this.keys.remove(slot);
	}

	/** Looks for the key `bytes[offset, +length)`. @returns true if it is there, described in `found` */
	get(bytes: Uint8Array, offset: number, length: number): boolean {
		const keys = this.keys;
		const slot = keys.find(bytes, offset, length);
		if (slot === NONE) return false;
		const found = this.found;
		found.createRevision = keys.createRevisions[slot];
		found.modRevision = keys.modRevisions[slot];
		found.version = keys.versions[slot];
		found.valueOffset = keys.valueOffset(slot);
		found.valueLength = keys.valueLength(slot);
		return true;
	}

	/**
	 * Writes the pairs from a key, included, to another, not included, in the order of their bytes,
	 * as a CBOR sequence (RFC 8742) of createRevision, modRevision, version, key, value for each.
	 * Says in `rangeCount` how many, and in `rangeMore` whether some were left out; the next page
	 * begins at the last key with a zero byte behind it.
	 * @param fromLength 0: from the first key
	 * @param toLength 0: to the last key
	 * @param most pairs, 0: as many as fit
	 * @param limit the offset in `target` that must not be passed; with less room than the largest pair
	 * takes, a page may be empty although there are more
	 * @returns the offset after the last pair
	 */
	range(
		from: Uint8Array,
		fromOffset: number,
		fromLength: number,
		to: Uint8Array,
		toOffset: number,
		toLength: number,
		most: number,
		target: Uint8Array,
		offset: number,
		limit: number,
	): number {
		const keys = this.keys;
		let place = keys.seek(from, fromOffset, fromLength);
		const end = toLength === 0 ? keys.count : keys.seek(to, toOffset, toLength);
		let at = offset;
		let count = 0;
		while (place < end && (most === 0 || count < most)) {
			const after = this.writeKey(keys.sorted[place], target, at, limit);
			if (after < 0) {
				// Mark: a page of a range is full
				break;
			}
			at = after;
			place += 1;
			count += 1;
		}
		this.rangeCount = count;
		this.rangeMore = place < end;
		return at;
	}

	/**
	 * Writes a key with its numbers: what a range's answer and a snapshot hold of it.
	 * @returns the offset after it, or -1 when it does not fit before `limit`
	 */
	writeKey(slot: number, target: Uint8Array, offset: number, limit: number): number {
		const keys = this.keys;
		const row = this.row;
		row.setFloat64(0, keys.createRevisions[slot], true);
		row.setFloat64(8, keys.modRevisions[slot], true);
		row.setFloat64(16, keys.versions[slot], true);
		const at = writeIntegers(target, offset, limit, row, 0, 3);
		const length = keys.pairLengths[slot];
		if (at < 0 || at + length > limit) return -1;
		copy(target, at, keys.bytes, keys.pairOffset(slot), length);
		return at + length;
	}

	/**
	 * A hash of the whole logical state: equal on all replicas at one applied index, whatever their
	 * way there. Taken when asked, not with each entry: it hashes the keys that were changed since it
	 * was asked last, and the sessions, which are few.
	 * @returns an unsigned 32-bit number
	 */
	stateHash(): number {
		const row = this.row;
		row.setFloat64(0, this.revision, true);
		row.setFloat64(8, this.keys.fingerprint(this.revision), true);
		row.setFloat64(16, this.keys.count, true);
		return this.sessions.fingerprint(hash(0, this.rowBytes, 0, 3 * 8));
	}
}
