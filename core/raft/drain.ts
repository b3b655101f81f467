/**
 * A node that is about to be stopped refuses leadership, so that stopping it interrupts nobody. The flag
 * is its own and not durable: it is lifted by hand, or by the restart that it was meant for.
 */
import { NOBODY } from "../configuration";
import { EVENT_DRAIN } from "../events";
import { becomeFollower, restartElectionTimer } from "./election";
import { NO_CALL } from "./proposals";
import type { Raft } from "./raft";
import { FOLLOWER, LEADER } from "./role";
import { transferLeadership } from "./transfer";

/**
 * A leader leads on until somebody can take over, and tries with each heartbeat (replication.ts): no
 * service is worse than service from a node that is about to go.
 */
export function drain(node: Raft, isDraining: boolean): void {
	if (node.isDraining === isDraining) return;
	node.isDraining = isDraining;
	node.trace.event(EVENT_DRAIN, node.term, isDraining ? 1 : 0, node.role);
	if (node.role === LEADER) {
		if (isDraining) transferLeadership(node, NOBODY, NO_CALL);
	} else if (isDraining && node.role !== FOLLOWER) becomeFollower(node, NOBODY);
	else restartElectionTimer(node);
}
