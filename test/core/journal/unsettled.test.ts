/**
 * Power fails in an erase or a program and leaves cells between two states: they read as blank, whole or
 * anything, and otherwise at any later read. Whatever they say, nothing acknowledged is lost, no node stops
 * for it, and no sector is programmed whose erase did not end.
 */
import assert from "node:assert/strict";
import { format } from "../../../core/journal/format";
import { Journal } from "../../../core/journal/journal";
import { planLayout } from "../../../core/journal/layout";
import { REGION_HARD_STATE, REGION_LOG } from "../../../core/journal/medium";
import { statusName } from "../../../core/journal/status";
import { MemoryFlash, PowerCut } from "../../../sim/memory-flash";
import { append, entry, FIRST_STREAM, formatted, IDENTITY, LIMITS, type Model, opened, SECTOR, SECTORS } from "./model";
import { judge, life, liveOn, Random, type RecordingFlash } from "./steps";

const BLANK = 0xff;
/** Reads between two changes of mind, on average: amid a recovery, or once in some boots. */
const CALM_READS = [12, 150, 500];

/** Flash whose unsettled cells change their mind now and then: all to 1, all to 0, or each as it likes. */
class MoodyFlash extends MemoryFlash {
	private readonly random: Random;
	private readonly calmReads: number;

	constructor(image: MemoryFlash, random: Random) {
		super(image.size, image.sectorSize);
		this.become(image);
		this.random = random;
		this.calmReads = CALM_READS[random.below(CALM_READS.length)];
	}

	override read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		const { random } = this;
		if (this.isUnsettled && random.below(this.calmReads) === 0) {
			const mood = random.below(3);
			this.stir(() => (mood === 0 ? random.below(256) : mood === 1 ? BLANK : 0));
		}
		super.read(offset, target, targetOffset, length);
	}
}

/** What the cells of a cut operation read as at first. */
const LOOKS = ["blank", "whole", "before", "mixed"] as const;
type Look = (typeof LOOKS)[number];

/** @returns the flash as it is when operation number `operation` of a life was cut off */
function cutOff(flash: RecordingFlash, operation: number, look: Look, random: Random): MoodyFlash {
	const { offset, length, isErase } = flash.ranges[operation];
	const image = new MoodyFlash(flash.images[operation], random);
	const after = flash.after(operation).bytes;
	leave(image, offset, after.slice(offset, offset + length), look, isErase, random);
	return image;
}

function leave(
	image: MemoryFlash,
	offset: number,
	after: Uint8Array,
	look: Look,
	isErase: boolean,
	random: Random,
): void {
	const bits = new Uint8Array(after.length);
	for (let i = 0; i < after.length; i++) {
		const before = image.bytes[offset + i];
		bits[i] = isErase && random.below(2) === 0 ? random.below(256) : before ^ after[i];
		if (look === "blank") image.bytes[offset + i] = BLANK;
		else if (look === "whole") image.bytes[offset + i] = after[i];
		else if (look === "mixed") image.bytes[offset + i] = before ^ (bits[i] & random.below(256));
	}
	image.unsettle(offset, bits, isErase);
}

describe("journal on cells that have not settled", () => {
	it("F10: erases a sector once more that reads as blank after a power cut in its erase, before it programs it", () => {
		const layout = planLayout(formatted(), LIMITS);
		const regions = new Map<string, number>();
		const regionOf = (place: number) => {
			const sector = place / SECTOR;
			if (sector < layout.hardStateB) return "hard state A";
			if (sector < layout.log) return "hard state B";
			if (sector < layout.snapshots) return "log";
			return sector < layout.snapshots + layout.snapshotSectors ? "snapshot 0" : "snapshot 1";
		};
		const flash = life(1, 260).flash;
		const erases = flash.ranges.map(({ isErase }, at) => (isErase ? at : -1)).filter((at) => at >= 0);
		assert(erases.length >= 60);
		const random = new Random(9);
		for (let n = 1; n <= 60; n++) {
			const moody = cutOff(flash, erases[n - 1], "blank", random);
			const place = flash.ranges[erases[n - 1]].offset;
			// Until it is programmed it reads as blank.
			const again = useUp(moody.copy(), place);
			assert.equal(again, "erased", `erase ${n}: the sector at ${place} was ${again}`);
			regions.set(regionOf(place), (regions.get(regionOf(place)) ?? 0) + 1);
		}
		console.log(`      ${JSON.stringify(Object.fromEntries(regions))}`);
		assert.deepEqual([...regions.keys()].sort(), ["hard state A", "hard state B", "log", "snapshot 0", "snapshot 1"]);
	});

	it("F10: loses nothing and stops for nothing, at every operation of a life, whatever its cells say later", function () {
		this.timeout(300_000);
		let cuts = 0;
		let again = 0;
		for (const seed of [1, 2]) {
			const { flash, steps } = life(seed, 90);
			const random = new Random(seed + 500);
			for (let operation = 0; operation < flash.images.length; operation++) {
				const { outcomes } = steps[flash.steps[operation]];
				for (const look of LOOKS) {
					const where = `seed ${seed}, operation ${operation}, ${look}`;
					const image = cutOff(flash, operation, look, random);
					cuts++;
					if (cuts % 3 === 0) again += cutAgain(image, outcomes, random, where);
					judgeBoots(image, 3, outcomes, where);
					const journal = opened(image);
					const model = judge(journal, outcomes, where);
					liveOn(image, journal, model, random, 1000 + cuts);
				}
			}
		}
		console.log(`      ${cuts} cuts, ${again} of them cut again in recovery`);
		assert(cuts > 3000 && again > 2500);
	});

	it("F10: formats over a format that was cut off, whatever the cells say later", () => {
		const random = new Random(31);
		const next = { ...IDENTITY, incarnation: 9 };
		const run = (flash: MemoryFlash) => format(flash, LIMITS, next, FIRST_STREAM, 0xabcd);
		let cuts = 0;
		for (const start of [new MemoryFlash(SECTORS * SECTOR, SECTOR), formatted()])
			for (const look of LOOKS)
				for (let operation = 0; ; operation++) {
					const image = cutAt(start, operation, look, random, run);
					if (image === null) break;
					cuts++;
					const where = `${look}, operation ${operation}`;
					assertLives(new MoodyFlash(image, random), next.incarnation, where);
					const again = new MoodyFlash(image, random);
					run(again);
					for (let boot = 0; boot < 5; boot++)
						assert.equal(statusName(new Journal(again, LIMITS).open(next)), "READY", where);
				}
		assert(cuts > 80);
	});

	it("erases for many boots that write nothing no more than their count takes", () => {
		const flash = formatted();
		append(opened(flash), 1, [entry(1, 1, 0, 20)]);
		opened(flash).prepare();
		const before = flash.erases.slice();
		const boots = 320;
		let ahead = 0;
		for (let boot = 0; boot < boots; boot++) {
			const journal = opened(flash);
			while (journal.prepare()) ahead++;
			assert.equal(journal.medium.erases[REGION_LOG], 0);
		}
		assert.equal(ahead, 0);
		// Two slots of 64 bytes a boot: a sector of 1,024 bytes lasts for 8 boots, and there are two of each copy.
		const worn = flash.erases.map((count, sector) => count - before[sector]);
		assert(Math.max(...worn) <= boots / 16 + 1, `${worn}`);
	});

	it("erases at most three sectors of the log a boot that writes an entry, each in its turn", () => {
		const flash = formatted();
		const layout = planLayout(flash, LIMITS);
		let index = 0;
		const boots = 100;
		for (let boot = 0; boot < boots; boot++) {
			const journal = opened(flash);
			while (journal.prepare());
			append(journal, ++index, [entry(1, index, 0, 20)]);
			while (journal.prepare());
			assert(journal.medium.erases[REGION_LOG] <= 3);
			assert(journal.medium.erases[REGION_HARD_STATE] <= 2);
			if (!journal.snapshotDue) continue;
			for (let i = 0; i < 2; i++) {
				journal.beginSnapshot(index, 1);
				journal.prepare();
				journal.writeSnapshot(FIRST_STREAM, 0, 10);
				assert(journal.finishSnapshot(10, 0));
			}
		}
		const wear = [...flash.erases.subarray(layout.log, layout.snapshots)];
		assert(Math.max(...wear) - Math.min(...wear) <= 3, `the ring wears unevenly: ${wear}`);
	});
});

/** @returns the flash on which `run` was cut off at that operation, or null when it had ended before */
function cutAt(
	start: MemoryFlash,
	operation: number,
	look: Look,
	random: Random,
	run: (flash: MemoryFlash) => void,
): MoodyFlash | null {
	const image = new MoodyFlash(start, random);
	image.cutAt = operation;
	image.tear = (before, after, target) => {
		target.set(before);
		leave(image, target.byteOffset - image.bytes.byteOffset, after, look, after.length === SECTOR, random);
	};
	try {
		run(image);
		return null;
	} catch (error) {
		if (!(error instanceof PowerCut)) throw error;
		return new MoodyFlash(image, random);
	}
}

/** Boots again and again: a life that has begun goes on. */
function assertLives(image: MoodyFlash, incarnation: number, where: string): void {
	let lives = false;
	for (let boot = 0; boot < 8; boot++) {
		const journal = new Journal(image, LIMITS);
		const status = statusName(journal.open());
		if (lives) assert.equal(status, "READY", `${where}: a life has ended`);
		lives = status === "READY" && journal.incarnation === incarnation;
	}
}

/** Cuts each operation of the recovery: the boots after it find what they may find. @returns how many cuts */
function cutAgain(crashed: MoodyFlash, outcomes: readonly Model[], random: Random, where: string): number {
	for (let operation = 0; ; operation++) {
		const image = cutAt(crashed, operation, LOOKS[random.below(LOOKS.length)], random, opened);
		if (image === null) return operation;
		const journal = opened(image);
		const model = judge(journal, outcomes, `${where}, again at ${operation}`).copy();
		acknowledge(journal, model);
		for (let boot = 0; boot < 3; boot++) assert.equal(model.difference(opened(image)), "", `${where} at ${operation}`);
	}
}

/** Writes an entry and a vote, which must be there from now on. */
function acknowledge(journal: Journal, model: Model): void {
	const index = model.lastIndex + 1;
	const entries = [entry(Math.max(1, model.termAt(model.lastIndex)), index, 5, 20)];
	append(journal, index, entries);
	model.append(index, entries);
	model.term++;
	model.votedFor = 3;
	journal.writeHardState(model.term, model.votedFor, model.votedIncarnation);
}

/** Boots so many times: what the first found stays. */
function judgeBoots(image: MoodyFlash, boots: number, outcomes: readonly Model[], where: string): void {
	const last = judge(opened(image), outcomes, where);
	for (let boot = 1; boot < boots; boot++) {
		assert.equal(last.difference(opened(image)), "", where);
	}
}

/** Lives until the sector is used again. @returns "erased" or "programmed", whichever came first; else "not used" */
function useUp(image: MemoryFlash, place: number): string {
	let first = "not used";
	const { program, erase } = image;
	image.program = (offset, source, sourceOffset, length) => {
		if (first === "not used" && offset >= place && offset < place + SECTOR) first = "programmed";
		program.call(image, offset, source, sourceOffset, length);
	};
	image.erase = (offset) => {
		if (first === "not used" && offset === place) first = "erased";
		erase.call(image, offset);
	};
	const journal = opened(image);
	for (let turn = 0; turn < 200 && first === "not used"; turn++) {
		journal.prepare();
		const index = journal.lastIndex + 1;
		append(journal, index, [entry(journal.lastTerm + 1, index, 0, 150)]);
		journal.writeHardState(journal.term, 1, 1);
		journal.beginSnapshot(index, journal.lastTerm);
		const stream = new Uint8Array(2500);
		for (let at = 0; at < stream.length; ) {
			journal.prepare();
			at += journal.writeSnapshot(stream, at, stream.length - at);
		}
		assert(journal.finishSnapshot(stream.length, 0));
	}
	return first;
}
