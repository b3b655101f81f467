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
	/** Id of a leader that a hint named and that is not listed, 0 for none: whoever lists members may ask who that is. */
	stranger = 0;
	/** A bit by place: members that were of no help since somebody last was. */
	private asked = 0;
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

	/**
	 * The member at `place` was of no help.
	 * @returns any other place, but each once before any again: some members may be dead for long
	 */
	another(place: number): number {
		const count = this.members.count;
		const all = (1 << count) - 1;
		this.asked |= 1 << place;
		if (this.asked === all) this.asked = count === 1 ? 0 : 1 << place;
		let left = 0;
		for (let at = 0; at < count; at++) if ((this.asked & (1 << at)) === 0) left++;
		let skip = this.jitter.below(left);
		for (let at = 0; ; at++) {
			if ((this.asked & (1 << at)) !== 0) continue;
			if (skip-- === 0) return at;
		}
	}

	/** The member there answered as only a leader does. */
	seen(place: number, term: number): void {
		if (term < this.term) return;
		this.term = term;
		this.place = place;
		this.asked = 0;
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
		if (hinted === NOBODY) this.stranger = id;
		if (hinted !== NOBODY) this.place = hinted;
		return hinted;
	}
}
