/** What a witness is sent in the place of commands and of the state (decision 11). */
import { copy } from "../bytes";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES, ENTRY_WITHHELD, entryLength, entryTerm, writeEntryHeader } from "../entry";
import type { Journal } from "../journal/journal";
import { HEADER_BYTES_MAX, Withholding } from "../store/snapshot";

export class Withheld {
	/** Commands in whose place a witness was sent the header, since boot. */
	entries = 0;
	private readonly journal: Journal;
	private readonly withholding = new Withholding();

	constructor(journal: Journal) {
		this.journal = journal;
	}

	/**
	 * Takes the commands out of the entries in `bytes[offset, end)`, of which no more than `count` are meant.
	 * @returns bytes of what stands there now
	 */
	withholdEntries(bytes: Uint8Array, offset: number, end: number, count: number): number {
		let source = offset;
		let target = offset;
		for (let left = count; left > 0 && source < end; left--) {
			const size = ENTRY_HEADER_BYTES + entryLength(bytes, source);
			if (bytes[source] === ENTRY_COMMAND) {
				writeEntryHeader(bytes, target, ENTRY_WITHHELD, 0, entryTerm(bytes, source));
				target += ENTRY_HEADER_BYTES;
				this.entries++;
			} else {
				copy(bytes, target, bytes, source, size);
				target += size;
			}
			source += size;
		}
		return target - offset;
	}

	/**
	 * Puts what a witness is sent of the journal's snapshot at `target[offset, …)`, with room for
	 * HEADER_BYTES_MAX. It depends on the snapshot alone, so the rest of it may come from another leader.
	 * @returns how many bytes it is
	 */
	readSnapshot(target: Uint8Array, offset: number): number {
		const read = this.journal.readSnapshot(0, target, offset, HEADER_BYTES_MAX);
		return this.withholding.withhold(target, offset, offset + read);
	}
}
