/** The ports of one node together. */
import type { Clock, Entropy, Flash, Gauges, Network, Trace } from "../ports";

export interface NodePorts {
	readonly network: Network;
	readonly flash: Flash;
	readonly clock: Clock;
	readonly entropy: Entropy;
	readonly trace: Trace;
	readonly gauges: Gauges;
}

/** The application on the same board, which calls the node without the network. */
export interface Application {
	/**
	 * A call of `Replica.propose` has ended. It must not call the node again before it returns.
	 * @param reason DONE or a reason of core/reasons.ts
	 * @param revision of the store, when DONE
	 */
	answered(call: number, reason: number, revision: number): void;
}
