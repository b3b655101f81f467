/**
 * The power fails at every program and erase of a scripted life, in several ways each, and again at
 * every one of the recovery that follows. What was acknowledged is there, what was not is there
 * wholly or not at all, and the node goes on.
 */
import assert from "node:assert/strict";
import { format } from "../../../core/journal/format";
import { Journal } from "../../../core/journal/journal";
import { statusName } from "../../../core/journal/status";
import { MemoryFlash, PowerCut, type Tear } from "../../../sim/memory-flash";
import { FIRST_STREAM, IDENTITY, LIMITS, Model, opened } from "./model";
import { judge, life, liveOn, Random, type RecordingFlash } from "./steps";

/** Ways in which a cut operation may end, by name; a program of many units has many prefixes. */
function tears(random: Random, isThorough: boolean): Tear[] {
	const nothing: Tear = (before, _after, target) => target.set(before);
	const everything: Tear = (_before, after, target) => target.set(after);
	const prefix =
		(bytes: number): Tear =>
		(before, after, target) => {
			target.set(before);
			target.set(after.subarray(0, bytes % (after.length + 1)));
		};
	const suffix =
		(bytes: number): Tear =>
		(before, after, target) => {
			const kept = bytes % (after.length + 1);
			target.set(after);
			target.set(before.subarray(0, kept));
		};
	const bits =
		(seed: number, density: number): Tear =>
		(before, after, target) => {
			const draws = new Random(seed);
			for (let i = 0; i < target.length; i++) {
				let mask = 0;
				for (let bit = 0; bit < 8; bit++) if (draws.below(100) < density) mask |= 1 << bit;
				target[i] = (before[i] & ~mask) | (after[i] & mask);
			}
		};
	const some = [nothing, everything, prefix(1 + random.below(1024)), bits(1 + random.below(1e6), 50)];
	if (!isThorough) return some;
	for (const bytes of [1, 16, 31, 32, 33, 48, 64]) some.push(prefix(bytes));
	for (let i = 0; i < 4; i++) some.push(prefix(random.below(1025)));
	for (const bytes of [32, 64, 300, random.below(1025)]) some.push(suffix(bytes));
	for (const density of [3, 20, 80, 97]) some.push(bits(1 + random.below(1e6), density));
	return some;
}

/** What recovery healed stays healed: the next boot only counts itself, in both copies of the hard state. */
function assertClean(flash: MemoryFlash): void {
	opened(flash);
	assert.equal(flash.programs, 2);
}

function cutOpen(flash: MemoryFlash): boolean {
	try {
		const journal = new Journal(flash, LIMITS);
		assert.equal(statusName(journal.open(IDENTITY)), "READY");
		return false;
	} catch (error) {
		if (error instanceof PowerCut) return true;
		throw error;
	}
}

describe("journal under power cuts", () => {
	it("loses nothing acknowledged and keeps nothing half done, at every operation of a life", function () {
		this.timeout(300_000);
		let cuts = 0;
		let again = 0;
		let adopted = 0;
		for (const seed of [1, 2, 3]) {
			const { flash, steps } = life(seed, 90);
			const random = new Random(seed + 100);
			for (let operation = 0; operation < flash.images.length; operation++) {
				const number = flash.steps[operation];
				const { outcomes } = steps[number];
				for (const tear of tears(random, operation % 3 === 0)) {
					const where = `seed ${seed}, step ${number}, operation ${operation}`;
					const image = flash.images[operation].copy();
					cut(image, flash, operation, tear);
					cuts++;
					const crashed = image.copy();
					const journal = opened(image);
					const model = judge(journal, outcomes, where);
					if (model === outcomes[outcomes.length - 1]) adopted++;
					if (cuts % 4 === 0) again += cutAgain(crashed, model, outcomes, random, where);
					assertClean(image.copy());
					liveOn(image, journal, model, random, 1000 + cuts);
				}
			}
		}
		console.log(`      ${cuts} cuts, ${again} of them cut again in recovery, ${adopted} with all of the step there`);
		assert(cuts > 5000 && again > 3000);
	});
});

describe("format under power cuts", () => {
	it("leaves the node that was, none, or the whole new one", () => {
		const counts: Record<string, number> = {};
		const random = new Random(77);
		const used = life(5, 30).flash;
		for (const start of [new MemoryFlash(used.size, used.sectorSize), used]) {
			for (let operation = 0; ; operation++) {
				let wasCut = false;
				for (const tear of tears(random, false)) {
					const image = start.copy();
					image.cutAt = operation;
					image.tear = tear;
					wasCut = cutFormat(image);
					if (!wasCut) break;
					const found = image.copy();
					const journal = new Journal(found, LIMITS);
					const status = statusName(journal.open());
					counts[status] = (counts[status] ?? 0) + 1;
					if (status === "READY" && journal.incarnation === NEXT.incarnation)
						assert.equal(new Model().difference(journal), "");
					else if (status === "READY") assert(operation === 0, `operation ${operation}`);
					else assert.equal(found.operations, 0);
					const again = image.copy();
					format(again, LIMITS, NEXT, FIRST_STREAM, 0);
					assert.equal(new Journal(again, LIMITS).open(NEXT), 0);
				}
				if (!wasCut) break;
			}
		}
		console.log(`      ${JSON.stringify(counts)}`);
		assert(counts["UNFORMATTED"] > 0 && counts["SUPERBLOCK_DAMAGED"] > 0 && counts["READY"] > 0);
	});
});

const NEXT = { ...IDENTITY, incarnation: 9 };

function cutFormat(flash: MemoryFlash): boolean {
	try {
		format(flash, LIMITS, NEXT, FIRST_STREAM, 0);
		return false;
	} catch (error) {
		if (error instanceof PowerCut) return true;
		throw error;
	}
}

/**
 * Tears operation number `operation` of the recorded life: what it programmed or erased is the
 * difference to the image after it.
 */
function cut(image: MemoryFlash, flash: RecordingFlash, operation: number, tear: Tear): void {
	const next = operation + 1 < flash.images.length ? flash.images[operation + 1] : flash;
	let from = 0;
	while (from < image.size && image.bytes[from] === next.bytes[from]) from++;
	if (from === image.size) return;
	let to = image.size;
	while (image.bytes[to - 1] === next.bytes[to - 1]) to--;
	from -= from % 16;
	to += (16 - (to % 16)) % 16;
	const before = image.bytes.slice(from, to);
	tear(before, next.bytes.slice(from, to), image.bytes.subarray(from, to));
}

/** Cuts each operation of the recovery of `crashed`. @returns how many cuts that were */
function cutAgain(
	crashed: MemoryFlash,
	model: Model,
	outcomes: readonly Model[],
	random: Random,
	where: string,
): number {
	let cuts = 0;
	for (let operation = 0; ; operation++) {
		let wasCut = false;
		for (const tear of tears(random, false)) {
			const image = crashed.copy();
			image.cutAt = operation;
			image.tear = tear;
			wasCut = cutOpen(image);
			if (!wasCut) break;
			cuts++;
			const journal = opened(image.copy());
			judge(journal, outcomes, `${where}, again at ${operation}`);
			// Recovery is a function of the image: what it found once stays found.
			assert.equal(model.difference(journal), "", `${where}, again at ${operation}`);
		}
		if (!wasCut) return cuts;
	}
}
