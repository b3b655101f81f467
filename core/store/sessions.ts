/**
 * Client sessions: a command that is sent again is answered again, and applied once (Raft thesis
 * §6.3; pitfalls 71, 72). All that decides here stands in the log, never a clock.
 *
 * The table is bounded. When it is full, a registration may push out a session, by this rule:
 *
 * - A session whose last entry is at most `sessionProtection` entries back is protected.
 * - Of the sessions that wrote at most once, the unprotected one goes that wrote less, then the
 *   one whose last entry is the oldest.
 * - A session that wrote more than once goes only when no other kind is in the table, protected
 *   or not; again the unprotected one whose last entry is the oldest.
 * - Else the registration is refused: SESSION_LIMIT.
 *
 * Why: a command-line client registers, writes once and closes. One that dies half-way, or a
 * repeated registration that arrives after the close, leaves a session behind that wrote once or
 * never. However many of those there are, they push out one another, and never the session of a
 * board that wrote yesterday and has been idle since. Each refusal is itself an entry of the log,
 * so that protection runs out and nobody is shut out for ever.
 */
import { assert } from "../assert";
import { hash } from "../bytes";
import type { Limits } from "../limits";
import { Reply } from "./reply";

/** The sequence number from which on a session is a working client's, not a passer-by's. */
const ESTABLISHED = 2;
/** The id of a session that is not open. */
const FREE = -1;
/** Lines of the cache of sessions. */
export const LINES = 32;

export class Session {
	/** Log index of the registration, or FREE. */
	id = FREE;
	nonceHigh = 0;
	nonceLow = 0;
	/** Number of the last command, 0 before the first; clients count from 1. */
	sequence = 0;
	/** CRC-32C of the last command: the same number with other bytes is a client's mistake. */
	request = 0;
	/** Log index of the last entry that used the session. */
	lastIndex = 0;
	/** Of the last command. */
	readonly reply = new Reply();

	/** @returns how much the session has shown to be of use: 0 never wrote, 1 once, 2 more than once */
	standing(): number {
		return Math.min(this.sequence, ESTABLISHED);
	}
}

export class Sessions {
	/** Where one looks before `find`: a session by its id modulo LINES, to be believed only if it has that id. */
	readonly lines: Session[] = [];
	/** Open sessions. */
	count = 0;
	/** The first `count` are open, in ascending order of their ids; the rest is free. */
	readonly table: Session[] = [];
	private readonly protection: number;
	private readonly row = new DataView(new ArrayBuffer(ROW_BYTES));
	private readonly rowBytes = new Uint8Array(this.row.buffer);

	constructor(limits: Limits) {
		assert(limits.sessions >= 1, "no room for a session");
		for (let at = 0; at < limits.sessions; at++) this.table.push(new Session());
		for (let line = 0; line < LINES; line++) this.lines.push(this.table[0]);
		this.protection = limits.sessionProtection;
	}

	clear(): void {
		for (let at = 0; at < this.count; at++) this.table[at].id = FREE;
		this.count = 0;
	}

	/** @returns the open session of that id, which its line then remembers, or undefined */
	find(id: number): Session | undefined {
		let low = 0;
		let high = this.count - 1;
		while (low <= high) {
			const middle = Math.floor((low + high) / 2);
			const session = this.table[middle];
			if (session.id === id) {
				this.lines[id % LINES] = session;
				return session;
			}
			if (session.id < id) low = middle + 1;
			else high = middle - 1;
		}
		return undefined;
	}

	/**
	 * Opens a session. A nonce that an open session has gives that one: five copies of one
	 * registration make one session.
	 * @param index of the registration's entry
	 * @returns undefined when the table is full of sessions that must not go
	 */
	register(index: number, nonceHigh: number, nonceLow: number): Session | undefined {
		for (let at = 0; at < this.count; at++) {
			const session = this.table[at];
			if (session.nonceLow === nonceLow && session.nonceHigh === nonceHigh) {
				// Mark: a registration comes again
				return session;
			}
		}
		if (this.count === this.table.length) {
			const victim = this.victim(index);
			if (victim < 0) return undefined;
			// Mark: a session goes for another
			this.removeAt(victim);
		}
		const session = this.append(index);
		session.nonceHigh = nonceHigh;
		session.nonceLow = nonceLow;
		session.sequence = 0;
		session.request = 0;
		session.lastIndex = index;
		session.reply.set(0, 0);
		return session;
	}

	/** Opens the free session behind all others, with an id above theirs; the caller fills the rest. */
	append(id: number): Session {
		assert(this.count < this.table.length, "no free session");
		assert(this.count === 0 || this.table[this.count - 1].id < id, "session ids do not ascend");
		const session = this.table[this.count];
		this.count += 1;
		session.id = id;
		return session;
	}

	close(session: Session): void {
		let at = 0;
		while (this.table[at] !== session) at++;
		this.removeAt(at);
	}

	/** @returns the place of the session that goes first, or -1: the rule at the top of this file */
	private victim(index: number): number {
		let least = ESTABLISHED;
		for (let at = 0; at < this.count; at++) least = Math.min(least, this.table[at].standing());
		let victim = -1;
		for (let at = 0; at < this.count; at++) {
			const session = this.table[at];
			if (index - session.lastIndex <= this.protection) continue;
			if (least < ESTABLISHED && session.standing() === ESTABLISHED) continue;
			if (victim < 0 || this.goesBefore(session, this.table[victim])) victim = at;
		}
		return victim;
	}

	private goesBefore(a: Session, b: Session): boolean {
		if (a.standing() !== b.standing()) return a.standing() < b.standing();
		return a.lastIndex < b.lastIndex;
	}

	private removeAt(place: number): void {
		const gone = this.table[place];
		this.count -= 1;
		for (let at = place; at < this.count; at++) this.table[at] = this.table[at + 1];
		this.table[this.count] = gone;
		gone.id = FREE;
	}

	/**
	 * @param seed a hash of 32 bits
	 * @returns the hash of it and of all that every replica knows of every session, in the order of
	 * their ids: some thirty native calls a session, so it is taken when asked, not with each entry
	 */
	fingerprint(seed: number): number {
		let result = seed;
		for (let at = 0; at < this.count; at++) {
			writeRow(this.row, this.table[at]);
			result = hash(result, this.rowBytes, 0, ROW_BYTES);
		}
		return result;
	}
}

/** Numbers of a session's row, and its bytes as 64-bit floats. */
export const ROW_INTEGERS = 11;
export const ROW_BYTES = ROW_INTEGERS * 8;

/** Writes a session as a row of integers: what a snapshot holds of it. */
export function writeRow(row: DataView, session: Session): void {
	const reply = session.reply;
	row.setFloat64(0, session.id, true);
	row.setFloat64(8, session.nonceHigh, true);
	row.setFloat64(16, session.nonceLow, true);
	row.setFloat64(24, session.sequence, true);
	row.setFloat64(32, session.request, true);
	row.setFloat64(40, session.lastIndex, true);
	row.setFloat64(48, reply.reason, true);
	row.setFloat64(56, reply.revision, true);
	row.setFloat64(64, reply.createRevision, true);
	row.setFloat64(72, reply.modRevision, true);
	row.setFloat64(80, reply.version, true);
}

/** Fills an open session from a row; its id is there already. */
export function readRow(row: DataView, session: Session): void {
	const reply = session.reply;
	assert(session.id === row.getFloat64(0, true), "a row of another session");
	session.nonceHigh = row.getFloat64(8, true);
	session.nonceLow = row.getFloat64(16, true);
	session.sequence = row.getFloat64(24, true);
	session.request = row.getFloat64(32, true);
	session.lastIndex = row.getFloat64(40, true);
	reply.reason = row.getFloat64(48, true);
	reply.revision = row.getFloat64(56, true);
	reply.createRevision = row.getFloat64(64, true);
	reply.modRevision = row.getFloat64(72, true);
	reply.version = row.getFloat64(80, true);
}
