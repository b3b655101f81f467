/**
 * From each state that is reached, those that are alive can have a leader again that commits all of its log.
 * Liveness is asked as reachability: nothing in flight helps, no bound stands against it, and time passes as is
 * needed. Leaders send their heartbeats and look for their quorum; then one node after another stands, and all
 * that is sent arrives. If no order of candidates leads anywhere, nobody ever will.
 */
import { LEADER } from "../../core/raft/role";
import { HEARTBEATS, LOOKS, STANDS, WRITTEN } from "./choices";
import { Violation } from "./history";
import type { Model } from "./model";

/** Candidates one after the other: the first may learn a term, or wait for a write, before it can win. */
const CANDIDATES_MAX = 3;
/** A leader gives up at the second look: at the first one the answers to an earlier round may count. */
const LOOKS_MAX = 2;

export class Liveness {
	private readonly model: Model;
	private readonly alive: number[] = [];
	/** States of those that are alive from which there is a way. */
	private readonly known = new Set<string>();

	constructor(model: Model) {
		const { nodes, setting } = model.bounds;
		this.model = model;
		for (let place = 0; place < nodes; place++) if (place !== setting?.dead) this.alive.push(place);
	}

	/** Throws a Violation when there is no way from this row. */
	check(row: Uint32Array): void {
		const states = this.alive.map((place) => row[place]);
		const key = states.join();
		if (this.known.has(key)) return;
		if (!this.recovers(states)) throw new Violation("liveness: those that are alive never have a leader again");
		this.known.add(key);
	}

	private recovers(start: readonly number[]): boolean {
		const states = start.slice();
		this.settle(states, []);
		this.actAll(states, HEARTBEATS, true);
		if (this.serves(states)) return true;
		for (let look = 0; look < LOOKS_MAX; look++) this.actAll(states, LOOKS, true);
		return this.elects(states, CANDIDATES_MAX);
	}

	private elects(start: readonly number[], left: number): boolean {
		if (left === 0) return false;
		for (let at = 0; at < start.length; at++) {
			const states = start.slice();
			if (!this.act(states, at, STANDS, false)) continue;
			// Of what comes with the heartbeats of the next leader, the last is that all is committed.
			this.actAll(states, HEARTBEATS, true);
			if (this.serves(states) || this.elects(states, left - 1)) return true;
		}
		return false;
	}

	/** True if one of them leads, and all that it has is committed. */
	private serves(states: readonly number[]): boolean {
		return states.some((number) => {
			const { commitIndex, log, role } = this.model.node.states.at(number);
			return role === LEADER && commitIndex === log.length;
		});
	}

	private actAll(states: number[], choice: number, leads: boolean): void {
		for (let at = 0; at < states.length; at++) this.act(states, at, choice, leads);
	}

	/** Something happens to one of them, and all that follows. @returns false when it cannot */
	private act(states: number[], at: number, choice: number, leads: boolean): boolean {
		const { model } = this;
		if ((model.node.states.at(states[at]).role === LEADER) !== leads) return false;
		const step = model.stepOfChoice(states[at], choice, 0);
		states[at] = step.to;
		this.settle(states, step.sends.slice());
		return true;
	}

	/** All writes become durable, and all that is sent among them arrives, after as long a silence as it needs. */
	private settle(states: number[], flight: number[]): void {
		const { model } = this;
		for (;;) {
			const writer = states.findIndex((number) => model.node.states.at(number).isWriting);
			if (writer >= 0) {
				const step = model.stepOfChoice(states[writer], WRITTEN, 0);
				states[writer] = step.to;
				flight.push(...step.sends);
				continue;
			}
			const message = flight.shift();
			if (message === undefined) return;
			const at = this.alive.indexOf(model.datagrams.table.at(message).to);
			if (at < 0) continue;
			const step = model.stepOfMessage(states[at], message, model.mayBeLate(states[at], message));
			states[at] = step.to;
			flight.push(...step.sends);
		}
	}
}
