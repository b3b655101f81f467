/** How a state came about, in words: one line for each thing that happened. */
import { CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE } from "../../core/raft/role";
import { CHOICES } from "./choices";
import { contentText } from "./datagrams";
import type { Act, Model } from "./model";
import type { NodeState } from "./node";
import type { Symmetry } from "./symmetry";

/** One thing that happened, under the names of the row that it happened to. */
export interface Event {
	readonly act: Act;
	/** Numbers of the messages that were lost with it. */
	readonly lost: readonly number[];
	readonly before: NodeState;
	/** Undefined if it broke a property before anything came of it. */
	readonly after: NodeState | undefined;
}

/** What the model did last to a row. */
export function eventOf(model: Model, row: Uint32Array, next: Uint32Array | undefined): Event {
	const { act, node } = model;
	const { place } = act;
	const after = next === undefined ? undefined : node.states.at(next[place]);
	return { act: { ...act }, lost: model.lostMessages(), before: node.states.at(row[place]), after };
}

export class Path {
	private readonly events: Event[] = [];
	/** By event: the order that its outcome was renamed by. */
	private readonly orders: (readonly number[])[] = [];
	private readonly model: Model;
	private readonly symmetry: Symmetry;

	constructor(model: Model, symmetry: Symmetry) {
		this.model = model;
		this.symmetry = symmetry;
	}

	/** Goes from one row to the next: finds what leads there. */
	step(from: Uint32Array, to: Uint32Array): void {
		let isFound = false;
		this.model.expand(from, (next) => {
			if (isFound || !isEqual(this.symmetry.canonical(next), to)) return;
			isFound = true;
			this.add(eventOf(this.model, from, next), this.model.orders[this.symmetry.order]);
		});
	}

	/** @param order that what came of it was renamed by */
	add(event: Event, order: readonly number[]): void {
		this.events.push(event);
		this.orders.push(order);
	}

	/** @param last what happened in the end; the nodes get the names that they have there */
	lines(last: Event | undefined): string[] {
		const { orders } = this.model;
		let names = orders[0];
		const lines = last === undefined ? [] : [this.text(last, names)];
		for (let i = this.events.length - 1; i >= 0; i--) {
			const later = names;
			names = this.orders[i].map((place) => later[place]);
			lines.unshift(this.text(this.events[i], names));
		}
		return lines;
	}

	private text({ act, lost, before, after }: Event, names: readonly number[]): string {
		const { datagrams } = this.model;
		const name = (place: number) => `node ${names[place] + 1}`;
		let line = "";
		if (act.choice >= 0) line = `${name(act.place)} ${CHOICES[act.choice].words}`;
		else {
			const datagram = datagrams.table.at(act.message);
			line = `${name(act.place)} receives from ${name(datagram.from)}: ${contentText(datagram)}`;
			if (act.isLate) line += ", not having heard its leader for a while";
			if (act.isKept) line += " (a copy of it stays on its way)";
		}
		if (after !== undefined) line += changeText(before, after);
		for (const message of lost) {
			const datagram = datagrams.table.at(message);
			line += `; lost from ${name(datagram.from)} to ${name(datagram.to)}: ${contentText(datagram)}`;
		}
		return line;
	}
}

const ROLES: { readonly [role: number]: string } = Object.freeze({
	[FOLLOWER]: "follows in",
	[PRE_CANDIDATE]: "probes in",
	[CANDIDATE]: "stands for",
	[LEADER]: "leads",
});

function changeText(before: NodeState, after: NodeState): string {
	let text = "";
	if (before.role !== after.role || (before.term !== after.term && after.role !== FOLLOWER))
		text = ` → ${ROLES[after.role]} term ${after.term}`;
	else if (before.term !== after.term) text = ` → enters term ${after.term}`;
	if (before.commitIndex < after.commitIndex) text += ` → commits up to ${after.commitIndex}`;
	return text;
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
	for (let word = 0; word < a.length; word++) if (a[word] !== b[word]) return false;
	return true;
}
