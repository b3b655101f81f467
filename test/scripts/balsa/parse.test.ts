import { strict as assert } from "node:assert";
import {
	bytesOf,
	clusterAddresses,
	clusterId,
	existingClusterId,
	hexOf,
	integer,
	memberId,
	peerAddresses,
	textOf,
} from "../../../scripts/balsa/parse";

describe("balsa: values of the command line", () => {
	it("takes members with ids, or numbers them by their place", () => {
		assert.deepEqual(clusterAddresses("a.example:1,10.0.0.2:65535"), [
			{ id: 1, host: "a.example", port: 1 },
			{ id: 2, host: "10.0.0.2", port: 65535 },
		]);
		assert.deepEqual(peerAddresses("7=localhost:7070"), [{ id: 7, host: "localhost", port: 7070 }]);
	});

	for (const text of [
		"",
		"host",
		"host:",
		":1",
		"host:0",
		"host:65536",
		"host:1x",
		"1=a:1,1=b:2",
		"0=a:1",
		"256=a:1",
		"a:1,,b:2",
		"10.0.0.300:1",
		"1.2.3:1",
		"a b:1",
		Array(16).fill("a:1").join(","),
	])
		it(`refuses the members "${text.slice(0, 40)}"`, () => assert.throws(() => clusterAddresses(text)));

	it("refuses two members at one address", () =>
		assert.throws(() => peerAddresses("1=host:1,2=host:1"), /host:1 is there twice/));

	it("refuses peers without an id", () => assert.throws(() => peerAddresses("host:1"), /ID=HOST:PORT/));

	it("takes a cluster id of exactly 16 digits that is not zero", () => {
		assert.deepEqual(clusterId("8f0c9a3B5d17e642"), { high: 0x8f0c9a3b, low: 0x5d17e642 });
		for (const text of [
			"",
			"8f0c9a3b5d17e64",
			"8f0c9a3b5d17e6420",
			"8f0c9a3b5d17e64g",
			"0000000000000000",
			"0x0c9a3b5d17e642",
		])
			assert.throws(() => existingClusterId(text));
	});

	it("takes whole numbers within their bounds", () => {
		assert.equal(integer(0, 5)("5"), 5);
		assert.equal(memberId("255"), 255);
		for (const text of ["", "-1", "6", "1.5", "1e1", " 1", "0x1", "99999999999999999"])
			assert.throws(() => integer(0, 5)(text));
	});

	it("takes keys and values as UTF-8 or as pairs of hexadecimal digits", () => {
		assert.equal(hexOf(bytesOf("blå", false, "key")), "626cc3a5");
		assert.equal(hexOf(bytesOf("00fFa0", true, "key")), "00ffa0");
		assert.equal(bytesOf("", true, "key").length, 0);
		for (const text of ["0", "0g", "00 00", "0x00"]) assert.throws(() => bytesOf(text, true, "key"), /hexadecimal/);
	});

	it("refuses a key that was no UTF-8 before it became an argument", () => {
		assert.throws(() => bytesOf("a\ufffd", false, "key"), /The key is not UTF-8 text; --hex takes any bytes/);
		assert.equal(hexOf(bytesOf("fffe", true, "key")), "fffe");
	});

	it("shows text only when it is text", () => {
		assert.equal(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
		assert.equal(textOf(Uint8Array.of(0xff)), undefined);
	});
});
