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

	/** Writes all that is pending. @returns false when there was nothing */
	write(): boolean {
		const raft = this.raft;
		if (!raft.takeWrite()) return false;
		const write = raft.write;
		if (write.hardState) this.writeHardState(write.term, write.votedFor);
		if (write.firstIndex <= write.lastIndex) this.append(raft.log, write.firstIndex, write.lastIndex);
		raft.persisted(write.sequence, write.lastTerm, write.lastIndex);
		return true;
	}

	private writeHardState(term: number, votedFor: number): void {
		const { places } = this.raft;
		if (votedFor === NOBODY) this.journal.writeHardState(term, 0, 0);
		else this.journal.writeHardState(term, places.ids[votedFor], places.incarnations[votedFor]);
	}

	/** Appends the cached entries from `first` to `last`, in as many parts as the RAM ring has: one or two. */
	private append(log: Log, first: number, last: number): void {
		const { capacity, starts } = log;
		const start = starts[first % capacity];
		if (starts[last % capacity] >= start) {
			this.appendPart(log, first, last, start);
			return;
		}
		let beyond = first + 1;
		while (log.startOf(beyond) > start) beyond++;
		this.appendPart(log, first, beyond - 1, start);
		this.appendPart(log, beyond, last, log.startOf(beyond));
	}

	/** @param start of the first entry; the others follow it without a gap */
	private appendPart(log: Log, first: number, last: number, start: number): void {
		const firstTerm = log.termAt(first);
		const lastTerm = first === last ? firstTerm : log.termAt(last);
		this.journal.append(first, last - first + 1, firstTerm, lastTerm, log.bytes, start, log.rangeBytes(first, last));
	}
}
