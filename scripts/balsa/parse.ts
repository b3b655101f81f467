/** Values of the command line. What is wrong with one is said in one line, before anything is tried. */
import { isIPv4 } from "node:net";
import { InvalidArgumentError } from "commander";

/** One member as the command line names it. */
export interface MemberAddress {
	readonly id: number;
	/** A host name or an IPv4 address. */
	readonly host: string;
	readonly port: number;
}

/** @returns a parser of whole numbers from `least` to `most` for the option or argument `what` */
export function integer(least: number, most: number): (text: string) => number {
	return (text) => {
		const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
		if (!(value >= least && value <= most))
			throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
		return value;
	};
}

export const memberId = integer(1, 255);
export const milliseconds = integer(1, 3_600_000);

/** A node by its id, and where it matters in which of its lives. */
export interface MemberName {
	readonly id: number;
	readonly incarnation?: number;
}

const incarnation = integer(1, 65535);

/** @returns what `ID` or `ID.INCARNATION` names */
export function memberName(text: string): MemberName {
	const [id, life, ...rest] = text.split(".");
	if (rest.length > 0) throw new InvalidArgumentError("It must be ID or ID.INCARNATION.");
	return { id: memberId(id), ...(life === undefined ? {} : { incarnation: incarnation(life) }) };
}

/** @returns the two halves of a cluster id of 16 hexadecimal digits, most significant first */
export function clusterId(text: string): { high: number; low: number } {
	if (!/^[0-9a-fA-F]{16}$/.test(text)) throw new InvalidArgumentError("It must be 16 hexadecimal digits.");
	return { high: Number.parseInt(text.slice(0, 8), 16), low: Number.parseInt(text.slice(8), 16) };
}

/** As `clusterId`, for a cluster that is there: 0 is that of nodes that were never formatted. */
export function existingClusterId(text: string): { high: number; low: number } {
	const id = clusterId(text);
	if (id.high === 0 && id.low === 0) throw new InvalidArgumentError("Zero is the id of no cluster.");
	return id;
}

function address(text: string, id: number): MemberAddress {
	// Docker Compose makes host names with underscores.
	const match = /^([A-Za-z0-9._-]+):(\d{1,5})$/.exec(text);
	const port = Number(match?.[2]);
	if (match === null || port < 1 || port > 65535)
		throw new InvalidArgumentError(
			`"${text}" is not HOST:PORT: a host name or IPv4 address, a colon, and a port from 1 to 65535.`,
		);
	if (/^[\d.]+$/.test(match[1]) && !isIPv4(match[1]))
		throw new InvalidArgumentError(`"${match[1]}" is not an IPv4 address.`);
	return { id, host: match[1], port };
}

/** `HOST:PORT`; the id is to be filled in. */
export function memberAddress(text: string): MemberAddress {
	return address(text, 0);
}

/** `ID=HOST:PORT,…`; where `idsOptional`, members without an id are numbered 1, 2, 3 … by their place. */
function addresses(text: string, idsOptional: boolean): MemberAddress[] {
	const members: MemberAddress[] = [];
	for (const part of text.split(",")) {
		const match = /^(\d+)=(.*)$/.exec(part);
		if (match === null && !idsOptional) throw new InvalidArgumentError(`"${part}" is not ID=HOST:PORT.`);
		const id = match === null ? members.length + 1 : memberId(match[1]);
		if (members.some((member) => member.id === id)) throw new InvalidArgumentError(`Member ${id} is there twice.`);
		const member = address(match === null ? part : match[2], id);
		if (members.some(({ host, port }) => host === member.host && port === member.port))
			throw new InvalidArgumentError(`${member.host}:${member.port} is there twice.`);
		members.push(member);
	}
	if (members.length > 15) throw new InvalidArgumentError("A cluster has at most 15 members.");
	return members;
}

export function clusterAddresses(text: string): MemberAddress[] {
	return addresses(text, true);
}

export function peerAddresses(text: string): MemberAddress[] {
	return addresses(text, false);
}

/** What Node.js makes of each argument byte that is no UTF-8. */
const REPLACEMENT = "\ufffd";

/** @returns the bytes of a key or value: UTF-8, or hexadecimal digits in pairs */
export function bytesOf(text: string, isHex: boolean, what: string): Uint8Array {
	if (!isHex) {
		// Different bytes would become the same key.
		if (text.includes(REPLACEMENT))
			throw new InvalidArgumentError(`The ${what} is not UTF-8 text; --hex takes any bytes.`);
		return new TextEncoder().encode(text);
	}
	if (!/^([0-9a-fA-F]{2})*$/.test(text))
		throw new InvalidArgumentError(`The ${what} "${text}" is not pairs of hexadecimal digits.`);
	return Uint8Array.from(Buffer.from(text, "hex"));
}

export function hexOf(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

/** @returns the text, or undefined when the bytes are no UTF-8 */
export function textOf(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}
