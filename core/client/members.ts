/**
 * The client's own list of members. A leader hint is an id, resolved here, because an address that
 * one side sees (behind a switch, another network) need not be the other side's.
 */
import { assert } from "../assert";

/** Says that no member stands at an asked place, or that the leader is not known. */
export const NOBODY = -1;

/** Members in arrays by place, the order in which they were added. */
export class Members {
	count = 0;
	readonly ids: Uint8Array;
	/** IPv4 as an unsigned number, and UDP port, as in `Network`. */
	readonly addresses: Uint32Array;
	readonly ports: Uint16Array;

	constructor(capacity: number) {
		this.ids = new Uint8Array(capacity);
		this.addresses = new Uint32Array(capacity);
		this.ports = new Uint16Array(capacity);
	}

	/** @returns the place of a member, or NOBODY */
	placeOf(id: number): number {
		for (let place = 0; place < this.count; place++) if (this.ids[place] === id) return place;
		return NOBODY;
	}

	/** Adds a member, or gives a known one its new address. */
	set(id: number, address: number, port: number): void {
		assert(id >= 1 && id <= 255, "a member id is 1 to 255");
		let place = this.placeOf(id);
		if (place === NOBODY) {
			place = this.count;
			assert(place < this.ids.length, "more members than the limit");
			this.ids[place] = id;
			this.count = place + 1;
		}
		this.addresses[place] = address;
		this.ports[place] = port;
	}
}
