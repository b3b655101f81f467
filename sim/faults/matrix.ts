/** Counts each fault by the state of the node that it struck. */
import { FAULTS, type FaultName, LATER_FAULTS } from "./names";
import { STATES, type StateName } from "./states";

/** All faults, in the order of the rows. */
export const ROWS: readonly FaultName[] = Object.freeze([...FAULTS, ...LATER_FAULTS]);

export class Matrix {
	/** By row * STATES.length + column. */
	readonly cells = new Float64Array(ROWS.length * STATES.length);
	/** By row: how often the fault happened, in whatever state. */
	readonly totals = new Float64Array(ROWS.length);

	count(fault: FaultName): void {
		this.totals[ROWS.indexOf(fault)]++;
	}

	countIn(fault: FaultName, state: StateName): void {
		this.cells[ROWS.indexOf(fault) * STATES.length + STATES.indexOf(state)]++;
	}

	cell(fault: FaultName, state: StateName): number {
		return this.cells[ROWS.indexOf(fault) * STATES.length + STATES.indexOf(state)];
	}

	total(fault: FaultName): number {
		return this.totals[ROWS.indexOf(fault)];
	}

	/** Adds what another run has counted. */
	add(cells: ArrayLike<number>, totals: ArrayLike<number>): void {
		for (let i = 0; i < this.cells.length; i++) this.cells[i] += cells[i];
		for (let i = 0; i < this.totals.length; i++) this.totals[i] += totals[i];
	}
}
