/**
 * What a lease promises: while a leader may answer from it, nobody leads a later term (thesis §6.4.1).
 * Where clocks err by more than leases allow for, that breaks, and it is counted instead of forbidden.
 */
import { EVENT_LEADER } from "../core/events";
import type { Raft } from "../core/raft/raft";
import type { Operation } from "./history/history";
import type { SimulatedNode } from "./node";
import type { Services } from "./services";
import type { World } from "./world";

export class Leases {
	private readonly world: World;
	private readonly services: Services;
	private readonly mayBreak: boolean;
	/** The highest that anybody has led. */
	private term = 0;
	/** When leaders answered from their leases, in the order of the world's time; only where they may break. */
	private readonly answeredMs: number[] = [];
	/** By id - 1: whether that leader's lease holds, asked without being noted. */
	private readonly holds: ((raft: Raft) => boolean)[] = [];

	/** @param mayBreak clocks err by more than leases allow for */
	constructor(world: World, services: Services, mayBreak: boolean) {
		this.world = world;
		this.services = services;
		this.mayBreak = mayBreak;
	}

	/** To be told of every event of a node. */
	traced(event: number, term: number): void {
		if (event !== EVENT_LEADER || term <= this.term) return;
		this.term = term;
		for (const node of this.world.nodes) this.checkOutlived(node, term);
	}

	/** Nobody need be read at the very moment: whether a read would be served is asked of all. */
	private checkOutlived(node: SimulatedNode, term: number): void {
		const raft = node.replica?.member?.raft;
		const holds = this.holds[node.id - 1];
		if (raft === undefined || holds === undefined || raft.term >= term || raft.configuration.leaseMs === 0) return;
		// Its driver reports the pause before anything is asked.
		if (node.clock.stands) return;
		const { nowMs } = raft;
		raft.nowMs = Math.max(nowMs, node.clock.milliseconds());
		const isHeld = holds(raft);
		raft.nowMs = nowMs;
		if (!isHeld) return;
		if (!this.mayBreak) throw new Error(`lease: node ${node.id} holds one of term ${raft.term} while ${term} is led`);
		this.services.leasesOutlived++;
	}

	/** A node has power: it is watched whenever it asks itself whether its lease holds. */
	booted(node: SimulatedNode): void {
		const raft = node.replica?.member?.raft;
		if (raft === undefined || raft.configuration.leaseMs === 0) return;
		const { lease } = raft;
		const holds = lease.holds.bind(lease);
		this.holds[node.id - 1] = holds;
		lease.holds = (asked) => {
			const isHeld = holds(asked);
			if (isHeld) this.answers(node, asked.term);
			return isHeld;
		};
	}

	private answers(node: SimulatedNode, term: number): void {
		this.services.leaseReads++;
		if (this.mayBreak) this.answeredMs.push(this.world.nowMs);
		if (term >= this.term) return;
		if (!this.mayBreak) throw new Error(`lease: node ${node.id} holds one of term ${term} while ${this.term} is led`);
		this.services.leaseReadsLate++;
	}

	/** @returns true if the operation is a read that may have been served from a lease: one was used while it was under way */
	mayHaveServed(operation: Operation): boolean {
		if (operation.operation !== "get" && operation.operation !== "range") return false;
		const { call, return: returned } = operation;
		return this.answeredMs.some((ms) => ms >= call && (returned === null || ms <= returned));
	}
}
