/** The gate of drivers: what it lets through is what the frame takes, and C and TypeScript agree on every datagram. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ACCEPTED, DROP_RECEIVER, DROP_SENDER, DROP_TAG } from "../../../core/wire/drops";
import { CLIENT_ID, Frame, HELLO_FLAG } from "../../../core/wire/frame";
import { CROWD, Gate, KNOWN, STRANGER, STRANGER_MS, STRANGERS_BURST } from "../../../platform/node/gate";
import { Random } from "../../../sim/random";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NATIVE = fileURLToPath(new URL("../../../platform/native/", import.meta.url));
const CLUSTER = [0x12345678, 0x9abcdef0] as const;
const PLACES = 7;
const OWN = 1;
const MEMBERS = [1, 2, 3, 4, 5];

function frameOf(id: number, incarnation: number, cluster: readonly [number, number] = CLUSTER): Frame {
	return new Frame(cluster[0], cluster[1], id, incarnation, 0);
}

function node(): Frame {
	const frame = new Frame(...CLUSTER, OWN, 1, PLACES);
	frame.setShared(5, 6);
	frame.setMembers({
		count: MEMBERS.length,
		ids: Uint8Array.from(MEMBERS),
		incarnations: Uint16Array.from(MEMBERS, () => 1),
	});
	return frame;
}

/** @returns a well sealed datagram with a body of so many bytes */
function sealed(sender: Frame, receiver: number, incarnation: number, random: Random, bodyBytes: number): Uint8Array {
	const bytes = new Uint8Array(1472);
	for (let at = 10; at < 10 + bodyBytes; at++) bytes[at] = random.below(256);
	sender.beginTo(bytes, receiver, incarnation);
	sender.setShared(5, random.chance(960) ? 6 : 7);
	const isHello = sender.id !== CLIENT_ID && random.chance(400);
	if (isHello) bytes[0] += HELLO_FLAG;
	const isOfMember = sender.id !== CLIENT_ID && !isHello;
	return bytes.slice(0, sender.seal(bytes, 10 + bodyBytes, isOfMember ? sender.memberSeed : sender.seed));
}

/** Datagrams of all sorts: good ones, those of strangers, of other clusters, damaged and random ones. */
function datagram(random: Random): Uint8Array {
	const bodyBytes = random.between(1, 1458);
	const clusters = [CLUSTER, CLUSTER, CLUSTER, [CLUSTER[0], 7], [7, CLUSTER[1]]] as const;
	const sender = frameOf(random.below(7), random.between(0, 2), clusters[random.below(clusters.length)]);
	const bytes = sealed(sender, random.between(0, 2), random.between(0, 2), random, bodyBytes);
	const fate = random.below(4);
	if (fate === 1) for (let left = random.between(1, 3); left > 0; left--) bytes[random.below(14)] ^= random.below(256);
	if (fate === 2) bytes[random.below(bytes.length)] ^= random.between(1, 255);
	return fate === 3 ? bytes.slice(0, random.below(bytes.length)) : bytes;
}

describe("the gate of drivers", () => {
	it("lets all pass until it is told what to hear", () => {
		assert.equal(new Gate().judge(new Uint8Array(3), 0), KNOWN);
	});

	it("drops what the frame drops for its head or tag, and holds for known what the frame accepts without a stranger", () => {
		const random = new Random(3);
		const frame = node();
		const gate = new Gate();
		gate.hear(frame.incoming, frame.seed, frame.memberSeed);
		const seen = new Map<number, number>();
		for (let time = 0; time < 6000; time++) {
			const bytes = datagram(random);
			const verdict = gate.judge(bytes, time * STRANGER_MS);
			const reason = frame.check(bytes, bytes.length);
			seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
			if (verdict === KNOWN) assert.equal(reason, ACCEPTED);
			// The frame looks at receiver and sender before the tag, since nobody else may learn from them.
			else if (verdict === DROP_TAG) assert.ok([DROP_TAG, DROP_RECEIVER, DROP_SENDER].includes(reason), String(reason));
			else if (verdict < 0) assert.equal(reason, verdict);
			else if (reason === ACCEPTED) assert.ok(frame.place < -1, "a stranger");
		}
		for (const verdict of [KNOWN, STRANGER, -1, -3, -4, -5, DROP_TAG])
			assert.ok((seen.get(verdict) ?? 0) > 20, `${verdict}: ${seen.get(verdict)}`);
	});

	it("lets few strangers through, and any number of members and clients", () => {
		const random = new Random(4);
		const frame = node();
		const gate = new Gate();
		gate.hear(frame.incoming, frame.seed, frame.memberSeed);
		const stranger = sealed(frameOf(77, 1), OWN, 1, random, 20);
		const judged = (bytes: Uint8Array, from: number, milliseconds: number) =>
			Array.from({ length: milliseconds }, (_, at) => gate.judge(bytes, from + at));
		const first = judged(stranger, 5000, 1000);
		assert.equal(first.slice(0, STRANGERS_BURST).filter((verdict) => verdict === STRANGER).length, STRANGERS_BURST);
		assert.equal(first[STRANGERS_BURST], CROWD);
		const passed = first.filter((verdict) => verdict === STRANGER).length;
		assert.ok(Math.abs(passed - (STRANGERS_BURST + 1000 / STRANGER_MS)) <= 1, `${passed}`);
		const member = sealed(frameOf(2, 1), OWN, 1, random, 20);
		const client = sealed(frameOf(0, 0), OWN, 0, random, 20);
		for (const bytes of [member, client]) assert.ok(judged(bytes, 6000, 1000).every((verdict) => verdict === KNOWN));
	});

	describe("in C", () => {
		let folder = "";
		let program = "";
		before(() => {
			folder = mkdtempSync(join(tmpdir(), "balsa-gate-"));
			program = join(folder, "gate");
			const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"];
			const source = join(HERE, "gate-test.c");
			execFileSync("gcc", [...flags, "-fno-sanitize-recover=all", "-I", NATIVE, source, "-o", program]);
		});
		after(() => rmSync(folder, { recursive: true, force: true }));

		it("gives the same verdict on every datagram, at every moment", () => {
			const random = new Random(5);
			const frame = node();
			const gate = new Gate();
			gate.hear(frame.incoming, frame.seed, frame.memberSeed);
			const lines = [`hear ${frame.seed} ${frame.memberSeed} ${Buffer.from(frame.incoming).toString("hex")}`];
			const verdicts: number[] = [];
			let nowMs = 0;
			for (let count = 0; count < 6000; count++) {
				nowMs += random.chance(20) ? random.below(400) : random.below(8);
				const bytes = datagram(random);
				verdicts.push(gate.judge(bytes, nowMs));
				lines.push(`${nowMs} ${Buffer.from(bytes).toString("hex")}`);
			}
			const output = execFileSync(program, { encoding: "utf8", input: `${lines.join("\n")}\n`, maxBuffer: 1 << 24 });
			assert.deepEqual(output.trim().split("\n").map(Number), verdicts);
			assert.ok(verdicts.includes(CROWD) && verdicts.includes(STRANGER) && verdicts.includes(DROP_TAG));
		});
	});
});
