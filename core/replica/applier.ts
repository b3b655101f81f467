/**
 * Hands committed entries to the store, in order, and their results to whoever called.
 */
import { assert } from "../assert";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength } from "../entry";
import type { Journal } from "../journal/journal";
import { DATAGRAM_BYTES } from "../limits";
import { NO_CALL } from "../raft/proposals";
import type { Raft } from "../raft/raft";
import type { Store } from "../store/store";
import type { Requests } from "./requests";
import type { Snapshots } from "./snapshots";

/** Entries applied in one turn at most, so that a long recovery does not delay a heartbeat. */
export const ENTRIES_PER_TURN = 128;

export class Applier {
	/** Since boot. */
	entriesApplied = 0;
	/** While a snapshot is written the store must stand still. */
	paused = false;
	protected readonly raft: Raft;
	private readonly journal: Journal;
	protected readonly store: Store;
	private readonly requests: Requests;
	protected readonly snapshots: Snapshots;
	/** Entries read from flash: those from `scratchFirst`, `scratchCount` of them; the next one at `scratchAt`. */
	protected readonly scratch = new Uint8Array(DATAGRAM_BYTES);
	private scratchFirst = 0;
	private scratchCount = 0;
	private scratchAt = 0;

	constructor(raft: Raft, journal: Journal, store: Store, requests: Requests, snapshots: Snapshots) {
		this.raft = raft;
		this.journal = journal;
		this.store = store;
		this.requests = requests;
		this.snapshots = snapshots;
	}

	/** @returns true if something was applied */
	apply(): boolean {
		const { raft, store } = this;
		const { log, proposals } = raft;
		const first = raft.appliedIndex + 1;
		const last = raft.applicableIndex();
		if (this.paused || first > last) return false;
		const end = last - first < ENTRIES_PER_TURN ? last : first + ENTRIES_PER_TURN - 1;
		for (let index = first; index <= end; index++) {
			let bytes = log.bytes;
			let at = 0;
			if (index >= log.firstCached) at = log.starts[index % log.capacity];
			else {
				at = this.locateStored(index);
				bytes = this.scratch;
			}
			// The entry's header without the calls of core/entry.ts: every node does this for every entry.
			const type = bytes[at];
			const length = bytes[at + 2] + bytes[at + 3] * 0x100;
			if (type === ENTRY_CONFIGURATION) this.snapshots.takeConfiguration(bytes, at + ENTRY_HEADER_BYTES, length);
			const reply = store.apply(index, type, bytes, at + ENTRY_HEADER_BYTES, length);
			if (proposals.count === 0) continue;
			// As `raft.callAt`, without its call.
			const call = proposals.take(index);
			if (call !== NO_CALL) this.requests.answerWrite(call - 1, reply);
		}
		this.entriesApplied += end - first + 1;
		raft.applied(end);
		return true;
	}

	/** True when more may be applied, but not in this turn. */
	get isBehind(): boolean {
		return !this.paused && this.raft.appliedIndex < this.raft.applicableIndex();
	}

	/** @returns offset in the scratch buffer of an entry that is no longer in RAM */
	protected locateStored(index: number): number {
		if (index !== this.scratchFirst || this.scratchCount === 0) {
			// Mark: entries are applied from flash
			const bytes = this.journal.read(index, this.scratch, 0, this.scratch.length);
			assert(bytes > 0, "the journal lacks an entry that is committed and durable");
			// No more than may be applied: what is behind it may yet be replaced by a leader, on flash only.
			this.scratchCount = Math.min(this.journal.readCount, this.raft.applicableIndex() - index + 1);
			this.scratchFirst = index;
			this.scratchAt = 0;
		}
		const at = this.scratchAt;
		this.scratchAt = at + ENTRY_HEADER_BYTES + entryLength(this.scratch, at);
		this.scratchFirst++;
		this.scratchCount--;
		return at;
	}
}
