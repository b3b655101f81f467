/**
 * Whom to ask. Any member may be asked; the one that does not lead names the leader by id
 * (Raft §8, thesis §6.2). A hint is only a hint: it may be old, and two members may point at each other.
 */
import type { Members } from "./members";
import { NOBODY } from "./members";
import type { Jitter } from "./timing";

export class Leader {
	/** Where the leader was seen last, or NOBODY. */
	place = NOBODY;
	/** The highest term that a member answered with. */
	private term = 0;
	private readonly members: Members;
	private readonly jitter: Jitter;

	constructor(members: Members, jitter: Jitter) {
		this.members = members;
		this.jitter = jitter;
	}

	/** @returns the place to ask first: the leader if one is known, else any, so that clients spread */
	first(): number {
		return this.place === NOBODY ? this.jitter.below(this.members.count) : this.place;
	}

	/** @returns any place but `place`, or `place` when it is the only one */
	another(place: number): number {
		const count = this.members.count;
		return count === 1 ? place : (place + 1 + this.jitter.below(count - 1)) % count;
	}

	/** The member there answered as only a leader does. */
	seen(place: number, term: number): void {
		if (term < this.term) return;
		this.term = term;
		this.place = place;
	}

	/** The member there is silent, or says that it does not lead. */
	lost(place: number): void {
		if (this.place === place) this.place = NOBODY;
	}

	/**
	 * Takes the hint of the member at `place`.
	 * @returns the leader's place, or NOBODY when the hint is of an older term, names no listed member, or its sender
	 */
	follow(place: number, id: number, term: number): number {
		this.lost(place);
		if (term < this.term) {
			// Mark: a client is pointed to the leader of an older term
			return NOBODY;
		}
		this.term = term;
		const hinted = this.members.placeOf(id);
		if (hinted === place) return NOBODY;
		if (hinted !== NOBODY) this.place = hinted;
		return hinted;
	}
}
