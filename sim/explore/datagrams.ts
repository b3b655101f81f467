/**
 * Messages in flight: the row of integers and the entries that the core sent, as plain numbers, and
 * each once under a number of its own.
 */
import { assert } from "../../core/assert";
import {
	ENTRY_COMMAND,
	ENTRY_CONFIGURATION,
	ENTRY_HEADER_BYTES,
	ENTRY_NO_OP,
	entryLength,
	entryTerm,
	entryType,
	writeEntryHeader,
} from "../../core/entry";
import {
	APPEND_COMMIT_INDEX,
	APPEND_PREVIOUS_INDEX,
	APPEND_PREVIOUS_TERM,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	APPEND_RESPONSE_HINT_TERM,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_ROUND,
	APPEND_RESPONSE_STATUS,
	APPEND_ROUND,
	type Message,
	PRE_VOTE_LAST_INDEX,
	PRE_VOTE_LAST_TERM,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	PRE_VOTE_RESPONSE_GRANTED,
	PRE_VOTE_ROUND,
	TERM,
	TIMEOUT_NOW,
	TIMEOUT_NOW_SEQUENCE,
	TRANSFER_VOTE_REQUEST,
	TRANSFER_VOTE_SEQUENCE,
	VOTE_LAST_INDEX,
	VOTE_LAST_TERM,
	VOTE_REQUEST,
	VOTE_RESPONSE_GRANTED,
} from "../../core/raft/messages";
import { type MembersCodec, textOfMembers } from "./members";
import { Table } from "./table";

/** Commands are told apart by their one byte, 1 to 15; 0 is a no-op, or a configuration. */
const COMMANDS = 16;
/** So are terms. */
const TERMS = 16;

/** An entry as one number: its term, the command's byte, and who the members are if it is a configuration. */
function entryNumber(term: number, command: number, members: number): number {
	return (members * TERMS + term) * COMMANDS + command;
}

export function termOf(entry: number): number {
	return Math.floor(entry / COMMANDS) % TERMS;
}

export function commandOf(entry: number): number {
	return entry % COMMANDS;
}

/** @returns who the members are by a configuration, 0 for any other entry */
export function membersIn(entry: number): number {
	return Math.floor(entry / (COMMANDS * TERMS));
}

/** @returns the entry that stands in `bytes`, and at `index` in the log */
export function readEntry(bytes: Uint8Array, offset: number, index: number, codec: MembersCodec): number {
	const length = entryLength(bytes, offset);
	const term = entryTerm(bytes, offset);
	const at = offset + ENTRY_HEADER_BYTES;
	if (entryType(bytes, offset) === ENTRY_CONFIGURATION)
		return entryNumber(term, 0, codec.read(index, bytes, at, length));
	assert(length === (entryType(bytes, offset) === ENTRY_NO_OP ? 0 : 1), "an entry that nobody proposed");
	return entryNumber(term, length === 0 ? 0 : bytes[at], 0);
}

/** @returns the offset after the entry, which stands at `index` in the log */
export function writeEntry(
	bytes: Uint8Array,
	offset: number,
	entry: number,
	index: number,
	codec: MembersCodec,
): number {
	const members = membersIn(entry);
	if (members > 0) {
		const size = codec.write(members, index, bytes, offset + ENTRY_HEADER_BYTES);
		writeEntryHeader(bytes, offset, ENTRY_CONFIGURATION, size, termOf(entry));
		return offset + ENTRY_HEADER_BYTES + size;
	}
	const command = commandOf(entry);
	const length = command === 0 ? 0 : 1;
	writeEntryHeader(bytes, offset, length === 0 ? ENTRY_NO_OP : ENTRY_COMMAND, length, termOf(entry));
	if (length > 0) bytes[offset + ENTRY_HEADER_BYTES] = command;
	return offset + ENTRY_HEADER_BYTES + length;
}

/** `1:a 2:noop 2:members vvl`: the term, and the command as a letter. */
export function entriesText(entries: readonly number[]): string {
	if (entries.length === 0) return "nothing";
	return entries.map((entry) => `${termOf(entry)}:${contentOf(entry)}`).join(" ");
}

function contentOf(entry: number): string {
	const members = membersIn(entry);
	if (members > 0) return `members ${textOfMembers(members)}`;
	return commandOf(entry) === 0 ? "noop" : String.fromCharCode(96 + commandOf(entry));
}

export interface Datagram {
	readonly kind: number;
	readonly from: number;
	readonly to: number;
	/** The columns of its kind. */
	readonly fields: readonly number[];
	readonly entries: readonly number[];
	/** Its number with the places exchanged, by number of the permutation; 0 while nobody asked. */
	readonly renamed: Uint32Array;
}

export class Datagrams {
	readonly table = new Table<Datagram>();
	private readonly renamings: number;

	/** @param renamings orders that the places can be brought into */
	constructor(renamings: number) {
		this.renamings = renamings;
	}

	/** @returns the number of the message with the places exchanged */
	rename(number: number, order: readonly number[]): number {
		const { kind, from, to, fields, entries } = this.table.at(number);
		return this.number(kind, order[from], order[to], fields, entries);
	}

	/** @returns the number of the message */
	number(kind: number, from: number, to: number, fields: readonly number[], entries: readonly number[]): number {
		const key = `${from},${to}|${fields.join()}|${entries.join()}`;
		return (
			this.table.find(key) ??
			this.table.add(key, { kind, from, to, fields, entries, renamed: new Uint32Array(this.renamings) })
		);
	}
}

/** Puts a message where the decoder would have put it. */
export function fill(message: Message, datagram: Datagram, codec: MembersCodec): void {
	message.kind = datagram.kind;
	message.sender = datagram.from;
	message.fields.fill(0);
	message.fields.set(datagram.fields);
	// Entries stand somewhere in a datagram, behind other things.
	message.offset = 37;
	let end = message.offset;
	let index = datagram.fields[APPEND_PREVIOUS_INDEX];
	for (const entry of datagram.entries) end = writeEntry(message.bytes, end, entry, ++index, codec);
	message.length = end - message.offset;
}

const STATUS_WORDS: readonly string[] = Object.freeze(["accepted up to", "conflict, try after", "no room,", "stale,"]);

/** What a message says, for people. */
export function contentText({ kind, fields, entries }: Datagram): string {
	const term = fields[TERM];
	switch (kind) {
		case PRE_VOTE_REQUEST:
			return `pre-vote request for term ${term}, probe ${fields[PRE_VOTE_ROUND]}, log ends at ${fields[PRE_VOTE_LAST_INDEX]} of term ${fields[PRE_VOTE_LAST_TERM]}`;
		case PRE_VOTE_RESPONSE:
			return `pre-vote ${fields[PRE_VOTE_RESPONSE_GRANTED] === 1 ? "granted" : "refused"} in term ${term}`;
		case VOTE_REQUEST:
			return `vote request of term ${term}, log ends at ${fields[VOTE_LAST_INDEX]} of term ${fields[VOTE_LAST_TERM]}`;
		case TIMEOUT_NOW:
			return `order ${fields[TIMEOUT_NOW_SEQUENCE]} of term ${term}, to stand for election`;
		case TRANSFER_VOTE_REQUEST:
			return `vote request of term ${term} by order ${fields[TRANSFER_VOTE_SEQUENCE]}, log ends at ${fields[VOTE_LAST_INDEX]} of term ${fields[VOTE_LAST_TERM]}`;
		case APPEND_REQUEST:
			return `append of term ${term}, round ${fields[APPEND_ROUND]}: after ${fields[APPEND_PREVIOUS_INDEX]} of term ${fields[APPEND_PREVIOUS_TERM]} ${entriesText(entries)}, commit ${fields[APPEND_COMMIT_INDEX]}`;
		case APPEND_RESPONSE:
			return `answer of term ${term} to round ${fields[APPEND_RESPONSE_ROUND]}: ${STATUS_WORDS[fields[APPEND_RESPONSE_STATUS]]} ${fields[APPEND_RESPONSE_INDEX]}${fields[APPEND_RESPONSE_HINT_TERM] > 0 ? ` of term ${fields[APPEND_RESPONSE_HINT_TERM]}` : ""}`;
		default:
			return `vote ${fields[VOTE_RESPONSE_GRANTED] === 1 ? "granted" : "refused"} in term ${term}`;
	}
}
