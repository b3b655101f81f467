import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { APPEND_REQUEST } from "../../core/raft/messages";
import { LAYOUTS } from "../../core/wire/schema";
import { datagramsOf, dissect, rulesOf } from "../../scripts/dissect";

const ROOT = new URL("../../", import.meta.url);
const RULES = rulesOf(readFileSync(new URL("core/wire/messages.cddl", ROOT), "utf8"));

/** The golden datagrams: header, body and tag in hexadecimal digits on one line. */
function vectors(): Uint8Array[] {
	const text = readFileSync(new URL("test/core/wire/vectors.txt", ROOT), "utf8");
	return [...text.matchAll(/^ {2}(1[0-9a-f]{19} [0-9a-f]+ [0-9a-f]{8})$/gm)].map((match) =>
		Buffer.from(match[1].replaceAll(" ", ""), "hex"),
	);
}

describe("dissect", () => {
	it("knows every message that the codec knows, with as many fields", () => {
		for (const [kind, layout] of Object.entries(LAYOUTS))
			assert.equal(RULES.get(Number(kind))?.fields.length, layout.bits.length + layout.strings, `kind ${kind}`);
	});

	it("reads the golden datagrams with a CBOR library that is not ours", () => {
		const found = vectors().map((bytes) => dissect(bytes, RULES));
		const messages = new Set(found.map((each) => each?.message));
		for (const rule of RULES.values()) assert.ok(messages.has(rule.name), `no ${rule.name} among the vectors`);
	});

	it("names an append's numbers and its ends", () => {
		const body = Uint8Array.of(0x87, APPEND_REQUEST, 3, 9, 2, 8, 4, 0x42, 0xab, 0xcd);
		const datagram = new Uint8Array(10 + body.length + 4);
		datagram.set([0x10, 0, 0, 0, 1, 0, 1, 2, 0, 7]);
		datagram.set(body, 10);
		assert.deepEqual(dissect(datagram, RULES), {
			from: "1.1",
			to: "2.7",
			message: "append-request",
			fields: {
				term: 3,
				"previous-index": 9,
				"previous-term": 2,
				"commit-index": 8,
				round: 4,
				entries: "abcd",
			},
		});
	});

	it("leaves out what is none of ours, and refuses what is no recording", () => {
		assert.equal(dissect(new Uint8Array(5), RULES), undefined);
		assert.equal(dissect(new Uint8Array(50).fill(0xff), RULES), undefined);
		assert.throws(() => [...datagramsOf(Buffer.alloc(30))], /no pcap/);
	});
});
