/** One simulated board: its flash, which outlives it, its clock, and the replica while it has power. */
import type { Limits } from "../core/limits";
import type { Clock } from "../core/ports";
import { BUILD, type Build } from "../core/raft/levels";
import type { Replica } from "../core/replica/replica";
import type { SimulatedNetwork } from "./network";
import type { SimulatedFlash } from "./simulated-flash";

/** The world's time, which no node sees. */
export interface WorldTime {
	readonly nowMs: number;
}

/**
 * Milliseconds since boot as this board counts them: at its own rate, with jumps, and further while
 * a call of the flash takes its time.
 */
export class NodeClock implements Clock {
	/** How it runs; it is changed by `setRate` alone. */
	ratePermille = 1000;
	private readonly time: WorldTime;
	private readonly flash: SimulatedFlash;
	/** It showed `baseMs` when the world's clock showed `originMs`. */
	private baseMs = 0;
	private originMs = 0;
	/** It stands still from then on, by the world's clock. */
	private standsFromMs = Infinity;

	constructor(time: WorldTime, flash: SimulatedFlash) {
		this.time = time;
		this.flash = flash;
	}

	milliseconds(): number {
		return Math.floor(this.exact());
	}

	private exact(): number {
		const passedMs = this.toldMs() - this.originMs;
		return this.baseMs + (passedMs * this.ratePermille) / 1000;
	}

	private toldMs(): number {
		return Math.min(this.time.nowMs + this.flash.busyMs, this.standsFromMs);
	}

	/** True while it stands still, in a pause that it does not count. */
	get stands(): boolean {
		return this.standsFromMs < Infinity;
	}

	/** It counts nothing from then on, by the world's clock. */
	stand(fromMs: number): void {
		this.standsFromMs = Math.min(this.standsFromMs, fromMs);
	}

	/** It goes on where it stood. @param fromMs by the world's clock */
	goOn(fromMs: number): void {
		const shown = this.exact();
		if (fromMs > this.standsFromMs) {
			this.baseMs = shown;
			this.originMs = fromMs;
		}
		this.standsFromMs = Infinity;
	}

	/** A boot begins: the clock shows `startMs`. */
	start(startMs: number): void {
		this.baseMs = startMs;
		this.originMs = this.time.nowMs;
		this.standsFromMs = Infinity;
	}

	setRate(permille: number): void {
		// Whole milliseconds would be lost with each change: more than any crystal loses.
		const shown = this.exact();
		this.baseMs = shown;
		this.originMs = this.toldMs();
		this.ratePermille = permille;
	}

	/** It goes forward at once, as after a sleep that was counted. */
	jump(milliseconds: number): void {
		this.baseMs += milliseconds;
	}

	/** @returns how long the world waits until this clock has gone on by `milliseconds` */
	inWorldTime(milliseconds: number): number {
		return Math.ceil((milliseconds * 1000) / this.ratePermille);
	}
}

export class SimulatedNode {
	readonly id: number;
	/** Its address when it joined the network: the one that the configuration names. */
	readonly home: number;
	readonly network: SimulatedNetwork;
	readonly flash: SimulatedFlash;
	readonly clock: NodeClock;
	/** null while it has no power. */
	replica: Replica | null = null;
	/** The turn that is planned; an earlier one makes it void. */
	wakeMs = Infinity;
	/** Until then it takes no turn: its flash is busy, or it was paused. */
	resumeMs = 0;
	/** Until then it is little help to the others, even if it has power. */
	impairedUntilMs = 0;
	/** True while a fault, and no operator, gives it an order about draining. */
	drainsByFault = false;
	boots = 0;
	/** Of its firmware, where they are not those of the others. */
	limits: Limits | null = null;
	/** What its firmware speaks. */
	build: Build = BUILD;
	/** Which of its lives: one more each time that its flash is formatted anew. */
	incarnation = 1;
	/** What it was formatted as in this life. */
	isWitness = false;
	/** True once it was formatted to be added. */
	joins = false;
	/** False until the first turn after a boot. */
	hasTurned = false;
	/** Of its log when it lost its power last. */
	lastIndex = 0;
	/** True once its flash was erased from outside: it must stay UNFORMATTED. */
	isWiped = false;
	/** Why an assertion stopped it, if one did. */
	failure = "";

	constructor(id: number, address: number, network: SimulatedNetwork, time: WorldTime, flash: SimulatedFlash) {
		this.id = id;
		this.home = address;
		this.network = network;
		this.flash = flash;
		this.clock = new NodeClock(time, this.flash);
	}

	/** Where datagrams reach it now; the router deals it (router.ts). */
	get address(): number {
		return this.network.address;
	}

	set address(address: number) {
		this.network.address = address;
	}

	/** Something has befallen it that lasts until then. */
	impair(untilMs: number): void {
		this.impairedUntilMs = Math.max(this.impairedUntilMs, untilMs);
	}
}
