import assert from "node:assert/strict";
import fc from "fast-check";
import { PROFILE_M } from "../../../core/limits";
import { joiningConfiguration } from "../../../core/replica/format";
import { dottedAddress } from "../../../core/replica/usable";
import {
	BadIdentity,
	DEFAULT_PORT,
	drawCluster,
	formatCluster,
	initialConfiguration,
	ownMember,
	parseAddress,
	parseIdentity,
	parseJoiner,
	parseMac,
	parseMembers,
	warningOf,
} from "../../../firmware/esp32/identity";

const CLUSTER = "00ff00ff12345678";
const MAC = "240ac4000002";
const FIVE = "1=192.168.1.11 2=192.168.1.12/24:0a:c4:00:00:02 3=192.168.1.13:7003 4.2=192.168.1.14,5=192.168.1.15";

describe("who a board is to be", () => {
	it("reads a cluster of five as people write it", () => {
		const identity = parseIdentity(CLUSTER, "3", FIVE, MAC);
		assert.equal(identity.clusterHigh, 0x00ff00ff);
		assert.equal(identity.clusterLow, 0x12345678);
		assert.equal(formatCluster(identity), CLUSTER);
		assert.deepEqual(ownMember(identity), { id: 3, incarnation: 1, address: 0xc0a8010d, port: 7003, mac: "" });
		const configuration = initialConfiguration(identity, PROFILE_M.members);
		assert.equal(configuration.count, 5);
		assert.equal(configuration.isSound(), true);
		assert.deepEqual([...configuration.incarnations], [1, 1, 1, 2, 1]);
		assert.equal(configuration.ports[0], DEFAULT_PORT);
	});

	it("reads who waits to be added", () => {
		const identity = { clusterHigh: 0x00ff00ff, clusterLow: 0x12345678, id: 6, incarnation: 1 };
		assert.deepEqual(parseJoiner(CLUSTER, "6"), identity);
		assert.deepEqual(parseJoiner(CLUSTER, "6.3"), { ...identity, incarnation: 3 });
		assert.equal(joiningConfiguration(parseJoiner(CLUSTER, "6.3")).isBlank(), true);
		for (const node of ["0", "256", "6.0", "6.65536", "6.1.1", "", "auto"])
			assert.throws(() => parseJoiner(CLUSTER, node), BadIdentity);
		assert.throws(() => parseJoiner("new", "6"), BadIdentity);
	});

	it("finds the node by the board's MAC, so that one binary makes five members", () => {
		assert.equal(parseIdentity(CLUSTER, "auto", FIVE, MAC).id, 2);
		assert.throws(() => parseIdentity(CLUSTER, "auto", FIVE, "240ac4000009"), /no member has this board's MAC/);
		assert.throws(() => parseIdentity(CLUSTER, "2", FIVE, "240ac4000009"), /belongs on the board 240ac4000002/);
	});

	it("puts members in the order of their ids", () => {
		assert.deepEqual(
			parseMembers("9=10.0.0.9, 1=10.0.0.1 5=10.0.0.5").map((member) => member.id),
			[1, 5, 9],
		);
	});

	const wrong: [string, () => unknown][] = [
		["a short cluster id", () => parseIdentity("00ff", "1", FIVE, MAC)],
		["a cluster id of zero", () => parseIdentity("0000000000000000", "1", FIVE, MAC)],
		["a node that is no member", () => parseIdentity(CLUSTER, "6", FIVE, MAC)],
		["a node id of zero", () => parseIdentity(CLUSTER, "0", FIVE, MAC)],
		["a node id that is no number", () => parseIdentity(CLUSTER, "one", FIVE, MAC)],
		["no members", () => parseMembers(" , ")],
		["a member twice", () => parseMembers("1=10.0.0.1 1=10.0.0.2")],
		["a member without address", () => parseMembers("1")],
		["an id above 255", () => parseMembers("256=10.0.0.1")],
		["an incarnation of zero", () => parseMembers("1.0=10.0.0.1")],
		["two incarnations", () => parseMembers("1.2.3=10.0.0.1")],
		["a port of zero", () => parseMembers("1=10.0.0.1:0")],
		["two ports", () => parseMembers("1=10.0.0.1:1:2")],
		["an address of five bytes", () => parseMembers("1=10.0.0.1.1")],
		["a byte of 256", () => parseMembers("1=10.0.0.256")],
		["an empty byte", () => parseMembers("1=10..0.1")],
		["a host name", () => parseMembers("1=board.local")],
		["a MAC that is none", () => parseMac("24:0a:c4:00:00")],
		["one MAC twice", () => parseMembers(`1=10.0.0.1/${MAC} 2=10.0.0.2/${MAC}`)],
	];
	for (const [what, parse] of wrong) it(`refuses ${what}`, () => assert.throws(parse, BadIdentity));

	const named: [string, string, RegExp][] = [
		[
			"F6: more members than a board holds",
			Array.from({ length: 8 }, (_, i) => `${i + 1}=192.168.1.1${i}`).join(" "),
			/^MEMBER_LIMIT: 8 members are more than the 7 /,
		],
		["F6: two members at one address", "1=192.168.1.11 2=192.168.1.11", /^ADDRESS_TAKEN: members 1 and 2 are both at/],
		["F6: no machine", "1=192.168.1.11 2=0.0.0.0", /^BAD_ADDRESS: member 2: 0\.0\.0\.0 names no machine/],
		["F6: a broadcast", "1=192.168.1.11 2=255.255.255.255", /^BAD_ADDRESS: member 2: .* broadcast/],
		["F6: a multicast", "1=224.0.0.251 2=192.168.1.12", /^BAD_ADDRESS: member 1: .* multicast/],
	];
	for (const [what, members, message] of named)
		it(`refuses ${what} by name`, () => {
			const identity = parseIdentity(CLUSTER, "1", members, MAC);
			assert.throws(() => initialConfiguration(identity, PROFILE_M.members), { name: "BadIdentity", message });
		});

	it("P2: takes a loopback address among others, and warns of it", () => {
		const warningFor = (members: string) =>
			warningOf(initialConfiguration(parseIdentity(CLUSTER, "1", members, MAC), PROFILE_M.members));
		assert.match(warningFor("1=127.0.1.1 2=192.168.1.12"), /warning: member 1 is at 127\.0\.1\.1/);
		assert.equal(warningFor("1=192.168.1.11 2=192.168.1.12"), "");
	});

	it("reads back each address that it writes", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 0xffffffff }), (address) =>
				assert.equal(parseAddress(dottedAddress(address)), address),
			),
		);
	});

	it("draws cluster ids that it accepts", () => {
		const draws = [0, 0x12345678];
		assert.equal(
			drawCluster(() => draws.shift() as number),
			"0000000012345678",
		);
	});
});
