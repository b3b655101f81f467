/** One member of the local cluster: a board that is on, off, paused or frozen, or a process of the host in its place. */
import { FileInUse } from "../../platform/node/locked-file";
import { type BoardFiles, BoardProcess } from "./board-process";
import { BoundedLog } from "./bounded-log";
import { checkFlash, writeSeed } from "./flash-file";
import { Refusal } from "./refusal";
import type { MemberRecord, MemberState } from "./state";

const LOG_BYTES_MAX = 4 * 1024 * 1024;
/** A board whose QEMU ends this often within DEATHS_MS is not started again. */
const DEATHS_MAX = 5;
const DEATHS_MS = 10_000;

export interface MemberEvents {
	/** Something of the record is another. */
	changed(): void;
	say(id: number, text: string, console: boolean): void;
}

export class Member {
	readonly record: MemberRecord;
	readonly #board: BoardProcess;
	readonly #bootMs: number;
	readonly #events: MemberEvents;
	#deathTimes: number[] = [];
	/** Ends the wait for the first line: without an argument it came. */
	#booted: ((problem?: string) => void) | undefined;

	constructor(
		record: Omit<MemberRecord, "state" | "pid" | "deaths">,
		files: BoardFiles,
		bootMs: number,
		events: MemberEvents,
	) {
		this.record = { ...record, state: "off", pid: 0, deaths: 0 };
		this.#bootMs = bootMs;
		this.#events = events;
		this.#board = new BoardProcess(record.id, files, new BoundedLog(record.log, LOG_BYTES_MAX), {
			line: (text) => {
				this.#booted?.();
				events.say(record.id, text, true);
			},
			died: (reason) => this.#died(reason),
		});
	}

	get state(): MemberState {
		return this.record.state;
	}

	/**
	 * Boots it from its flash, and waits for the first line on its console.
	 * @throws Refusal ALREADY_RUNNING, HOST_MEMBER, NO_FLASH, BAD_FLASH, LOCKED, NO_BOOT
	 */
	async switchOn(): Promise<void> {
		const { id, log } = this.record;
		if (this.state === "host")
			throw new Refusal("HOST_MEMBER", `member ${id} runs on the host, and two may not share its flash`);
		if (this.state !== "off") throw new Refusal("ALREADY_RUNNING", `board ${id} is ${this.state}`);
		this.#deathTimes = [];
		try {
			await new Promise<void>((resolve, reject) => {
				const late = setTimeout(() => this.#booted?.(`no line on its console in ${this.#bootMs} ms`), this.#bootMs);
				this.#booted = (problem) => {
					clearTimeout(late);
					this.#booted = undefined;
					if (problem === undefined) resolve();
					else reject(new Refusal("NO_BOOT", `board ${id} does not boot: ${problem} (its console: ${log})`));
				};
				this.#launch();
			});
		} catch (error) {
			await this.switchOff();
			throw error;
		}
	}

	/** A power cut; no matter what it is doing. A process of the host goes on. */
	async switchOff(): Promise<void> {
		if (this.state === "host") return;
		const ended = this.#board.kill();
		this.#set("off");
		this.#booted?.("it was switched off");
		await ended;
	}

	/** Stops its process: the world's time goes on. @throws Refusal NOT_RUNNING */
	pause(): void {
		this.#expectRunning();
		this.#board.pause();
		this.#set("paused");
	}

	/** Stops its machine: its clock stops too. @throws Refusal NOT_RUNNING, MACHINE */
	async freeze(): Promise<void> {
		this.#expectRunning();
		await this.#board.freeze();
		if (this.state === "running") this.#set("frozen");
	}

	/** Goes on after pause or freeze. @throws Refusal NOT_STOPPED, MACHINE */
	async resume(): Promise<void> {
		if (this.state === "paused") this.#board.unpause();
		else if (this.state === "frozen") await this.#board.unfreeze();
		else throw new Refusal("NOT_STOPPED", `board ${this.record.id} is ${this.state}, neither paused nor frozen`);
		this.#set("running");
	}

	/** A process of the host takes its place, and its flash. @throws Refusal ALREADY_RUNNING where the board is not off */
	giveToHost(): void {
		if (this.state !== "off" && this.state !== "host")
			throw new Refusal("ALREADY_RUNNING", `board ${this.record.id} is ${this.state}: kill it first`);
		this.#set("host");
	}

	/** The board may have its place again. @throws Refusal NOT_HOST */
	takeFromHost(): void {
		if (this.state !== "host") throw new Refusal("NOT_HOST", `member ${this.record.id} is no process of the host`);
		this.#set("off");
	}

	#expectRunning(): void {
		if (this.state !== "running") throw new Refusal("NOT_RUNNING", `board ${this.record.id} is ${this.state}`);
	}

	/** @throws Refusal NO_FLASH, BAD_FLASH, LOCKED */
	#launch(): void {
		// QEMU would say it in its own words, once for each try.
		checkFlash(this.record.flash);
		try {
			this.#board.start(() => writeSeed(this.record.flash));
		} catch (error) {
			if (error instanceof FileInUse) throw new Refusal(error.code, error.message);
			throw error;
		}
		this.#set("running");
	}

	// An M-profile processor that locks up ends QEMU; on a real board the watchdog would reset it.
	#died(reason: string): void {
		const { id } = this.record;
		const last = this.#board.lastLine === "" ? "" : `, after "${this.#board.lastLine}"`;
		this.record.deaths += 1;
		const now = performance.now();
		this.#deathTimes = this.#deathTimes.filter((time) => now - time < DEATHS_MS);
		this.#deathTimes.push(now);
		if (this.#deathTimes.length >= DEATHS_MAX) {
			this.#set("off");
			this.#booted?.(`QEMU ended ${DEATHS_MAX} times (${reason}${last})`);
			this.#events.say(id, `QEMU ended ${DEATHS_MAX} times in ${DEATHS_MS} ms (${reason}${last}); it stays off`, false);
			return;
		}
		try {
			this.#launch();
			this.#events.say(id, `QEMU ended by itself (${reason}${last}); started again`, false);
		} catch (error) {
			const problem = error instanceof Error ? error.message : String(error);
			this.#set("off");
			this.#booted?.(problem);
			this.#events.say(id, `QEMU ended by itself (${reason}${last}); it stays off: ${problem}`, false);
		}
	}

	#set(state: MemberState): void {
		this.record.state = state;
		this.record.pid = this.#board.pid;
		this.#events.changed();
	}
}
