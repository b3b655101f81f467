/** Who is where, for a message of failure. */
import type { SimulatedNode } from "./node";

export function describeNodes(nodes: readonly SimulatedNode[]): string {
	const words = nodes.map((node) => {
		const raft = node.replica?.member?.raft;
		if (raft === undefined) return `${node.id} ${node.failure || (node.isWiped ? "is wiped" : "is dead")}`;
		const { appliedIndex, commitIndex, log, role, term } = raft;
		const habits = (raft.isDraining ? " drains" : "") + (raft.isQuiet ? " rests" : "");
		return `${node.id} role ${role} term ${term} applied ${appliedIndex} commit ${commitIndex} last ${log.lastIndex}${habits}`;
	});
	return words.join("; ");
}
