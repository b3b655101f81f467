/** Faults that cannot strike a node in a certain state, with the reason: the gaps that the table may have. */
import { type FaultName, MESSAGE_FAULTS } from "./names";
import { STATES, type StateName } from "./states";

export interface Impossible {
	readonly faults: readonly FaultName[];
	readonly states: readonly StateName[];
	readonly reason: string;
}

export const IMPOSSIBLE: readonly Impossible[] = Object.freeze([
	{
		faults: MESSAGE_FAULTS,
		states: ["recovering"],
		reason: "a datagram is struck where it is sent, and a node sends nothing before its first turn",
	},
	{
		faults: ["cut in recovery"],
		states: STATES.filter((state) => state !== "recovering"),
		reason: "by its name",
	},
]);

/** @returns why that fault never strikes in that state, or null if it must */
export function whyImpossible(fault: FaultName, state: StateName): string | null {
	for (const { faults, reason, states } of IMPOSSIBLE)
		if (faults.includes(fault) && states.includes(state)) return reason;
	return null;
}
