/** What the command and the processes that run seeds say to each other. */
import type { Overrides } from "../../sim/options";
import type { TotalsData } from "./totals";

/** Some seeds to run, one after the other. */
export interface Job {
	readonly from: number;
	/** Included. */
	readonly to: number;
	readonly overrides: Overrides;
	/** Goes on after a failure. */
	readonly keepGoing: boolean;
	/** Tells each step in words. */
	readonly verbose: boolean;
	/** Sends the history of the last seed. */
	readonly history: boolean;
	/** How many marks there are. */
	readonly marks: number;
}

export interface Failure {
	readonly seed: number;
	/** What did not hold, in words that are the same for each seed in which it does not. */
	readonly property: string;
	readonly message: string;
	/** When, on the world's clock counted from the start of the run; -1 when that is not known. */
	readonly atMs: number;
	/** The last events in words. */
	readonly lines: readonly string[];
}

export interface Done {
	readonly kind: "done";
	readonly totals: TotalsData;
	readonly failures: readonly Failure[];
	/** JSON lines, if they were asked for. */
	readonly history: string | null;
}

/** From a process that runs seeds. */
export type Said =
	| { readonly kind: "ready" }
	| { readonly kind: "seed"; readonly seed: number }
	| { readonly kind: "lines"; readonly lines: readonly string[] }
	| Done;
