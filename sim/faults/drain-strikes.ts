/** All nodes drain at once, as by a script that drains one board after another and never ends it. */
import { drain } from "../../core/raft/drain";
import type { SimulatedNode } from "../node";
import type { World } from "../world";

/** Of 1000 moments for it, so many are used. */
const STRIKES_PERMILLE = 100;

export class DrainStrikes {
	private readonly world: World;
	private readonly struck: (node: SimulatedNode) => void;

	/** @param struck told of each node that is ordered to drain */
	constructor(world: World, struck: (node: SimulatedNode) => void) {
		this.world = world;
		this.struck = struck;
	}

	/** All nodes: mostly for less than they wait for a leader, sometimes for longer. A group that drains does little else, so it is rare. */
	drainForAWhile(): void {
		const { nodes, random } = this.world;
		if (!random.chance(STRIKES_PERMILLE)) return;
		this.drainAll(nodes);
		this.world.after(random.chance(600) ? random.between(50, 2000) : random.between(2000, 10_000), () => this.lift());
	}

	drainAll(nodes: readonly SimulatedNode[]): void {
		for (const node of nodes) {
			this.struck(node);
			this.order(node, true);
		}
	}

	/** All may lead again. */
	lift(): void {
		for (const node of this.world.nodes) this.order(node, false);
	}

	private order(node: SimulatedNode, isDraining: boolean): void {
		const raft = node.replica?.member?.raft;
		if (raft === undefined || raft.isDraining === isDraining) return;
		// No operator has given this order.
		node.drainsByFault = true;
		drain(raft, isDraining);
		node.drainsByFault = false;
		this.world.wake(node, 0);
	}
}
