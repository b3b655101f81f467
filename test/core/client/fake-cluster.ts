/**
 * Members that speak the real wire over one plain state: what a cluster looks like from outside.
 * No consensus: whoever is told to lead applies at once. Sessions are kept as the thesis says (§6.3).
 */

import { writeIntegers } from "../../../core/bytes";
import {
	CLOSE,
	COMPARE_AND_PUT,
	CommandReader,
	DELETE,
	EXPECTED,
	KEY_OFFSET,
	NONCE_HIGH,
	NONCE_LOW,
	REGISTER,
	SEQUENCE,
	SESSION,
} from "../../../core/command";
import { ROLE_VOTER } from "../../../core/configuration";
import { DATAGRAM_BYTES } from "../../../core/limits";
import {
	CONFLICT,
	DONE,
	KEY_NOT_FOUND,
	NO_LEADER,
	NOT_LEADER,
	SEQUENCE_STALE,
	SESSION_EXPIRED,
} from "../../../core/reasons";
import {
	STATUS_COLUMNS,
	STATUS_ID,
	STATUS_LEADER,
	STATUS_MEMBER_ROLE,
	STATUS_ROLE,
	STATUS_TERM,
} from "../../../core/status";
import { Codec } from "../../../core/wire/codec";
import { ACCEPTED } from "../../../core/wire/drops";
import { BODY_OFFSET, Frame } from "../../../core/wire/frame";
import * as wire from "../../../core/wire/requests";
import { PageWriter } from "../wire/page-writer";

export const CLUSTER_HIGH = 0x8f0c9a3b;
export const CLUSTER_LOW = 0x5d17e642;

export interface Pair {
	value: Uint8Array;
	createRevision: number;
	modRevision: number;
	version: number;
}

interface Session {
	sequence: number;
	reply: Reply;
	usedAt: number;
}

export interface Reply {
	reason: number;
	leader?: number;
	revision?: number;
	session?: number;
	pair?: Pair;
	more?: boolean;
	bytes?: Uint8Array;
}

/** What a member makes of a request instead of serving it: a reply, SILENT, or nothing in particular. */
export const SILENT = "silent";
export type Override = (member: number, request: Request) => Reply | typeof SILENT | undefined;

export interface Request {
	operation: number;
	number: number;
	limit: number;
	first: Uint8Array;
	second: Uint8Array;
	command?: { operation: number; session: number; sequence: number; key: string; value: string };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

export class FakeCluster {
	/** Id of the leader, 0 for none; `hint` is what the others say of it. */
	leader = 1;
	hint: number | undefined;
	term = 1;
	/** Steps of the test's own clock, for the age of sessions. */
	now = 0;
	override: Override = () => undefined;
	/** By hexadecimal key. */
	readonly pairs = new Map<string, Pair>();
	readonly sessions = new Map<number, Session>();
	readonly nonces = new Map<string, number>();
	/** Every command that changed the state, in order: the value of a put, or "delete KEY". */
	readonly applied: string[] = [];
	/** The same with its time: the key's value from then on, undefined when it was deleted. */
	readonly changes: { at: number; key: string; value: string | undefined }[] = [];
	readonly requests: { member: number; request: Request }[] = [];
	revision = 0;
	#index = 0;
	readonly #frames = new Map<number, Frame>();
	readonly #codec = new Codec();
	readonly #message = new wire.ClientMessage();

	/** @returns the member's answer to a datagram, or undefined when it has none */
	handle(member: number, datagram: Uint8Array): Uint8Array | undefined {
		let frame = this.#frames.get(member);
		if (frame === undefined) this.#frames.set(member, (frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, member, 1, 15)));
		if (frame.check(datagram, datagram.length) !== ACCEPTED) return undefined;
		const message = this.#message;
		if (this.#codec.decodeRequest(datagram, frame.bodyEnd, message) !== wire.REQUEST) return undefined;
		const request = requestOf(datagram, message);
		this.requests.push({ member, request });
		const reply = this.override(member, request) ?? this.#serve(member, request);
		return reply === SILENT ? undefined : this.#answer(frame, member, message, request, reply);
	}

	expire(session: number): void {
		this.sessions.delete(session);
	}

	#serve(member: number, request: Request): Reply {
		if (wire.responseKind(request.operation) === wire.STATUS_RESPONSE) return { reason: DONE };
		if (this.leader === 0) return { reason: NO_LEADER };
		if (member !== this.leader) return { reason: NOT_LEADER, leader: this.hint ?? this.leader };
		if (request.operation === wire.OPERATION_GET) return this.#get(request);
		if (request.operation === wire.OPERATION_RANGE) return this.#range(request);
		return this.apply(request.first);
	}

	apply(bytes: Uint8Array): Reply {
		const command = commandOf(bytes);
		this.#index++;
		if (command.operation === REGISTER) return this.#register(command.nonce);
		const session = this.sessions.get(command.session);
		if (session === undefined) return { reason: command.operation === CLOSE ? DONE : SESSION_EXPIRED };
		session.usedAt = this.now;
		if (command.sequence === session.sequence) return session.reply;
		if (command.sequence < session.sequence) return { reason: SEQUENCE_STALE };
		session.sequence = command.sequence;
		if (command.operation === CLOSE) this.sessions.delete(command.session);
		session.reply = command.operation === CLOSE ? { reason: DONE } : this.#change(command);
		return session.reply;
	}

	#register(nonce: string): Reply {
		const known = this.nonces.get(nonce);
		if (known !== undefined && this.sessions.has(known)) return { reason: DONE, session: known };
		this.nonces.set(nonce, this.#index);
		this.sessions.set(this.#index, { sequence: 0, reply: { reason: DONE }, usedAt: this.now });
		return { reason: DONE, session: this.#index };
	}

	#change(command: ParsedCommand): Reply {
		const name = hex(command.key);
		const { value } = command;
		const old = this.pairs.get(name);
		if (command.operation === COMPARE_AND_PUT && command.expected !== (old?.modRevision ?? 0))
			return { reason: CONFLICT, revision: this.revision, ...(old === undefined ? {} : { pair: old }) };
		if (command.operation === DELETE) {
			if (old === undefined) return { reason: KEY_NOT_FOUND, revision: this.revision };
			this.pairs.delete(name);
			this.#changed(name, undefined);
			return { reason: DONE, revision: ++this.revision };
		}
		const revision = ++this.revision;
		const pair = {
			value,
			createRevision: old?.createRevision ?? revision,
			modRevision: revision,
			version: (old?.version ?? 0) + 1,
		};
		this.pairs.set(name, pair);
		this.#changed(name, text(value));
		return { reason: DONE, revision, pair };
	}

	#changed(name: string, value: string | undefined): void {
		const key = text(Buffer.from(name, "hex"));
		this.applied.push(value ?? `delete ${key}`);
		this.changes.push({ at: this.now, key, value });
	}

	#get(request: Request): Reply {
		const pair = this.pairs.get(hex(request.first));
		if (pair === undefined) return { reason: KEY_NOT_FOUND, revision: this.revision };
		return { reason: DONE, revision: this.revision, pair, bytes: pair.value };
	}

	#range(request: Request): Reply {
		const [from, to] = [hex(request.first), hex(request.second)];
		const names = [...this.pairs.keys()].filter((name) => name >= from && (to === "" || name < to)).sort();
		const bytes = new Uint8Array(1300);
		const page = new PageWriter(bytes);
		page.begin(0, bytes.length);
		let more = false;
		for (const name of names) {
			const pair = this.pairs.get(name)!;
			const key = Buffer.from(name, "hex");
			const isFull = request.limit > 0 && page.pairs === request.limit;
			if (
				isFull ||
				!page.add(
					pair.createRevision,
					pair.modRevision,
					pair.version,
					key,
					0,
					key.length,
					pair.value,
					0,
					pair.value.length,
				)
			) {
				more = true;
				break;
			}
		}
		return { reason: DONE, revision: this.revision, more, bytes: bytes.slice(0, page.end) };
	}

	#answer(frame: Frame, member: number, message: wire.ClientMessage, request: Request, reply: Reply): Uint8Array {
		const isStatus = request.operation === wire.OPERATION_STATUS;
		const fields = message.fields;
		fields[0] = wire.responseKind(request.operation);
		fields[wire.RESPONSE_REASON] = reply.reason;
		fields[wire.RESPONSE_LEADER] = reply.leader ?? this.leader;
		fields[wire.RESPONSE_TERM] = this.term;
		fields[wire.RESPONSE_REVISION] = reply.revision ?? 0;
		fields[wire.RESPONSE_SESSION] = reply.session ?? 0;
		fields[wire.RESPONSE_CREATE_REVISION] = reply.pair?.createRevision ?? 0;
		fields[wire.RESPONSE_MOD_REVISION] = reply.pair?.modRevision ?? 0;
		fields[wire.RESPONSE_VERSION] = reply.pair?.version ?? 0;
		fields[wire.RESPONSE_MORE] = reply.more ? 1 : 0;
		const bytes = isStatus ? this.#status(member) : (reply.bytes ?? new Uint8Array(0));
		const datagram = new Uint8Array(DATAGRAM_BYTES);
		frame.begin(datagram, -1);
		const end = wire.writeResponse(this.#codec, datagram, message, bytes, 0, bytes.length);
		if (end < BODY_OFFSET) throw new Error("a response does not fit its datagram");
		return datagram.slice(0, frame.seal(datagram, end));
	}

	#status(member: number): Uint8Array {
		const numbers = new Float64Array(STATUS_COLUMNS);
		numbers[STATUS_ID] = member;
		numbers[STATUS_ROLE] = member === this.leader ? 3 : 0;
		numbers[STATUS_MEMBER_ROLE] = ROLE_VOTER;
		numbers[STATUS_TERM] = this.term;
		numbers[STATUS_LEADER] = this.leader;
		const bytes = new Uint8Array(STATUS_COLUMNS * 9);
		return bytes.slice(0, writeIntegers(bytes, 0, bytes.length, new DataView(numbers.buffer), 0, STATUS_COLUMNS));
	}
}

function requestOf(datagram: Uint8Array, message: wire.ClientMessage): Request {
	const first = datagram.slice(message.offset, message.offset + message.length);
	const request: Request = {
		operation: message.fields[wire.REQUEST_OPERATION],
		number: message.fields[wire.REQUEST_NUMBER],
		limit: message.fields[wire.REQUEST_LIMIT],
		first,
		second: datagram.slice(message.secondOffset, message.secondOffset + message.secondLength),
	};
	if (request.operation > wire.OPERATION_WRITE) return request;
	const { operation, session, sequence, key, value } = commandOf(first);
	request.command = { operation, session, sequence, key: text(key), value: text(value) };
	return request;
}

interface ParsedCommand {
	operation: number;
	nonce: string;
	session: number;
	sequence: number;
	expected: number;
	key: Uint8Array;
	value: Uint8Array;
}

function commandOf(bytes: Uint8Array): ParsedCommand {
	const reader = new CommandReader();
	const operation = reader.read(bytes, 0, bytes.length);
	if (operation === 0) throw new Error("a command is not in its one encoding");
	const row = reader.row;
	const hasKey = operation !== REGISTER && operation !== CLOSE;
	const column = KEY_OFFSET;
	const part = (isThere: boolean, from: number) =>
		isThere ? bytes.slice(row[from], row[from] + row[from + 1]) : new Uint8Array(0);
	return {
		operation,
		nonce: operation === REGISTER ? `${row[NONCE_HIGH]}/${row[NONCE_LOW]}` : "",
		session: operation === REGISTER ? 0 : row[SESSION],
		sequence: operation === REGISTER ? 0 : row[SEQUENCE],
		expected: operation === COMPARE_AND_PUT ? row[EXPECTED] : 0,
		key: part(hasKey, column),
		value: part(hasKey && operation !== DELETE, column + 2),
	};
}
