/** Leaders that hand over without being asked to: for a member of a higher priority, or because they were left out. */
import { EVENT_LEADER, EVENT_TRANSFER_BEGIN } from "../core/events";
import { NO_CALL } from "../core/raft/proposals";
import type { SimulatedNode } from "./node";
import type { Services } from "./services";

export class HandOvers {
	private readonly services: Services;
	/** The latest one: who shall lead, in which term, and why. */
	private target = 0;
	private term = 0;
	private isRemoved = false;

	constructor(services: Services) {
		this.services = services;
	}

	/** To be told of every event of a node: its term, and the number after that. */
	traced(node: SimulatedNode, event: number, term: number, place: number): void {
		const raft = node.replica?.member?.raft;
		if (event === EVENT_LEADER && node.id === this.target && term === this.term) {
			if (this.isRemoved) this.services.handOversOfRemoved++;
			else this.services.handOversByPriority++;
		}
		if (event !== EVENT_TRANSFER_BEGIN || raft === undefined) return;
		const isOwn = raft.transfer.call === NO_CALL && !raft.isDraining;
		this.target = isOwn ? raft.places.ids[place] : 0;
		this.term = term + 1;
		this.isRemoved = raft.change.isResigning;
	}
}
