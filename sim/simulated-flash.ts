/**
 * The flash of a simulated board: NOR flash in memory that takes its time, and loses its power in
 * the middle of an operation in one of the ways in which chips do.
 */
import { MemoryFlash, NEVER } from "./memory-flash";
import type { Random } from "./random";

const BLANK = 0xff;

/** What an operation leaves that was cut: by name, as they are counted. */
export type TornFault = "lost program" | "torn program" | "unfinished program" | "torn erase";
export const TORN_FAULTS: readonly TornFault[] = Object.freeze([
	"lost program",
	"torn program",
	"unfinished program",
	"torn erase",
]);

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
	onOperation: ((isErase: boolean) => void) | null = null;

	override program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		this.busyMs += this.programMs;
		this.onOperation?.(false);
		if (this.armed !== "" && this.armed !== "torn erase" && this.skip-- === 0) this.cutAt = this.operations;
		super.program(offset, source, sourceOffset, length);
	}

	override erase(offset: number): void {
		this.busyMs += this.eraseMs;
		this.onOperation?.(true);
		if (this.armed === "torn erase" && this.skip-- === 0) this.cutAt = this.operations;
		super.erase(offset);
	}

	/**
	 * The power fails in a program, or erase, to come.
	 * @param skip so many more are whole
	 */
	arm(random: Random, kind: TornFault, skip: number): void {
		this.armed = kind;
		this.skip = skip;
		this.tear = (before, after, target) => this.leave(random, before, after, target);
	}

	/** Power is back. */
	powerOn(): void {
		this.isOff = false;
		this.disarm();
	}

	/** No cut is planned any more. */
	disarm(): void {
		this.cutAt = NEVER;
		this.armed = "";
		this.torn = "";
		this.busyMs = 0;
	}

	/** All cells are blank, as on a new chip. */
	wipe(): void {
		this.bytes.fill(BLANK);
	}

	private leave(random: Random, before: Uint8Array, after: Uint8Array, target: Uint8Array): void {
		this.torn = this.armed;
		if (this.armed === "lost program") return target.set(before);
		if (this.armed === "torn program") {
			// As far as it came; the rest is untouched.
			const end = random.between(1, target.length);
			for (let i = 0; i < target.length; i++) target[i] = i < end ? after[i] : before[i];
			return;
		}
		// Each bit on its own: some have changed, some not yet.
		for (let i = 0; i < target.length; i++) {
			const changed = random.next();
			target[i] = (after[i] & changed) | (before[i] & ~changed);
		}
	}
}
