/**
 * Faults that lie in wait until some node is in a certain state, and strike just then: so that a
 * crash of a candidate is as common here as it is rare in a life without the simulator.
 */

import type { SimulatedNode } from "../node";
import type { Options } from "../options";
import { cutsErase } from "../simulated-flash";
import type { World } from "../world";
import type { FaultName } from "./names";
import { STATES, type StateName, visitStates } from "./states";

/** States that few runs come to. */
const RARE: readonly StateName[] = Object.freeze(["sending a snapshot", "receiving a snapshot", "log full"]);
/** States that are waited for: the rarer one is, the more often. */
const AWAITED: readonly StateName[] = Object.freeze([
	...STATES,
	...(["pre-candidate", "candidate", "leader elect", "writing", "catching up", "taking a snapshot"] as const),
	...RARE,
	...RARE,
	...RARE,
	...RARE,
]);
const ELECTION: readonly StateName[] = Object.freeze(["pre-candidate", "candidate", "leader elect"]);
/** What is rare soon passes. */
const AGAIN_MS_MAX = 100;
/** At once. */
const AMBUSHES_MAX = 6;

interface Ambush {
	readonly fault: FaultName;
	readonly state: StateName;
}

export class Ambushes {
	private readonly world: World;
	private readonly options: Options;
	/** What may lie in wait: the more often, the more often it is there. */
	private readonly faults: readonly FaultName[];
	private readonly ambushes: Ambush[] = [];
	private active = true;

	constructor(world: World, options: Options, faults: readonly FaultName[]) {
		this.world = world;
		this.options = options;
		this.faults = faults;
	}

	/** Nothing lies in wait any more. */
	stop(): void {
		this.active = false;
		this.ambushes.length = 0;
	}

	/**
	 * An ambush for what is rare may wait long: a new one takes the place of another now and then.
	 * @returns false if there was no room
	 */
	lie(fault: FaultName): boolean {
		const { ambushes } = this;
		const { random } = this.world;
		// Few erases happen during an election.
		const states = cutsErase(fault) && random.chance(500) ? ELECTION : AWAITED;
		const ambush = { fault, state: states[random.below(states.length)] };
		if (ambushes.length < AMBUSHES_MAX) ambushes.push(ambush);
		else if (random.chance(300)) ambushes[random.below(AMBUSHES_MAX)] = ambush;
		else return false;
		return true;
	}

	/** One of these waits for that state, if there is any and there is room. */
	awaitState(faults: readonly FaultName[], state: StateName): void {
		const { ambushes } = this;
		if (faults.length === 0 || ambushes.length > AMBUSHES_MAX) return;
		ambushes.push({ fault: faults[this.world.random.below(faults.length)], state });
	}

	/**
	 * To be asked of a node whose state may have changed.
	 * @param isMeant the faults that could strike it now
	 * @returns the fault of an ambush whose moment has come, which lies in wait no longer; or null
	 */
	spring(node: SimulatedNode, isMeant: (fault: FaultName) => boolean): FaultName | null {
		const { ambushes } = this;
		if (ambushes.length === 0 || node.isWiped || node.replica === null) return null;
		if (!ambushes.some(({ fault }) => isMeant(fault))) return null;
		let found = -1;
		visitStates(node, this.options.limits.commandBytes, (state) => {
			for (let i = 0; i < ambushes.length; i++)
				if (ambushes[i].state === state && isMeant(ambushes[i].fault)) found = i;
		});
		if (found < 0) return null;
		const [{ fault, state }] = ambushes.splice(found, 1);
		if (RARE.includes(state)) this.lieAgain(state);
		return fault;
	}

	/** What is rare is made use of: something else waits for the same state soon. */
	private lieAgain(state: StateName): void {
		const { faults } = this;
		const { random } = this.world;
		this.world.after(random.between(1, AGAIN_MS_MAX), () => {
			if (this.active) this.awaitState(faults, state);
		});
	}
}
