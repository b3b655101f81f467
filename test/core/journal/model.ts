/** What a journal must hold, kept in plain arrays: the naive twin of the whole journal. */
import assert from "node:assert/strict";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES, entryTerm, writeEntryHeader } from "../../../core/entry";
import { format } from "../../../core/journal/format";
import type { Identity } from "../../../core/journal/identity";
import { Journal } from "../../../core/journal/journal";
import { READY, statusName } from "../../../core/journal/status";
import { type Limits, PROFILE_S } from "../../../core/limits";
import { MemoryFlash } from "../../../sim/memory-flash";

export const SECTOR = 1024;
/** A partition so tiny that everything wraps: 8 sectors of log, 3 for each snapshot. */
export const SECTORS = 6 + 8 + 6 + 2;
export const LIMITS: Limits = { ...PROFILE_S, commandBytes: 200, keys: 1, liveBytes: 64, sessions: 1 };
export const IDENTITY: Identity = { clusterHigh: 0xfedcba98, clusterLow: 0x76543210, id: 3, incarnation: 2 };
export const FIRST_STREAM = new TextEncoder().encode("the initial configuration");

export function formatted(): MemoryFlash {
	const flash = new MemoryFlash(SECTORS * SECTOR, SECTOR);
	format(flash, LIMITS, IDENTITY, FIRST_STREAM, 0xabcd);
	return flash;
}

export function opened(flash: MemoryFlash): Journal {
	const journal = new Journal(flash, LIMITS);
	assert.equal(statusName(journal.open(IDENTITY)), statusName(READY));
	return journal;
}

/** @returns an entry that no other call with other arguments returns */
export function entry(term: number, index: number, salt: number, payload: number): Uint8Array {
	const bytes = new Uint8Array(ENTRY_HEADER_BYTES + payload);
	writeEntryHeader(bytes, 0, ENTRY_COMMAND, payload, term);
	for (let i = 0; i < payload; i++) bytes[ENTRY_HEADER_BYTES + i] = index * 31 + salt * 7 + i * i;
	return bytes;
}

export function stream(index: number, bytes: number): Uint8Array {
	const out = new Uint8Array(bytes);
	for (let i = 0; i < bytes; i++) out[i] = index * 13 + i * 5 + (i >> 8);
	return out;
}

export class Model {
	term = 0;
	votedFor = 0;
	votedIncarnation = 0;
	snapshotIndex = 0;
	snapshotTerm = 0;
	snapshot: Uint8Array = FIRST_STREAM;
	/** Behind the snapshot: entries[0] has index snapshotIndex + 1. */
	entries: Uint8Array[] = [];

	copy(): Model {
		const other = Object.assign(new Model(), this);
		other.entries = this.entries.slice();
		return other;
	}

	get lastIndex(): number {
		return this.snapshotIndex + this.entries.length;
	}

	termAt(index: number): number {
		return index === this.snapshotIndex
			? this.snapshotTerm
			: entryTerm(this.entries[index - this.snapshotIndex - 1], 0);
	}

	append(firstIndex: number, entries: readonly Uint8Array[]): void {
		this.entries.length = firstIndex - this.snapshotIndex - 1;
		this.entries.push(...entries);
	}

	install(index: number, term: number, bytes: Uint8Array): void {
		const kept = index <= this.lastIndex && this.termAt(index) === term;
		this.entries = kept ? this.entries.slice(index - this.snapshotIndex) : [];
		this.snapshotIndex = index;
		this.snapshotTerm = term;
		this.snapshot = bytes;
	}

	/** @returns what differs first, or "" */
	difference(journal: Journal): string {
		if (journal.term !== this.term) return `term ${journal.term}, not ${this.term}`;
		if (journal.votedFor !== this.votedFor) return "vote";
		if (journal.votedIncarnation !== this.votedIncarnation) return "incarnation of the vote";
		if (journal.snapshotIndex !== this.snapshotIndex)
			return `snapshot at ${journal.snapshotIndex}, not ${this.snapshotIndex}`;
		if (journal.snapshotTerm !== this.snapshotTerm) return "snapshot's term";
		if (!same(readSnapshot(journal), this.snapshot)) return "snapshot's stream";
		if (journal.lastIndex !== this.lastIndex) return `last index ${journal.lastIndex}, not ${this.lastIndex}`;
		if (journal.lastTerm !== this.termAt(this.lastIndex)) return "last term";
		if (journal.firstIndex > this.snapshotIndex + 1) return "the log begins behind the snapshot";
		const bytes = readLog(journal, this.snapshotIndex + 1);
		return same(bytes, joined(this.entries)) ? "" : "entries";
	}
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
	return Buffer.compare(a, b) === 0;
}

export function joined(entries: readonly Uint8Array[]): Uint8Array {
	return new Uint8Array(Buffer.concat(entries));
}

export function readSnapshot(journal: Journal): Uint8Array {
	const bytes = new Uint8Array(journal.snapshotSize);
	let at = 0;
	while (at < bytes.length) at += journal.readSnapshot(at, bytes, at, 100);
	return bytes;
}

export function readLog(journal: Journal, from: number): Uint8Array {
	const target = new Uint8Array(512 * 1024);
	let at = 0;
	let index = from;
	while (index <= journal.lastIndex) {
		at += journal.read(index, target, at, target.length);
		assert(journal.readCount > 0);
		index += journal.readCount;
	}
	return target.slice(0, at);
}

export function append(journal: Journal, firstIndex: number, entries: readonly Uint8Array[]): void {
	const bytes = joined([new Uint8Array(5), ...entries, new Uint8Array(3)]);
	const firstTerm = entryTerm(entries[0], 0);
	const lastTerm = entryTerm(entries[entries.length - 1], 0);
	journal.append(firstIndex, entries.length, firstTerm, lastTerm, bytes, 5, bytes.length - 8);
}

export function writeSnapshot(journal: Journal, index: number, term: number, bytes: Uint8Array): void {
	journal.beginSnapshot(index, term);
	let at = 0;
	while (at < bytes.length) {
		journal.prepare();
		at += journal.writeSnapshot(bytes, at, Math.min(150, bytes.length - at));
	}
	assert(journal.finishSnapshot(bytes.length, index));
}

/** Room that tests leave in a log that is to be used further: two sectors and more. */
export const RESERVE_BYTES = 1500;
