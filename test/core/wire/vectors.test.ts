import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { diagnose } from "cbor2";
import { CLOSE, COMPARE_AND_PUT, Command, DELETE, PUT, REGISTER } from "../../../core/command";
import { Configuration, NOBODY, ROLE_VOTER, ROLE_WITNESS, ROLE_WITNESS_LEARNER } from "../../../core/configuration";
import { ConfigurationCodec } from "../../../core/wire/configuration";
import { ACCEPTED } from "../../../core/wire/drops";
import { CLIENT_ID, Frame } from "../../../core/wire/frame";
import { isOfMembers, isRequest } from "../../../core/wire/requests";
import { readBody } from "./reader";
import { SAMPLES, type Sample, writeBody } from "./samples";

/**
 * The bytes that every version of Balsa must go on writing and reading. A change in this file is a
 * change of the wire: it needs another version of the frame, or a kind of its own.
 * `BALSA_REGENERATE=1` writes it anew.
 */
const FILE = new URL("./vectors.txt", import.meta.url);

const HIGH = 0x01234567;
const LOW = 0x89abcdef;

function members(): Configuration {
	const configuration = new Configuration(5);
	for (let id = 1; id <= 5; id++) configuration.add(id, 1, ROLE_VOTER, 0x0a4d0000 + id, 4000);
	return configuration;
}

function node(id: number): Frame {
	const frame = new Frame(HIGH, LOW, id, 1, 5);
	frame.setMembers(members());
	return frame;
}

const CLIENT = new Frame(HIGH, LOW, CLIENT_ID, 0, 0);

/** The datagram of a message as it travels: member 1 to member 2, client to member 2, member 2 to client. */
function datagramOf(sample: Sample): Uint8Array {
	const target = new Uint8Array(1472);
	const kind = sample.integers[0];
	const sender = isOfMembers(kind) ? node(1) : isRequest(kind) ? CLIENT : node(2);
	if (isOfMembers(kind)) sender.begin(target, 1);
	else if (isRequest(kind)) sender.beginTo(target, 2, 0);
	else sender.begin(target, NOBODY);
	return target.slice(0, sender.seal(target, writeBody(target, sample)));
}

function commands(): [string, Uint8Array][] {
	const key = new TextEncoder().encode("key");
	const value = new TextEncoder().encode("value");
	const command = new Command();
	Object.assign(command, { nonceHigh: HIGH, nonceLow: LOW, session: 42, sequence: 7, expected: 1000 });
	Object.assign(command, { keyLength: key.length, valueLength: value.length });
	const names: [string, number][] = [
		["register", REGISTER],
		["put", PUT],
		["delete", DELETE],
		["compare-and-put", COMPARE_AND_PUT],
		["close", CLOSE],
	];
	return names.map(([name, operation]) => {
		const target = new Uint8Array(64);
		command.operation = operation;
		return [name, target.slice(0, command.write(target, 0, 64, key, value))];
	});
}

/** Joint, with a priority. */
function preferred(): Configuration {
	const joint = new Configuration(2);
	joint.add(1, 1, ROLE_VOTER, 0x0a4d0001, 4000, ROLE_VOTER, 3);
	joint.add(2, 1, ROLE_VOTER, 0x0a4d0002, 4000);
	joint.index = 9;
	return joint;
}

function encoded(configuration: Configuration): Uint8Array {
	const target = new Uint8Array(200);
	return target.slice(0, new ConfigurationCodec().write(target, 0, 200, configuration));
}

/** Two boards, a witness, and one that learns to be one. */
function witnesses(): Configuration {
	const configuration = new Configuration(4);
	const roles = [ROLE_VOTER, ROLE_VOTER, ROLE_WITNESS, ROLE_WITNESS_LEARNER];
	for (let id = 1; id <= 4; id++) configuration.add(id, 1, roles[id - 1], 0x0a4d0000 + id, 4000);
	configuration.index = 1000;
	return configuration;
}

function configurations(): [string, Uint8Array][] {
	return [
		["configuration", encoded(members())],
		["configuration with witnesses", encoded(witnesses())],
		["configuration, joint with priorities", encoded(preferred())],
	];
}

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

function text(): string {
	const lines = [
		"# Golden vectors of the wire: see core/wire/messages.cddl and core/wire/frame.ts.",
		"# Cluster 0123456789abcdef; members 1 to 5 in their first incarnation.",
		"",
		"# Datagrams: header, body, tag",
	];
	for (const sample of SAMPLES) {
		const bytes = datagramOf(sample);
		const body = bytes.slice(10, -4);
		lines.push("", `datagram ${sample.name}`, `  ${diagnose(body)}`);
		lines.push(`  ${hex(bytes.slice(0, 10))} ${hex(body)} ${hex(bytes.slice(-4))}`);
	}
	lines.push("", "# Payloads of entries");
	for (const [name, bytes] of [...commands(), ...configurations()])
		lines.push("", `payload ${name}`, `  ${diagnose(bytes)}`, `  ${hex(bytes)}`);
	return `${lines.join("\n")}\n`;
}

describe("core/wire golden vectors", () => {
	it("are what the code writes", () => {
		if (process.env["BALSA_REGENERATE"] === "1") writeFileSync(FILE, text());
		assert.equal(text(), readFileSync(FILE, "utf8"));
	});

	it("are read back from the file", () => {
		const vectors = readFileSync(FILE, "utf8").matchAll(/^datagram (.*)\n {2}.*\n {2}(\S+) (\S+) (\S+)$/gm);
		const byName = new Map([...vectors].map(([, name, header, body, tag]) => [name, { header, body, tag }]));
		assert.equal(byName.size, SAMPLES.length);
		for (const sample of SAMPLES) {
			const { header, body, tag } = byName.get(sample.name)!;
			const bytes = Uint8Array.from(Buffer.from(header + body + tag, "hex"));
			const kind = sample.integers[0];
			const receiver = isOfMembers(kind) || isRequest(kind) ? node(2) : CLIENT;
			assert.equal(receiver.check(bytes, bytes.length), ACCEPTED, sample.name);
			const read = readBody(bytes.slice(10, receiver.bodyEnd));
			assert.ok(typeof read !== "number", sample.name);
			assert.deepEqual(read.integers, sample.integers);
			assert.deepEqual(read.strings, sample.strings);
		}
	});

	it("hold a put of one byte, session and sequence below 65,536, in 16 bytes", () => {
		const command = new Command();
		Object.assign(command, { operation: PUT, session: 65535, sequence: 65535, keyLength: 1, valueLength: 5 });
		assert.equal(command.write(new Uint8Array(16), 0, 16, new Uint8Array(1), new Uint8Array(5)), 16);
	});
});
