/**
 * What is asked of the simulator, on whatever engine it runs, and the lines that answer it. Two
 * engines have done the same if their lines are the same.
 */
import { drawOptions } from "../../sim/options";
import { simulate, Violation } from "../../sim/run";

/** How the runs of these seeds end: a line of JSON each. */
export interface RunsRequest {
	readonly kind: "runs";
	readonly seeds: readonly number[];
}

/** What one run comes by, from the event numbered `from` up to the one numbered `to`. */
export interface StepsRequest {
	readonly kind: "steps";
	readonly seed: number;
	readonly from: number;
	/** null for its end. */
	readonly to: number | null;
	/** A line with the trace hash after so many events; with 1, every step in words as well. */
	readonly everyEvents: number;
}

export type Request = RunsRequest | StepsRequest;
export type Print = (line: string) => void;

/** What a run has cost. */
export interface Meter {
	readonly microseconds: number;
	/** Garbage collections during it. */
	readonly collections: number;
	/** Most that was in use between two collections, of this run and those before it in the same process. */
	readonly slotsPeak: number;
	readonly chunkBytesPeak: number;
}

/** What a line with it begins with. */
export const METER = "meter ";

/** Does what is asked. */
export function perform(request: Request, print: Print): void {
	if (request.kind === "steps") return steps(request, print);
	for (const seed of request.seeds) print(endOf(seed));
}

/** How a run ended. */
export interface End {
	readonly seed: number;
	readonly hash: string;
	/** Of its clients. */
	readonly calls: number;
}

/** @returns eight digits */
export function hex(hash: number): string {
	return hash.toString(16).padStart(8, "0");
}

function endOf(seed: number): string {
	try {
		const { events, history, matrix, operations, traceHash, ...counts } = simulate(drawOptions(seed));
		const end: End = { seed, hash: hex(traceHash), calls: history.operations.length };
		return JSON.stringify({ ...end, events, ...counts, ...operations });
	} catch (error) {
		if (!(error instanceof Violation)) throw error;
		const { atMs, history, message, traceHash } = error;
		const end: End = { seed, hash: hex(traceHash), calls: history.operations.length };
		return JSON.stringify({ ...end, atMs, violation: message });
	}
}

function steps(request: StepsRequest, print: Print): void {
	const { everyEvents, from, seed } = request;
	const to = request.to ?? Infinity;
	let seen = 0;
	let told = from;
	const inWords = (line: string) => {
		if (everyEvents === 1 && seen >= from && seen < to) print(`  ${line}`);
	};
	const follow = (events: number, hash: number) => {
		seen = events;
		if (events < told || events > to) return;
		told = events + everyEvents;
		print(`event ${events}: ${hex(hash)}`);
	};
	try {
		simulate(drawOptions(seed), inWords, follow);
	} catch (error) {
		if (!(error instanceof Violation)) throw error;
		if (seen <= to) print(`violation: ${error.message}`);
	}
}
