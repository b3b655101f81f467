/**
 * Bodies of datagrams: each message is one array in deterministic CBOR, a row of integers and then
 * its byte strings. The codec writes into and reads from the caller's buffer, and one native call
 * does a whole row. What it accepts is exactly what it writes: one encoding for one message.
 */
import { OUT_OF_RANGE, readArray, writeArray } from "../bytes";
import type { Message } from "../raft/messages";
import { DROP_CBOR, DROP_KIND, DROP_RANGE } from "./drops";
import { BODY_LIMIT, BODY_OFFSET } from "./frame";
import type { ClientMessage } from "./requests";
import { REQUEST, RESPONSE, STATUS_RESPONSE } from "./requests";
import { COLUMNS_MAX, KINDS, LAYOUTS } from "./schema";

/** Kinds of messages between members end before this one. */
const FIRST_CLIENT_KIND = REQUEST;

export class Codec {
	/** The offset that a body must not pass. */
	readonly limit = BODY_LIMIT;
	/** By kind: its columns, 0 when the kind is unknown; its strings; the bits of its columns. */
	readonly #columns = new Uint8Array(KINDS);
	readonly #strings = new Uint8Array(KINDS);
	readonly #bits = new Uint8Array(KINDS * COLUMNS_MAX);

	constructor() {
		for (let kind = 0; kind < KINDS; kind++) {
			const layout = LAYOUTS[kind];
			if (layout === undefined) continue;
			this.#columns[kind] = layout.bits.length;
			this.#strings[kind] = layout.strings;
			this.#bits.set(layout.bits, kind * COLUMNS_MAX);
		}
	}

	/**
	 * Writes a message at BODY_OFFSET, up to its first byte string, whose `length` bytes the caller
	 * then writes at the returned offset.
	 * @param row its integers in wire order from index `from`, kind first
	 * @param length of the first string; without meaning for a message that has none
	 * @returns the offset after what was written, or NO_ROOM when that and the string do not fit a datagram
	 */
	encode(target: Uint8Array, kind: number, row: DataView, from: number, length: number): number {
		return writeArray(target, BODY_OFFSET, BODY_LIMIT, row, from, this.#columns[kind], this.#strings[kind], length);
	}

	/**
	 * Reads the message of a member in `message.bytes[BODY_OFFSET, end)`.
	 * @returns its kind, or a reason to drop it; `message` then means nothing
	 */
	decodeMember(message: Message, end: number): number {
		const kind = this.#decode(message.bytes, end, message.row, 1, FIRST_CLIENT_KIND);
		if (kind < 0) return kind;
		message.kind = kind;
		message.length = 0;
		if (this.#strings[kind] === 0) return kind;
		const columns = this.#columns[kind];
		message.offset = message.fields[columns];
		message.length = message.fields[columns + 1];
		return kind;
	}

	/**
	 * Reads the message of a client.
	 * @returns REQUEST, or a reason to drop it
	 */
	decodeRequest(bytes: Uint8Array, end: number, message: ClientMessage): number {
		return this.#decodeClientMessage(bytes, end, message, REQUEST, REQUEST + 1);
	}

	/**
	 * Reads the message of a node to a client.
	 * @returns RESPONSE, STATUS_RESPONSE, or a reason to drop it
	 */
	decodeResponse(bytes: Uint8Array, end: number, message: ClientMessage): number {
		return this.#decodeClientMessage(bytes, end, message, RESPONSE, STATUS_RESPONSE + 1);
	}

	#decodeClientMessage(bytes: Uint8Array, end: number, message: ClientMessage, least: number, beyond: number): number {
		const kind = this.#decode(bytes, end, message.row, least, beyond);
		if (kind < 0) return kind;
		const columns = this.#columns[kind];
		message.offset = message.fields[columns];
		message.length = message.fields[columns + 1];
		message.secondOffset = message.secondLength = 0;
		if (this.#strings[kind] === 1) return kind;
		message.secondOffset = message.fields[columns + 2];
		message.secondLength = message.fields[columns + 3];
		return kind;
	}

	/** Reads a message of a kind in [least, beyond) into `row`: its integers, then offset and length of each string. */
	#decode(bytes: Uint8Array, end: number, row: DataView, least: number, beyond: number): number {
		const kind = bytes[BODY_OFFSET + 1];
		if (kind < least || kind >= beyond || this.#columns[kind] === 0)
			return bytes[BODY_OFFSET] >>> 5 === 4 ? DROP_KIND : DROP_CBOR;
		const columns = this.#columns[kind];
		const after = readArray(
			bytes,
			BODY_OFFSET,
			end,
			row,
			0,
			columns,
			this.#strings[kind],
			this.#bits,
			kind * COLUMNS_MAX,
		);
		if (after === end) return kind;
		return after === OUT_OF_RANGE ? DROP_RANGE : DROP_CBOR;
	}
}
