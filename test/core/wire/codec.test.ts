import assert from "node:assert/strict";
import { decode as decodeWithCbor2, encode as encodeWithCbor2 } from "cbor2";
import { decode as decodeWithCborg, encode as encodeWithCborg } from "cborg";
import fc from "fast-check";
import { NO_ROOM } from "../../../core/bytes";
import { ENTRY_HEADER_BYTES } from "../../../core/entry";
import { APPEND_OVERHEAD_BYTES, DATAGRAM_BYTES, PROFILE_M, PROFILE_S } from "../../../core/limits";
import { APPEND_REQUEST, FETCH_REQUEST, FETCH_RESPONSE, Message, SNAPSHOT_REQUEST } from "../../../core/raft/messages";
import { Codec } from "../../../core/wire/codec";
import { DROP_CBOR, DROP_KIND, DROP_RANGE } from "../../../core/wire/drops";
import { BODY_LIMIT, BODY_OFFSET, FRAME_BYTES } from "../../../core/wire/frame";
import { PAIR_OVERHEAD_BYTES } from "../../../core/wire/page";
import { ClientMessage, isOfMembers, isRequest, REQUEST, RESPONSE } from "../../../core/wire/requests";
import { COLUMNS_MAX, LAYOUTS } from "../../../core/wire/schema";
import { arbitraryMessage } from "./arbitrary";
import { readBody } from "./reader";
import { bodyOf, SAMPLES, type Sample } from "./samples";

const DETERMINISTIC = { cde: true, collapseBigInts: true } as const;

/** The message as both libraries see it: one plain array. */
function plain(message: Sample): unknown[] {
	return [...message.integers, ...message.strings];
}

function sameMessage(actual: Sample | number, expected: Sample): void {
	assert.ok(typeof actual !== "number", `dropped: ${actual}`);
	assert.deepEqual(actual.integers, expected.integers);
	assert.deepEqual(actual.strings, expected.strings);
}

describe("core/wire/codec", () => {
	for (const message of SAMPLES)
		it(`reads back ${message.name}`, () => sameMessage(readBody(bodyOf(message)), message));

	it("writes what cborg and cbor2 read, in the form that both call deterministic", () => {
		fc.assert(
			fc.property(arbitraryMessage(), (message) => {
				const body = bodyOf(message);
				assert.deepEqual(decodeWithCborg(body, { strict: true, allowIndefinite: false }), plain(message));
				assert.deepEqual(decodeWithCbor2(body, { ...DETERMINISTIC, rejectStreaming: true }), plain(message));
			}),
			{ numRuns: 2000 },
		);
	});

	it("accepts what cborg and cbor2 write deterministically", () => {
		fc.assert(
			fc.property(arbitraryMessage(), (message) => {
				sameMessage(readBody(encodeWithCborg(plain(message))), message);
				sameMessage(readBody(encodeWithCbor2(plain(message), DETERMINISTIC)), message);
			}),
			{ numRuns: 2000 },
		);
	});

	it("rejects every longer head of every item of every message", () => {
		for (const message of SAMPLES) {
			let variants = 0;
			for (const body of longerForms(bodyOf(message))) {
				variants++;
				assert.deepEqual(
					decodeWithCborg(body),
					plain(message),
					"a variant that is not well-formed would prove nothing",
				);
				const result = readBody(body);
				assert.ok(result === DROP_CBOR || result === DROP_KIND, `${message.name}: ${JSON.stringify(result)}`);
			}
			assert.ok(variants > message.integers.length);
		}
	});

	it("rejects indefinite lengths, other types, other sizes and what follows", () => {
		for (const message of SAMPLES) {
			const body = bodyOf(message);
			const array = plain(message);
			const indefinite = Uint8Array.from([0x9f, ...body.slice(1), 0xff]);
			assert.deepEqual(decodeWithCborg(indefinite, { allowIndefinite: true }), array);
			const foreign: Uint8Array[] = [indefinite, Uint8Array.from([...body, 0]), Uint8Array.from([0xc1, ...body])];
			for (let cut = 0; cut < body.length; cut++) foreign.push(body.slice(0, cut));
			for (let place = 1; place < array.length; place++)
				for (const other of [
					-1,
					1.5,
					"text",
					null,
					true,
					[],
					{},
					array[place] instanceof Uint8Array ? 1 : new Uint8Array(1),
				])
					foreign.push(encodeWithCborg(array.map((item, i) => (i === place ? other : item))));
			foreign.push(encodeWithCborg([...array, 0]), encodeWithCborg(array.slice(0, -1)));
			for (const bytes of foreign) {
				const result = readBody(bytes);
				assert.ok(result === DROP_CBOR || result === DROP_KIND, `${message.name}: ${JSON.stringify(result)}`);
			}
		}
	});

	it("rejects integers that their field does not hold, and only those", () => {
		for (const message of SAMPLES) {
			const { bits } = LAYOUTS[message.integers[0]];
			for (let column = 1; column < bits.length; column++) {
				const put = (integer: number): Sample | number =>
					readBody(encodeWithCborg(plain(message).map((item, i) => (i === column ? integer : item))));
				assert.ok(typeof put(2 ** bits[column] - 1) !== "number");
				assert.equal(put(2 ** bits[column]), DROP_RANGE);
				assert.equal(put(Number.MAX_SAFE_INTEGER), DROP_RANGE);
			}
		}
	});

	it("rejects reserved kinds, unknown kinds, and kinds from the wrong end", () => {
		for (const kind of [FETCH_REQUEST, FETCH_RESPONSE, 0, 24, 200])
			assert.equal(readBody(encodeWithCborg([kind, 1, 2, 3])), DROP_KIND, `kind ${kind}`);
		const codec = new Codec();
		const bytes = new Uint8Array(200);
		for (const { integers, strings } of SAMPLES) {
			const body = encodeWithCborg([...integers, ...strings]);
			bytes.set(body, BODY_OFFSET);
			const end = BODY_OFFSET + body.length;
			const kind = integers[0];
			assert.equal(codec.decodeMember(new Message(bytes), end) === kind, isOfMembers(kind));
			assert.equal(codec.decodeRequest(bytes, end, new ClientMessage()) === kind, isRequest(kind));
			assert.equal(
				codec.decodeResponse(bytes, end, new ClientMessage()) === kind,
				!isOfMembers(kind) && !isRequest(kind),
			);
		}
	});

	it("needs no more beside an entry, a chunk, a command or a value than the limits allow for", () => {
		const codec = new Codec();
		const target = new Uint8Array(DATAGRAM_BYTES);
		const row = new DataView(new ArrayBuffer(8 * COLUMNS_MAX));
		const widest = (kind: number, length: number): number => {
			const { bits } = LAYOUTS[kind];
			for (let column = 0; column < bits.length; column++)
				row.setFloat64(8 * column, column === 0 ? kind : 2 ** bits[column] - 1, true);
			return codec.encode(target, kind, row, 0, length) + FRAME_BYTES - BODY_OFFSET;
		};
		for (const limits of [PROFILE_S, PROFILE_M]) {
			assert.ok(widest(APPEND_REQUEST, ENTRY_HEADER_BYTES + limits.commandBytes) <= APPEND_OVERHEAD_BYTES);
			assert.ok(widest(SNAPSHOT_REQUEST, limits.snapshotChunkBytes) <= APPEND_OVERHEAD_BYTES);
			assert.ok(widest(REQUEST, limits.commandBytes) + limits.commandBytes + 1 <= DATAGRAM_BYTES);
			const pair = PAIR_OVERHEAD_BYTES + limits.keyBytes + limits.valueBytes;
			assert.ok(widest(RESPONSE, pair) + pair <= DATAGRAM_BYTES);
		}
	});

	it("fits a message to the datagram to the byte", () => {
		const codec = new Codec();
		const target = new Uint8Array(1472);
		const row = new DataView(new ArrayBuffer(8 * COLUMNS_MAX));
		row.setFloat64(0, 5, true);
		const room = BODY_LIMIT - BODY_OFFSET - 10;
		assert.equal(codec.encode(target, 5, row, 0, room), BODY_LIMIT - room);
		assert.equal(codec.encode(target, 5, row, 0, room + 1), NO_ROOM);
	});
});

/** The same body with one head after the other written longer than need be: well-formed, not deterministic. */
function* longerForms(body: Uint8Array): Generator<Uint8Array> {
	for (let at = 0; at < body.length; ) {
		const low = body[at] & 31;
		const size = low < 24 ? 0 : 1 << (low - 24);
		const argument = size === 0 ? [low] : [...body.slice(at + 1, at + 1 + size)];
		for (let wide = size === 0 ? 1 : size * 2; wide <= 8; wide *= 2) {
			const head = [
				(body[at] & 0xe0) + 24 + Math.log2(wide),
				...new Array(wide - argument.length).fill(0),
				...argument,
			];
			yield Uint8Array.from([...body.slice(0, at), ...head, ...body.slice(at + 1 + size)]);
		}
		const isString = body[at] >>> 5 === 2;
		at += 1 + size + (isString ? argument.reduce((value, byte) => value * 256 + byte, 0) : 0);
	}
}
