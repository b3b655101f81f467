/**
 * Says in words what is in a recording of the virtual Ethernet (`balsa net record FILE`): a line for
 * each of Balsa's datagrams, decoded by a CBOR library that is not ours, with the names of
 * core/wire/messages.cddl.
 *
 *   npm run dissect -- FILE.pcap [--json]
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { decode } from "cborg";
import { BODY_OFFSET, CLIENT_ID, TAG_BYTES } from "../core/wire/frame";

const USAGE = "usage: npm run dissect -- FILE.pcap [--json]";
/** The port of every board. */
const PORT = 7000;
const PCAP_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;

interface Rule {
	readonly name: string;
	/** The array's fields, kind first. */
	readonly fields: readonly string[];
}

/** @returns the messages of the CDDL by kind */
export function rulesOf(cddl: string): Map<number, Rule> {
	const rules = new Map<number, Rule>();
	for (const match of cddl.matchAll(/^([a-z-]+)\s*=\s*\[\n([^\]]*)\]/gm)) {
		const fields = [...match[2].matchAll(/^\t([a-z-]+):/gm)].map((field) => field[1]);
		const kind = /^\tkind: (\d+)/m.exec(match[2]);
		if (kind !== null) rules.set(Number(kind[1]), { name: match[1], fields });
	}
	return rules;
}

export interface Dissected {
	readonly from: string;
	readonly to: string;
	readonly message: string;
	readonly fields: { readonly [name: string]: number | string };
}

function endOf(id: number, incarnation: number): string {
	return id === CLIENT_ID ? "client" : `${id}.${incarnation}`;
}

/** @returns undefined for a datagram that is none of ours */
export function dissect(datagram: Uint8Array, rules: Map<number, Rule>): Dissected | undefined {
	if (datagram.length <= BODY_OFFSET + TAG_BYTES) return undefined;
	const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
	let body: unknown;
	try {
		body = decode(datagram.subarray(BODY_OFFSET, datagram.length - TAG_BYTES));
	} catch {
		return undefined;
	}
	if (!Array.isArray(body)) return undefined;
	const rule = rules.get(body[0]);
	if (rule === undefined || rule.fields.length !== body.length) return undefined;
	const fields: { [name: string]: number | string } = {};
	for (let i = 1; i < body.length; i++) {
		const value: unknown = body[i];
		fields[rule.fields[i]] = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : Number(value);
	}
	return {
		from: endOf(datagram[4], view.getUint16(5)),
		to: endOf(datagram[7], view.getUint16(8)),
		message: rule.name,
		fields,
	};
}

export interface Recorded {
	readonly seconds: number;
	readonly payload: Uint8Array;
}

/** @returns the UDP datagrams of a pcap file of Ethernet frames, to or from a board's port */
export function* datagramsOf(pcap: Buffer): Generator<Recorded> {
	if (pcap.length < PCAP_HEADER_BYTES || pcap.readUInt32LE(0) !== 0xa1b2c3d4 || pcap.readUInt32LE(20) !== 1)
		throw new Error("this is no pcap file of Ethernet frames");
	let at = PCAP_HEADER_BYTES;
	while (at + PACKET_HEADER_BYTES <= pcap.length) {
		const seconds = pcap.readUInt32LE(at) + pcap.readUInt32LE(at + 4) / 1e6;
		const length = pcap.readUInt32LE(at + 8);
		const frame = pcap.subarray(at + PACKET_HEADER_BYTES, at + PACKET_HEADER_BYTES + length);
		at += PACKET_HEADER_BYTES + length;
		// EtherType IPv4, protocol UDP.
		if (frame.length < ETHERNET_BYTES + 28 || frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17) continue;
		const udp = ETHERNET_BYTES + (frame[ETHERNET_BYTES] & 15) * 4;
		if (frame.readUInt16BE(udp) !== PORT && frame.readUInt16BE(udp + 2) !== PORT) continue;
		yield { seconds, payload: frame.subarray(udp + 8, udp + frame.readUInt16BE(udp + 4)) };
	}
}

function line(seconds: number, { from, to, message, fields }: Dissected): string {
	const words = Object.entries(fields).map(([name, value]) => `${name} ${value === "" ? "-" : value}`);
	return `${seconds.toFixed(6)} ${from} -> ${to} ${message}: ${words.join(", ")}`;
}

function main(): number {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { json: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
	});
	if (values.help || positionals.length !== 1) {
		(values.help ? console.log : console.error)(USAGE);
		return values.help ? 0 : 2;
	}
	const rules = rulesOf(readFileSync(new URL("../core/wire/messages.cddl", import.meta.url), "utf8"));
	let first: number | undefined;
	try {
		for (const { payload, seconds } of datagramsOf(readFileSync(positionals[0]))) {
			const found = dissect(payload, rules);
			first ??= seconds;
			if (found === undefined) continue;
			console.log(values.json ? JSON.stringify({ seconds, ...found }) : line(seconds - first, found));
		}
	} catch (error) {
		console.error(`${positionals[0]}: ${error instanceof Error ? error.message : error}`);
		return 1;
	}
	return 0;
}

if (process.argv[1]?.endsWith("dissect.ts")) process.exitCode = main();
