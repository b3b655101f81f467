/**
 * What a witness does with committed entries: it takes note of configurations, and of how far it has
 * come. Its store stays empty, and its snapshots hold the configuration alone.
 */
import { assert } from "../assert";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength, entryType } from "../entry";
import { Applier, ENTRIES_PER_TURN } from "./applier";

export class WitnessApplier extends Applier {
	override apply(): boolean {
		const { raft, store } = this;
		const { log } = raft;
		const types = raft.change.levels.build.entryLevels.length;
		const first = raft.appliedIndex + 1;
		const last = raft.applicableIndex();
		if (this.paused || first > last) return false;
		const end = last - first < ENTRIES_PER_TURN ? last : first + ENTRIES_PER_TURN - 1;
		for (let index = first; index <= end; index++) {
			const isCached = index >= log.firstCached;
			const at = isCached ? log.startOf(index) : this.locateStored(index);
			const bytes = isCached ? log.bytes : this.scratch;
			const type = entryType(bytes, at);
			assert(type < types, "a committed entry of an unknown type");
			if (type !== ENTRY_CONFIGURATION) continue;
			this.snapshots.takeConfiguration(bytes, at + ENTRY_HEADER_BYTES, entryLength(bytes, at));
		}
		this.entriesApplied += end - first + 1;
		store.appliedIndex = end;
		raft.applied(end);
		return true;
	}
}
