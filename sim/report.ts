import type { Changes } from "./administrator";
import type { Matrix } from "./faults/matrix";
import type { History } from "./history/history";
import type { Services } from "./services";

/** What a run came to, for whoever counts. */
export interface Report {
	readonly traceHash: number;
	readonly events: number;
	readonly messages: number;
	readonly simulatedMs: number;
	readonly terms: number;
	readonly committed: number;
	readonly crashes: number;
	readonly snapshotsTaken: number;
	readonly snapshotsInstalled: number;
	readonly operations: { readonly done: number; readonly refused: number; readonly unknown: number };
	readonly services: Services;
	readonly changes: Changes;
	readonly matrix: Matrix;
	readonly history: History;
}
