/**
 * What a cluster's leaders have in their logs, one leader after the other, with the one promise that
 * Raft makes of them: what is committed is in the log of each later leader (figure 3). The rest may be
 * lost with a leader. A naive twin of the state machine says what each committed index comes to.
 */
import type { Configuration } from "../../../core/configuration";
import { ENTRY_HEADER_BYTES, entryLength, entryTerm, entryType } from "../../../core/entry";
import type { Limits } from "../../../core/limits";
import { firstFingerprint } from "../../../core/replica/format";
import { CONFIGURATION_BYTES_MAX, SnapshotWriter } from "../../../core/store/snapshot";
import { Store } from "../../../core/store/store";
import { ConfigurationCodec } from "../../../core/wire/configuration";
import type { Random } from "../../../sim/random";
import { noOp, put, register } from "./lone-follower";

export interface Snapshot {
	/** Index, term, size and hash, as a SNAPSHOT_REQUEST names it. */
	readonly name: readonly number[];
	readonly bytes: Uint8Array;
}

/** Index of the entry that registers the one session. */
const SESSION = 2;

export class History {
	term = 0;
	/** The leader's log; the entry at index i stands at i - 1. */
	entries: Uint8Array[] = [];
	commitIndex = 0;
	/** By committed index, from 0: the hash of the state. */
	readonly hashes: number[];
	readonly snapshots: Snapshot[] = [];
	private readonly store: Store;
	private readonly configuration: Configuration;
	private readonly random: Random;
	private readonly valueBytes: number;
	private sequence = 0;

	/** @param valueBytes of a put at most */
	constructor(limits: Limits, configuration: Configuration, random: Random, valueBytes: number) {
		this.store = new Store(limits);
		this.hashes = [this.store.stateHash()];
		this.configuration = configuration;
		this.random = random;
		this.valueBytes = valueBytes;
		this.elect(0, 1);
		this.grow(2);
	}

	get lastIndex(): number {
		return this.entries.length;
	}

	termAt(index: number): number {
		return index === 0 ? 0 : entryTerm(this.entries[index - 1], 0);
	}

	/** The next leader has the log up to `kept`, which is not below the commit index, and begins its term. */
	elect(kept: number, term: number): void {
		this.entries = this.entries.slice(0, kept);
		this.term = term;
		this.entries.push(noOp(term));
	}

	/** The leader takes so many commands. */
	grow(count: number): void {
		for (let i = 0; i < count; i++) {
			if (this.lastIndex < SESSION) this.entries.push(register(this.term));
			else {
				const value = "v".repeat(this.random.below(this.valueBytes));
				this.entries.push(put(this.term, SESSION, ++this.sequence, `key${this.random.below(20)}`, value));
			}
		}
	}

	commitTo(index: number): void {
		while (this.commitIndex < index) {
			const bytes = this.entries[this.commitIndex++];
			this.store.apply(this.commitIndex, entryType(bytes, 0), bytes, ENTRY_HEADER_BYTES, entryLength(bytes, 0));
			this.hashes.push(this.store.stateHash());
		}
	}

	/** The leader takes a snapshot of all that is committed. */
	takeSnapshot(): Snapshot {
		const configuration = new Uint8Array(CONFIGURATION_BYTES_MAX);
		const length = new ConfigurationCodec().write(configuration, 0, configuration.length, this.configuration);
		this.store.first = firstFingerprint(this.configuration);
		const writer = new SnapshotWriter(this.store);
		writer.begin(this.termAt(this.commitIndex), configuration, 0, length);
		const stream = new Uint8Array(64 * 1024);
		while (!writer.done) writer.next(stream, writer.position, stream.length);
		const name = [this.commitIndex, this.termAt(this.commitIndex), writer.position, writer.hash];
		const snapshot = { name, bytes: stream.slice(0, writer.position) };
		this.snapshots.push(snapshot);
		return snapshot;
	}
}
