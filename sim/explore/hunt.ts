/**
 * Walks at random through bounds that are too wide to be searched to their end: deep, and without any
 * claim to have seen all. What it finds is not the shortest way there.
 */
import { Random } from "../../core/raft/random";
import { type Bounds, DEFAULT_BOUNDS } from "./bounds";
import { CHOICES } from "./choices";
import { Model, Violation } from "./model";
import { type Event, eventOf, Path } from "./path";
import { Symmetry } from "./symmetry";

/** Several elections, writes, reads and crashes, all in one walk. */
export const HUNT_BOUNDS: Bounds = Object.freeze({
	...DEFAULT_BOUNDS,
	terms: 5,
	timeouts: 8,
	heartbeats: 4,
	transfers: 2,
	entries: 3,
	reads: 2,
	crashes: 3,
	duplicates: 2,
	messages: 4,
});

export interface HuntResult {
	readonly violation: string | null;
	/** What happened on the walk that found it, a line each. */
	readonly path: readonly string[];
	readonly walks: number;
	/** Steps of all walks together. */
	readonly steps: number;
}

/** So many states of a node are remembered; then all are forgotten, for memory's sake. */
const NODE_STATES_MAX = 500_000;

/** From 8 to 128: with less, all bounds are spent before anybody leads. */
const LIKELY_MIN = 8;
const LIKELY_STEPS = 5;

/** Walks between two calls of the watch. */
const WATCH_EVERY = 64;

export class Hunt {
	private model: Model;
	private readonly bounds: Bounds;
	private readonly random: Random;
	private steps = 0;
	private walks = 0;
	/** The weights of those that can follow, so far. */
	private seen = 0;
	/** Weight of messages and writes in this walk; 1 is that of what spends a bound. */
	private likely = LIKELY_MIN;
	private readonly row: Uint32Array;
	private readonly chosen: Uint32Array;
	private events: Event[] = [];
	private event: Event | undefined;
	private readonly visit: (next: Uint32Array) => void;

	/** @param seed decides every walk */
	constructor(bounds: Bounds, seed: number) {
		this.bounds = bounds;
		this.model = new Model(bounds);
		this.random = new Random(1, seed);
		this.row = new Uint32Array(this.model.width);
		this.chosen = new Uint32Array(this.model.width);
		this.visit = (next) => this.found(next);
	}

	/** @param watch told on the way; false stops */
	run(walks: number, watch?: (walks: number, steps: number) => boolean): HuntResult {
		while (this.walks < walks) {
			this.walks++;
			if (this.model.node.states.size > NODE_STATES_MAX) this.model = new Model(this.bounds);
			const violation = this.walk(this.model.initial());
			if (violation !== null) return this.result(violation);
			if (this.walks % WATCH_EVERY === 0 && watch !== undefined && !watch(this.walks, this.steps)) break;
		}
		return this.result(null);
	}

	private walk(start: Uint32Array): string | null {
		const { chosen, model, row } = this;
		row.set(start);
		this.events = [];
		this.likely = LIKELY_MIN * (1 << this.random.below(LIKELY_STEPS));
		for (;;) {
			this.seen = 0;
			this.event = undefined;
			try {
				model.expand(row, this.visit);
			} catch (error) {
				if (!(error instanceof Violation)) throw error;
				this.events.push(eventOf(model, row, undefined));
				return error.message;
			}
			if (this.event === undefined) return null;
			this.events.push(this.event);
			row.set(chosen);
			this.steps++;
			try {
				model.check(row);
			} catch (error) {
				if (!(error instanceof Violation)) throw error;
				return error.message;
			}
		}
	}

	/** One of those that can follow, by their weights. */
	private found(next: Uint32Array): void {
		const { choice } = this.model.act;
		const weight = choice < 0 || CHOICES[choice].spends === undefined ? this.likely : 1;
		this.seen += weight;
		if (this.random.below(this.seen) >= weight) return;
		this.chosen.set(next);
		this.event = eventOf(this.model, this.row, next);
	}

	private result(violation: string | null): HuntResult {
		const path = new Path(this.model, new Symmetry(this.model));
		if (violation !== null) for (const event of this.events) path.add(event, this.model.orders[0]);
		return {
			violation,
			path: path.lines(undefined),
			walks: this.walks,
			steps: this.steps,
		};
	}
}
