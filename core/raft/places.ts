/**
 * Who stands at which place of this node. A place is a small number that the node's tables, bit
 * masks and rows of the outbox speak by; it means the same node, in the same one of its lives, for
 * as long as anything here may speak of it.
 */
import { NOBODY } from "../configuration";
import { Claims } from "./claims";
import { Refusal } from "./refusal";

export class Places {
	/** Places in use are below this; one between may be free. */
	count = 0;
	/** By place; 0 where nobody stands. */
	readonly ids: Uint8Array;
	readonly incarnations: Uint16Array;
	/** The place of a node that has spoken and that no configuration here knows yet, or NOBODY. */
	guest = NOBODY;
	/** True when who stands where, or an address hint, has changed; the caller clears it when it has looked. */
	changed = true;
	/** What those who stand here have confirmed of themselves. */
	readonly claims: Claims;
	/** Whether this node serves, and who differs from it. */
	readonly refusal = new Refusal();

	constructor(places: number) {
		this.claims = new Claims(places);
		this.ids = new Uint8Array(places);
		this.incarnations = new Uint16Array(places);
	}

	/** @returns where a node stands, or NOBODY */
	find(id: number, incarnation: number): number {
		for (let place = 0; place < this.count; place++) {
			if (this.ids[place] === id && this.incarnations[place] === incarnation) return place;
		}
		return NOBODY;
	}

	/** Gives a node the first free place. @returns it, or NOBODY without one */
	take(id: number, incarnation: number): number {
		const place = this.ids.indexOf(0);
		if (place < 0) return NOBODY;
		this.ids[place] = id;
		this.incarnations[place] = incarnation;
		if (place >= this.count) this.count = place + 1;
		this.changed = true;
		return place;
	}

	/** Nothing speaks of the node at a place any more. */
	free(place: number): void {
		this.ids[place] = 0;
		this.incarnations[place] = 0;
		this.claims.vacated(place);
		if (this.guest === place) this.guest = NOBODY;
		while (this.count > 0 && this.ids[this.count - 1] === 0) this.count--;
		this.changed = true;
	}
}
