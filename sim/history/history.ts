/**
 * What the clients of a run asked and were told: the history that must be linearizable (Herlihy and
 * Wing 1990). Written and read as JSON lines; docs/history-format.md says what each field means.
 */
import type { Call } from "../../core/client/call";
import { CONFLICT, DONE, isRefusal, KEY_NOT_FOUND, reasonName } from "../../core/reasons";
import { PAGE_END, PAGE_PAIR, PageReader } from "../../core/wire/page";

export type OperationName = "put" | "get" | "delete" | "compareAndPut" | "range";
/**
 * `done`: the store answered, be it that the key was not found or was at another revision.
 * `refused`: it did not happen and never will. `unknown`: it may have happened, may yet, or never.
 */
export type Outcome = "done" | "refused" | "unknown";

/** A key as an answer describes it. Keys and values are lower-case hex, two digits a byte. */
export interface Pair {
	readonly key: string;
	readonly value: string;
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;
}

/** What the store said. Of a key that was not found, the value is null and the numbers are 0. */
export interface Answer {
	/** The store's revision, after the operation. */
	readonly revision: number;
	/** put, compareAndPut done: true. get, delete, failed compareAndPut: whether the key was there. range: false. */
	readonly found: boolean;
	/** get: what was read. Else null. */
	readonly value: string | null;
	/** put, compareAndPut done: the key as it now is. get, delete, failed compareAndPut: as it was found. */
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;
	/** range: what was read, in ascending order of keys. Else empty. */
	readonly pairs: readonly Pair[];
	/** range: whether keys of the range were left out after the last pair. */
	readonly more: boolean;
}

export interface Operation {
	/** Position in the history, from 0. */
	readonly id: number;
	readonly client: number;
	readonly operation: OperationName;
	/** range: its first key, included; "" for the first of all. */
	readonly key: string;
	/** range: its end, not included; "" for no end. Else "". */
	readonly to: string;
	/** range: most pairs, 0 for as many as fit. Else 0. */
	readonly limit: number;
	/** put, compareAndPut: what is written. Else null. */
	readonly value: string | null;
	/** compareAndPut: the modification revision that the key must have, 0 for none. Else 0. */
	readonly expected: number;
	/** Milliseconds of the run. */
	readonly call: number;
	/** Place of the call among all calls and returns of the run: many share a millisecond. */
	readonly called: number;
	/** null while it is under way; an unknown outcome returns too, when the client gives up. */
	return: number | null;
	returned: number | null;
	outcome: Outcome;
	/** A name of `core/reasons`, "" while it is under way. */
	reason: string;
	/** null unless the outcome is `done`. */
	answer: Answer | null;
}

/** What a client asks, in the words of `Operation`; what is left out is "", 0 or null. */
export interface Question {
	readonly operation: OperationName;
	readonly key: string;
	readonly value?: string;
	readonly expected?: number;
	readonly to?: string;
	readonly limit?: number;
}

/** Of a key that is not there; `revision` is to be set. */
export const NOTHING: Answer = Object.freeze({
	revision: 0,
	found: false,
	value: null,
	createRevision: 0,
	modRevision: 0,
	version: 0,
	pairs: Object.freeze([]),
	more: false,
});

export class History {
	readonly operations: Operation[] = [];
	/** Calls and returns so far. */
	private events = 0;

	/** A client calls. @returns the operation's id, for `end` or `answered` */
	begin(client: number, question: Question, nowMs: number): number {
		const id = this.operations.length;
		this.operations.push({
			id,
			client,
			operation: question.operation,
			key: question.key,
			to: question.to ?? "",
			limit: question.limit ?? 0,
			value: question.value ?? null,
			expected: question.expected ?? 0,
			call: nowMs,
			called: this.events++,
			return: null,
			returned: null,
			outcome: "unknown",
			reason: "",
			answer: null,
		});
		return id;
	}

	/**
	 * The call returns to its client.
	 * @param reason a number of `core/reasons`, which decides the outcome
	 * @param answer what the store said, if it did: ignored when the reason is a refusal or says that nothing is known
	 * @throws Error if it returned before, or no answer is given where there must be one
	 */
	end(id: number, reason: number, nowMs: number, answer: Answer | null): void {
		const operation = this.operations[id];
		if (operation === undefined || operation.returned !== null) throw new Error(`operation ${id} is not under way`);
		const outcome = outcomeOf(reason);
		if (outcome === "done" && answer === null) throw new Error(`operation ${id} is done without an answer`);
		operation.return = nowMs;
		operation.returned = this.events++;
		operation.outcome = outcome;
		operation.reason = reasonName(reason);
		operation.answer = outcome === "done" ? answer : null;
	}

	/** The call returns with what the client of the core says. @throws Error like `end`, or if a page is broken */
	answered(id: number, call: Call, nowMs: number): void {
		const isDone = outcomeOf(call.reason) === "done";
		this.end(id, call.reason, nowMs, isDone ? answerOf(this.operations[id].operation, call) : null);
	}

	/** @returns the whole history, one line for each operation in the order of the calls */
	toJsonLines(): string {
		let text = "";
		for (let i = 0; i < this.operations.length; i++) text += `${toJsonLine(this.operations[i])}\n`;
		return text;
	}
}

/** CONFLICT and KEY_NOT_FOUND say how a key was: the store answered. */
function outcomeOf(reason: number): Outcome {
	if (reason === DONE || reason === CONFLICT || reason === KEY_NOT_FOUND) return "done";
	return isRefusal(reason) ? "refused" : "unknown";
}

/** @returns what the store said to a call that is done */
export function answerOf(operation: OperationName, call: Call): Answer {
	const found = call.modRevision !== 0;
	const isRead = operation === "get" && found;
	return {
		revision: call.revision,
		found,
		value: isRead ? hexOf(call.answer, call.answerOffset, call.answerLength) : null,
		createRevision: call.createRevision,
		modRevision: call.modRevision,
		version: call.version,
		pairs: operation === "range" ? pairsOf(call) : NOTHING.pairs,
		more: call.more,
	};
}

function pairsOf(call: Call): Pair[] {
	const pairs: Pair[] = [];
	const page = new PageReader();
	page.begin(call.answerOffset, call.answerLength);
	let result = page.next(call.answer);
	for (; result === PAGE_PAIR; result = page.next(call.answer)) {
		pairs.push({
			key: hexOf(call.answer, page.keyOffset, page.keyLength),
			value: hexOf(call.answer, page.valueOffset, page.valueLength),
			createRevision: page.createRevision,
			modRevision: page.modRevision,
			version: page.version,
		});
	}
	if (result !== PAGE_END) throw new Error("a page of a range is broken");
	return pairs;
}

/** @returns `bytes[offset, +length)` as lower-case hex, whose order as strings is the order of the bytes */
export function hexOf(bytes: Uint8Array, offset: number, length: number): string {
	let text = "";
	for (let i = offset; i < offset + length; i++) text += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
	return text;
}

/** @returns one operation as a line of JSON, without the line's end */
export function toJsonLine(operation: Operation): string {
	return JSON.stringify(operation);
}
