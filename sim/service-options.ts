/** Which of the rarer services a run has, drawn from its seed: reads at any node, leases, rests, an operator. */
import { Configuration, PRIORITY_MAX } from "../core/configuration";
import type { FaultName } from "./faults/names";
import type { Overrides } from "./options";
import { Random } from "./random";

export interface ServiceOptions {
	/** Of 1000 reads, so many are asked of one node, be it leader or not. */
	readonly nodeReadPermille: number;
	/** An operator gives an order every so many milliseconds on average; 0 for nobody. */
	readonly operatorMs: number;
	/** Of the configuration, where 0 is off; and by how much clocks may err for leases to hold. */
	readonly leaseMs: number;
	readonly driftPerMille: number;
	readonly quietAfterMs: number;
	/** An election timeout is drawn up to here; undefined for the usual. */
	readonly electionMsMax: number | undefined;
	/** Clocks count no pauses, which the drivers report. */
	readonly uncountedPauses: boolean;
	/** By id less one; nobody has one where it is empty. */
	readonly priorities: readonly number[];
	/** Leaders under leases are cut off from the other nodes, again and again. */
	readonly triesLeases: boolean;
	/** Clocks err by more than that. */
	readonly wildClocks: boolean;
	/** Boards are updated to a build of the next level, something of it every so many milliseconds on average; 0 for not. */
	readonly updateMs: number;
}

const NODES_MAX = 7;
/** Clocks that go forward at once are beyond every bound of leases. */
const JUMPS: readonly FaultName[] = Object.freeze(["clock jump", "impatience"]);

/** @param spreadPermille of the clocks, unless they are wild */
export function drawServices(seed: number, overrides: Overrides, spreadPermille: number): ServiceOptions {
	// A sequence of their own: seeds that have none of them stay what they were.
	const random = new Random(seed ^ 0x1b873593);
	const wildClocks = overrides.wildClocks === true;
	const asksJumps = JUMPS.some((name) => overrides.only?.includes(name));
	const driftPerMille = Math.max(spreadPermille, 1);
	const leaseMsMax = longestLease(driftPerMille);
	const nodeReadPermille = random.chance(600) ? random.between(50, 600) : 0;
	const operatorMs = random.chance(450) ? random.between(150, 2500) : 0;
	const hasLeases = random.chance(wildClocks ? 700 : 300) && (wildClocks || !asksJumps);
	const leaseMs = random.chance(600) ? leaseMsMax : random.between(200, leaseMsMax);
	const quietAfterMs = random.between(200, 2000);
	const rests = random.chance(250);
	const partitions = overrides.only?.includes("partition") ?? !overrides.without?.includes("partition");
	const triesLeases = hasLeases && partitions && (wildClocks || random.chance(700));
	// Where all stand for election as soon as they may, a lease that is a little too long shows.
	const { electionMsMin, heartbeatMs } = new Configuration(1);
	const isPrompt = triesLeases && random.chance(600);
	const hasPriorities = random.chance(450);
	const uncountedPauses = random.chance(400);
	// From a sequence of their own, too.
	const updating = new Random(seed ^ 0x6a09e667);
	return {
		updateMs: updating.chance(200) ? updating.between(100, 900) : 0,
		triesLeases,
		electionMsMax: isPrompt ? electionMsMin + heartbeatMs : undefined,
		nodeReadPermille,
		operatorMs,
		driftPerMille,
		wildClocks,
		uncountedPauses,
		priorities: hasPriorities ? Array.from({ length: NODES_MAX }, () => random.below(PRIORITY_MAX + 1)) : [],
		leaseMs: hasLeases ? leaseMs : 0,
		quietAfterMs: rests ? quietAfterMs : 0,
	};
}

/** The longest that `Configuration.isSound` allows. */
function longestLease(driftPerMille: number): number {
	const { electionMsMin } = new Configuration(1);
	return Math.floor(((electionMsMin - 2) * (1000 - driftPerMille)) / (1000 + driftPerMille));
}

/** @returns true if this fault may happen: where leases hold, clocks do not jump */
export function mayJump({ leaseMs, wildClocks }: ServiceOptions, overrides: Overrides, fault: FaultName): boolean {
	return leaseMs === 0 || wildClocks || overrides.only !== undefined || !JUMPS.includes(fault);
}
