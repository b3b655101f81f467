/**
 * The flash of a simulated board: NOR flash in memory that takes its time, and loses its power in
 * the middle of an operation in one of the ways in which chips do.
 */
import { isFilled } from "../core/bytes";
import { MemoryFlash, NEVER } from "./memory-flash";
import type { Random } from "./random";

const BLANK = 0xff;

/** What an operation leaves that was cut: by name, as they are counted. */
export type TornFault =
	| "lost program"
	| "torn program"
	| "unfinished program"
	| "unsettled program"
	| "torn erase"
	| "unsettled erase";
export const TORN_FAULTS: readonly TornFault[] = Object.freeze([
	"lost program",
	"torn program",
	"unfinished program",
	"unsettled program",
	"torn erase",
	"unsettled erase",
]);

/** @returns true for a fault that cuts an erase, false for one that cuts a program */
export function cutsErase(fault: string): boolean {
	return fault === "torn erase" || fault === "unsettled erase";
}

/** What may happen to a program without anybody being told. */
export type SilentFault = "misdirected write" | "lost write" | "stuck sector";

/** Where a misdirected program may go, among those that are tried. */
const TRIES_MAX = 50;
const UNIT = 16;
/** Unsettled cells change their mind after so many reads at most, again and again: amid a recovery, or long after. */
const READS_UNTIL_STIRRED_MAX: readonly number[] = Object.freeze([100, 1000, 10_000]);

export class SimulatedFlash extends MemoryFlash {
	/** What each operation takes, in milliseconds. */
	programMs = 0;
	eraseMs = 0;
	/** Time that operations took since it was set to 0. */
	busyMs = 0;
	/** What the last cut left, or "" when nothing was cut. */
	torn: TornFault | "" = "";
	/** What the cut to come will leave, and how many operations pass before it. */
	private armed: TornFault | "" = "";
	private skip = 0;
	/** Called before each program and erase: it may arm a cut for this very one. */
	onOperation: ((isErase: boolean, offset: number) => void) | null = null;
	/** Told of what happens silently, when it does. */
	onSilentFault: ((fault: SilentFault) => void) | null = null;
	/** Sectors that ignore what is done to them. */
	readonly stuck = new Set<number>();
	/** The next program is lost. */
	private losing = false;
	/** The next program goes elsewhere between two of these; empty when none is to. */
	private regions: readonly number[] = [];
	private random: Random | null = null;
	/** Reads until unsettled cells change their mind. */
	private readsUntilStirred = 0;

	override read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		const { random } = this;
		if (random !== null && this.isUnsettled && this.readsUntilStirred-- <= 0) {
			this.calm(random);
			const mood = random.below(3);
			this.stir(() => (mood === 0 ? random.next() : mood === 1 ? BLANK : 0));
		}
		super.read(offset, target, targetOffset, length);
	}

	override program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		this.busyMs += this.programMs;
		this.onOperation?.(false, offset);
		if (this.armed !== "" && !cutsErase(this.armed) && this.skip-- === 0) this.cutAt = this.operations;
		if (this.isIgnored(offset)) return;
		if (this.losing) {
			this.losing = false;
			this.onSilentFault?.("lost write");
			return;
		}
		super.program(this.regions.length === 0 ? offset : this.astray(offset, length), source, sourceOffset, length);
	}

	override erase(offset: number): void {
		this.busyMs += this.eraseMs;
		this.onOperation?.(true, offset);
		if (cutsErase(this.armed) && this.skip-- === 0) this.cutAt = this.operations;
		if (this.isIgnored(offset)) return;
		super.erase(offset);
	}

	private isIgnored(offset: number): boolean {
		if (this.stuck.size === 0 || this.isOff || !this.stuck.has(Math.floor(offset / this.sectorSize))) return false;
		this.onSilentFault?.("stuck sector");
		return true;
	}

	/** @returns a blank place in the same region, or the right one if none was found */
	private astray(offset: number, length: number): number {
		const { random, regions } = this;
		const above = regions.findIndex((start) => start > offset);
		if (random === null || above < 1) return offset;
		const units = (regions[above] - regions[above - 1] - length) / UNIT;
		for (let i = 0; i < TRIES_MAX; i++) {
			const place = regions[above - 1] + random.below(units + 1) * UNIT;
			if (place === offset || !isFilled(this.bytes, place, length, BLANK)) continue;
			this.regions = [];
			this.onSilentFault?.("misdirected write");
			return place;
		}
		return offset;
	}

	/** The next program reports success and does nothing. */
	loseNext(): void {
		this.losing = true;
	}

	/** The next program goes to another blank place of its region. @param regions where each begins, and the end */
	misdirect(random: Random, regions: readonly number[]): void {
		this.random = random;
		this.regions = regions;
	}

	/**
	 * The power fails in a program, or erase, to come.
	 * @param skip so many more are whole
	 */
	arm(random: Random, kind: TornFault, skip: number): void {
		this.armed = kind;
		this.skip = skip;
		this.random = random;
		this.tear = (before, after, target) => this.leave(random, before, after, target);
	}

	/** Power is back. */
	powerOn(): void {
		this.isOff = false;
		this.disarm();
	}

	/** No cut is planned any more, and nothing goes astray; what is stuck stays so. */
	disarm(): void {
		this.losing = false;
		this.regions = [];
		this.cutAt = NEVER;
		this.armed = "";
		this.torn = "";
		this.busyMs = 0;
	}

	/** All cells are blank, as on a new chip. */
	wipe(): void {
		this.bytes.fill(BLANK);
		this.settle();
	}

	private leave(random: Random, before: Uint8Array, after: Uint8Array, target: Uint8Array): void {
		this.torn = this.armed;
		if (this.armed === "lost program") return target.set(before);
		if (this.armed === "unsettled program" || this.armed === "unsettled erase")
			return this.leaveUnsettled(random, before, after, target);
		if (this.armed === "torn program") {
			// As far as it came; the rest is untouched.
			const end = random.between(1, target.length);
			for (let i = 0; i < target.length; i++) target[i] = i < end ? after[i] : before[i];
			return;
		}
		// A sector is erased unevenly: its front may yet be as it was.
		if (this.armed === "torn erase" && random.chance(500)) {
			const start = random.below(target.length);
			for (let i = 0; i < target.length; i++) target[i] = i < start ? before[i] : after[i];
			return;
		}
		leaveBits(random, before, after, target);
	}

	/** It reads as if it had ended, or never begun, or anything between; for now. */
	private leaveUnsettled(random: Random, before: Uint8Array, after: Uint8Array, target: Uint8Array): void {
		const looks = random.below(4);
		if (looks === 0) leaveBits(random, before, after, target);
		else target.set(looks === 1 ? after : new Uint8Array(target.length).fill(BLANK));
		// Cells on their way, and now and then others of a sector: some chips program all cells before they erase them.
		const isAll = this.armed === "unsettled erase" && random.chance(500);
		const bits = new Uint8Array(target.length);
		for (let i = 0; i < bits.length; i++) bits[i] = (isAll ? 0xff : before[i] ^ after[i]) & random.next();
		this.unsettle(target.byteOffset - this.bytes.byteOffset, bits, cutsErase(this.armed));
		this.calm(random);
	}

	/** Unsettled cells stay as they are for a while. */
	private calm(random: Random): void {
		this.readsUntilStirred = random.below(READS_UNTIL_STIRRED_MAX[random.below(READS_UNTIL_STIRRED_MAX.length)]);
	}
}

/** Each bit on its own: some have changed, some not yet. */
function leaveBits(random: Random, before: Uint8Array, after: Uint8Array, target: Uint8Array): void {
	for (let i = 0; i < target.length; i++) {
		const changed = random.next();
		target[i] = (after[i] & changed) | (before[i] & ~changed);
	}
}
