import { CLOSE, COMPARE_AND_PUT, Command, DELETE, PUT, REGISTER } from "../../../core/command";
import { ENTRY_COMMAND } from "../../../core/entry";
import type { Limits } from "../../../core/limits";
import { PROFILE_S } from "../../../core/limits";
import type { Reply } from "../../../core/store/reply";
import { SnapshotReader, SnapshotWriter, snapshotItemBytes } from "../../../core/store/snapshot";
import { Store } from "../../../core/store/store";

export const SMALL: Limits = Object.freeze({
	...PROFILE_S,
	keys: 12,
	keyBytes: 40,
	valueBytes: 120,
	liveBytes: 1024,
	sessions: 4,
	sessionProtection: 8,
});

export function bytesOf(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

export type Bytes = string | Uint8Array;

function toBytes(bytes: Bytes): Uint8Array {
	return typeof bytes === "string" ? bytesOf(bytes) : bytes;
}

/** The bytes of a command, as a client writes them. */
export function encode(fields: Partial<Command>, key: Bytes = "", value: Bytes = ""): Uint8Array {
	const keyBytes = toBytes(key);
	const valueBytes = toBytes(value);
	const command = new Command();
	Object.assign(command, fields, { keyLength: keyBytes.length, valueLength: valueBytes.length });
	const target = new Uint8Array(keyBytes.length + valueBytes.length + 64);
	const end = command.write(target, 0, target.length, keyBytes, valueBytes);
	if (end < 0) throw new Error("the command does not fit");
	return target.slice(0, end);
}

/** What a reply says, copied out of the reused record. */
export interface Outcome {
	reason: number;
	revision: number;
	createRevision: number;
	modRevision: number;
	version: number;
	session: number;
}

export function outcomeOf(reply: Reply): Outcome {
	const { reason, revision, createRevision, modRevision, version, session } = reply;
	return { reason, revision, createRevision, modRevision, version, session };
}

/** A store that is driven by real entries, each with the next index. */
export class Machine {
	readonly store: Store;
	readonly limits: Limits;

	constructor(limits: Limits = SMALL) {
		this.limits = limits;
		this.store = new Store(limits);
	}

	/** Applies a payload from the middle of a larger buffer, which is then wiped: nothing may point into it later. */
	apply(payload: Uint8Array, type = ENTRY_COMMAND): Outcome {
		const buffer = new Uint8Array(payload.length + 20).fill(0xee);
		buffer.set(payload, 7);
		const reply = this.store.apply(this.store.appliedIndex + 1, type, buffer, 7, payload.length);
		buffer.fill(0xdd);
		return outcomeOf(reply);
	}

	register(nonceHigh: number, nonceLow: number): Outcome {
		return this.apply(encode({ operation: REGISTER, nonceHigh, nonceLow }));
	}

	put(session: number, sequence: number, key: Bytes, value: Bytes): Outcome {
		return this.apply(encode({ operation: PUT, session, sequence }, key, value));
	}

	delete(session: number, sequence: number, key: Bytes): Outcome {
		return this.apply(encode({ operation: DELETE, session, sequence }, key));
	}

	compareAndPut(session: number, sequence: number, expected: number, key: Bytes, value: Bytes): Outcome {
		return this.apply(encode({ operation: COMPARE_AND_PUT, session, sequence, expected }, key, value));
	}

	close(session: number, sequence: number): Outcome {
		return this.apply(encode({ operation: CLOSE, session, sequence }));
	}

	/** @returns the value as text, or undefined */
	get(key: Bytes): string | undefined {
		const bytes = toBytes(key);
		if (!this.store.get(bytes, 0, bytes.length)) return undefined;
		const { valueOffset, valueLength } = this.store.found;
		return new TextDecoder().decode(this.store.bytes.slice(valueOffset, valueOffset + valueLength));
	}

	/** The whole snapshot, written in slices of `slice` bytes. */
	snapshot(term = 3, configuration = bytesOf("configuration"), slice = 4096): Uint8Array {
		const writer = new SnapshotWriter(this.store);
		writer.begin(term, configuration, 0, configuration.length);
		const buffer = new Uint8Array(slice);
		const parts: number[] = [];
		while (!writer.done) {
			const length = writer.next(buffer, 0, slice);
			for (let i = 0; i < length; i++) parts.push(buffer[i]);
		}
		return new Uint8Array(parts);
	}

	/** Verifies and loads a snapshot in windows; @returns the reader, or undefined if it is invalid */
	restore(stream: Uint8Array, window = 4096): SnapshotReader | undefined {
		const reader = new SnapshotReader(this.store, this.limits);
		return readAll(reader, stream, window, false) && readAll(reader, stream, window, true) ? reader : undefined;
	}

	copy(): Machine {
		const other = new Machine(this.limits);
		if (other.restore(this.snapshot()) === undefined) throw new Error("a snapshot of our own is invalid");
		return other;
	}
}

export function readAll(reader: SnapshotReader, stream: Uint8Array, window: number, load: boolean): boolean {
	reader.begin(load);
	while (!reader.done) {
		const rest = stream.length - reader.position;
		const length = Math.min(rest, window);
		// From the middle of a buffer: an offset that is taken for 0 would show.
		const buffer = new Uint8Array(length + 5);
		buffer.set(stream.subarray(reader.position, reader.position + length), 5);
		if (reader.take(buffer, 5, length, length === rest) < 0) return false;
	}
	return true;
}

export { snapshotItemBytes };
