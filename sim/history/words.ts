/** Operations of a history, in words. */
import type { Operation } from "./history";
import type { KeyState } from "./key-state";
import type { Answered } from "./timeline";

/** @returns for example `put #7 of client 2 (key 6b31, value 0007; called 12, returned 19: DONE at revision 5)` */
export function describe(operation: Operation): string {
	const { answer, called, client, id, outcome, reason, returned } = operation;
	const end =
		answer === null ? (reason === "" ? outcome : `${outcome}, ${reason}`) : `${reason} at revision ${answer.revision}`;
	return `${operation.operation} #${id} of client ${client} (${subject(operation)}; called ${called}, ${
		returned === null ? "never returned" : `returned ${returned}`
	}: ${end})`;
}

function subject(operation: Operation): string {
	const { expected, key, limit, to, value } = operation;
	switch (operation.operation) {
		case "range":
			return `keys from ${key === "" ? "the first" : key} to ${to === "" ? "the last" : to}${limit === 0 ? "" : `, at most ${limit}`}`;
		case "put":
			return `key ${key}, value ${value}`;
		case "compareAndPut":
			return `key ${key}, value ${value}, expected revision ${expected}`;
		default:
			return `key ${key}`;
	}
}

/**
 * @param state of the key before the operation
 * @returns how the answer differs from it; the write that left the key so is to be named after it
 */
export function explain(operation: Answered, state: KeyState): string {
	const { createRevision, found, modRevision, value, version } = operation.answer;
	const told = found ? numbers(value, createRevision, modRevision, version) : "that there is no such key";
	const before = operation.value !== null && operation.reason === "DONE" ? "before it " : "";
	const conflict = operation.reason === "CONFLICT" && operation.expected === state.modRevision;
	const expected = conflict ? ", which is the revision it expected" : "";
	return `is told ${told}, but ${before}the key ${as(state)}${expected}${state.writer === null ? "" : ", by"}`;
}

/** @returns how a page of a range differs from the key as it was, or from its own limit */
export function explainRange(key: string | null, state: KeyState | null): string {
	if (key === null || state === null)
		return "is told wrongly whether its page was cut, or more pairs than it asked for";
	return `is told otherwise, or nothing, of key ${key}, which ${as(state)}${state.writer === null ? "" : ", by"}`;
}

function as(state: KeyState): string {
	if (state.isThere) {
		const { createRevision, modRevision, value, version } = state;
		return `has ${numbers(value, createRevision, modRevision, version)}`;
	}
	return state.writer === null ? "was never written" : "was deleted";
}

function numbers(value: string | null, createRevision: number, modRevision: number, version: number): string {
	const read = value === null ? "" : `value ${value}, `;
	return `${read}version ${version}, created at revision ${createRevision}, modified at revision ${modRevision}`;
}
