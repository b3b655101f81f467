/**
 * How a setting begins: one node is elected, and all that is sent arrives, in order and at once. A change
 * of the members is then few steps away from the start.
 */
import { assert } from "../../core/assert";
import { heartbeat } from "../../core/raft/replication";
import { LEADER } from "../../core/raft/role";
import { fill } from "./datagrams";
import { checkStep } from "./invariants";
import type { Model } from "./model";
import type { Node } from "./node";

/** @param row blank nodes; becomes that of a cluster that `leader` leads in term 1, with nothing in flight */
export function lead(model: Model, row: Uint32Array, leader: number): void {
	const { datagrams, histories, node } = model;
	const { states } = node;
	const nodes = model.bounds.nodes;
	const flight: number[] = [];

	function take(place: number, act: (node: Node) => void): void {
		const before = states.at(row[place]);
		const step = node.step(row[place], act);
		const after = states.at(step.to);
		checkStep(before, after, step, datagrams);
		row[nodes] = histories.after(row[nodes], before, after, step);
		row[place] = step.to;
		flight.push(...step.sends);
	}

	function settle(): void {
		for (;;) {
			const place = writer();
			if (place >= 0) take(place, (one) => one.persisted());
			else if (flight.length > 0) {
				const datagram = datagrams.table.at(flight.shift() as number);
				take(datagram.to, ({ codec, message, raft }) => {
					fill(message, datagram, codec);
					raft.receive(message);
				});
			} else return;
		}
	}

	/** @returns the place of a node whose write is under way, or -1 */
	function writer(): number {
		for (let place = 0; place < nodes; place++) if (states.at(row[place]).isWriting) return place;
		return -1;
	}

	take(leader, ({ raft }) => raft.tick(raft.electionDeadlineMs));
	settle();
	take(leader, ({ raft }) => heartbeat(raft));
	settle();
	assert(states.at(row[leader]).role === LEADER, "the node that shall lead was not elected");
	for (let place = 0; place < nodes; place++)
		assert(states.at(row[place]).commitIndex === 1, "a node does not know what is committed");
}
