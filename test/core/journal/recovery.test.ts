/** What is not a clean end, a torn tail, one bad hard state or one bad snapshot stops by name, and nothing is written. */
import assert from "node:assert/strict";
import { crc32c } from "../../../core/bytes";
import { format } from "../../../core/journal/format";
import { identitySeed } from "../../../core/journal/identity";
import { Journal } from "../../../core/journal/journal";
import { planLayout } from "../../../core/journal/layout";
import { sectorSeed } from "../../../core/journal/sector";
import { statusName } from "../../../core/journal/status";
import { MemoryFlash } from "../../../sim/memory-flash";
import {
	append,
	entry,
	FIRST_STREAM,
	formatted,
	IDENTITY,
	joined,
	LIMITS,
	opened,
	readLog,
	readSnapshot,
	SECTOR,
	SECTORS,
	same,
	stream,
	writeSnapshot,
} from "./model";

const LAYOUT = planLayout(new MemoryFlash(SECTORS * SECTOR, SECTOR), LIMITS);
const HARD_STATE_A = LAYOUT.hardStateA * SECTOR;
const HARD_STATE_B = LAYOUT.hardStateB * SECTOR;
const LOG = LAYOUT.log * SECTOR;
const SLOT = LAYOUT.snapshotSectors * SECTOR;
const SNAPSHOTS = LAYOUT.snapshots * SECTOR;
const SEED = identitySeed(IDENTITY);

/** Opens a copy; a refusal must leave the image as it was. */
function statusOf(flash: MemoryFlash): string {
	const image = flash.copy();
	const status = statusName(new Journal(image, LIMITS).open(IDENTITY));
	if (status !== "READY") {
		assert(same(image.bytes, flash.bytes), `${status} changed the image`);
		assert.equal(image.operations, 0);
	}
	return status;
}

/** A flash after a life that filled several sectors: entries 1 to 30, snapshots at 8 and 14. */
function lived(): { flash: MemoryFlash; entries: Uint8Array[] } {
	const flash = formatted();
	const journal = opened(flash);
	const entries: Uint8Array[] = [];
	for (let index = 1; index <= 30; index++) {
		entries.push(entry(1 + (index >> 3), index, 0, 40 + index));
		append(journal, index, entries.slice(-1));
		if (index === 16) writeSnapshot(journal, 8, journal.termAt(8), stream(8, 600));
		if (index === 20) writeSnapshot(journal, 14, journal.termAt(14), stream(14, 600));
		if (index % 5 === 0) journal.writeHardState(index, 2, 1);
	}
	return { flash, entries };
}

function isBlank(flash: MemoryFlash, unit: number): boolean {
	return flash.bytes.subarray(unit * 16, unit * 16 + 16).every((byte) => byte === 0xff);
}

/** The place of the last programmed unit in a region. */
function lastProgrammed(flash: MemoryFlash, from: number, to: number): number {
	let unit = to / 16 - 1;
	while (unit * 16 >= from && isBlank(flash, unit)) unit--;
	return unit * 16;
}

/** Writes a checksum of what a later firmware might have written. */
function seal(flash: MemoryFlash, place: number, crcAt: number, seed: number): void {
	const view = new DataView(flash.bytes.buffer);
	view.setUint32(place + crcAt, crc32c(seed, flash.bytes, place, crcAt), true);
}

describe("journal's recovery", () => {
	it("uses either copy of the hard state alone, and heals the other", () => {
		for (const damage of ["rot", "blank", "zeros"])
			for (const lost of [HARD_STATE_A, HARD_STATE_B]) {
				const { flash } = lived();
				const other = lost === HARD_STATE_A ? HARD_STATE_B : HARD_STATE_A;
				if (damage === "rot") flash.bytes[lastProgrammed(flash, lost, lost + 2 * SECTOR) - 40] ^= 1;
				else flash.bytes.fill(damage === "blank" ? 0xff : 0, lost, lost + 2 * SECTOR);
				const journal = opened(flash);
				assert.deepEqual([journal.term, journal.votedFor, journal.bootEpoch], [30, 2, 2]);
				flash.bytes.fill(0, other, other + 2 * SECTOR);
				const healed = opened(flash);
				assert.deepEqual([healed.term, healed.votedFor, healed.bootEpoch], [30, 2, 3], `${damage} ${lost}`);
			}
	});

	it("stops when both copies of the newest hard state are lost: the node may have voted", () => {
		const { flash } = lived();
		flash.bytes[lastProgrammed(flash, HARD_STATE_A, HARD_STATE_B) - 40] ^= 1;
		flash.bytes[lastProgrammed(flash, HARD_STATE_B, LOG) - 40] ^= 1;
		assert.equal(statusOf(flash), "HARD_STATE_DAMAGED");
		flash.bytes.fill(0, HARD_STATE_A, LOG);
		assert.equal(statusOf(flash), "HARD_STATE_DAMAGED");
	});

	it("never shows wrong data for one flipped bit, wherever it is", function () {
		this.timeout(120000);
		const { flash, entries } = lived();
		const counts: Record<string, number> = {};
		for (let place = 0; place < flash.size; place++) {
			if (isBlank(flash, place >> 4)) continue;
			const rotten = flash.copy();
			rotten.bytes[place] ^= 1 << (place % 8);
			const status = statusOf(rotten);
			counts[status] = (counts[status] ?? 0) + 1;
			if (status !== "READY") continue;
			const journal = opened(rotten);
			assert.deepEqual([journal.term, journal.votedFor, journal.votedIncarnation], [30, 2, 1], `byte ${place}`);
			assert.equal(journal.lastIndex, 30, `byte ${place}`);
			assert(journal.snapshotIndex === 14 || journal.snapshotIndex === 8);
			assert(same(readSnapshot(journal), stream(journal.snapshotIndex, 600)), `byte ${place}`);
			assert(same(readLog(journal, journal.snapshotIndex + 1), joined(entries.slice(journal.snapshotIndex))));
		}
		console.log(`      ${JSON.stringify(counts)}`);
		for (const name of ["READY", "SUPERBLOCK_DAMAGED", "UNKNOWN_FORMAT", "RECORD_DAMAGED", "LOG_GAP", "SECTOR_DAMAGED"])
			assert(counts[name] > 0, name);
	});

	it("drops a last record without a trailer, and keeps one whose trailer is bad", () => {
		for (const blank of [true, false]) {
			const { flash, entries } = lived();
			const head = LOG + (opened(flash.copy()).log.ring.headSequence % LAYOUT.logSectors) * SECTOR;
			const trailer = lastProgrammed(flash, head, head + SECTOR);
			const last = blank ? 29 : 30;
			const before = flash.bytes.slice(trailer, trailer + 16);
			if (blank) flash.bytes.fill(0xff, trailer, trailer + 16);
			else flash.bytes[trailer + 5] ^= 0x10;
			assert.equal(opened(flash).lastIndex, last);
			// What one boot has found the next one finds, whatever the trailer's cells say then.
			flash.bytes.set(before, trailer);
			assert.equal(opened(flash).lastIndex, last);
			flash.bytes.fill(0xff, trailer, trailer + 16);
			const again = flash.copy();
			assert(same(readLog(opened(again), 15), joined(entries.slice(14, last))));
			assert.equal(again.programs, 2);
			// The node may have acknowledged the record that it kept: its cells fading is damage, no torn tail.
			flash.bytes[trailer - 20] ^= 1;
			assert.equal(statusOf(flash), blank ? "READY" : "RECORD_DAMAGED");
		}
	});

	it("tells rot from a torn write at the end of the log", () => {
		const { flash } = lived();
		const head = LOG + (opened(flash.copy()).log.ring.headSequence % LAYOUT.logSectors) * SECTOR;
		const trailer = lastProgrammed(flash, head, head + SECTOR);
		const rotten = flash.copy();
		rotten.bytes[trailer - 20] ^= 1;
		assert.equal(statusOf(rotten), "RECORD_DAMAGED");
		rotten.bytes[trailer + 5] ^= 1;
		assert.equal(statusOf(rotten), "TAIL_AMBIGUOUS");
		rotten.bytes.fill(0xff, trailer, trailer + 16);
		assert.equal(statusOf(rotten), "READY");
		rotten.bytes[trailer + 20] = 0;
		assert.equal(statusOf(rotten), "RECORD_DAMAGED");
	});

	it("stops at a missing sector, and at one that came back from earlier", () => {
		const { flash } = lived();
		const ring = opened(flash.copy()).log.ring;
		assert(ring.headSequence - ring.tailSequence >= 3);
		const middle = LOG + ((ring.headSequence - 1) % LAYOUT.logSectors) * SECTOR;
		const missing = flash.copy();
		missing.bytes.fill(0xff, middle, middle + SECTOR);
		assert.equal(statusOf(missing), "LOG_GAP");

		const later = flash.copy();
		const journal = opened(later);
		for (let index = 31; index < 90; index++) {
			append(journal, index, [entry(9, index, 0, 100)]);
			if (index % 6 === 0) writeSnapshot(journal, index - 1, journal.termAt(index - 1), stream(index, 10));
		}
		const first = LOG + (journal.log.ring.headSequence % LAYOUT.logSectors) * SECTOR;
		assert(journal.log.ring.headSequence > ring.headSequence + LAYOUT.logSectors);
		later.bytes.set(flash.bytes.subarray(middle, middle + SECTOR), middle);
		assert.notEqual(first, middle);
		assert.equal(statusOf(later), "LOG_GAP");
	});

	it("stops at a whole record that does not continue the one before it", () => {
		const one = formatted();
		const other = one.copy();
		const journal = opened(one);
		append(journal, 1, [entry(1, 1, 1, 20)]);
		const end = lastProgrammed(one, LOG, SNAPSHOTS) + 16;
		append(journal, 2, [entry(1, 2, 1, 20)]);
		append(opened(other), 1, [entry(1, 1, 2, 20)]);
		one.bytes.set(other.bytes.subarray(end - 80, end), end - 80);
		assert.equal(statusOf(one), "CHAIN_BROKEN");
	});

	it("stops when the snapshot that a leader sent has rotted, since the log begins behind it", () => {
		const { flash } = lived();
		const journal = opened(flash);
		writeSnapshot(journal, 50, 9, stream(50, 600));
		append(journal, 51, [entry(9, 51, 0, 3)]);
		assert.equal(journal.firstIndex, 51);
		for (const slot of [0, 1]) {
			const rotten = flash.copy();
			rotten.bytes[SNAPSHOTS + slot * SLOT + 200] ^= 1;
			const isNewest = statusOf(rotten) !== "READY";
			if (isNewest) assert.equal(statusOf(rotten), "SNAPSHOT_DAMAGED");
			else assert.equal(opened(rotten).snapshotIndex, 50);
		}
		flash.bytes.fill(0, SNAPSHOTS, SNAPSHOTS + 2 * SLOT);
		assert.equal(statusOf(flash), "SNAPSHOT_DAMAGED");
	});

	it("refuses what a later firmware wrote", () => {
		const { flash } = lived();
		const superblock = flash.copy();
		superblock.bytes[4] = 3;
		superblock.bytes[SECTOR + 4] = 3;
		assert.equal(statusOf(superblock), "UNKNOWN_FORMAT");
		seal(superblock, 0, 60, 0);
		seal(superblock, SECTOR, 60, 0);
		assert.equal(statusOf(superblock), "UNKNOWN_FORMAT");

		const hardState = flash.copy();
		const slot = HARD_STATE_A + 64;
		hardState.bytes[slot + 4] = 3;
		seal(hardState, slot, 60, (SEED ^ slot) >>> 0);
		assert.equal(statusOf(hardState), "UNKNOWN_FORMAT");

		const snapshot = flash.copy();
		snapshot.bytes[SNAPSHOTS + 4] = 3;
		seal(snapshot, SNAPSHOTS, 60, (SEED ^ SNAPSHOTS) >>> 0);
		assert.equal(statusOf(snapshot), "UNKNOWN_FORMAT");

		const sequence = opened(flash.copy()).log.ring.headSequence;
		const head = LOG + (sequence % LAYOUT.logSectors) * SECTOR;
		const sector = flash.copy();
		sector.bytes[head + 2] = 3;
		seal(sector, head, 28, SEED);
		assert.equal(statusOf(sector), "UNKNOWN_FORMAT");

		const record = flash.copy();
		record.bytes[head + 32 + 1] = 9;
		seal(record, head + 32, 28, (sectorSeed(SEED, sequence, new Uint8Array(4)) ^ 32) >>> 0);
		assert.equal(statusOf(record), "UNKNOWN_RECORD");
	});

	it("refuses another cluster's, node's or life's flash, whole or in parts", () => {
		const { flash } = lived();
		const identities = [
			{ ...IDENTITY, clusterHigh: 1 },
			{ ...IDENTITY, clusterLow: 1 },
			{ ...IDENTITY, id: 4 },
			{ ...IDENTITY, incarnation: 1 },
		];
		for (const identity of identities) {
			const other = new MemoryFlash(SECTORS * SECTOR, SECTOR);
			format(other, LIMITS, identity, FIRST_STREAM, 0);
			assert.equal(statusOf(other), "FOREIGN_IDENTITY");
			for (const [from, to, status] of [
				[HARD_STATE_A, LOG, "HARD_STATE_DAMAGED"],
				[LOG, SNAPSHOTS, "SECTOR_DAMAGED"],
				[SNAPSHOTS, SNAPSHOTS + 2 * SLOT, "SNAPSHOT_DAMAGED"],
				[0, SECTOR, "SUPERBLOCK_DAMAGED"],
			] as const) {
				const mixed = flash.copy();
				mixed.bytes.set(other.bytes.subarray(from, to), from);
				assert.equal(statusOf(mixed), status);
			}
		}
	});

	it("refuses a partition of another size, and limits that outgrow its slots", () => {
		const { flash } = lived();
		const larger = new MemoryFlash((SECTORS + 2) * SECTOR, SECTOR);
		larger.bytes.set(flash.bytes);
		assert.equal(statusOf(larger), "GEOMETRY_DIFFERS");
		const journal = new Journal(flash, { ...LIMITS, liveBytes: 2000 });
		assert.equal(statusName(journal.open()), "GEOMETRY_DIFFERS");
	});

	it("programs twice and erases never at a clean boot", () => {
		const { flash } = lived();
		opened(flash);
		const again = flash.copy();
		opened(again);
		assert.equal(again.programs, 2);
		assert.equal(again.operations, 2);
	});

	it("stops the node when flash reads back other bytes than were programmed", () => {
		const flash = formatted();
		const journal = opened(flash);
		const read = flash.read.bind(flash);
		append(journal, 1, [entry(1, 1, 0, 20)]);
		flash.read = (offset, target, at, length) => {
			read(offset, target, at, length);
			target[at + length - 1] ^= 1;
		};
		assert.throws(() => append(journal, 2, [entry(1, 2, 0, 20)]), /reads back/);
		assert.throws(() => journal.writeHardState(1, 1, 1), /reads back/);
		assert.equal(journal.medium.readBacksFailed, 2);
	});
});
