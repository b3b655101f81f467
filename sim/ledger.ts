/**
 * What the cluster as a whole has ever held, as one who sees all nodes at once would know it: each
 * entry by (index, term), and the one sequence of entries that were committed.
 */

/** An entry that some node has held. */
interface Known {
	readonly term: number;
	/** 0 until somebody has held it whole. */
	hash: number;
	/** Term of the entry before it, in whoever's log it was seen first. */
	readonly previousTerm: number;
}

export class Ledger {
	/** The cluster began after this index. */
	readonly origin: number;
	/** Index of the last entry that was ever committed. */
	committed: number;
	/** By index - origin - 1: every entry that was seen there. */
	private readonly known: Known[][] = [];
	/** By index - origin - 1: the term of the committed one, and the term in which it was. */
	private readonly terms: number[] = [];
	private readonly committedIn: number[] = [];
	/** By index - origin: the hash of the state after it, once somebody has applied it. */
	private readonly states: (number | undefined)[] = [];

	constructor(origin: number) {
		this.origin = origin;
		this.committed = origin;
	}

	/**
	 * A node holds this entry. Log matching, by induction (Raft figure 3): two entries of one index
	 * and term are the same, and so are the terms of the entries before them.
	 * @param isWithheld it is a witness, which has the entry without its command
	 */
	hold(index: number, term: number, previousTerm: number, hash: number, isWithheld = false): void {
		const at = index - this.origin - 1;
		while (this.known.length <= at) this.known.push([]);
		for (const entry of this.known[at]) {
			if (entry.term !== term) continue;
			if (entry.hash === 0 && !isWithheld) entry.hash = hash;
			if (entry.hash !== hash && !isWithheld) throw new Error(`log matching: two entries ${index} of term ${term}`);
			if (entry.previousTerm === previousTerm) return;
			throw new Error(`log matching: entry ${index} of term ${term} follows ${previousTerm} and ${entry.previousTerm}`);
		}
		this.known[at].push({ term, hash: isWithheld ? 0 : hash, previousTerm });
	}

	/** @returns term of the committed entry at `index`, which is at most `committed`; -1 up to the origin */
	committedTerm(index: number): number {
		return index <= this.origin ? -1 : this.terms[index - this.origin - 1];
	}

	/** @returns the last entry that was committed in a term before this one: whoever leads it must have that */
	committedBefore(term: number): number {
		let at = this.committedIn.length;
		while (at > 0 && this.committedIn[at - 1] >= term) at--;
		return this.origin + at;
	}

	/**
	 * A node takes the entry at `index` of `term` for committed: everybody must (Raft figure 3, state machine safety).
	 * @param during the node's own term
	 */
	commit(index: number, term: number, during: number): void {
		if (index <= this.origin) return;
		if (index <= this.committed) {
			const other = this.committedTerm(index);
			if (other !== term)
				throw new Error(`state machine safety: entry ${index} was committed of term ${other} and of ${term}`);
			return;
		}
		if (index !== this.committed + 1) throw new Error(`entry ${index} was committed before ${this.committed + 1}`);
		this.committed = index;
		this.terms.push(term);
		this.committedIn.push(during);
	}

	/** A node that has applied all up to `index` is in this state: so must be all others. */
	reach(index: number, state: number): void {
		const at = index - this.origin;
		const other = this.states[at];
		if (other === undefined) {
			while (this.states.length < at) this.states.push(undefined);
			this.states[at] = state;
		} else if (other !== state) throw new Error(`state machine safety: two states after entry ${index}`);
	}
}
