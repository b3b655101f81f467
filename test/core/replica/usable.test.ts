import assert from "node:assert/strict";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { dottedAddress, mixedLoopback, unusableAddress, unusableMembers } from "../../../core/replica/usable";

function numberOf(text: string): number {
	return text.split(".").reduce((address, byte) => address * 256 + Number(byte), 0);
}

function membersAt(...places: string[]): Configuration {
	const configuration = new Configuration(places.length);
	places.forEach((place, i) => {
		const [address, port] = place.split(":");
		configuration.add(i + 1, 1, ROLE_VOTER, numberOf(address), Number(port));
	});
	return configuration;
}

describe("P2: addresses that a member may have", () => {
	const usable = ["1.0.0.0", "10.77.0.1", "127.0.0.1", "127.255.255.255", "192.168.1.255", "223.255.255.255"];
	for (const address of usable)
		it(`takes ${address}`, () => {
			assert.equal(unusableAddress(numberOf(address), 7000), "");
			assert.equal(dottedAddress(numberOf(address)), address);
		});

	const unusable = ["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.254"];
	for (const address of [...unusable, "255.255.255.255"])
		it(`refuses ${address}`, () => assert.match(unusableAddress(numberOf(address), 7000), /: give the address/));

	it("refuses port 0 and what is no port", () => {
		for (const port of [0, 65536]) assert.match(unusableAddress(numberOf("10.0.0.1"), port), /is no port/);
		for (const port of [1, 65535]) assert.equal(unusableAddress(numberOf("10.0.0.1"), port), "");
	});

	it("refuses one address for two members, and takes two ports of one machine", () => {
		assert.match(
			unusableMembers(membersAt("10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.1:7000"), 7),
			/^ADDRESS_TAKEN: members 1 and 3/,
		);
		assert.equal(unusableMembers(membersAt("10.0.0.1:7000", "10.0.0.1:7001"), 7), "");
	});

	it("refuses as many members as no node holds", () => {
		const members = ["10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000"];
		assert.equal(unusableMembers(membersAt(...members), 3), "");
		assert.match(unusableMembers(membersAt(...members), 2), /^MEMBER_LIMIT: 3 members are more than the 2/);
	});

	it("warns where some are at a loopback address and others are not", () => {
		assert.match(mixedLoopback(membersAt("192.168.1.2:7000", "127.0.1.1:7000")), /^member 2 is at 127\.0\.1\.1/);
		assert.equal(mixedLoopback(membersAt("127.0.0.1:7000", "127.0.0.1:7001")), "");
		assert.equal(mixedLoopback(membersAt("192.168.1.2:7000", "192.168.1.3:7001")), "");
	});
});
