/**
 * Power cuts at random moments under load, of the leader and of followers, up to two boards dead at
 * once: what was acknowledged must be there afterwards, and each write once.
 */
import { Random } from "../../sim/random";
import { MEMBERS } from "../local-cluster";
import { Boards, ELECTION_MS_MAX } from "./boards";
import { pause, waitFor } from "./expect";
import { openWriters, sum, type Writer } from "./writer";

export interface ChaosOptions {
	readonly firmware: string;
	/** Of kill and restart. */
	readonly rounds: number;
	/** Decides who is killed, and the pauses between; what the boards then do is theirs. */
	readonly seed: number;
	/** Whether frames between boards are lost and late as well; what is only in flight dies with its sender. */
	readonly badNetwork: boolean;
	/** Told of the boards as soon as there are some. */
	readonly booted: (boards: Boards) => void;
	/** Told after each round. */
	readonly round: (line: string) => void;
}

export interface ChaosReport {
	readonly seed: number;
	readonly rounds: number;
	readonly leaderKills: number;
	readonly followerKills: number;
	/** Rounds in which two boards were dead at once. */
	readonly twoDead: number;
	readonly acknowledged: number;
	readonly unknown: number;
	readonly refused: number;
	readonly reads: number;
	/** Elections that were won. */
	readonly elections: number;
	/** Taken in by boards that were behind their leader's log. */
	readonly snapshotsInstalled: number;
	readonly slowestWriteMs: number;
	readonly milliseconds: number;
}

const WRITERS = 8;
const KEYS_OF_A_WRITER = 12;
/** Half of the writers wait long enough for any election; the others give up early, and so hear of unknown outcomes. */
const IMPATIENT_MS = 1000;
const DEAD_MAX = 2;
/** From a kill to the next, and from a kill to the restart: some fall into an election, others into work. */
const PAUSE_MS_MAX = 4000;
const LOSS_PERCENT_MAX = 30;
const JITTER_MS_MAX = 100;
const HEAL_MS = 30_000;

export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
	const run = new Chaos(options);
	try {
		return await run.run();
	} finally {
		await run.end();
	}
}

class Chaos {
	readonly #options: ChaosOptions;
	readonly #random: Random;
	#boards: Boards | undefined;
	#writers: Writer[] = [];
	#leaderKills = 0;
	#twoDead = 0;
	#held = false;
	/** Dead boards, the longest dead first. */
	readonly #dead: number[] = [];

	constructor(options: ChaosOptions) {
		this.#options = options;
		this.#random = new Random(options.seed);
	}

	async run(): Promise<ChaosReport> {
		const startMs = performance.now();
		const boards = await Boards.start({ firmware: this.#options.firmware, name: "chaos" });
		this.#boards = boards;
		this.#options.booted(boards);
		await boards.leader(MEMBERS);
		this.#writers = [
			...(await openWriters(() => boards.open(), "patient", WRITERS / 2, KEYS_OF_A_WRITER)),
			...(await openWriters(() => boards.open(undefined, IMPATIENT_MS), "hasty", WRITERS / 2, KEYS_OF_A_WRITER)),
		];
		let failure: unknown;
		const writing = Promise.all(this.#writers.map((writer) => writer.run())).catch((error) => {
			failure = error;
		});
		for (let round = 1; round <= this.#options.rounds; round++) {
			const told = await this.#round(boards);
			if (failure !== undefined) throw failure;
			const acknowledged = this.#sum((writer) => writer.acknowledged);
			this.#options.round(
				`round ${round}: ${told}; ${acknowledged} acknowledged, ${boards.consoles.elections} elections`,
			);
		}
		await boards.cluster.request({ command: "net", action: "heal" });
		while (this.#dead.length > 0) await this.#restart(boards);
		await boards.leader(MEMBERS, 1, HEAL_MS);
		await this.#allAreAnswered();
		for (const writer of this.#writers) writer.stop();
		await writing;
		if (failure !== undefined) throw failure;
		await this.#check(boards);
		this.#held = true;
		return this.#report(boards, performance.now() - startMs);
	}

	async end(): Promise<void> {
		for (const writer of this.#writers) writer.abandon();
		if (this.#held) await this.#boards?.remove();
		else await this.#boards?.stop();
	}

	async #round(boards: Boards): Promise<string> {
		const network = this.#options.badNetwork ? await this.#weather(boards) : "";
		await this.#pause();
		if (this.#dead.length === DEAD_MAX) await this.#restart(boards);
		const leader = await this.#leader(boards);
		const victims = boards.alive.filter((id) => id !== leader);
		const takesLeader = leader !== undefined && this.#random.chance(500);
		const victim = takesLeader ? leader : victims[this.#random.below(victims.length)];
		if (takesLeader) this.#leaderKills += 1;
		await boards.cluster.request({ command: "node", action: "kill", id: victim });
		this.#dead.push(victim);
		const dead = this.#dead.join(" and ");
		if (this.#dead.length === DEAD_MAX) this.#twoDead += 1;
		if (this.#random.chance(500)) {
			await this.#pause();
			await this.#restart(boards);
		}
		return `killed ${takesLeader ? "leader" : "board"} ${victim}, dead were ${dead}${network}`;
	}

	/** The network is whole in half of the rounds; clients always reach all boards. */
	async #weather(boards: Boards): Promise<string> {
		await boards.cluster.request({ command: "net", action: "heal" });
		if (this.#random.chance(500)) return "";
		const percent = this.#random.between(1, LOSS_PERCENT_MAX);
		const jitter = this.#random.between(1, JITTER_MS_MAX);
		for (const from of MEMBERS)
			for (const to of MEMBERS) {
				if (from === to) continue;
				await boards.cluster.request({ command: "net", action: "loss", percent, from, to });
				await boards.cluster.request({ command: "net", action: "delay", milliseconds: 0, jitter, from, to });
			}
		return `, frames ${percent} % lost and up to ${jitter} ms late`;
	}

	/** @returns who says that it leads, of those that live; the latest term counts */
	async #leader(boards: Boards): Promise<number | undefined> {
		return boards.elected(boards.alive, 1, 0).then(
			(found) => found.id,
			() => undefined,
		);
	}

	async #restart(boards: Boards): Promise<void> {
		const id = this.#dead.shift() as number;
		await boards.cluster.request({ command: "node", action: "start", id });
	}

	#pause(): Promise<void> {
		return pause(this.#random.below(PAUSE_MS_MAX));
	}

	async #allAreAnswered(): Promise<void> {
		const counts = () => this.#writers.map((writer) => writer.acknowledged);
		const before = counts();
		await waitFor(
			"every client to be answered again",
			2 * ELECTION_MS_MAX,
			counts,
			(seen) => seen.every((count, at) => count > before[at]),
			(seen) => `acknowledged ${seen.join(" ")}, before ${before.join(" ")}`,
		);
	}

	async #check(boards: Boards): Promise<void> {
		const client = await boards.open();
		try {
			await Promise.all(this.#writers.map((writer) => writer.check(client)));
		} finally {
			client.destroy();
		}
		await boards.settle(MEMBERS);
	}

	#sum(of: (writer: Writer) => number): number {
		return sum(this.#writers, of);
	}

	#report(boards: Boards, milliseconds: number): ChaosReport {
		const { rounds, seed } = this.#options;
		return {
			seed,
			rounds,
			leaderKills: this.#leaderKills,
			followerKills: rounds - this.#leaderKills,
			twoDead: this.#twoDead,
			acknowledged: this.#sum((writer) => writer.acknowledged),
			unknown: this.#sum((writer) => writer.unknown),
			refused: this.#sum((writer) => writer.refused),
			reads: this.#sum((writer) => writer.reads),
			elections: boards.consoles.elections,
			snapshotsInstalled: boards.consoles.snapshotsInstalled,
			slowestWriteMs: Math.round(Math.max(...this.#writers.map((writer) => writer.slowestMs))),
			milliseconds: Math.round(milliseconds),
		};
	}
}
