/**
 * Exhaustive small scope: every state that a small cluster of real Raft nodes can come to within bounds,
 * nearest first, with the invariants checked on each. The first violation found is one of the nearest
 * to the start, so that its path is short.
 *
 * What is real: `core/raft`, with its log, outbox and persistence; a crash makes a new instance from what
 * the disk holds. What is chosen at each state: a message arrives, in any order, and perhaps again; it is
 * lost when others need its place; a timer fires, whatever the clocks of others say; a write that was taken
 * becomes durable, after any other inputs; power fails before, amid or after it; a client asks.
 *
 * What is left out: encoding, flash, store and sessions, which the simulator runs; snapshots and a full
 * log; a state machine that lags behind the commit index; a disk that keeps less than it said.
 *
 * A search is exact but for three steps that lose no violation: nodes are renamed (renaming.ts), a message
 * of which nothing comes stays in flight, and a leader that was not heard for long counts as heard until
 * somebody asks (model.ts).
 */
import type { Bounds } from "./bounds";
import { Model, Violation } from "./model";
import { type Event, eventOf, Path } from "./path";
import { Numbers, States } from "./states";
import { Symmetry } from "./symmetry";

export interface Result {
	/** The property that does not hold and how, or null. */
	readonly violation: string | null;
	/** What happened from the start to there, a line each. */
	readonly path: readonly string[];
	/** States that differ in more than the names of the nodes. */
	readonly states: number;
	/** Steps from one state to another or the same. */
	readonly transitions: number;
	/** Steps from the start to the last state that was found. */
	readonly depth: number;
	/** True if nothing within the bounds was left out. */
	readonly isComplete: boolean;
	/** Different states of one node, messages, and steps of the core that were run for it. */
	readonly nodeStates: number;
	readonly messages: number;
	/** States from which nothing more happens, for the bounds stand against it. */
	readonly ends: number;
}

/** What is told on the way. @returns false to stop */
export type Watch = (states: number, transitions: number, depth: number, waiting: number) => boolean;

/** Expanded states between two calls of a Watch. */
const WATCH_EVERY = 4096;

export class Exploration {
	readonly model: Model;
	readonly symmetry: Symmetry;
	private readonly bounds: Bounds;
	private readonly states: States;
	/** By state: the one that it was first reached from. */
	private readonly parents = new Numbers();
	private transitions = 0;
	private depth = 0;
	private ends = 0;
	private expanded = 0;
	private levelEnd = 1;
	private moved = false;
	private isExpanding = false;
	/** The row that is checked. */
	private reached: Uint32Array | undefined;
	private readonly row: Uint32Array;
	private readonly visit: (next: Uint32Array) => void;

	constructor(bounds: Bounds) {
		this.bounds = bounds;
		this.model = new Model(bounds);
		this.symmetry = new Symmetry(this.model);
		this.states = new States(this.model.width);
		this.row = new Uint32Array(this.model.width);
		this.visit = (next) => this.found(next);
	}

	run(watch?: Watch): Result {
		this.states.add(this.symmetry.canonical(this.model.initial()));
		this.parents.push(0);
		try {
			while (this.expanded < this.states.count && this.states.count < this.bounds.states) {
				if (this.expanded === this.levelEnd) {
					this.depth++;
					this.levelEnd = this.states.count;
				}
				this.expand();
				if (this.expanded % WATCH_EVERY === 0 && watch !== undefined) {
					const waiting = this.states.count - this.expanded;
					if (!watch(this.states.count, this.transitions, this.depth, waiting)) break;
				}
			}
		} catch (error) {
			if (!(error instanceof Violation)) throw error;
			const isDeadlock = !this.isExpanding;
			return this.result(error.message, isDeadlock ? undefined : eventOf(this.model, this.row, this.reached));
		}
		return this.result(null, undefined);
	}

	private expand(): void {
		this.states.read(this.expanded, this.row);
		this.moved = false;
		this.isExpanding = true;
		this.reached = undefined;
		this.model.expand(this.row, this.visit);
		this.isExpanding = false;
		if (!this.moved) {
			if (!this.model.wasBounded)
				throw new Violation("deadlock: nothing can happen any more, and no bound stands against it");
			this.ends++;
		}
		this.expanded++;
	}

	private found(next: Uint32Array): void {
		this.transitions++;
		const number = this.states.add(this.symmetry.canonical(next));
		if (number !== this.expanded) this.moved = true;
		if (!this.states.wasAdded) return;
		this.parents.push(this.expanded);
		this.reached = next;
		this.model.check(next);
		this.reached = undefined;
	}

	private result(violation: string | null, last: Event | undefined): Result {
		return {
			violation,
			path: violation === null ? [] : this.pathText(last),
			states: this.states.count,
			transitions: this.transitions,
			depth: this.depth,
			isComplete: violation === null && this.expanded === this.states.count,
			nodeStates: this.model.node.states.size,
			messages: this.model.datagrams.table.size,
			ends: this.ends,
		};
	}

	/** From the start to the state that is expanded, and what happened last. */
	private pathText(last: Event | undefined): string[] {
		const numbers = [this.expanded];
		while (numbers[0] !== 0) numbers.unshift(this.parents.at(numbers[0]));
		const path = new Path(this.model, this.symmetry);
		const next = new Uint32Array(this.model.width);
		for (let i = 1; i < numbers.length; i++) {
			this.states.read(numbers[i - 1], this.row);
			this.states.read(numbers[i], next);
			path.step(this.row, next);
		}
		return path.lines(last);
	}
}

/** @returns what was found; `watch` is told on the way */
export function explore(bounds: Bounds, watch?: Watch): Result {
	return new Exploration(bounds).run(watch);
}
