import assert from "node:assert/strict";
import { decode as decodeWithCborg, encode as encodeWithCborg } from "cborg";
import fc from "fast-check";
import { NO_ROOM } from "../../../core/bytes";
import { Configuration } from "../../../core/configuration";
import { ConfigurationCodec, configurationBytesMax } from "../../../core/wire/configuration";

const MEMBERS = 7;
const codec = new ConfigurationCodec();

type Member = [
	id: number,
	incarnation: number,
	role: number,
	address: number,
	port: number,
	outgoing?: number,
	priority?: number,
];
type Plain = (number | Member[])[];

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const member: fc.Arbitrary<Member> = fc.tuple(
	fc.integer({ min: 1, max: 255 }),
	fc.integer({ min: 1, max: 65535 }),
	fc.integer({ min: 1, max: 3 }),
	u32,
	fc.integer({ min: 0, max: 65535 }),
);
const identity = (m: Member) => m[0] * 0x10000 + m[1];
/** Half of them joint: a role in each half, one of which may be none; half of them with an index, half with priorities. */
const plain: fc.Arbitrary<Plain> = fc
	.tuple(
		fc.tuple(u32, u32, u32, u32, u32),
		fc.uniqueArray(member, { selector: identity, maxLength: MEMBERS }),
		fc.array(fc.integer({ min: 0, max: 3 }), { minLength: MEMBERS, maxLength: MEMBERS }),
		fc.boolean(),
		fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: MEMBERS, maxLength: MEMBERS })),
		fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffffffffffff })),
	)
	.map(([numbers, members, outgoing, enters, priorities, index]) => {
		members.sort((x, y) => identity(x) - identity(y));
		const isJoint = members.some((_, i) => outgoing[i] > 0) && enters;
		const rows = members.map(([id, incarnation, role, address, port], i) => {
			const priority = members.some((_, other) => priorities[other] > 0) ? [priorities[i]] : [];
			if (isJoint) return [id, incarnation, outgoing[i] > 1 ? role % 3 : role, address, port, outgoing[i], ...priority];
			return [id, incarnation, role, address, port, ...priority.flatMap((of) => [0, of])];
		});
		return [...numbers, rows, ...(index === 0 ? [] : [index])] as Plain;
	});

function configurationOf(value: Plain): Configuration {
	const configuration = new Configuration(MEMBERS);
	const [level, heartbeatMs, electionMsMin, electionMsMax, stallMs, , index] = value as number[];
	Object.assign(configuration, { level, heartbeatMs, electionMsMin, electionMsMax, stallMs, index: index ?? 0 });
	for (const member of value[5] as Member[]) {
		const [id, incarnation, role, address, port, outgoing, priority] = member;
		configuration.add(id, incarnation, role, address, port, outgoing ?? 0, priority ?? 0);
	}
	return configuration;
}

function bytesOf(configuration: Configuration): Uint8Array {
	const target = new Uint8Array(configurationBytesMax(MEMBERS));
	const end = codec.write(target, 0, target.length, configuration);
	assert.notEqual(end, NO_ROOM);
	return target.slice(0, end);
}

function read(bytes: Uint8Array): Configuration | null {
	const configuration = new Configuration(MEMBERS);
	const padded = Uint8Array.from([0xff, ...bytes, 0xff]);
	return codec.read(padded, 1, bytes.length, configuration) ? configuration : null;
}

const EXAMPLE: Plain = [
	1,
	150,
	1200,
	2400,
	400,
	[
		[1, 1, 1, 0x0a4d0001, 4000],
		[2, 3, 2, 0x0a4d0002, 4000],
	],
];

describe("core/wire/configuration", () => {
	it("writes what cborg reads, and reads what cborg writes, to the byte", () => {
		fc.assert(
			fc.property(plain, (value) => {
				const configuration = configurationOf(value);
				const bytes = bytesOf(configuration);
				assert.deepEqual(decodeWithCborg(bytes, { strict: true }), value);
				assert.deepEqual(Uint8Array.from(encodeWithCborg(value)), bytes);
				assert.deepEqual(read(bytes), configuration);
			}),
			{ numRuns: 1000 },
		);
	});

	it("writes members in ascending order, wherever they stand", () => {
		const sorted = configurationOf(EXAMPLE);
		const placed = new Configuration(MEMBERS);
		placed.copyNumbers(sorted);
		placed.set(5, 1, 1, 1, 0x0a4d0001, 4000, 0);
		placed.set(2, 2, 3, 2, 0x0a4d0002, 4000, 0);
		assert.deepEqual(bytesOf(placed), bytesOf(sorted));
	});

	it("fits the bytes that it says, and no fewer", () => {
		const widest = new Configuration(MEMBERS);
		for (let id = 249; id < 256; id++) widest.add(id, 65535, 3, 0xffffffff, 65535, 3, 3);
		widest.index = 0xffffffffffff;
		const timing = 0xffffffff;
		Object.assign(widest, { level: timing, heartbeatMs: timing, electionMsMin: timing });
		Object.assign(widest, { electionMsMax: timing, stallMs: timing });
		const bytes = bytesOf(widest);
		assert.ok(bytes.length <= configurationBytesMax(MEMBERS));
		for (let limit = 0; limit < bytes.length; limit++)
			assert.equal(codec.write(new Uint8Array(200), 0, limit, widest), NO_ROOM);
	});

	it("carries the bounds of leases and quiescence where they are in force, and nowhere else", () => {
		const configuration = configurationOf(EXAMPLE);
		const without = bytesOf(configuration).length;
		for (const [leaseMs, driftPerMille, quietAfterMs] of [
			[1000, 20, 0],
			[0, 10, 5000],
			[1000, 10, 70000],
		]) {
			Object.assign(configuration, { leaseMs, driftPerMille, quietAfterMs });
			const bytes = bytesOf(configuration);
			assert.ok(bytes.length > without);
			assert.deepEqual(decodeWithCborg(bytes, { strict: true }), [
				...EXAMPLE.slice(0, 5),
				leaseMs,
				driftPerMille,
				quietAfterMs,
				EXAMPLE[5],
			]);
			assert.deepEqual(read(bytes), configuration);
		}
		assert.equal(read(encodeWithCborg([...EXAMPLE.slice(0, 5), 0, 10, 0, EXAMPLE[5]])), null);
	});

	it("refuses every other form", () => {
		const good = bytesOf(configurationOf(EXAMPLE));
		assert.ok(read(good) !== null);
		for (let cut = 0; cut < good.length; cut++) assert.equal(read(good.slice(0, cut)), null, `cut at ${cut}`);
		assert.equal(read(Uint8Array.from([...good, 0])), null);
		const members = EXAMPLE[5] as unknown as Member[];
		const others: unknown[] = [
			[...EXAMPLE.slice(0, 5), [members[1], members[0]]],
			[...EXAMPLE.slice(0, 5), [members[0], members[0]]],
			[...EXAMPLE.slice(0, 5), [[0, 1, 1, 0, 0]]],
			[...EXAMPLE.slice(0, 5), [[256, 1, 1, 0, 0]]],
			[...EXAMPLE.slice(0, 5), [[1, 0, 1, 0, 0]]],
			[...EXAMPLE.slice(0, 5), [[1, 65536, 1, 0, 0]]],
			[...EXAMPLE.slice(0, 5), [[1, 1, 0, 0, 0]]],
			[...EXAMPLE.slice(0, 5), [[1, 1, 5, 0, 0]]],
			[...EXAMPLE.slice(0, 5), [[1, 1, 1, 2 ** 32, 0]]],
			[...EXAMPLE.slice(0, 5), [[1, 1, 1, 0, 65536]]],
			[...EXAMPLE.slice(0, 5), [[1, 1, 1, 0]]],
			[...EXAMPLE.slice(0, 5), Array.from({ length: 8 }, (_, i) => [i + 1, 1, 1, 0, 0])],
			[2 ** 32, ...EXAMPLE.slice(1)],
			EXAMPLE.slice(0, 5),
			[...EXAMPLE, 0],
			[...EXAMPLE, 2 ** 48],
			[...EXAMPLE, 1, 1],
			[...EXAMPLE.slice(0, 5), members.map((m) => [...m, 0])],
			[...EXAMPLE.slice(0, 5), [[...members[0], 1], members[1]]],
			[...EXAMPLE.slice(0, 5), [[...members[0], 5]]],
			[...EXAMPLE.slice(0, 5), members.map((m) => [...m, 0, 0])],
			[...EXAMPLE.slice(0, 5), members.map((m) => [...m, 0, 4])],
			[...EXAMPLE.slice(0, 5), members.map((m) => [...m, 0, 1, 0])],
			[...EXAMPLE.slice(0, 5), [[...members[0], 0, 1], members[1]]],
			[
				...EXAMPLE.slice(0, 5),
				[
					[1, 1, 0, 0, 0, 0],
					[...members[1], 1],
				],
			],
			[...EXAMPLE.slice(0, 5), 0],
			[...EXAMPLE.slice(0, 4), "text", members],
		];
		for (const other of others) assert.equal(read(encodeWithCborg(other)), null, JSON.stringify(other));
	});
});
