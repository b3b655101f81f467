/**
 * Addresses that a member may be given. One place for `balsa format`, `balsa member add` and a board's console:
 * an address that no other node can send to makes a member that never hears anybody.
 */
import type { Configuration } from "../configuration";

const LOOPBACK = 127;
const MULTICAST = 224;
const RESERVED = 240;
const BROADCAST = 0xffffffff;

/** @returns an IPv4 address in dotted form */
export function dottedAddress(address: number): string {
	const low = address % 0x10000;
	const high = Math.floor(address / 0x10000);
	return `${Math.floor(high / 256)}.${high % 256}.${Math.floor(low / 256)}.${low % 256}`;
}

function networkOf(address: number): number {
	return Math.floor(address / 0x1000000);
}

/**
 * @param address IPv4 as an unsigned number
 * @returns why no datagram can be sent there, or "" where one can
 */
export function unusableAddress(address: number, port: number): string {
	const network = networkOf(address);
	if (port < 1 || port > 65535) return `${port} is no port: it must be from 1 to 65535`;
	if (network === 0) return `${dottedAddress(address)} names no machine: give the address that other members send to`;
	if (address === BROADCAST) return "255.255.255.255 is the broadcast address: give the address of one machine";
	if (network >= RESERVED) return `${dottedAddress(address)} is reserved: give the address of one machine`;
	if (network >= MULTICAST) return `${dottedAddress(address)} is a multicast address: give the address of one machine`;
	return "";
}

/**
 * Judges the members that a cluster is to begin with.
 * @param membersMax Limits.members of the build that runs them
 * @returns the name of what is wrong and what to do, or "" where nothing is
 */
export function unusableMembers(configuration: Configuration, membersMax: number): string {
	const { addresses, count, ids, ports } = configuration;
	if (count > membersMax)
		return `MEMBER_LIMIT: ${count} members are more than the ${membersMax} that a node of this build holds; name fewer`;
	for (let place = 0; place < count; place++) {
		const problem = unusableAddress(addresses[place], ports[place]);
		if (problem !== "") return `BAD_ADDRESS: member ${ids[place]}: ${problem}`;
		for (let other = 0; other < place; other++) {
			if (ids[other] === ids[place] || addresses[other] !== addresses[place] || ports[other] !== ports[place]) continue;
			const where = `${dottedAddress(addresses[place])}:${ports[place]}`;
			return `ADDRESS_TAKEN: members ${ids[other]} and ${ids[place]} are both at ${where}; give each its own`;
		}
	}
	return "";
}

/**
 * A host name of Debian resolves to 127.0.1.1 on the host itself, and to something else elsewhere.
 * @returns a warning where some members are at a loopback address and others are not, or ""
 */
export function mixedLoopback(configuration: Configuration): string {
	const { addresses, count, ids } = configuration;
	let local = "";
	let hasOthers = false;
	for (let place = 0; place < count; place++) {
		if (ids[place] === 0 || addresses[place] === 0) continue;
		if (networkOf(addresses[place]) !== LOOPBACK) hasOthers = true;
		else if (local === "") local = `member ${ids[place]} is at ${dottedAddress(addresses[place])}`;
	}
	if (local === "" || !hasOthers) return "";
	return `${local}, which each machine takes for itself, and other members are not on this machine: they will never reach it. Give the address that the others see (Debian lists its own host name as 127.0.1.1 in /etc/hosts)`;
}
