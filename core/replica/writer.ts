/**
 * Makes what consensus wrote durable: one write at a time, hard state first, then the log, in the
 * order in which the journal would recover it (pitfalls 24 to 27).
 */
import { NOBODY } from "../configuration";
import type { Journal } from "../journal/journal";
import type { Log } from "../raft/log";
import type { Raft } from "../raft/raft";

export class Writer {
	private readonly raft: Raft;
	private readonly journal: Journal;

	constructor(raft: Raft, journal: Journal) {
		this.raft = raft;
		this.journal = journal;
	}

	/** Writes all that is pending; something is (`Persistence.isWritten`). @returns false while a write is under way */
	write(): boolean {
		const { raft } = this;
		const { log, write } = raft;
		if (!raft.persistence.take(raft)) return false;
		if (write.hardState) this.writeHardState(write.term, write.votedFor);
		const first = write.firstIndex;
		const last = write.lastIndex;
		if (first <= last) {
			const start = log.starts[first % log.capacity];
			if (log.starts[last % log.capacity] >= start) this.append(log, first, last, start);
			else this.appendInTwo(log, first, last, start);
		}
		raft.persisted(write.sequence, write.lastTerm, last);
		return true;
	}

	private writeHardState(term: number, votedFor: number): void {
		const { places } = this.raft;
		if (votedFor === NOBODY) this.journal.writeHardState(term, 0, 0);
		else this.journal.writeHardState(term, places.ids[votedFor], places.incarnations[votedFor]);
	}

	/** Appends cached entries that go round the end of the RAM ring. @param start of the first */
	private appendInTwo(log: Log, first: number, last: number, start: number): void {
		let beyond = first + 1;
		while (log.startOf(beyond) > start) beyond++;
		this.append(log, first, beyond - 1, start);
		this.append(log, beyond, last, log.startOf(beyond));
	}

	/** Appends the cached entries from `first` to `last`. @param start of the first; the others follow it without a gap */
	private append(log: Log, first: number, last: number, start: number): void {
		const lastTerm = last === log.lastIndex ? log.lastTerm : log.termAt(last);
		const firstTerm = first === last ? lastTerm : log.termAt(first);
		this.journal.append(first, last - first + 1, firstTerm, lastTerm, log.bytes, start, log.rangeBytes(first, last));
	}
}
