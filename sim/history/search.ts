/**
 * The search of Wing and Gong (1993) for an order in which every answer is right, with Lowe's (2017)
 * memory of what was tried, revision by revision. What was answered stands where its revision says.
 * A revision that no answer claims was taken by a write whose outcome is unknown: each that may
 * stand there is tried. An unknown write may stand anywhere after its call, for ever, or nowhere.
 *
 * The keys are parts of their own: a write touches one key, so a wrong guess is found at the next
 * answer on that key, and what answers say of a key (`statements.ts`) rules out guesses beforehand.
 */
import type { Operation } from "./history";
import { isTold, type KeyState, NEVER_WRITTEN } from "./key-state";
import { nameOf, type Statements } from "./statements";
import { type Answered, type Timeline, type Violation, violation } from "./timeline";
import { explain, explainRange } from "./words";

const NONE = -1;

export class Search {
	/** Revisions that were tried. */
	steps = 0;
	/** Why the attempt that came furthest failed. */
	violation: Violation | null = null;
	private deepest = NONE;
	private readonly stepsMax: number;
	private readonly timeline: Timeline;
	private readonly statements: Statements;
	/** All keys that were written, in ascending order, and their places in it. */
	private readonly keys: string[] = [];
	private readonly keyAt = new Map<string, number>();
	/** By key. */
	private readonly states: KeyState[] = [];
	/** By place in the timeline: the key that was written, its state before, and the unknown write that was chosen. */
	private readonly written: number[] = [];
	private readonly before: KeyState[] = [];
	private readonly chosen: number[] = [];
	/** By unknown write: whether it has its place, and the one before it that it could be exchanged with. */
	private readonly isUsed: boolean[] = [];
	private readonly twin: number[] = [];
	private readonly tried = new Set<string>();

	/** @param stepsMax revisions that are tried before the search gives up */
	constructor(timeline: Timeline, statements: Statements, stepsMax: number) {
		this.stepsMax = stepsMax;
		this.timeline = timeline;
		this.statements = statements;
		for (let place = 0; place <= timeline.last; place++) this.addKey(timeline.writers[place]);
		for (let i = 0; i < timeline.unknown.length; i++) this.addKey(timeline.unknown[i]);
		this.keys.sort();
		for (let i = 0; i < this.keys.length; i++) {
			this.keyAt.set(this.keys[i], i);
			this.states.push(NEVER_WRITTEN);
		}
		for (let place = 0; place <= timeline.last; place++) {
			this.written.push(NONE);
			this.before.push(NEVER_WRITTEN);
			this.chosen.push(NONE);
		}
		this.pairTwins();
	}

	private addKey(write: Operation | null): void {
		if (write === null || this.keyAt.has(write.key)) return;
		this.keyAt.set(write.key, 0);
		this.keys.push(write.key);
	}

	/**
	 * Two deletes of a key, and two puts whose values nobody saw, can be exchanged: the one that was
	 * called first goes first, and half of the guesses, or most, need not be made.
	 */
	private pairTwins(): void {
		const last = new Map<string, number>();
		const { unknown } = this.timeline;
		for (let i = 0; i < unknown.length; i++) {
			const { expected, key, operation, value } = unknown[i];
			this.isUsed.push(false);
			const isSeen = value !== null && this.statements.seen.has(nameOf(key, value));
			const kind = `${operation} ${key} ${expected} ${isSeen ? i : ""}`;
			this.twin.push(last.get(kind) ?? NONE);
			last.set(kind, i);
		}
	}

	/** @returns true if there is an order, false if there is none, null if nobody knows after so many steps */
	run(): boolean | null {
		let place = 0;
		if (!this.observe(0)) return false;
		while (place < this.timeline.last) {
			if (this.steps > this.stepsMax) return null;
			place++;
			const writer = this.timeline.writers[place];
			const isPlaced = writer === null ? this.isNew(place) && this.guess(place, 0) : this.take(place, writer);
			if (isPlaced) continue;
			place = this.goBack(place - 1);
			if (place === NONE) return false;
		}
		return true;
	}

	/** Undoes everything back to a guess that can be made otherwise. @returns its place, or NONE */
	private goBack(from: number): number {
		for (let place = from; place > 0; place--) {
			this.undo(place);
			if (this.timeline.writers[place] === null && this.guess(place, this.chosen[place] + 1)) return place;
		}
		return NONE;
	}

	/** Places a write that was answered. */
	private take(place: number, writer: Answered): boolean {
		this.steps++;
		const key = this.keyAt.get(writer.key) as number;
		const before = this.states[key];
		if (!before.admits(writer)) return this.fail(place, writer, before);
		this.write(place, key, writer);
		const met = writer.operation === "delete" ? before : this.states[key];
		if (isTold(writer, writer.answer, met)) {
			if (this.observe(place)) return true;
		} else this.fail(place, writer, before);
		this.undo(place);
		return false;
	}

	/** Places one of the unknown writes, from the one numbered `from` on, at a revision that no answer claims. */
	private guess(place: number, from: number): boolean {
		const { unknown } = this.timeline;
		let tried = 0;
		for (let i = from; i < unknown.length; i++) {
			if (!this.mayStand(place, i)) continue;
			this.steps++;
			tried++;
			this.isUsed[i] = true;
			this.chosen[place] = i;
			this.write(place, this.keyAt.get(unknown[i].key) as number, unknown[i]);
			if (this.observe(place)) return true;
			this.undo(place);
		}
		if (from === 0 && tried === 0) this.failGap(place);
		return false;
	}

	private mayStand(place: number, candidate: number): boolean {
		const { after, first, unknown } = this.timeline;
		const { places, traces, versions } = this.statements;
		const write = unknown[candidate];
		if (this.isUsed[candidate] || after[candidate] >= place) return false;
		const twin = this.twin[candidate];
		if (twin !== NONE && !this.isUsed[twin]) return false;
		const trace = traces[place];
		if (trace.key !== null && (trace.key !== write.key || write.operation === "delete")) return false;
		if (trace.value !== null && trace.value !== write.value) return false;
		const own = places.get(write.id);
		if (own !== undefined && own !== place) return false;
		const state = this.states[this.keyAt.get(write.key) as number];
		// Somebody still met the key later as its last write had left it.
		if (state.isThere && traces[state.modRevision - first].until >= place) return false;
		return state.admits(write) && versions.admit(write, state, place);
	}

	private write(place: number, key: number, write: Operation): void {
		const before = this.states[key];
		this.written[place] = key;
		this.before[place] = before;
		this.states[key] = before.after(write, this.timeline.first + place);
	}

	private undo(place: number): void {
		const key = this.written[place];
		this.states[key] = this.before[place];
		if (this.timeline.writers[place] === null) this.isUsed[this.chosen[place]] = false;
	}

	/** @returns true if all that looked at the store at this revision are told the truth */
	private observe(place: number): boolean {
		const observers = this.timeline.observers[place];
		for (let i = 0; i < observers.length; i++) {
			const observer = observers[i];
			if (observer.operation === "range") {
				if (!this.isPage(place, observer)) return false;
				continue;
			}
			const key = this.keyAt.get(observer.key);
			const state = key === undefined ? NEVER_WRITTEN : this.states[key];
			if (!isTold(observer, observer.answer, state)) return this.fail(place, observer, state);
		}
		return true;
	}

	/** A range is a read of every key between its ends; of a page that was cut, up to the last key on it. */
	private isPage(place: number, range: Answered): boolean {
		const { more, pairs } = range.answer;
		if (range.reason !== "DONE") return this.failRange(place, range, null, null);
		let next = 0;
		let isCut = false;
		for (let key = 0; key < this.keys.length; key++) {
			const name = this.keys[key];
			const state = this.states[key];
			if (!state.isThere || name < range.key || (range.to !== "" && name >= range.to)) continue;
			if (next === pairs.length && more) {
				isCut = true;
				break;
			}
			const pair = pairs[next];
			if (pair === undefined || pair.key !== name || pair.value !== state.value || !state.isDescribedBy(pair))
				return this.failRange(place, range, name, state);
			next++;
		}
		if (next < pairs.length) return this.failRange(place, range, pairs[next].key, this.stateOf(pairs[next].key));
		if (more !== isCut || (range.limit > 0 && pairs.length > range.limit))
			return this.failRange(place, range, null, null);
		return true;
	}

	private stateOf(key: string): KeyState {
		const at = this.keyAt.get(key);
		return at === undefined ? NEVER_WRITTEN : this.states[at];
	}

	/** Lowe's memory: the same writes used and the same state at the same revision fail in the same way. */
	private isNew(place: number): boolean {
		let name = `${place}`;
		for (let i = 0; i < this.states.length; i++) name += ` ${this.states[i].name}`;
		for (let i = 0; i < this.isUsed.length; i++) if (this.isUsed[i]) name += `,${i}`;
		if (this.tried.has(name)) return false;
		this.tried.add(name);
		return true;
	}

	/** Keeps the reason, if no attempt came so far. */
	private fail(place: number, operation: Answered, state: KeyState): false {
		if (place > this.deepest) {
			this.deepest = place;
			const others = state.writer === null ? [] : [state.writer];
			this.violation = violation(operation, explain(operation, state), others);
		}
		return false;
	}

	private failRange(place: number, range: Answered, key: string | null, state: KeyState | null): false {
		if (place > this.deepest) {
			this.deepest = place;
			const others = state === null || state.writer === null ? [] : [state.writer];
			this.violation = { ...violation(range, explainRange(key, state), others), key };
		}
		return false;
	}

	/** Says who saw a revision that no write can have taken. */
	private failGap(place: number): void {
		if (place <= this.deepest) return;
		this.deepest = place;
		const { by, key } = this.statements.traces[place];
		const witness = by ?? this.nextAnswer(place);
		const subject = key === null ? "" : ` of key ${key}`;
		const what = `knows of revision ${this.timeline.first + place}${subject}, which no write can have taken: lost, or done twice`;
		const before = key === null ? null : this.stateOf(key).writer;
		this.violation = {
			...violation(witness, before === null ? what : `${what}; before it`, before === null ? [] : [before]),
			key,
		};
	}

	private nextAnswer(place: number): Answered {
		for (let at = place; ; at++) {
			const writer = this.timeline.writers[at] ?? this.timeline.observers[at][0];
			if (writer !== undefined) return writer;
		}
	}
}
