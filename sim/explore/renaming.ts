/**
 * Nodes of equal roles are all alike: exchange their places everywhere, and the cluster does the same under other
 * names. So of all namings of a state one is explored. Whatever names a place must be renamed here;
 * what is forgotten is found by test/sim/explore, where a step of the renamed node must be the
 * renamed step of the node.
 */
import { NOBODY } from "../../core/configuration";
import type { Raft } from "../../core/raft/raft";

/** All orders of so many places; the first changes nothing. */
export function ordersOf(places: number): number[][] {
	if (places === 0) return [[]];
	const orders: number[][] = [];
	for (const order of ordersOf(places - 1)) {
		for (let at = places - 1; at >= 0; at--) orders.push([...order.slice(0, at), places - 1, ...order.slice(at)]);
	}
	return orders;
}

/** @returns the order that undoes `order` */
export function inverse(order: readonly number[]): number[] {
	const back: number[] = [];
	for (let place = 0; place < order.length; place++) back[order[place]] = place;
	return back;
}

function renamed(place: number, order: readonly number[]): number {
	return place === NOBODY ? NOBODY : order[place];
}

/** @param order the new place of each */
export function renamePlaces(raft: Raft, order: readonly number[]): void {
	const { incoming, outbox, persistence, progress, transfer } = raft;
	const mutable = raft as { -readonly [Name in "self"]: Raft[Name] };
	mutable.self = order[raft.self];
	raft.votedFor = renamed(raft.votedFor, order);
	raft.leader = renamed(raft.leader, order);
	incoming.sender = renamed(incoming.sender, order);
	persistence.write.votedFor = renamed(persistence.write.votedFor, order);
	transfer.target = renamed(transfer.target, order);
	progress.awaited = renamed(progress.awaited, order);
	let votes = 0;
	for (let place = 0; place < order.length; place++) if ((raft.votes >>> place) & 1) votes |= 1 << order[place];
	raft.votes = votes;
	for (let slot = 0; slot < outbox.count; slot++) outbox.receiver[slot] = order[outbox.receiver[slot]];
	const places = raft.peer.length;
	move(raft.peer, order, places);
	for (const part of [progress, progress.catchUp]) {
		for (const name of Object.keys(part)) {
			const column = (part as unknown as { [name: string]: unknown })[name];
			if (ArrayBuffer.isView(column)) move(column as Float64Array, order, places);
		}
	}
}

/** Of a column by place, or of several rows for each place; places that nobody stands at stay where they are. */
function move(column: Float64Array | Uint8Array, order: readonly number[], places: number): void {
	const before = column.slice();
	const rows = column.length / places;
	for (let place = 0; place < order.length; place++) {
		for (let row = 0; row < rows; row++) column[order[place] * rows + row] = before[place * rows + row];
	}
}
