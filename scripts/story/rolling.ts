/**
 * Boards come and go while clients write: each board in turn is replaced by a fresh one, another and a
 * process of this machine join and leave, leadership is handed round, each board is drained. Nothing acknowledged may be lost, no
 * client may see an error, and handing over may interrupt nobody for longer than an election may take.
 */
import { MEMBERS } from "../local-cluster";
import { Boards, ELECTION_MS_MAX, ELECTION_TIMEOUT_MS } from "./boards";
import { balsa, type CommandReport } from "./command";
import { expect, waitFor } from "./expect";
import { HostProcess } from "./host-process";
import { type Interruptions, interruptionsOf, Service } from "./service";
import { openWriters, sum, type Writer } from "./writer";

export interface RollingOptions {
	readonly firmware: string;
	/** Boards that are replaced by fresh ones, one after the other. */
	readonly replaced: readonly number[];
	/** How often leadership is handed over by name. */
	readonly transfers: number;
	/** Boards that are drained, one after the other, each while it leads. */
	readonly drained: readonly number[];
	/** Sessions that write all the time. */
	readonly sessions: number;
	/** Told of the boards as soon as there are some. */
	readonly booted: (boards: Boards) => void;
	/** Told of what was done, in one line. */
	readonly told: (line: string) => void;
}

export interface RollingReport {
	/** Writes; all of them were read back, and so were those with an unknown outcome. */
	readonly acknowledged: number;
	readonly reads: number;
	/** What clients were told in the end, after all retries: writes and reads alike. Unmet unless 0. */
	readonly clientErrors: number;
	readonly commands: readonly CommandReport[];
	/** By what was done. */
	readonly interruptions: {
		readonly transfer: Interruptions;
		readonly drain: Interruptions;
		readonly replace: Interruptions;
		readonly join: Interruptions;
	};
	/** Longest that the service may be away for a transfer: one election timeout. */
	readonly boundMs: number;
	/** Milliseconds of a board's clock for one of the host's, least and most of all boards that ran all the time. */
	readonly clockRates: readonly [number, number];
	/** From a write to its answer, the longest of all. */
	readonly slowestWriteMs: number;
	/** Without anything to do, and told to rest then: frames that the switch has seen in REST_MS. */
	readonly framesAtRest: number;
	readonly milliseconds: number;
}

const KEYS_OF_A_WRITER = 12;
/** Longer than several elections: what a client is not told within it is an error. */
const PATIENCE_MS = 30_000;
/** Within which service must be back, whatever happened. */
const BACK_MS = 30_000;
/** Ids of those who join and leave. */
const BOARD = 6;
const PROCESS = 7;
const QUIET_AFTER_MS = 1000;
/** Twenty heartbeats. */
const REST_MS = 3000;

export async function rolling(options: RollingOptions): Promise<RollingReport> {
	const run = new Rolling(options);
	try {
		return await run.run();
	} finally {
		await run.end();
	}
}

class Rolling {
	readonly #options: RollingOptions;
	readonly #service: Service;
	readonly #commands: CommandReport[] = [];
	readonly #pauses = { transfer: [] as number[], drain: [] as number[], replace: [] as number[], join: [] as number[] };
	#boards: Boards | undefined;
	#writers: Writer[] = [];
	#held = false;
	/** Of a writer; it ends the story. */
	#failure: unknown;

	constructor(options: RollingOptions) {
		this.#options = options;
		this.#service = new Service(2 * options.sessions);
	}

	async run(): Promise<RollingReport> {
		const startMs = performance.now();
		const { booted, drained, firmware, replaced, sessions, told, transfers } = this.#options;
		const boards = await Boards.start({ firmware, name: "rolling" });
		this.#boards = boards;
		booted(boards);
		await boards.leader(MEMBERS);
		this.#writers = await openWriters(() => boards.open(undefined, PATIENCE_MS), "w", sessions, KEYS_OF_A_WRITER);
		for (const writer of this.#writers) writer.onAcknowledged = this.#service.acknowledged;
		const writing = Promise.all(this.#writers.map((writer) => writer.run())).catch((error) => {
			this.#failure = error;
		});
		for (const [at, id] of replaced.entries()) await this.#replace(boards, id, at % 2 === 1);
		await this.#boardJoins(boards);
		await this.#processJoins(boards);
		const clocks = await this.#clocks(boards);
		for (let at = 0; at < transfers; at++) await this.#transfer(boards, at);
		for (const id of drained) await this.#drain(boards, id);
		const clockRates = clocks(await boards.statuses(MEMBERS));
		for (const writer of this.#writers) writer.stop();
		await writing;
		this.#check();
		await this.#readBack(boards);
		told(`${this.#sum((writer) => writer.acknowledged)} acknowledged writes read back, none is lost`);
		const framesAtRest = await this.#rest(boards);
		this.#held = true;
		return {
			acknowledged: this.#sum((writer) => writer.acknowledged),
			reads: this.#sum((writer) => writer.reads),
			clientErrors: this.#sum(errorsOf),
			commands: this.#commands,
			interruptions: {
				transfer: interruptionsOf(this.#pauses.transfer),
				drain: interruptionsOf(this.#pauses.drain),
				replace: interruptionsOf(this.#pauses.replace),
				join: interruptionsOf(this.#pauses.join),
			},
			boundMs: ELECTION_TIMEOUT_MS,
			clockRates,
			slowestWriteMs: Math.round(Math.max(...this.#writers.map((writer) => writer.slowestMs))),
			framesAtRest,
			milliseconds: Math.round(performance.now() - startMs),
		};
	}

	async end(): Promise<void> {
		for (const writer of this.#writers) writer.abandon();
		if (this.#held) await this.#boards?.remove();
		else await this.#boards?.stop();
	}

	/** @param isOrderly it is drained before its power is cut; else it goes as it is, the leader too */
	async #replace(boards: Boards, id: number, isOrderly: boolean): Promise<void> {
		const paused = await this.#service.interruptionBy(async () => {
			if (isOrderly) await this.#command(boards, "drain", `${id}`);
			await this.#command(boards, "node", "renew", `${id}`);
			await this.#command(boards, "member", "replace", `${id}`, `${id}`);
		}, BACK_MS);
		this.#pauses.replace.push(paused);
		const { stages } = this.#commands[this.#commands.length - 1];
		this.#tell(`board ${id} replaced${isOrderly ? "" : ", its power cut without a word"}`, paused, stages);
	}

	/** A further board comes, leads, hands over and goes. */
	async #boardJoins(boards: Boards): Promise<void> {
		await this.#command(boards, "node", "add", `${BOARD}`);
		await this.#joinAndLeave(boards, BOARD, "board");
		await this.#command(boards, "node", "remove", `${BOARD}`);
	}

	/** So does a process of this machine, which runs the same code on Node.js. */
	async #processJoins(boards: Boards): Promise<void> {
		const host = await HostProcess.join(boards.cluster, PROCESS);
		try {
			await this.#joinAndLeave(boards, PROCESS, "process");
		} finally {
			await host.end();
		}
		await boards.cluster.request({ command: "node", action: "detach", id: PROCESS });
		await this.#command(boards, "node", "remove", `${PROCESS}`);
	}

	async #joinAndLeave(boards: Boards, member: number, what: string): Promise<void> {
		const id = `${member}`;
		const joined = await this.#service.interruptionBy(() => this.#command(boards, "member", "add", id), BACK_MS);
		this.#tell(`${what} ${id} added`, joined, this.#commands[this.#commands.length - 1].stages);
		await this.#command(boards, "transfer", id);
		const left = await this.#service.interruptionBy(() => this.#command(boards, "member", "remove", id), BACK_MS);
		this.#tell(`${what} ${id} removed while it led`, left, this.#commands[this.#commands.length - 1].stages);
		this.#pauses.join.push(joined, left);
	}

	async #transfer(boards: Boards, at: number): Promise<void> {
		const { id: leader } = await boards.elected(MEMBERS);
		const target = MEMBERS[(MEMBERS.indexOf(leader) + 1) % MEMBERS.length];
		const paused = await this.#service.interruptionBy(
			() => this.#command(boards, "transfer", `${target}`),
			ELECTION_MS_MAX,
		);
		this.#pauses.transfer.push(paused);
		this.#tell(`transfer ${at + 1}: ${leader} to ${target}`, paused);
	}

	async #drain(boards: Boards, id: number): Promise<void> {
		await this.#command(boards, "transfer", `${id}`);
		const paused = await this.#service.interruptionBy(() => this.#command(boards, "drain", `${id}`), ELECTION_MS_MAX);
		this.#pauses.drain.push(paused);
		await this.#command(boards, "drain", `${id}`, "--end");
		this.#tell(`board ${id} drained while it led`, paused);
	}

	async #command(boards: Boards, ...words: readonly string[]): Promise<void> {
		if (this.#failure !== undefined) throw this.#failure;
		this.#commands.push(await balsa(boards, ...words));
	}

	/** Emulated boards may run slower than the world; their clocks then say so. */
	async #clocks(boards: Boards): Promise<(after: Awaited<ReturnType<Boards["statuses"]>>) => [number, number]> {
		const before = await boards.statuses(MEMBERS);
		const startMs = performance.now();
		return (after) => {
			const elapsedMs = performance.now() - startMs;
			const rates = [...after].map(([id, status]) => (status.uptimeMs - (before.get(id)?.uptimeMs ?? 0)) / elapsedMs);
			return [Math.min(...rates), Math.max(...rates)];
		};
	}

	/** @throws Unmet where a client was told of an error, or a transfer took too long */
	#check(): void {
		if (this.#failure !== undefined) throw this.#failure;
		const [unknown, refused] = [this.#sum((writer) => writer.unknown), this.#sum((writer) => writer.refused)];
		const unread = this.#sum((writer) => writer.unread);
		const seen = `${unknown} writes with an unknown outcome, ${refused} refused, ${unread} reads without an answer`;
		expect(this.#sum(errorsOf) === 0, "no client to be told of an error", seen);
		const longest = Math.max(0, ...this.#pauses.transfer, ...this.#pauses.drain);
		expect(
			longest <= ELECTION_TIMEOUT_MS,
			`no transfer or drain to interrupt service for more than ${ELECTION_TIMEOUT_MS} ms`,
			`${longest} ms`,
		);
	}

	async #readBack(boards: Boards): Promise<void> {
		const client = await boards.open();
		try {
			await Promise.all(this.#writers.map((writer) => writer.check(client)));
		} finally {
			client.destroy();
		}
		await boards.settle(MEMBERS);
	}

	/** With nothing to do, the cluster falls silent when it is told to, and speaks again afterwards. */
	async #rest(boards: Boards): Promise<number> {
		for (const writer of this.#writers) await writer.close();
		await this.#command(boards, "member", "set", "--quiet-after", `${QUIET_AFTER_MS}`);
		const { ethernet } = boards.cluster;
		let frames = ethernet.frames;
		let sinceMs = performance.now();
		await waitFor(
			`no frame for ${REST_MS} ms`,
			BACK_MS,
			() => {
				if (ethernet.frames !== frames) sinceMs = performance.now();
				frames = ethernet.frames;
				return performance.now() - sinceMs;
			},
			(silentMs) => silentMs >= REST_MS,
			(silentMs) => `${Math.round(silentMs)} ms of silence`,
		);
		const atRest = ethernet.frames;
		await new Promise((resolve) => setTimeout(resolve, REST_MS));
		const framesAtRest = ethernet.frames - atRest;
		expect(framesAtRest === 0, "a cluster at rest to send nothing", `${framesAtRest} frames in ${REST_MS} ms`);
		// Being asked wakes a board, and if it leads the others too.
		const resting = [...(await boards.statuses(MEMBERS))].filter(([, status]) => status.quiet === 1);
		expect(resting.length > 0, "a board to say that it rested when it was asked", "none does");
		await this.#command(boards, "member", "set", "--quiet-after", "0");
		const before = ethernet.frames;
		await waitFor(
			"heartbeats again",
			BACK_MS,
			() => ethernet.frames - before,
			(count) => count > 2 * MEMBERS.length,
		);
		this.#options.told(
			`told to rest after ${QUIET_AFTER_MS} ms: 0 frames in ${REST_MS} ms; heartbeats again when told otherwise`,
		);
		return framesAtRest;
	}

	#tell(what: string, pausedMs: number, stages: readonly string[] = []): void {
		const way = stages.length === 0 ? "" : ` (${stages.join(", ")}, done)`;
		this.#options.told(`${what}${way}; longest pause ${pausedMs} ms, ${this.#service.count} writes so far`);
	}

	#sum(of: (writer: Writer) => number): number {
		return sum(this.#writers, of);
	}
}

/** What a client was told that is neither done nor retried. */
function errorsOf(writer: Writer): number {
	return writer.unknown + writer.refused + writer.unread;
}
