/** One key of the store between two writes, and what an operation that meets it must be told. */
import type { Answer, Operation, Pair } from "./history";

export class KeyState {
	/** The write that left the key so; null before the first. */
	readonly writer: Operation | null;
	readonly isThere: boolean;
	/** All 0 when the key is not there. */
	readonly createRevision: number;
	readonly modRevision: number;
	readonly version: number;

	constructor(
		writer: Operation | null,
		isThere: boolean,
		createRevision: number,
		modRevision: number,
		version: number,
	) {
		this.writer = writer;
		this.isThere = isThere;
		this.createRevision = createRevision;
		this.modRevision = modRevision;
		this.version = version;
	}

	/** @returns true if the write would change the key */
	admits(write: Operation): boolean {
		if (write.operation === "delete") return this.isThere;
		return write.operation === "put" || write.expected === this.modRevision;
	}

	/** @returns the key after a write that it admits */
	after(write: Operation, revision: number): KeyState {
		if (write.operation === "delete") return new KeyState(write, false, 0, 0, 0);
		if (!this.isThere) return new KeyState(write, true, revision, revision, 1);
		return new KeyState(write, true, this.createRevision, revision, this.version + 1);
	}

	/** What is read of the key. */
	get value(): string | null {
		return this.isThere && this.writer !== null ? this.writer.value : null;
	}

	/** @returns true if this is the state that the numbers of an answer or of a pair describe */
	isDescribedBy(numbers: Answer | Pair): boolean {
		return (
			numbers.createRevision === this.createRevision &&
			numbers.modRevision === this.modRevision &&
			numbers.version === this.version
		);
	}

	/** A name that two states share only if nothing can tell them apart. */
	get name(): string {
		return `${this.writer === null ? "" : this.writer.id}.${this.createRevision}.${this.modRevision}.${this.version}`;
	}
}

/** A key before its first write. */
export const NEVER_WRITTEN = new KeyState(null, false, 0, 0, 0);

/**
 * @param state of the key that the operation met: before a delete, after a put that took effect
 * @returns true if a get, or a write, is told the truth
 */
export function isTold(operation: Operation, answer: Answer, state: KeyState): boolean {
	if (answer.found !== state.isThere || !state.isDescribedBy(answer)) return false;
	switch (operation.operation) {
		case "get":
			return operation.reason === (state.isThere ? "DONE" : "KEY_NOT_FOUND") && answer.value === state.value;
		case "delete":
			return operation.reason === (state.isThere ? "DONE" : "KEY_NOT_FOUND") && answer.value === null;
		case "compareAndPut":
			// A conflict with the very revision that it expected is none.
			if (operation.reason !== "DONE" && operation.expected === state.modRevision) return false;
			return (operation.reason === "DONE" || operation.reason === "CONFLICT") && answer.value === null;
		default:
			return operation.reason === "DONE" && answer.value === null;
	}
}
