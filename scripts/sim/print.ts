/** What the command says: progress, sums and failures, in words. */
import { LATER_FAULTS } from "../../sim/faults/names";
import { drawOptions, type Overrides } from "../../sim/options";
import { commandOf } from "./command-line";
import type { Failure } from "./messages";
import { RUNS_FOR_EVER } from "./pool";
import type { Sums, Totals } from "./totals";

/** Of the steps that led to a failure. */
const LINES_SHOWN = 25;
const PLAIN_MS = 10_000;
const TERMINAL_MS = 200;

export function count(value: number): string {
	return Math.round(value).toLocaleString("en-US");
}

export function hexOf(hash: number): string {
	return `0x${hash.toString(16).padStart(8, "0")}`;
}

/** Says how far it is, and how fast: in place on a terminal, in a line now and then elsewhere. */
export class Progress {
	private readonly all: number;
	private readonly startMs = Date.now();
	private saidMs = Date.now();
	private readonly stream: NodeJS.WriteStream;

	constructor(all: number, stream: NodeJS.WriteStream = process.stderr) {
		this.all = all;
		this.stream = stream;
	}

	readonly tell = (seeds: number, failures: number): void => {
		const { isTTY } = this.stream;
		const nowMs = Date.now();
		if (nowMs - this.saidMs < (isTTY ? TERMINAL_MS : PLAIN_MS)) return;
		this.saidMs = nowMs;
		const seconds = (nowMs - this.startMs) / 1000;
		const failed = failures === 0 ? "" : `, ${count(failures)} failed`;
		const line = `${count(seeds)} of ${count(this.all)} seeds, ${(seeds / seconds).toFixed(1)} a second${failed}`;
		this.stream.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
	};

	end(seeds: number): void {
		if (this.stream.isTTY) this.stream.write("\r\x1b[K");
		const seconds = (Date.now() - this.startMs) / 1000;
		this.stream.write(`${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} seeds a second\n`);
	}
}

/** @returns what runs came to, in lines */
export function sumLines(sums: Sums): string[] {
	return [
		`${count(sums.seeds)} runs of ${(sums.simulatedMs / 3_600_000).toFixed(1)} simulated hours: ${count(sums.events)} events, ${count(sums.messages)} messages`,
		`${count(sums.terms)} terms with a leader, ${count(sums.committed)} entries committed, ${count(sums.crashes)} crashes, ${count(sums.snapshotsTaken)} snapshots taken and ${count(sums.snapshotsInstalled)} installed`,
		`operations of clients: ${count(sums.operationsDone)} done, ${count(sums.operationsRefused)} refused, ${count(sums.operationsUnknown)} unknown`,
		`reads at any node: ${count(sums.followerReads)} done, ${count(sums.followerReadsRefused)} refused; local: ${count(sums.localReads)} done, ${count(sums.localReadsRefused)} refused, ${count(sums.localReadsBehind)} further behind than they were old; not before a revision: ${count(sums.revisionsReached)} reached, ${count(sums.revisionsNotReached)} not`,
		`changes of the members: ${count(sums.changesAsked)} asked for, ${count(sums.changesAccepted)} accepted, ${count(sums.changesCommitted)} configurations committed, ${count(sums.changesAtRisk)} refused for voters that were silent; ${count(sums.livesBegun)} boards began another life`,
		`orders: transfers ${count(sums.transfersDone)} done, ${count(sums.transfersRefused)} refused, ${count(sums.transfersUnknown)} unknown; drains ${count(sums.drainsDone)} done, ${count(sums.drainsRefused)} refused, ${count(sums.drainsUnknown)} unknown, ${count(sums.drainsLate)} late; the group rested ${count(sums.rests)} times`,
		`leaders that handed over: ${count(sums.handOversByPriority)} for a higher priority, ${count(sums.handOversOfRemoved)} that were left out; pauses that no clock counted: ${count(sums.pausesReported)}`,
		`witnesses: in ${count(sums.witnessRuns)} runs, ${count(sums.withheldEntries)} commands withheld, a single copy ${count(sums.singleCopies)} times, spared at the end in ${count(sums.copiesSpared)} runs`,
		`reads from leases: ${count(sums.leaseReads)}, ${count(sums.leaseTrials)} leaders cut off under one; leaders elected while one held: ${count(sums.leasesOutlived)}, reads from it then: ${count(sums.leaseReadsLate)}, histories that show it: ${count(sums.staleHistories)}`,
		`paths: ${count(sums.datagramsTooLong)} datagrams too long for theirs; sizes made smaller for a peer ${count(sums.pathsShrunk)} times, larger again ${count(sums.pathsGrown)} times`,
		`levels: ${count(sums.updates)} updates, ${count(sums.updatesTakenBack)} taken back; raises ${count(sums.raisesDone)} done, ${count(sums.raisesRefused)} refused; ${count(sums.secondEntries)} entries of the next level, ${count(sums.secondEntriesRefused)} refused before it; ${count(sums.levelStops)} nodes stopped because they do not speak it`,
	];
}

export function printTotals(totals: Totals): void {
	for (const line of sumLines(totals.sums)) console.log(line);
	const faults = Object.entries(totals.faults()).map(([name, times]) => `${name} ${count(times)}`);
	console.log(`faults: ${faults.length === 0 ? "none" : faults.join(", ")}`);
	console.log(`trace hash ${hexOf(totals.traceHash())}`);
}

/** Says what did not hold, what led to it, and how to see it again. */
export function printFailure(failure: Failure, overrides: Overrides): void {
	const { atMs, lines, message, property, seed } = failure;
	const { clients, durationMs, faults, nodes } = drawOptions(seed, overrides);
	console.log(`seed ${seed}${atMs < 0 ? "" : ` after ${atMs} ms`}: ${message}`);
	console.log(
		`  nodes: ${nodes}, clients: ${clients}, seconds under faults: ${durationMs / 1000}, faults: ${faults.join(", ") || "none"}`,
	);
	const shown = lines.slice(-LINES_SHOWN);
	if (shown.length > 0) console.log(`what happened last:\n${shown.map((line) => `  ${line}`).join("\n")}`);
	const later = faults.filter((name) => LATER_FAULTS.some((each) => each === name));
	if (later.length > 0) console.log(`this fault is not handled yet, a node may well stop: ${later.join(", ")}`);
	console.log(`again:   ${commandOf(seed, overrides)}`);
	if (property !== RUNS_FOR_EVER) console.log(`smaller: ${commandOf(seed, overrides)} --shrink`);
}

/** Says how often each property did not hold, the most frequent first. */
export function printProperties(failures: readonly Failure[], overrides: Overrides): void {
	const byProperty = new Map<string, Failure[]>();
	for (const failure of failures) {
		const same = byProperty.get(failure.property);
		if (same === undefined) byProperty.set(failure.property, [failure]);
		else same.push(failure);
	}
	for (const [property, same] of [...byProperty].sort((a, b) => b[1].length - a[1].length))
		console.log(`${String(same.length).padStart(6)}  ${property}  (${commandOf(same[0].seed, overrides)})`);
}
