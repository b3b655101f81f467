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
import {
	append,
	entry,
	FIRST_STREAM,
	formatted,
	IDENTITY,
	LIMITS,
	Model,
	opened,
	RESERVE_BYTES,
	stream,
	writeSnapshot,
} from "./model";

/** A small generator of our own, so that one life is the same everywhere (xorshift32). */
class Random {
	private state: number;
	constructor(seed: number) {
		this.state = seed;
	}
	/** @returns an integer from 0 to below `bound` */
	below(bound: number): number {
		let x = this.state;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.state = x;
		return (x >>> 0) % bound;
	}
}

/** Flash that keeps its image before each operation. */
class RecordingFlash extends MemoryFlash {
	readonly images: MemoryFlash[] = [];
	readonly steps: number[] = [];
	step = 0;
	isRecording = false;

	override program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		this.record();
		super.program(offset, source, sourceOffset, length);
	}
	override erase(offset: number): void {
		this.record();
		super.erase(offset);
	}
	private record(): void {
		if (!this.isRecording) return;
		this.images.push(this.copy());
		this.steps.push(this.step);
	}
}

interface Step {
	/** Does it to the journal. */
	run(journal: Journal): void;
	/** What the flash may hold once it was begun: the first is "nothing of it", the last "all of it". */
	outcomes: Model[];
}

/** @returns a step that changes `model`, which stands for what was acknowledged so far */
function draw(model: Model, random: Random, salt: number): Step {
	const before = model.copy();
	const last = model.lastIndex;
	const open = last - model.snapshotIndex;
	const kind = random.below(16);
	if (kind < 7 || open === 0) {
		const back = random.below(4) === 0 ? random.below(open + 1) : 0;
		const term = Math.max(model.termAt(last), 1) + random.below(2);
		const entries = Array.from({ length: 1 + random.below(6) }, (_, i) =>
			entry(term, last - back + 1 + i, salt, random.below(201)),
		);
		const outcomes = [before];
		for (let count = 1; count <= entries.length; count++) {
			const part = before.copy();
			part.append(last - back + 1, entries.slice(0, count));
			outcomes.push(part);
		}
		model.append(last - back + 1, entries);
		return { run: (journal) => append(journal, last - back + 1, entries), outcomes };
	}
	if (kind < 8) {
		const from = last - random.below(open);
		model.append(from, []);
		return { run: (journal) => journal.truncate(from), outcomes: [before, model.copy()] };
	}
	if (kind < 11) {
		model.term += random.below(3);
		model.votedFor = random.below(5);
		model.votedIncarnation = salt;
		const { term, votedFor } = model;
		return { run: (journal) => journal.writeHardState(term, votedFor, salt), outcomes: [before, model.copy()] };
	}
	const installed = random.below(6) === 0;
	const index = installed ? last + 1 + random.below(5) : last - random.below(Math.min(open, 3));
	const term = installed ? model.termAt(last) + random.below(2) : model.termAt(index);
	const bytes = stream(salt, 1 + random.below(1500));
	model.install(index, term, bytes);
	return { run: (journal) => writeSnapshot(journal, index, term, bytes), outcomes: [before, model.copy()] };
}

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

/** @returns the outcome that the journal shows */
function judge(journal: Journal, outcomes: readonly Model[], where: string): Model {
	const differences = outcomes.map((outcome) => outcome.difference(journal));
	const found = differences.indexOf("");
	assert(found >= 0, `${where}: ${differences.join(" | ")}`);
	return outcomes[found];
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

/** The node lives on for some steps, is restarted, and everything is there. */
function liveOn(flash: MemoryFlash, journal: Journal, model: Model, random: Random, salt: number): void {
	const now = model.copy();
	for (let i = 0; i < 3; i++) {
		const step = drawFitting(journal, now, random, salt + i);
		journal.prepare();
		step.run(journal);
	}
	assert.equal(now.difference(journal), "");
	assert.equal(now.difference(opened(flash)), "");
}

/** A full log takes snapshots until there is room, as a replica does. */
function drawFitting(journal: Journal, model: Model, random: Random, salt: number): Step {
	if (journal.roomBytes >= 6 * 208 + RESERVE_BYTES || model.lastIndex === model.snapshotIndex)
		return draw(model, random, salt);
	const before = model.copy();
	const index = model.snapshotIndex + 1;
	const term = model.termAt(index);
	const bytes = stream(salt, 300);
	model.install(index, term, bytes);
	return { run: (target) => writeSnapshot(target, index, term, bytes), outcomes: [before, model.copy()] };
}

function life(seed: number, length: number): { flash: RecordingFlash; steps: Step[] } {
	const random = new Random(seed);
	const flash = new RecordingFlash(formatted().size, formatted().sectorSize);
	const first = formatted();
	flash.bytes.set(first.bytes);
	let journal = opened(flash);
	flash.isRecording = true;
	const model = new Model();
	const steps: Step[] = [];
	for (let i = 0; i < length; i++) {
		flash.step = i;
		const step = drawFitting(journal, model, random, i);
		steps.push(step);
		if (random.below(3) > 0) journal.prepare();
		step.run(journal);
		assert.equal(model.difference(journal), "", `step ${i}`);
		if (random.below(12) === 0) journal = opened(flash);
	}
	return { flash, steps };
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
