/** How much a path must carry is computed by hand in one place: here it is held to the encoder, and the docs to it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { COMPARE_AND_PUT, Command } from "../../core/command";
import { Configuration, ROLE_VOTER } from "../../core/configuration";
import { ENTRY_HEADER_BYTES } from "../../core/entry";
import { PROFILE_M } from "../../core/limits";
import { APPEND_REQUEST, SNAPSHOT_REQUEST } from "../../core/raft/messages";
import { CHUNK_BYTES_MIN } from "../../core/raft/path";
import { PEER_COLUMNS, STATUS_COLUMNS } from "../../core/status";
import { ConfigurationCodec } from "../../core/wire/configuration";
import { PAIR_OVERHEAD_BYTES } from "../../core/wire/page";
import { READ_RESPONSE, REQUEST, STATUS_RESPONSE } from "../../core/wire/requests";
import { LAYOUTS } from "../../core/wire/schema";
import { administrationBytesMin, pathBytesMin } from "../../sim/path-bytes";
import { writeBody } from "../core/wire/samples";

const HEADERS_OF_IPV4_AND_UDP = 28;
const TAG_BYTES = 4;
const U48_MAX = 0xffffffffffff;
const { keyBytes, members, valueBytes } = PROFILE_M;

/** Bytes of a datagram whose integers are as wide as they may be. */
function widest(kind: number, ...strings: number[]): number {
	const integers = LAYOUTS[kind].bits.map((bits) => 2 ** bits - 1);
	integers[0] = kind;
	const sample = { name: "", integers, strings: strings.map((length) => new Uint8Array(length)) };
	return writeBody(new Uint8Array(1472), sample) + TAG_BYTES;
}

function commandBytes(): number {
	const command = new Command();
	Object.assign(command, { operation: COMPARE_AND_PUT, session: U48_MAX, sequence: 2 ** 32 - 1, expected: U48_MAX });
	Object.assign(command, { keyLength: keyBytes, valueLength: valueBytes });
	const bytes = new Uint8Array(1472);
	return command.write(bytes, 0, bytes.length, bytes, bytes);
}

function configurationBytes(): number {
	const configuration = new Configuration(members);
	for (let id = 1; id <= members; id++)
		configuration.add(200 + id, 0xffff, ROLE_VOTER, 0xffffffff, 0xffff, ROLE_VOTER, 3);
	configuration.index = U48_MAX;
	configuration.leaseMs = 0xffffffff;
	return new ConfigurationCodec().write(new Uint8Array(1472), 0, 1472, configuration);
}

describe("what a path must carry", () => {
	it("is no less than any datagram that is not divided", () => {
		const least = pathBytesMin(PROFILE_M);
		const all = [
			widest(APPEND_REQUEST, ENTRY_HEADER_BYTES + commandBytes()),
			widest(SNAPSHOT_REQUEST, CHUNK_BYTES_MIN),
			widest(REQUEST, commandBytes(), 0),
			widest(READ_RESPONSE, PAIR_OVERHEAD_BYTES + keyBytes + valueBytes),
		];
		for (const bytes of all) assert.ok(bytes <= least, `${bytes} bytes`);
		assert.ok(Math.max(...all) >= least - 12, `${Math.max(...all)} bytes of ${least}`);
	});

	it("is 548 bytes at most for whoever administers a cluster: so much every path of IPv4 carries", () => {
		const least = administrationBytesMin(PROFILE_M);
		const rows = Math.max(STATUS_COLUMNS * 9, members * PEER_COLUMNS * 5);
		const all = [
			widest(STATUS_RESPONSE, rows),
			widest(READ_RESPONSE, configurationBytes() + (2 + members) * 9),
			widest(REQUEST, configurationBytes(), 0),
		];
		for (const bytes of all) assert.ok(bytes <= least + 4, `${bytes} bytes`);
		assert.ok(least <= 548, `${least} bytes`);
	});

	it("is what the docs say", () => {
		const least = pathBytesMin(PROFILE_M);
		for (const page of ["esp32", "protocol"]) {
			const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), "utf8");
			assert.ok(
				text.includes(`MTU of ${least + HEADERS_OF_IPV4_AND_UDP} bytes`),
				`docs/${page}.md: ${least} bytes of payload`,
			);
		}
	});
});
