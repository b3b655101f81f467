/**
 * One life of a journal on a tiny flash, the same on V8 and inside XS: appends, replacements,
 * truncations, hard states, snapshots, restarts. Its digest covers the image, so every byte that the
 * journal writes is the same on both engines.
 */
import { crc32c } from "../../../core/bytes";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES, writeEntryHeader } from "../../../core/entry";
import { format } from "../../../core/journal/format";
import { Journal } from "../../../core/journal/journal";
import { READY } from "../../../core/journal/status";
import { type Limits, PROFILE_S } from "../../../core/limits";
import { MemoryFlash } from "../../../sim/memory-flash";

export const LIMITS: Limits = { ...PROFILE_S, commandBytes: 200, keys: 1, liveBytes: 64, sessions: 1 };
const SECTOR = 1024;
const SECTORS = 22;
const STEPS = 400;
/** Of the life below; another one means that the format on flash has changed. */
export const DIGEST_OF_LIFE = 1930083571;

export class JournalLife {
	readonly flash = new MemoryFlash(SECTORS * SECTOR, SECTOR);
	journal!: Journal;
	private readonly bytes = new Uint8Array(1024);
	private salt = 0;

	constructor() {
		const identity = { clusterHigh: 0x01234567, clusterLow: 0x89abcdef, id: 5, incarnation: 1 };
		format(this.flash, LIMITS, identity, this.bytes.subarray(0, 40), 1);
		this.restart();
	}

	/** @returns CRC-32C of the image and of everything that was read */
	run(steps = STEPS): number {
		let digest = 0;
		for (let step = 1; step <= steps; step++) {
			this.journal.prepare();
			this.append(step % 7 === 0 ? 2 : 0, 1 + (step % 4), step >> 5);
			if (step % 11 === 0) this.journal.writeHardState(step, step % 6, 1);
			if (step % 29 === 0 && this.journal.lastIndex > this.journal.snapshotIndex)
				this.journal.truncate(this.journal.lastIndex);
			if (step % 8 === 0 && this.journal.lastIndex - 1 > this.journal.snapshotIndex) this.snapshot();
			if (step % 50 === 0) this.restart();
			digest = this.read(digest);
		}
		return crc32c(digest, this.flash.bytes, 0, this.flash.bytes.length);
	}

	/** Appends `count` entries, the first `back` before the end of the log. */
	append(back: number, count: number, term: number): void {
		const { journal, bytes } = this;
		const first = Math.max(journal.snapshotIndex, journal.lastIndex - back) + 1;
		let end = 0;
		for (let i = 0; i < count; i++) {
			const length = (this.salt++ * 37) % 120;
			writeEntryHeader(bytes, end, ENTRY_COMMAND, length, term);
			end += ENTRY_HEADER_BYTES + length;
		}
		journal.append(first, count, term, term, bytes, 0, end);
	}

	private snapshot(): void {
		const { journal, bytes } = this;
		const index = journal.lastIndex - 1;
		journal.beginSnapshot(index, journal.termAt(index));
		let left = 1500;
		while (left > 0) {
			journal.prepare();
			left -= journal.writeSnapshot(bytes, 0, Math.min(left, 200));
		}
		if (!journal.finishSnapshot(1500, index)) throw new Error("the snapshot does not read back");
	}

	private restart(): void {
		this.journal = new Journal(this.flash, LIMITS);
		const status = this.journal.open();
		if (status !== READY) throw new Error(`status ${status}`);
	}

	private read(digest: number): number {
		const { journal, bytes } = this;
		if (journal.lastIndex === journal.snapshotIndex) return digest;
		const length = journal.read(journal.snapshotIndex + 1, bytes, 0, bytes.length);
		return crc32c(digest, bytes, 0, length);
	}
}
