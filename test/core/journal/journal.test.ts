import assert from "node:assert/strict";
import fc from "fast-check";
import { entryLength, entryTerm } from "../../../core/entry";
import { format } from "../../../core/journal/format";
import { Journal } from "../../../core/journal/journal";
import { planLayout, snapshotBytesMax } from "../../../core/journal/layout";
import { statusName } from "../../../core/journal/status";
import { PROFILE_M } from "../../../core/limits";
import { MemoryFlash } from "../../../sim/memory-flash";
import { DIGEST_OF_LIFE, JournalLife } from "./life";
import {
	append,
	entry,
	FIRST_STREAM,
	formatted,
	IDENTITY,
	joined,
	LIMITS,
	Model,
	opened,
	RESERVE_BYTES,
	readLog,
	readSnapshot,
	SECTOR,
	SECTORS,
	same,
	stream,
	writeSnapshot,
} from "./model";

describe("journal", () => {
	it("says UNFORMATTED of blank flash, and writes nothing", () => {
		const flash = new MemoryFlash(SECTORS * SECTOR, SECTOR);
		assert.equal(statusName(new Journal(flash, LIMITS).open()), "UNFORMATTED");
		assert.equal(flash.operations, 0);
	});

	it("finds the identity, the first snapshot and an empty log after format", () => {
		const journal = opened(formatted());
		assert.equal(journal.clusterHigh, IDENTITY.clusterHigh);
		assert.equal(journal.clusterLow, IDENTITY.clusterLow);
		assert.equal(journal.id, 3);
		assert.equal(journal.incarnation, 2);
		assert.equal(journal.bootEpoch, 1);
		assert.equal(journal.snapshotHash, 0xabcd);
		assert.equal(journal.firstIndex, 1);
		assert.equal(new Model().difference(journal), "");
	});

	it("formats a flash that was in use", () => {
		const flash = formatted();
		const journal = opened(flash);
		append(journal, 1, [entry(1, 1, 0, 30)]);
		format(flash, LIMITS, { ...IDENTITY, incarnation: 3 }, FIRST_STREAM, 0);
		const again = new Journal(flash, LIMITS);
		assert.equal(statusName(again.open()), "READY");
		assert.equal(again.incarnation, 3);
		assert.equal(again.lastIndex, 0);
	});

	it("keeps what was appended, replaced and truncated over a restart", () => {
		const flash = formatted();
		const journal = opened(flash);
		const old = [1, 2, 3, 4, 5].map((index) => entry(1, index, 0, 20));
		append(journal, 1, old);
		append(journal, 6, [entry(2, 6, 0, 0), entry(3, 7, 0, 1)]);
		append(journal, 4, [entry(4, 4, 1, 9)]);
		journal.truncate(4);
		append(journal, 4, [entry(5, 4, 2, 17)]);
		journal.writeHardState(5, 200, 7);
		for (const found of [journal, opened(flash)]) {
			assert.equal(found.lastIndex, 4);
			assert.equal(found.lastTerm, 5);
			assert.equal(found.term, 5);
			assert.equal(found.votedFor, 200);
			assert.equal(found.votedIncarnation, 7);
			assert(same(readLog(found, 1), joined([...old.slice(0, 3), entry(5, 4, 2, 17)])));
			const visited: number[][] = [];
			found.visitEntries((index, bytes, at) => visited.push([index, entryTerm(bytes, at), entryLength(bytes, at)]));
			assert.deepEqual(visited, [
				[1, 1, 20],
				[2, 1, 20],
				[3, 1, 20],
				[4, 5, 17],
			]);
		}
	});

	it("splits a range that no record and no sector holds", () => {
		const flash = formatted();
		const journal = opened(flash);
		const entries = Array.from({ length: 20 }, (_, i) => entry(1 + (i >> 2), i + 1, 0, 200 - i));
		append(journal, 1, entries);
		for (const found of [journal, opened(flash)]) {
			assert(same(readLog(found, 1), joined(entries)));
			for (let index = 1; index <= 20; index++) assert.equal(found.termAt(index), 1 + ((index - 1) >> 2));
		}
	});

	it("reads whole entries that fit, and 0 when none does", () => {
		const journal = opened(formatted());
		append(journal, 1, [entry(1, 1, 0, 20), entry(1, 2, 0, 20), entry(1, 3, 0, 20)]);
		const target = new Uint8Array(100);
		assert.equal(journal.read(1, target, 3, 3 + 28 + 28 + 27), 56);
		assert.equal(journal.readCount, 2);
		assert.equal(journal.read(3, target, 0, 27), 0);
		assert.equal(journal.readCount, 0);
		assert.equal(journal.read(3, target, 0, 28), 28);
	});

	it("counts boots", () => {
		const flash = formatted();
		for (let boot = 1; boot <= 100; boot++) assert.equal(opened(flash).bootEpoch, boot);
	});

	it("carries the largest numbers", () => {
		const flash = formatted();
		const journal = opened(flash);
		const index = 2 ** 48 - 10;
		writeSnapshot(journal, index, 0xfffffffe, stream(1, 10));
		append(journal, index + 1, [entry(0xffffffff, index + 1, 0, 3)]);
		journal.writeHardState(0xffffffff, 255, 65535);
		const found = opened(flash);
		assert.equal(found.snapshotIndex, index);
		assert.equal(found.snapshotTerm, 0xfffffffe);
		assert.equal(found.lastIndex, index + 1);
		assert.equal(found.lastTerm, 0xffffffff);
		assert.equal(found.term, 0xffffffff);
		assert.equal(found.votedIncarnation, 65535);
	});

	it("refuses what the replica must not do", () => {
		const journal = opened(formatted());
		append(journal, 1, [entry(1, 1, 0, 3), entry(1, 2, 0, 3)]);
		writeSnapshot(journal, 2, 1, stream(2, 5));
		assert.throws(() => append(journal, 2, [entry(2, 2, 0, 3)]), /below the snapshot/);
		assert.throws(() => append(journal, 4, [entry(2, 4, 0, 3)]), /gap/);
		assert.throws(() => journal.truncate(3), /out of range/);
		assert.throws(() => journal.beginSnapshot(1, 1), /older/);
		assert.throws(() => journal.writeHardState(0, 1, 1) ?? journal.writeHardState(-1, 1, 1), /falls/);
	});

	it("tells when it is full, keeps its word, and is free again after two snapshots", () => {
		const flash = formatted();
		const journal = opened(flash);
		let index = 0;
		while (journal.roomBytes >= 208 + RESERVE_BYTES) append(journal, ++index, [entry(1, index, 0, 200)]);
		assert(journal.snapshotDue);
		assert(index > 12);
		const ordinary = index;
		while (journal.roomBytes >= 208) append(journal, ++index, [entry(1, index, 0, 200)]);
		assert(index >= ordinary + 6);
		writeSnapshot(journal, index - 2, 1, stream(1, 500));
		assert(journal.roomBytes < 208 + RESERVE_BYTES);
		writeSnapshot(journal, index - 1, 1, stream(2, 500));
		assert(journal.roomBytes >= 5 * 208 + RESERVE_BYTES);
		assert(!journal.snapshotDue);
		const found = opened(flash);
		assert.equal(found.lastIndex, index);
		assert(found.firstIndex <= index - 2);
	});

	it("takes in a leader's snapshot although its log has no room left", () => {
		const flash = formatted();
		const journal = opened(flash);
		let index = 0;
		while (journal.roomBytes >= 208) append(journal, ++index, [entry(1, index, 0, 200)]);
		assert.throws(() => {
			for (;;) append(journal, ++index, [entry(1, index, 0, 0)]);
		}, /full/);
		const found = opened(flash);
		assert.equal(found.log.ring.freeSectors, 0);
		writeSnapshot(found, index + 10, 2, stream(1, 500));
		append(found, index + 11, [entry(2, index + 11, 0, 100)]);
		const last = opened(flash);
		assert.equal(last.snapshotIndex, index + 10);
		assert.equal(last.lastIndex, index + 11);
	});

	it("stops where indexes end", () => {
		const journal = opened(formatted());
		const last = 2 ** 48 - 1;
		writeSnapshot(journal, last - 1, 1, stream(1, 10));
		append(journal, last, [entry(1, 1, 0, 0)]);
		assert.equal(journal.lastIndex, last);
		assert.throws(() => append(journal, last + 1, [entry(1, 1, 0, 0)]), /used up/);
	});

	it("keeps the old snapshot when a new one is abandoned, cut by a restart or does not read back", () => {
		const flash = formatted();
		let journal = opened(flash);
		for (let index = 1; index <= 9; index++) append(journal, index, [entry(1, index, 0, 40)]);
		writeSnapshot(journal, 3, 1, stream(3, 900));
		journal.beginSnapshot(5, 1);
		journal.prepare();
		assert(journal.writeSnapshot(stream(5, 900), 0, 300) > 0);
		journal.abandonSnapshot();
		assert.throws(() => journal.writeSnapshot(stream(5, 900), 300, 300), /no snapshot was begun/);
		journal.beginSnapshot(6, 1);
		journal.prepare();
		assert(journal.writeSnapshot(stream(6, 900), 0, 300) > 0);
		journal = opened(flash);
		journal.beginSnapshot(7, 1);
		let at = 0;
		while (at < 900) {
			journal.prepare();
			at += journal.writeSnapshot(stream(7, 900), at, 900 - at);
		}
		const place = planLayout(flash, LIMITS).snapshots * SECTOR + 64 + 700;
		flash.bytes[place] ^= 1;
		assert.equal(journal.finishSnapshot(900, 7), false);
		assert.equal(journal.medium.readBacksFailed, 1);
		for (const found of [journal, opened(flash)]) {
			assert.equal(found.snapshotIndex, 3);
			assert.equal(found.snapshotHash, 3);
			assert(same(readSnapshot(found), stream(3, 900)));
		}
	});

	it("erases again what is not blank after an erase, and stops at what never is", () => {
		const flash = formatted();
		const journal = opened(flash);
		for (let index = 1; index <= 4; index++) append(journal, index, [entry(1, index, 0, 200)]);
		writeSnapshot(journal, 2, 1, stream(1, 10));
		writeSnapshot(journal, 3, 1, stream(2, 10));
		const erase = flash.erase.bind(flash);
		let stubborn = 1;
		flash.erase = (offset) => {
			erase(offset);
			if (stubborn-- > 0) flash.bytes[offset + 100] = 0x7f;
		};
		journal.beginSnapshot(4, 1);
		assert(journal.prepare());
		assert.equal(journal.medium.readBacksFailed, 1);
		assert(journal.writeSnapshot(stream(4, 10), 0, 10) > 0);
		assert(journal.finishSnapshot(10, 4));
		stubborn = 2;
		append(journal, 5, [entry(1, 5, 0, 10)]);
		journal.beginSnapshot(5, 1);
		assert.throws(() => journal.prepare(), /does not erase/);
	});

	it("goes round a ring of 4 KiB sectors with the limits of profile M", () => {
		const flash = new MemoryFlash(320 * 1024, 4096);
		format(flash, PROFILE_M, IDENTITY, FIRST_STREAM, 0);
		let journal = new Journal(flash, PROFILE_M);
		assert.equal(statusName(journal.open()), "READY");
		const kept: Uint8Array[] = [];
		for (let index = 1; index <= 900; index++) {
			journal.prepare();
			kept.push(entry(index >> 6, index, 0, (index * 97) % 1025));
			append(journal, index, kept.slice(-1));
			if (journal.snapshotDue) writeSnapshot(journal, index - 3, journal.termAt(index - 3), stream(index, 40000));
			if (index % 100 !== 0) continue;
			journal = new Journal(flash, PROFILE_M);
			assert.equal(statusName(journal.open()), "READY");
			assert(same(readLog(journal, journal.firstIndex), joined(kept.slice(journal.firstIndex - 1))));
		}
		assert(journal.log.ring.headSequence > 2 * journal.log.ring.sectors);
		assert.equal(journal.medium.erasesInWrites, 0);
	});

	it("needs no erase in a write when prepare is called once a turn", () => {
		const flash = formatted();
		const journal = opened(flash);
		for (let index = 1; index <= 3000; index++) {
			journal.prepare();
			append(journal, index, [entry(1 + (index >> 7), index, 0, index % 200)]);
			if (index % 10 === 0) journal.writeHardState(index, 1, 1);
			if (journal.snapshotDue && index > journal.snapshotIndex + 1)
				writeSnapshot(journal, index - 1, journal.termAt(index - 1), stream(index, 700));
		}
		assert.equal(journal.medium.erasesInWrites, 0);
		assert.equal(journal.medium.readBacksFailed, 0);
		const layout = planLayout(flash, LIMITS);
		const wear = [...flash.erases.subarray(layout.log, layout.snapshots)];
		assert(Math.max(...wear) - Math.min(...wear) <= 1, `wear of the ring is uneven: ${wear}`);
		assert.equal(opened(flash).lastIndex, 3000);
	});

	it("uses the other snapshot and the log when the newest has rotted", () => {
		const flash = formatted();
		const journal = opened(flash);
		const layout = planLayout(flash, LIMITS);
		for (let index = 1; index <= 9; index++) append(journal, index, [entry(1, index, 0, 40)]);
		writeSnapshot(journal, 4, 1, stream(4, 900));
		writeSnapshot(journal, 8, 1, stream(8, 900));
		flash.bytes[layout.snapshots * SECTOR + 64 + 500] ^= 4;
		assert(!journal.verifySnapshot());
		const found = opened(flash);
		assert.equal(found.snapshotIndex, 4);
		assert(same(readSnapshot(found), stream(4, 900)));
		assert.equal(found.lastIndex, 9);
		assert.equal(readLog(found, 5).length, 5 * 48);
	});

	it("does as a plain array does, over restarts", () => {
		let restarts = 0;
		let steps = 0;
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.nat(9), fc.nat(12), fc.nat(200)), { maxLength: 300, size: "max" }),
				(commands) => {
					const flash = formatted();
					let journal = opened(flash);
					const model = new Model();
					let salt = 0;
					for (const [kind, a, b] of commands) {
						salt++;
						steps++;
						if (kind % 3 !== 0) journal.prepare();
						const last = model.lastIndex;
						const open = last - model.snapshotIndex;
						if (kind <= 3) {
							const back = kind === 3 ? Math.min(open, a) : 0;
							const entries = Array.from({ length: 1 + (a % 5) }, (_, i) =>
								entry(
									Math.max(1, model.termAt(last)) + (i > 1 ? b & 1 : 0),
									last - back + 1 + i,
									salt,
									(b * (i + 1)) % 201,
								),
							);
							if (journal.roomBytes < joined(entries).length + RESERVE_BYTES) continue;
							append(journal, last - back + 1, entries);
							model.append(last - back + 1, entries);
						} else if (kind === 4 && open > 0) {
							const from = last - (a % open);
							if (journal.roomBytes <= 0) continue;
							journal.truncate(from);
							model.append(from, []);
						} else if (kind === 5) {
							model.term += a;
							model.votedFor = b;
							model.votedIncarnation = salt;
							journal.writeHardState(model.term, b, salt);
						} else if (kind === 6 && (open > 0 || b > 180)) {
							const ahead = b > 180 || open === 0;
							const index = ahead ? last + 1 + a : last - (a % open);
							if (ahead && journal.roomBytes <= 0) continue;
							const term = ahead ? model.termAt(last) + 1 : model.termAt(index);
							writeSnapshot(journal, index, term, stream(salt, 1 + b * 10));
							model.install(index, term, stream(salt, 1 + b * 10));
						} else if (kind === 7) {
							journal = opened(flash);
							restarts++;
						} else if (kind === 8 && open > 0) {
							const index = model.snapshotIndex + 1 + (b % open);
							assert.equal(journal.termAt(index), model.termAt(index));
							const target = new Uint8Array(300);
							const bytes = journal.read(index, target, 0, 40 + b);
							const at = index - model.snapshotIndex - 1;
							const expected = joined(model.entries.slice(at, at + journal.readCount));
							assert(same(target.slice(0, bytes), expected));
							const next = model.entries[at + journal.readCount];
							assert(next === undefined || bytes + next.length > 40 + b);
						} else assert.equal(model.difference(journal), "");
					}
					assert.equal(model.difference(journal), "");
					assert.equal(model.difference(opened(flash)), "");
				},
			),
			{ numRuns: 300 },
		);
		console.log(`      ${steps} steps, ${restarts} restarts`);
	});

	it("writes the same bytes as ever, and as inside XS", () => {
		assert.equal(new JournalLife().run(), DIGEST_OF_LIFE);
	});

	it("fits a 1 MiB partition with the limits of profile M", () => {
		const layout = planLayout(new MemoryFlash(1024 * 1024, 4096), PROFILE_M);
		assert(layout.logSectors >= 200);
		assert(layout.snapshotCapacity() >= snapshotBytesMax(PROFILE_M));
	});
});
