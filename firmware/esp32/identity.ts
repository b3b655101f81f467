/**
 * Who a board is to be, as people write it: cluster id, node id and members, on the console, in the
 * configuration of a build, and in the board's settings. Everything comes as text and is checked
 * here; what is wrong with it is said in one line.
 */

import { Configuration, ROLE_VOTER } from "../../core/configuration";
import { mixedLoopback, unusableMembers } from "../../core/replica/usable";
import type { JournalIdentity } from "./settings";

/** UDP port of a member that names none; every board listens on it, as the emulated ones do. */
export const DEFAULT_PORT = 7000;

/** Thrown for text that is no identity; the message is for the person who wrote it. */
export class BadIdentity extends Error {
	constructor(message: string) {
		super(message);
		this.name = "BadIdentity";
	}
}

export interface Member {
	readonly id: number;
	readonly incarnation: number;
	/** IPv4 as an unsigned number. */
	readonly address: number;
	readonly port: number;
	/** Twelve hexadecimal digits, or "": then the member may live on any board. */
	readonly mac: string;
}

export interface BoardIdentity {
	readonly clusterHigh: number;
	readonly clusterLow: number;
	readonly id: number;
	readonly members: readonly Member[];
}

function wholeNumber(text: string, least: number, most: number, what: string): number {
	const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
	if (value < least || value > most) throw new BadIdentity(`${what} must be from ${least} to ${most}: ${text}`);
	return value;
}

/** @returns an IPv4 address in dotted form as an unsigned number, most significant byte first */
export function parseAddress(text: string): number {
	const parts = text.split(".");
	if (parts.length !== 4) throw new BadIdentity(`not an IPv4 address: ${text}`);
	let address = 0;
	for (const part of parts) address = address * 256 + wholeNumber(part, 0, 255, "a byte of an address");
	return address;
}

/** @returns twelve lower-case hexadecimal digits of a factory address with or without colons */
export function parseMac(text: string): string {
	const digits = text.split(":").join("").toLowerCase();
	if (!/^[0-9a-f]{12}$/.test(digits)) throw new BadIdentity(`not a MAC address: ${text}`);
	return digits;
}

export function formatMac(bytes: Uint8Array): string {
	let digits = "";
	for (let i = 0; i < 6; i++) digits += bytes[i].toString(16).padStart(2, "0");
	return digits;
}

/** ID[.INCARNATION]=ADDRESS[:PORT][/MAC] */
function parseMember(text: string): Member {
	const equals = text.indexOf("=");
	if (equals < 0) throw new BadIdentity(`not ID=ADDRESS: ${text}`);
	const place = text.slice(equals + 1);
	const slash = place.indexOf("/");
	const [address, port, ...rest] = (slash < 0 ? place : place.slice(0, slash)).split(":");
	if (rest.length > 0) throw new BadIdentity(`not ADDRESS:PORT: ${text}`);
	return {
		...parseLife(text.slice(0, equals)),
		address: parseAddress(address),
		port: port === undefined ? DEFAULT_PORT : parsePort(port),
		mac: slash < 0 ? "" : parseMac(place.slice(slash + 1)),
	};
}

/** @returns members in ascending order of their ids; they may be separated by spaces or commas */
export function parseMembers(text: string): Member[] {
	const members = text
		.split(/[\s,]+/)
		.filter((part) => part !== "")
		.map(parseMember)
		.sort((one, other) => one.id - other.id);
	if (members.length === 0) throw new BadIdentity("no members");
	for (let i = 1; i < members.length; i++)
		if (members[i].id === members[i - 1].id) throw new BadIdentity(`member ${members[i].id} is there twice`);
	for (const { id, mac } of members) {
		const other = mac === "" ? undefined : members.find((member) => member.mac === mac && member.id !== id);
		if (other !== undefined) throw new BadIdentity(`members ${id} and ${other.id} have one MAC, ${mac}`);
	}
	return members;
}

/** @param text 16 hexadecimal digits, not all zero */
function parseCluster(text: string): { clusterHigh: number; clusterLow: number } {
	if (!/^[0-9a-fA-F]{16}$/.test(text)) throw new BadIdentity(`a cluster id has 16 hexadecimal digits: ${text}`);
	const clusterHigh = Number.parseInt(text.slice(0, 8), 16);
	const clusterLow = Number.parseInt(text.slice(8), 16);
	if (clusterHigh === 0 && clusterLow === 0) throw new BadIdentity("zero is the id of no cluster");
	return { clusterHigh, clusterLow };
}

/** ID or ID.INCARNATION */
function parseLife(text: string): { id: number; incarnation: number } {
	const parts = text.split(".");
	if (parts.length > 2) throw new BadIdentity(`not ID or ID.INCARNATION: ${text}`);
	return {
		id: wholeNumber(parts[0], 1, 255, "a node id"),
		incarnation: parts.length === 2 ? wholeNumber(parts[1], 1, 65535, "an incarnation") : 1,
	};
}

/**
 * Of a node that waits to be added to a cluster: it learns all else from the leader that adds it.
 * @param cluster 16 hexadecimal digits, not all zero
 * @param node ID, or ID.INCARNATION for a later life
 */
export function parseJoiner(cluster: string, node: string): JournalIdentity {
	return { ...parseCluster(cluster), ...parseLife(node) };
}

/** @returns the UDP port that a text names */
export function parsePort(text: string): number {
	return wholeNumber(text, 1, 65535, "a port");
}

/**
 * @param cluster 16 hexadecimal digits, not all zero
 * @param node the node's id, or "auto": the member whose MAC is this board's
 * @param members ID[.INCARNATION]=ADDRESS[:PORT][/MAC], separated by spaces or commas
 * @param mac of this board, twelve digits
 */
export function parseIdentity(cluster: string, node: string, members: string, mac: string): BoardIdentity {
	const { clusterHigh, clusterLow } = parseCluster(cluster);
	const list = parseMembers(members);
	const own = node === "auto" ? list.find((member) => member.mac === mac) : undefined;
	if (node === "auto" && own === undefined) throw new BadIdentity(`no member has this board's MAC ${mac}`);
	const id = own === undefined ? wholeNumber(node, 1, 255, "a node id") : own.id;
	const member = list.find((candidate) => candidate.id === id);
	if (member === undefined) throw new BadIdentity(`node ${id} is not among the members`);
	if (member.mac !== "" && member.mac !== mac)
		throw new BadIdentity(`node ${id} belongs on the board ${member.mac}, this is ${mac}`);
	return { clusterHigh, clusterLow, id, members: list };
}

/** @returns the member that this node is */
export function ownMember(identity: BoardIdentity): Member {
	return identity.members.find((member) => member.id === identity.id) as Member;
}

/**
 * @param membersMax Limits.members of this build
 * @returns the configuration that a cluster of these members begins with
 * @throws BadIdentity by name: MEMBER_LIMIT, BAD_ADDRESS, ADDRESS_TAKEN
 */
export function initialConfiguration(identity: BoardIdentity, membersMax: number): Configuration {
	const configuration = new Configuration(identity.members.length);
	for (const { id, incarnation, address, port } of identity.members)
		configuration.add(id, incarnation, ROLE_VOTER, address, port);
	const problem = unusableMembers(configuration, membersMax);
	if (problem !== "") throw new BadIdentity(problem);
	return configuration;
}

/** @returns what a person should know of these members although it is not refused, after a line's end; or "" */
export function warningOf(configuration: Configuration): string {
	const warning = mixedLoopback(configuration);
	return warning === "" ? "" : `\r\nwarning: ${warning}`;
}

function hexadecimal(value: number): string {
	return value.toString(16).padStart(8, "0");
}

export function formatCluster(identity: { readonly clusterHigh: number; readonly clusterLow: number }): string {
	return hexadecimal(identity.clusterHigh) + hexadecimal(identity.clusterLow);
}

/** @returns a new cluster id as its text */
export function drawCluster(random32: () => number): string {
	return formatCluster({ clusterHigh: random32(), clusterLow: random32() });
}
