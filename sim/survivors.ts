/** Who is left alone at the end of a run, all else dead for ever. */
import { isAsComplete } from "./electorate";
import type { SimulatedNode } from "./node";
import type { Services } from "./services";
import type { World } from "./world";

/** Longer than any datagram is on its way: a late copy of a slow link. */
const ON_THE_WAY_MS = 12_000;

/**
 * The first majority of those who vote. Where one of them is a witness, there must be one besides that keeps the
 * state and has all that any of them has: else nobody can lead, and nobody says that they could.
 * @param order of all who vote
 */
export function survivors(world: World, order: SimulatedNode[], voters: number, services: Services): SimulatedNode[] {
	const chosen = order.slice(0, Math.floor(voters / 2) + 1);
	if (!chosen.some((node) => node.isWitness)) return chosen;
	// What is on its way from one of the others could give a witness alone an entry that no survivor has: it is let land.
	for (const node of order) {
		world.mend(node);
		if (node.replica !== null) world.crash(node);
	}
	world.run(world.nowMs + ON_THE_WAY_MS);
	for (const node of order) world.boot(node);
	const isElectable = (node: SimulatedNode) =>
		!node.isWitness && chosen.every((other) => other === node || isAsComplete(node, other));
	if (chosen.some(isElectable)) return chosen;
	const keeper = order.find(isElectable);
	if (keeper === undefined) throw new Error("liveness: nobody holds what a witness has");
	services.copiesSpared++;
	// It has what they have, whichever of them it replaces.
	return [keeper, ...chosen.slice(1)];
}
