/**
 * Of the namings of a state the one that is explored: nodes that may be exchanged in ascending order of
 * what they are apart from their places; of the orders that this leaves open, the one whose row is the
 * smallest.
 */
import type { Model } from "./model";

export class Symmetry {
	private readonly model: Model;
	private readonly best: Uint32Array;
	private readonly candidate: Uint32Array;
	/** Number of the order that led to the row that `canonical` gave. */
	order = 0;

	constructor(model: Model) {
		this.model = model;
		this.best = new Uint32Array(model.width);
		this.candidate = new Uint32Array(model.width);
	}

	/** @returns the row under the names that are explored, valid until the next call */
	canonical(row: Uint32Array): Uint32Array {
		const { model, best, candidate } = this;
		const { orders } = model;
		const { states } = model.node;
		let found = false;
		for (let number = 0; number < orders.length; number++) {
			const order = orders[number];
			if (!this.ascends(row, order)) continue;
			for (let place = 0; place < order.length; place++) {
				const state = states.at(row[place]);
				candidate[order[place]] = state.renamed[number] ||= model.node.rename(row[place], order);
			}
			this.renameRest(row, number);
			if (found && !isLess(candidate, best)) continue;
			best.set(candidate);
			this.order = number;
			found = true;
		}
		return best;
	}

	/** True if the nodes in this order ascend. */
	private ascends(row: Uint32Array, order: readonly number[]): boolean {
		const { states } = this.model.node;
		for (let a = 0; a < order.length; a++) {
			const kind = states.at(row[a]).kind;
			for (let b = a + 1; b < order.length; b++) {
				if (this.model.classes[a] !== this.model.classes[b]) continue;
				const other = states.at(row[b]).kind;
				if (kind !== other && kind < other !== order[a] < order[b]) return false;
			}
		}
		return true;
	}

	private renameRest(row: Uint32Array, number: number): void {
		const { candidate, model } = this;
		const order = model.orders[number];
		const nodes = order.length;
		const history = model.histories.table.at(row[nodes]);
		candidate[nodes] = history.renamed[number] ||= model.histories.rename(row[nodes], order);
		candidate[nodes + 1] = row[nodes + 1];
		const start = nodes + 2;
		candidate.fill(0, start);
		for (let at = start; at < model.width && row[at] !== 0; at++) {
			const datagram = model.datagrams.table.at(row[at]);
			const message = (datagram.renamed[number] ||= model.datagrams.rename(row[at], order));
			let to = at;
			for (; to > start && candidate[to - 1] > message; to--) candidate[to] = candidate[to - 1];
			candidate[to] = message;
		}
	}
}

function isLess(a: Uint32Array, b: Uint32Array): boolean {
	for (let word = 0; word < a.length; word++) if (a[word] !== b[word]) return a[word] < b[word];
	return false;
}
