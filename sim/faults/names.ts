/** The faults of the simulated world, by the names that people use: on the command line and in tables. */

/** Faults of the network that strike single datagrams where they are sent. */
export const MESSAGE_FAULTS = Object.freeze([
	"loss",
	"duplicate",
	"replay",
	"replay from elsewhere",
	"corrupt",
	"delay",
] as const);

/** Faults that may happen in any run. */
export const FAULTS = Object.freeze([
	...MESSAGE_FAULTS,
	// Of the network, to links.
	"one-way cut",
	"partition",
	"one-way isolation",
	"slow link",
	"narrow path",
	// Of the router, which deals addresses.
	"address swap",
	"address rotation",
	"new address",
	"new addresses",
	// Of whoever sends what nobody meant.
	"forged ends",
	// Of a node.
	"crash",
	"pause",
	"clock rate",
	"clock jump",
	"impatience",
	// Of its flash.
	"lost program",
	"torn program",
	"unfinished program",
	"unsettled program",
	"torn erase",
	"unsettled erase",
	"cut in recovery",
	"slow flash",
	"held write",
	"missing hard state copy",
	"wiped flash",
	// Of whoever runs the cluster.
	"all drained",
	"change among the dead",
	// Of a client.
	"client restart",
] as const);

/** Modelled, and off until the journal repairs them: they happen only where a person asks for them by name. */
export const LATER_FAULTS = Object.freeze([
	"rot",
	"misdirected write",
	"lost write",
	"stuck sector",
	"restored image",
] as const);

export type FaultName = (typeof FAULTS)[number] | (typeof LATER_FAULTS)[number];

export function isFaultName(name: string): name is FaultName {
	return [...FAULTS, ...LATER_FAULTS].some((known) => known === name);
}

/** True for a fault that the network brings about by itself, from its per mille. */
export function isMessageFault(name: FaultName): boolean {
	return MESSAGE_FAULTS.some((fault) => fault === name);
}
