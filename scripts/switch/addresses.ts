/**
 * Addresses of the virtual network 10.77.0.0/24. An endpoint is known by the last byte of its IPv4
 * address, which is the last byte of its MAC address 52:54:00:00:00:NN too.
 */

/** UDP port of every member. */
export const MEMBER_PORT = 7000;
/** Members are 1 to MEMBERS_MAX: a member's id is its address. */
export const MEMBERS_MAX = 99;
/** Processes of the host that are no member get addresses from here on. */
export const OUTSIDE_FIRST = 100;
/** The last address but the broadcast one. */
export const OUTSIDE_LAST = 254;

/** In the place of an endpoint, where faults are set: all outside processes together. */
export const OUTSIDE = 0;

export function isOutside(address: number): boolean {
	return address >= OUTSIDE_FIRST && address <= OUTSIDE_LAST;
}

/** @returns the IPv4 address in dotted form, as a board sees it */
export function dotted(address: number): string {
	return `10.77.0.${address}`;
}

/** @returns the MAC address as `-net nic,macaddr=` takes it */
export function macText(address: number): string {
	return `52:54:00:00:00:${address.toString(16).padStart(2, "0")}`;
}
