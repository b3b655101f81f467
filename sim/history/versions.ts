/**
 * What versions say: a key that is created at revision 3 and has version 4 at revision 9 was written
 * three times between them, and never deleted. So the search need not guess at writes of a key
 * that has as many as it is going to have.
 */
import type { Operation } from "./history";
import type { KeyState } from "./key-state";
import type { Timeline } from "./timeline";

/** A key as somebody saw it; places in the timeline. */
interface Sight {
	readonly created: number;
	readonly modified: number;
	readonly version: number;
}

/** One key. */
class Sights {
	/** In ascending order of `modified`. */
	readonly sights: Sight[] = [];
	/** By place: writes of the key that were answered, up to there. */
	readonly answered: number[] = [];

	/** @returns the first sight of a write at this place or after it, or null */
	next(place: number): Sight | null {
		let low = 0;
		let high = this.sights.length;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			if (this.sights[middle].modified < place) low = middle + 1;
			else high = middle;
		}
		return low < this.sights.length ? this.sights[low] : null;
	}
}

export class Versions {
	private readonly keys = new Map<string, Sights>();
	private readonly timeline: Timeline;

	constructor(timeline: Timeline) {
		this.timeline = timeline;
	}

	/** Somebody saw a key so. */
	note(key: string, createRevision: number, modRevision: number, version: number): void {
		const { first } = this.timeline;
		let known = this.keys.get(key);
		if (known === undefined) {
			known = new Sights();
			this.keys.set(key, known);
		}
		known.sights.push({ created: createRevision - first, modified: modRevision - first, version });
	}

	/** Everything is noted; now it may be asked. */
	close(): void {
		const { last, writers } = this.timeline;
		this.keys.forEach((known, key) => {
			known.sights.sort((a, b) => a.modified - b.modified);
			let count = 0;
			for (let place = 0; place <= last; place++) {
				if (writers[place]?.key === key) count++;
				known.answered.push(count);
			}
		});
	}

	/** @returns false if no order in which this write changes the key at this place agrees with what was seen later */
	admit(write: Operation, state: KeyState, place: number): boolean {
		const known = this.keys.get(write.key);
		const sight = known === undefined ? null : known.next(place);
		// Nobody saw the key later, or it was created anew by then: anything may have been before that.
		if (known === undefined || sight === null || sight.created > place) return true;
		if (sight.created === place) return !state.isThere && write.operation !== "delete";
		if (!state.isThere || state.createRevision - this.timeline.first !== sight.created) return false;
		if (write.operation === "delete") return false;
		const answered = known.answered[sight.modified] - known.answered[place - 1];
		const isAnswered = this.timeline.writers[sight.modified] !== null;
		const other = isAnswered || sight.modified === place ? 0 : 1;
		return state.version + 1 + answered + other <= sight.version;
	}
}
