/**
 * Changes of the members while boards are dead. Whatever is asked for, the majority that is alive must go on:
 * a change that would need a dead board is refused before it is in any log.
 */
import type { Configuration } from "../core/configuration";
import type { Administrator } from "./administrator";
import { hasVoter } from "./electorate";
import type { Nemesis } from "./faults/nemesis";
import type { World } from "./world";

/**
 * Some voters lose their power, as many as the others can spare, and members are asked for as if nobody saw it.
 * @param configuration that all members go by, and know to be committed
 * @returns false when none can be spared
 */
export function changeAmongTheDead(
	world: World,
	configuration: Configuration,
	administrator: Administrator,
	nemesis: Nemesis,
): boolean {
	const { nodes, random } = world;
	// Where a witness has what nobody else has but the leader, nobody could lead without that one.
	const isLeaderSpared = nodes.some((node) => node.isWitness) || random.chance(700);
	const leader = isLeaderSpared ? world.leader() : undefined;
	const alive = nodes.filter((node) => node.replica !== null && hasVoter(configuration, node));
	// One whose life is over may vote still.
	const spared = alive.length - Math.floor(configuration.voters() / 2) - 1;
	const voters = alive.filter((node) => node !== leader);
	if (spared < 1) return false;
	for (let count = random.between(1, spared); count > 0; count--) {
		const [node] = voters.splice(random.below(voters.length), 1);
		nemesis.struck("change among the dead", node);
		world.crash(node);
	}
	const endMs = world.nowMs + random.between(2000, 8000);
	while (world.nowMs < endMs) {
		world.run(world.nowMs + random.between(20, 900));
		administrator.change(random.chance(700));
	}
	return true;
}
