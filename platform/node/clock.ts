/**
 * Milliseconds since this object was made. `performance.now` is monotone, but on Linux it stands
 * still while the machine is suspended (CLOCK_MONOTONIC); `os.uptime` counts that time
 * (CLOCK_BOOTTIME or /proc/uptime), in steps of 10 ms. So when the wall clock has moved further than
 * the monotone one, which a suspend does, the uptime says by how much time really went on. What
 * moved only the wall clock, a person or NTP, changes nothing here; but a machine whose uptime does not
 * count its sleep looks the same, so `stood` reports it: a lease that ends too early costs one round.
 */
import { uptime } from "node:os";
import { performance } from "node:perf_hooks";
import type { Clock } from "../../core/ports";

/** Differences below this are the rounding of the clocks, and NTP's slewing. */
const SLEEP_MS_MIN = 250;

/** Where time comes from: the system, or a test. All in milliseconds. */
export interface TimeSources {
	monotonic(): number;
	wall(): number;
	/** Counts suspended time too. */
	uptime(): number;
}

const SYSTEM: TimeSources = Object.freeze({
	monotonic: () => performance.now(),
	wall: () => Date.now(),
	uptime: () => uptime() * 1000,
});

export class NodeClock implements Clock {
	private readonly sources: TimeSources;
	private readonly start: number;
	/** Suspended time so far. */
	private slept = 0;
	/** What wall clock and uptime were ahead of the monotone clock when they were last compared. */
	private wallAhead: number;
	private uptimeAhead: number;
	private mayHaveStood = false;

	constructor(sources: TimeSources = SYSTEM) {
		this.sources = sources;
		this.start = sources.monotonic();
		this.wallAhead = sources.wall() - this.start;
		this.uptimeAhead = sources.uptime() - this.start;
	}

	milliseconds(): number {
		const now = this.sources.monotonic();
		const wallAhead = this.sources.wall() - now;
		if (Math.abs(wallAhead - this.wallAhead) >= SLEEP_MS_MIN) {
			const wentOn = wallAhead > this.wallAhead;
			this.wallAhead = wallAhead;
			const uptimeAhead = this.sources.uptime() - now;
			const slept = uptimeAhead - this.uptimeAhead;
			if (slept >= SLEEP_MS_MIN) {
				this.slept += slept;
				this.uptimeAhead = uptimeAhead;
			} else if (wentOn) this.mayHaveStood = true;
		}
		return now - this.start + this.slept;
	}

	/** @returns true if time may have passed since the last call that was not counted: for `Replica.paused` */
	stood(): boolean {
		this.milliseconds();
		const stood = this.mayHaveStood;
		this.mayHaveStood = false;
		return stood;
	}
}
