/** Scripted lives of a journal, for tests that cut them off: steps, and what the flash may hold after each. */
import assert from "node:assert/strict";
import type { Journal } from "../../../core/journal/journal";
import { MemoryFlash } from "../../../sim/memory-flash";
import { append, entry, formatted, Model, opened, RESERVE_BYTES, stream, writeSnapshot } from "./model";

/** A small generator of our own, so that one life is the same everywhere (xorshift32). */
export class Random {
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
export class RecordingFlash extends MemoryFlash {
	readonly images: MemoryFlash[] = [];
	readonly steps: number[] = [];
	/** What each operation was to change. */
	readonly ranges: Range[] = [];
	step = 0;
	isRecording = false;

	override program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		this.record(offset, length, false);
		super.program(offset, source, sourceOffset, length);
	}
	override erase(offset: number): void {
		this.record(offset, this.sectorSize, true);
		super.erase(offset);
	}
	private record(offset: number, length: number, isErase: boolean): void {
		if (!this.isRecording) return;
		this.images.push(this.copy());
		this.steps.push(this.step);
		this.ranges.push({ offset, length, isErase });
	}

	/** @returns the flash as it is when that operation has ended */
	after(operation: number): MemoryFlash {
		return operation + 1 < this.images.length ? this.images[operation + 1] : this;
	}
}

export interface Range {
	readonly offset: number;
	readonly length: number;
	readonly isErase: boolean;
}

export interface Step {
	/** Does it to the journal. */
	run(journal: Journal): void;
	/** What the flash may hold once it was begun: the first is "nothing of it", the last "all of it". */
	outcomes: Model[];
}

/** @returns a step that changes `model`, which stands for what was acknowledged so far */
export function draw(model: Model, random: Random, salt: number): Step {
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

/** A full log takes snapshots until there is room, as a replica does. */
export function drawFitting(journal: Journal, model: Model, random: Random, salt: number): Step {
	if (journal.roomBytes >= 6 * 208 + RESERVE_BYTES || model.lastIndex === model.snapshotIndex)
		return draw(model, random, salt);
	const before = model.copy();
	const index = model.snapshotIndex + 1;
	const term = model.termAt(index);
	const bytes = stream(salt, 300);
	model.install(index, term, bytes);
	return { run: (target) => writeSnapshot(target, index, term, bytes), outcomes: [before, model.copy()] };
}

/** @returns the outcome that the journal shows */
export function judge(journal: Journal, outcomes: readonly Model[], where: string): Model {
	const differences = outcomes.map((outcome) => outcome.difference(journal));
	const found = differences.indexOf("");
	assert(found >= 0, `${where}: ${differences.join(" | ")}`);
	return outcomes[found];
}

/** The node lives on for some steps, is restarted, and everything is there. */
export function liveOn(flash: MemoryFlash, journal: Journal, model: Model, random: Random, salt: number): void {
	const now = model.copy();
	for (let i = 0; i < 3; i++) {
		const step = drawFitting(journal, now, random, salt + i);
		journal.prepare();
		step.run(journal);
	}
	assert.equal(now.difference(journal), "");
	assert.equal(now.difference(opened(flash)), "");
}

export function life(seed: number, length: number): { flash: RecordingFlash; steps: Step[] } {
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
