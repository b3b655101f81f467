/** What many runs came to, added up. */

import { Matrix, ROWS } from "../../sim/faults/matrix";
import type { FaultName } from "../../sim/faults/names";
import type { Report } from "../../sim/report";
import { NO_SERVICES, type Services } from "../../sim/services";

export interface Sums extends Services {
	seeds: number;
	events: number;
	messages: number;
	simulatedMs: number;
	terms: number;
	committed: number;
	crashes: number;
	snapshotsTaken: number;
	snapshotsInstalled: number;
	operationsDone: number;
	operationsRefused: number;
	operationsUnknown: number;
	changesAsked: number;
	changesAccepted: number;
	changesCommitted: number;
	changesAtRisk: number;
	livesBegun: number;
}

export const NO_SUMS: Sums = Object.freeze({
	seeds: 0,
	events: 0,
	messages: 0,
	simulatedMs: 0,
	terms: 0,
	committed: 0,
	crashes: 0,
	snapshotsTaken: 0,
	snapshotsInstalled: 0,
	operationsDone: 0,
	operationsRefused: 0,
	operationsUnknown: 0,
	changesAsked: 0,
	changesAccepted: 0,
	changesCommitted: 0,
	changesAtRisk: 0,
	livesBegun: 0,
	...NO_SERVICES,
});

const NAMES = Object.keys(NO_SUMS) as (keyof Sums)[];

/** @param other of a run, or of evidence that was written before something was counted */
export function addSums(sums: Sums, other: Partial<Sums>): void {
	for (const name of NAMES) sums[name] += other[name] ?? 0;
}

/** As it passes between processes. */
export interface TotalsData {
	readonly sums: Sums;
	readonly cells: ArrayLike<number>;
	readonly faults: ArrayLike<number>;
	/** By number of the mark; empty while none was counted. */
	readonly marks: readonly number[];
	/** Of the runs that ended well, in order of their seeds. */
	readonly hashes: readonly number[];
}

export class Totals {
	readonly sums: Sums = { ...NO_SUMS };
	readonly matrix = new Matrix();
	readonly marks: number[] = [];
	readonly hashes: number[] = [];

	/** Adds a run that ended well. */
	addReport(report: Report): void {
		const { done, refused, unknown } = report.operations;
		const { asked, accepted, atRisk, committed, renewed } = report.changes;
		addSums(this.sums, {
			seeds: 1,
			events: report.events,
			messages: report.messages,
			simulatedMs: report.simulatedMs,
			terms: report.terms,
			committed: report.committed,
			crashes: report.crashes,
			snapshotsTaken: report.snapshotsTaken,
			snapshotsInstalled: report.snapshotsInstalled,
			operationsDone: done,
			operationsRefused: refused,
			operationsUnknown: unknown,
			changesAsked: asked,
			changesAccepted: accepted,
			changesCommitted: committed,
			changesAtRisk: atRisk,
			livesBegun: renewed,
			...report.services,
		});
		this.matrix.add(report.matrix.cells, report.matrix.totals);
		this.hashes.push(report.traceHash);
	}

	/** Adds those of the seeds that follow. */
	add(other: TotalsData): void {
		addSums(this.sums, other.sums);
		this.matrix.add(other.cells, other.faults);
		for (let i = 0; i < other.marks.length; i++) this.marks[i] = (this.marks[i] ?? 0) + other.marks[i];
		for (const hash of other.hashes) this.hashes.push(hash);
	}

	data(): TotalsData {
		const { cells, totals } = this.matrix;
		return { sums: this.sums, cells: [...cells], faults: [...totals], marks: this.marks, hashes: this.hashes };
	}

	/** @returns how often each fault happened that did */
	faults(): { [fault in FaultName]?: number } {
		const counts: { [fault in FaultName]?: number } = {};
		for (const fault of ROWS) if (this.matrix.total(fault) > 0) counts[fault] = this.matrix.total(fault);
		return counts;
	}

	/** @returns the trace hashes of all runs as one number, which the order of the seeds decides */
	traceHash(): number {
		let all = 0;
		for (const hash of this.hashes) all = Math.imul(all ^ hash, 0x85ebca6b) ^ (all >>> 13);
		return all >>> 0;
	}
}
