/**
 * A node that is about to be stopped refuses leadership, so that stopping it interrupts nobody. The flag
 * is its own and not durable: it is lifted by hand, or by the restart that it was meant for.
 *
 * Orders come in datagrams, which may come late and twice. Each therefore has a number, one more than the
 * node's latest, odd to begin and even to end: compare and set. A copy of an order that was followed by
 * another is void. Whoever gives one asks the node's status for the number first; a boot begins elsewhere.
 *
 *   order 1 begins ┊ order 2 ends ┊ a late copy of 1: CONFLICT; of 2: DONE, as it is
 */
import { NOBODY } from "../configuration";
import { EVENT_DRAIN } from "../events";
import { CONFLICT, DONE } from "../reasons";
import { becomeFollower, restartElectionTimer } from "./election";
import { NO_CALL } from "./proposals";
import type { Raft } from "./raft";
import { FOLLOWER, LEADER } from "./role";
import { transferLeadership } from "./transfer";

/** Numbers are u16, an even count of them, so that those of all orders to begin stay odd. */
const ORDERS = 0x10000;
/** Orders of one boot that are sure to be told from those of the next. */
const ORDERS_A_BOOT = 256;
/**
 * A node that drains stands for election at the end of so many timeouts in which nobody led: one for the first
 * election of the others, one for their next when votes were split, and one to spare. If it leads too early,
 * because a node of a low priority waits longer, it hands over to that one at once.
 */
const VAIN_TIMEOUTS = 3;

/** @returns the number of the latest order, before there was any in this boot */
export function firstDrainOrder(bootEpoch: number): number {
	return (bootEpoch * ORDERS_A_BOOT) % ORDERS;
}

/**
 * @param latest what the node's status says
 * @returns the order that makes the node drain or not
 */
export function nextDrainOrder(latest: number, isDraining: boolean): number {
	return (latest % 2 === 1) === isDraining ? latest : (latest + 1) % ORDERS;
}

/** @returns DONE when it is followed, or was; CONFLICT when it is not the next one */
export function followDrainOrder(node: Raft, order: number): number {
	if (order === node.drainOrder) return DONE;
	if (order !== (node.drainOrder + 1) % ORDERS) return CONFLICT;
	drain(node, order % 2 === 1);
	return DONE;
}

/**
 * A leader leads on until somebody can take over, and tries with each heartbeat (replication.ts): no
 * service is worse than service from a node that is about to go. For the same reason a node that drains
 * stands for election when nobody else does (`mayStand`), and then is such a leader.
 */
export function drain(node: Raft, isDraining: boolean): void {
	if (node.isDraining === isDraining) return;
	node.isDraining = isDraining;
	node.transfer.vainTimeouts = 0;
	node.drainOrder = nextDrainOrder(node.drainOrder, isDraining);
	node.trace.event(EVENT_DRAIN, node.term, isDraining ? 1 : 0, node.role);
	if (node.role === LEADER) {
		if (isDraining) transferLeadership(node, NOBODY, NO_CALL);
	} else if (isDraining && node.role !== FOLLOWER) becomeFollower(node, NOBODY);
	else restartElectionTimer(node);
}

/** An election timeout is over. @returns true if the node may stand for election: it does not drain, or nobody else leads */
export function mayStand(node: Raft): boolean {
	const { leaderHeardMs, transfer } = node;
	if (!node.isDraining) return true;
	if (leaderHeardMs !== transfer.vainSinceMs) transfer.vainTimeouts = 0;
	transfer.vainSinceMs = leaderHeardMs;
	if (++transfer.vainTimeouts < VAIN_TIMEOUTS) return false;
	// Mark: a node that drains stands for election
	transfer.vainTimeouts = VAIN_TIMEOUTS;
	return true;
}
