/**
 * The definition of linearizability, tried out: is there an order of the operations that respects
 * real time, in which a store that does one thing after the other gives just these answers? Every
 * order is tried, and every choice of unknown operations that happened. For histories of some ten
 * operations; the checker of `linearizability.ts` is held equal to it.
 */
import { reasonName } from "../../core/reasons";
import type { Operation, Pair } from "./history";
import { ModelStore, type Told } from "./model-store";

/**
 * @param initialRevision of the empty store at the beginning
 * @returns true if the history is linearizable
 */
export function isLinearizable(operations: readonly Operation[], initialRevision = 0): boolean {
	// What was refused did not happen.
	return canBeOrdered(
		operations.filter((operation) => operation.outcome !== "refused"),
		new ModelStore(initialRevision),
	);
}

/** @returns true if what is left can happen from here on */
function canBeOrdered(left: readonly Operation[], store: ModelStore): boolean {
	// What is unknown need not have happened.
	if (left.every((operation) => operation.outcome === "unknown")) return true;
	return left.some((next) => {
		if (left.some((other) => isBefore(other, next))) return false;
		const after = store.copy();
		const told = after.apply(next);
		if (next.outcome === "done" && !isWhatWasTold(next, told)) return false;
		return canBeOrdered(
			left.filter((operation) => operation !== next),
			after,
		);
	});
}

/** In real time: it was answered before the other was asked. An unknown outcome may come at any time, for ever. */
function isBefore(operation: Operation, other: Operation): boolean {
	return operation.outcome === "done" && operation.returned !== null && operation.returned < other.called;
}

function isWhatWasTold(operation: Operation, told: Told): boolean {
	const { answer } = operation;
	const model = told.answer;
	if (answer === null || operation.reason !== reasonName(told.reason)) return false;
	if (answer.revision !== model.revision) return false;
	if (operation.operation === "range") {
		// A page may be cut anywhere, because a datagram is full.
		const isPrefix = answer.pairs.every((pair, i) => i < model.pairs.length && isSame(pair, model.pairs[i]));
		const isWhole = answer.pairs.length === model.pairs.length && !model.more;
		return isPrefix && answer.more === !isWhole;
	}
	return (
		answer.found === model.found &&
		answer.value === model.value &&
		answer.createRevision === model.createRevision &&
		answer.modRevision === model.modRevision &&
		answer.version === model.version
	);
}

function isSame(pair: Pair, other: Pair): boolean {
	return (
		pair.key === other.key &&
		pair.value === other.value &&
		pair.createRevision === other.createRevision &&
		pair.modRevision === other.modRevision &&
		pair.version === other.version
	);
}
