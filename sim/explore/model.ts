/**
 * The cluster as a machine of tuples. A state is a row of words: the number of each node's state, the
 * number of the history, what of the bounds is spent, and the numbers of the messages in flight, in
 * ascending order. `expand` says which rows can follow.
 */

import { PRE_VOTE_REQUEST, TRANSFER_VOTE_REQUEST, VOTE_REQUEST } from "../../core/raft/messages";
import { LEADER } from "../../core/raft/role";
import { type Bounds, SPENDABLE, SPENT_MAX, spend, spentOf } from "./bounds";
import { CHOICES } from "./choices";
import { Datagrams, fill } from "./datagrams";
import { Histories, Violation } from "./history";
import { checkCommit, checkState, checkStep } from "./invariants";
import { Liveness } from "./liveness";
import { membersOfText } from "./members";
import { Node, type NodeState, type Step } from "./node";
import { lead } from "./prelude";
import { ordersOf } from "./renaming";

/** @param settings who is what, a letter by place; @returns by place what it is in all of them */
function classesOf(nodes: number, settings: readonly string[]): string[] {
	if (settings.some(({ length }) => length !== nodes))
		throw new RangeError("a setting names other nodes than there are");
	return Array.from({ length: nodes }, (_, place) => settings.map((setting) => setting[place]).join(""));
}

/** Numbers of inputs: of a choice and how often it was made before, or of a message. */
const MESSAGE_INPUTS = 0x1000;

/** What leads from one row to the next, for the words of a path. */
export interface Act {
	place: number;
	/** Number in CHOICES, or -1 for a message. */
	choice: number;
	message: number;
	/** The receiver had not heard its leader for the shortest election timeout. */
	isLate: boolean;
	/** A copy of the message stays in flight. */
	isKept: boolean;
	/** Messages that are lost because more were in flight than may be. */
	lost: number[];
}

export class Model {
	readonly width: number;
	readonly datagrams: Datagrams;
	readonly node: Node;
	readonly histories: Histories;
	/** Those that exchange no nodes but such as have equal roles in all that the setting knows. */
	readonly orders: readonly (readonly number[])[];
	/** By place: equal for those that may be exchanged. */
	readonly classes: readonly string[];
	readonly act: Act = { place: 0, choice: 0, message: 0, isLate: false, isKept: false, lost: [] };
	/** A bound stood against something in the row that was expanded last. */
	wasBounded = false;
	readonly bounds: Bounds;
	private readonly nodes: number;
	private readonly next: Uint32Array;
	/** Messages in flight after a step, `count` of them. */
	private readonly flight: Uint32Array;
	private count = 0;
	private readonly after: NodeState[] = [];
	/** Where a node is dead from the beginning. */
	private readonly liveness: Liveness | undefined;

	constructor(bounds: Bounds) {
		if (bounds.nodes < 1 || bounds.nodes > 5) throw new RangeError("1 to 5 nodes can be explored");
		for (const name of SPENDABLE) {
			if (bounds[name] > SPENT_MAX) throw new RangeError(`${name} are at most ${SPENT_MAX}`);
		}
		this.bounds = bounds;
		this.nodes = bounds.nodes;
		const { setting } = bounds;
		const isAlive = Array.from({ length: this.nodes }, (_, place) => (place === setting?.dead ? "x" : ".")).join("");
		this.classes = classesOf(this.nodes, setting === undefined ? [] : [setting.members, ...setting.changes, isAlive]);
		this.orders = ordersOf(this.nodes).filter((order) =>
			order.every((to, from) => this.classes[to] === this.classes[from]),
		);
		this.width = this.nodes + 2 + bounds.messages;
		this.datagrams = new Datagrams(this.orders.length);
		this.node = this.newNode();
		this.histories = new Histories(bounds.terms, this.orders.length, this.datagrams);
		this.next = new Uint32Array(this.width);
		this.flight = new Uint32Array(bounds.messages + 64);
		this.liveness = setting?.dead === undefined ? undefined : new Liveness(this);
	}

	/** A node that does what this model's does, and gives its messages the same numbers. */
	newNode(): Node {
		const { bounds, datagrams, nodes, orders } = this;
		const members = membersOfText(bounds.setting?.members ?? "v".repeat(nodes));
		const targets = bounds.setting?.changes.map(membersOfText) ?? [];
		return new Node(members, targets, nodes, orders.length, datagrams, bounds.transfers > 0);
	}

	/** All nodes are blank, and nothing was ever said; or as the setting has it. */
	initial(): Uint32Array {
		const row = new Uint32Array(this.width);
		for (let place = 0; place < this.nodes; place++) row[place] = this.node.blank(place);
		row[this.nodes] = this.histories.blank(this.nodes);
		if (this.bounds.setting !== undefined) lead(this, row, this.bounds.setting.leader);
		return row;
	}

	/**
	 * Calls `visit` with each row that can follow, which is valid until it returns; `act` says how it
	 * came about. Throws a Violation for a step that breaks a property, `act` says which.
	 */
	expand(row: Uint32Array, visit: (next: Uint32Array) => void): void {
		this.wasBounded = false;
		for (let place = 0; place < this.nodes; place++) {
			if (place === this.bounds.setting?.dead) continue;
			for (let choice = 0; choice < CHOICES.length; choice++) this.choose(row, place, choice, visit);
		}
		let last = 0;
		for (let at = this.nodes + 2; at < this.width && row[at] !== 0; at++) {
			const message = row[at];
			if (message === last) continue;
			last = message;
			if (this.datagrams.table.at(message).to === this.bounds.setting?.dead) continue;
			this.deliver(row, message, false, visit);
			const { to } = this.datagrams.table.at(message);
			if (this.mayBeLate(row[to], message)) this.deliver(row, message, true, visit);
		}
	}

	/** @returns true if it matters to the receiver, in a state of that number, how long ago it has heard its leader */
	mayBeLate(state: number, message: number): boolean {
		const { kind } = this.datagrams.table.at(message);
		// Only these ask how long ago the leader was heard, so it is enough to let that time pass before them.
		const asksForLeader = kind === PRE_VOTE_REQUEST || kind === VOTE_REQUEST || kind === TRANSFER_VOTE_REQUEST;
		return asksForLeader && this.node.states.at(state).hearsLeader;
	}

	/** @param before how often the choice's bound was spent */
	stepOfChoice(state: number, choice: number, before: number): Step {
		const input = choice * (SPENT_MAX + 1) + before;
		return (
			this.node.states.at(state).steps.get(input) ?? this.run(state, input, (node) => CHOICES[choice].act(node, before))
		);
	}

	/** @param isLate the receiver has not heard its leader for the shortest election timeout */
	stepOfMessage(state: number, message: number, isLate: boolean): Step {
		const datagram = this.datagrams.table.at(message);
		const input = MESSAGE_INPUTS + message * 2 + (isLate ? 1 : 0);
		return (
			this.node.states.at(state).steps.get(input) ??
			this.run(state, input, (node) => {
				const { message, raft } = node;
				if (isLate) raft.setTime(raft.leaderHeardMs + raft.configuration.electionMsMin);
				fill(message, datagram, node.codec);
				raft.receive(message);
			})
		);
	}

	private choose(row: Uint32Array, place: number, number: number, visit: (next: Uint32Array) => void): void {
		const choice = CHOICES[number];
		const state = this.node.states.at(row[place]);
		if (!choice.isPossible(state)) return;
		let spent = row[this.nodes + 1];
		let before = 0;
		if (choice.spends !== undefined) {
			before = spentOf(spent, choice.spends);
			if (before >= this.bounds[choice.spends]) {
				this.wasBounded = true;
				return;
			}
			spent = spend(spent, choice.spends);
		}
		if (choice.isBeyond(state, this.bounds)) {
			this.wasBounded = true;
			return;
		}
		const { act } = this;
		act.place = place;
		act.choice = number;
		act.message = 0;
		act.isLate = false;
		act.isKept = false;
		act.lost = [];
		const step = this.stepOfChoice(row[place], number, before);
		this.take(row, place, step, spent, 0, visit);
	}

	/** @param isLate the receiver has not heard its leader for the shortest election timeout */
	private deliver(row: Uint32Array, message: number, isLate: boolean, visit: (next: Uint32Array) => void): void {
		const { to } = this.datagrams.table.at(message);
		const { act } = this;
		act.place = to;
		act.choice = -1;
		act.message = message;
		act.isLate = isLate;
		act.isKept = false;
		act.lost = [];
		const step = this.stepOfMessage(row[to], message, isLate);
		// A message that nothing comes of may as well be on its way still: whatever can happen without it can happen
		// with it, for it may be lost as soon as it is in the way of another.
		if (step.to === row[to] && step.sends.length === 0 && step.happenings.length === 0) return;
		const spent = row[this.nodes + 1];
		this.take(row, to, step, spent, message, visit);
		if (spentOf(spent, "duplicates") === this.bounds.duplicates) {
			this.wasBounded = true;
			return;
		}
		act.isKept = true;
		this.take(row, to, step, spend(spent, "duplicates"), 0, visit);
	}

	/** Runs the core, once for each state and input. */
	private run(number: number, input: number, act: (node: Node) => void): Step {
		const { states } = this.node;
		const step = this.node.step(number, act);
		checkStep(states.at(number), states.at(step.to), step, this.datagrams);
		states.at(number).steps.set(input, step);
		return step;
	}

	/** @param consumed the message that is in flight no more, or 0 */
	private take(
		row: Uint32Array,
		place: number,
		step: Step,
		spent: number,
		consumed: number,
		visit: (next: Uint32Array) => void,
	): void {
		const { next, nodes } = this;
		const { states } = this.node;
		const before = states.at(row[place]);
		const after = states.at(step.to);
		for (let at = 0; at < nodes; at++) next[at] = row[at];
		next[place] = step.to;
		if (after.role === LEADER && after.commitIndex > before.commitIndex)
			checkCommit(before, after, this.statesOf(next));
		next[nodes] = this.histories.after(row[nodes], before, after, step);
		next[nodes + 1] = spent;
		this.gather(row, consumed, step.sends);
		this.lose(Math.max(0, this.count - this.bounds.messages), 0, visit);
	}

	/** Puts what is in flight together, in ascending order. */
	private gather(row: Uint32Array, consumed: number, sends: readonly number[]): void {
		let left = consumed;
		this.count = 0;
		for (let at = this.nodes + 2; at < this.width && row[at] !== 0; at++) {
			if (row[at] === left) left = 0;
			else this.flight[this.count++] = row[at];
		}
		for (const message of sends) {
			let at = this.count++;
			for (; at > 0 && this.flight[at - 1] > message; at--) this.flight[at] = this.flight[at - 1];
			this.flight[at] = message;
		}
	}

	/** Visits each way to lose so many of the messages in flight. */
	private lose(excess: number, from: number, visit: (next: Uint32Array) => void): void {
		const { act, flight, next } = this;
		if (excess === 0) {
			let to = this.nodes + 2;
			let lost = 0;
			for (let at = 0; at < this.count; at++) {
				if (lost < act.lost.length && act.lost[lost] === at) lost++;
				else next[to++] = flight[at];
			}
			next.fill(0, to);
			visit(next);
			return;
		}
		for (let at = from; at <= this.count - excess; at++) {
			// To lose one or the other of two that are alike is the same.
			if (at > from && flight[at] === flight[at - 1]) continue;
			act.lost.push(at);
			this.lose(excess - 1, at + 1, visit);
			act.lost.pop();
		}
	}

	/** @returns the numbers of the messages that the act has lost */
	lostMessages(): number[] {
		return this.act.lost.map((at) => this.flight[at]);
	}

	/** The states of the nodes of a row, valid until the next call. */
	statesOf(row: Uint32Array): readonly NodeState[] {
		for (let place = 0; place < this.nodes; place++) this.after[place] = this.node.states.at(row[place]);
		return this.after;
	}

	/** Throws a Violation of what must hold in every state. */
	check(row: Uint32Array): void {
		checkState(this.statesOf(row), this.histories.table.at(row[this.nodes]));
		this.liveness?.check(row);
	}
}

export { Violation };
