/**
 * The story of the demo, on five boards: they elect, commit, lose the leader and go on, take it back,
 * are cut in two and heal, bear a slow erase, and one of them moves to the host. Each step measures
 * what it took, and throws Unmet when something does not hold.
 */

import { LEADER } from "../../core/raft/role";
import { DONE, KEY_NOT_FOUND, reasonName } from "../../core/reasons";
import { ERASE_MS_MAX } from "../cluster/flash-file";
import { MEMBERS } from "../local-cluster";
import { Boards, describe, ELECTION_MS_MAX } from "./boards";
import { expect, waitFor } from "./expect";
import { HostProcess } from "./host-process";
import { plural, type Steps } from "./steps";
import { openWriters, sum, type Writer, writeAll } from "./writer";

const WRITERS = 8;
const KEYS_OF_A_WRITER = 12;
/** A client of the minority gives up after this; it must never hear that a write is done. */
const MINORITY_MS = 3000;
/** Writes within which a leader has taken a snapshot, and so has erased: more than core/limits.ts has between two. */
const WRITES_FOR_ERASE_MAX = 4000;
/** What waits for an erase takes about as long as that; the erase may have begun before it. */
const ERASE_SEEN_MS_MIN = ERASE_MS_MAX / 2;

export interface StoryOptions {
	readonly firmware: string;
	/** Writes of the big step; the others are in proportion. */
	readonly writes: number;
	readonly steps: Steps;
	/** Told of the boards as soon as there are some. */
	readonly booted: (boards: Boards) => void;
}

/** Tells the story once, on a cluster of its own, which is removed when all held. */
export async function tellStory(options: StoryOptions): Promise<void> {
	const story = new Story(options);
	try {
		await story.tell();
	} finally {
		await story.end();
	}
}

class Story {
	readonly #options: StoryOptions;
	readonly #steps: Steps;
	#boards!: Boards;
	#writers: Writer[] = [];
	#host: HostProcess | undefined;
	#isTold = false;

	constructor(options: StoryOptions) {
		this.#options = options;
		this.#steps = options.steps;
	}

	async tell(): Promise<void> {
		const { writes } = this.#options;
		await this.#boot();
		await this.#elect();
		await this.#write(writes);
		await this.#readBack("read back");
		const killed = await this.#killLeader();
		await this.#readBack("nothing is lost");
		await this.#restart(killed, Math.ceil(writes / 10));
		await this.#cut(Math.ceil(writes / 10));
		await this.#slowErase();
		await this.#moveToHost(Math.ceil(writes / 10));
		await this.#readBack("read back at the end");
		await this.#sameState();
		this.#isTold = true;
	}

	async end(): Promise<void> {
		if (this.#isTold) await Promise.all(this.#writers.map((writer) => writer.close()));
		else for (const writer of this.#writers) writer.abandon();
		await this.#host?.end();
		if (this.#isTold) await this.#boards.remove();
		else await this.#boards?.stop();
	}

	async #boot(): Promise<void> {
		await this.#steps.step("boot", async () => {
			this.#boards = await Boards.start({ firmware: this.#options.firmware, name: "demo" });
			this.#options.booted(this.#boards);
			const processes = new Set(this.#boards.cluster.members.map((member) => member.record.pid));
			expect(processes.size === MEMBERS.length, "a QEMU process for each board", `${processes.size} processes`);
			return `${processes.size} boards run, each a QEMU of its own with new flash`;
		});
	}

	async #elect(): Promise<void> {
		await this.#steps.step("elect", async () => {
			const { id, term } = await this.#boards.leader(MEMBERS);
			return `board ${id} leads term ${term}, and the others follow`;
		});
	}

	async #write(count: number): Promise<void> {
		this.#writers = await openWriters(() => this.#boards.open(), "w", WRITERS, KEYS_OF_A_WRITER);
		const writers = this.#writers;
		await this.#steps.step(plural(count, "write"), async () => {
			const milliseconds = await writeAll(writers, count);
			const done = sum(writers, (writer) => writer.acknowledged);
			expect(done === count, `${count} acknowledged writes`, `${done}`);
			const slowest = Math.round(Math.max(...writers.map((writer) => writer.slowestMs)));
			const rate = Math.round((1000 * count) / milliseconds);
			const detail = `${rate} a second from ${plural(WRITERS, "client")}, the slowest ${slowest} ms`;
			return { detail, milliseconds };
		});
	}

	async #readBack(name: string): Promise<void> {
		await this.#steps.step(name, async () => {
			const client = await this.#boards.open();
			try {
				await Promise.all(this.#writers.map((writer) => writer.check(client)));
			} finally {
				client.destroy();
			}
			const keys = sum(this.#writers, (writer) => writer.keys);
			const done = sum(this.#writers, (writer) => writer.acknowledged);
			const unknown = sum(this.#writers, (writer) => writer.unknown);
			const doubt = unknown === 0 ? "" : `, ${unknown} with an unknown outcome`;
			return `${keys} keys hold all ${plural(done, "acknowledged write")}${doubt}`;
		});
	}

	/** While all writers write. @returns the board that was killed */
	async #killLeader(): Promise<number> {
		const boards = this.#boards;
		const before = await boards.leader(MEMBERS);
		const writing = Promise.all(this.#writers.map((writer) => writer.run()));
		// It is awaited below; should a step fail before that, its own failure is the one to tell.
		writing.catch(() => {});
		const { pid } = boards.cluster.member(before.id).record;
		let deathMs = 0;
		await this.#steps.step("kill -9 the leader", async () => {
			await this.#progress("writes to go on", 2);
			deathMs = performance.now();
			await boards.cluster.request({ command: "node", action: "kill", id: before.id });
			return `board ${before.id} (process ${pid}) is gone, in the middle of writes`;
		});
		await this.#steps.step("new leader", async () => {
			const { id, term } = await boards.elected(boards.alive, before.term + 1);
			const milliseconds = performance.now() - deathMs;
			expect(milliseconds <= ELECTION_MS_MAX, `a leader within ${ELECTION_MS_MAX} ms`, `${milliseconds} ms`);
			return { detail: `board ${id} leads term ${term}, this long after the death`, milliseconds };
		});
		await this.#steps.step("writes go on", async () => {
			await this.#progress("every client to be answered again", 1);
			const milliseconds = performance.now() - deathMs;
			for (const writer of this.#writers) writer.stop();
			await writing;
			return { detail: "every client was answered again, this long after the death", milliseconds };
		});
		return before.id;
	}

	/** Waits until every writer has `count` more acknowledged. */
	async #progress(expected: string, count: number): Promise<void> {
		const counts = () => this.#writers.map((writer) => writer.acknowledged);
		const goals = counts().map((acknowledged) => acknowledged + count);
		await waitFor(
			expected,
			2 * ELECTION_MS_MAX,
			counts,
			(seen) => seen.every((acknowledged, at) => acknowledged >= goals[at]),
			(seen) => `acknowledged ${seen.join(" ")} of ${goals.join(" ")}`,
		);
	}

	async #restart(id: number, writes: number): Promise<void> {
		const boards = this.#boards;
		await writeAll(this.#writers, writes);
		const before = await boards.leader();
		await this.#steps.step("restart it", async () => {
			await boards.cluster.request({ command: "node", action: "start", id });
			const epoch = (await boards.statuses([id])).get(id)?.bootEpoch ?? 0;
			expect(epoch === 2, `board ${id} to know from its flash that this is its second boot`, `boot ${epoch}`);
			return `board ${id} boots from its own flash`;
		});
		await this.#steps.step("it catches up", async () => {
			const { applied } = await boards.settle(MEMBERS);
			const after = await boards.leader(MEMBERS);
			expect(after.term === before.term, `term ${before.term} still`, `term ${after.term}`);
			return `all five have applied ${applied} entries, still in term ${after.term}`;
		});
	}

	async #cut(writes: number): Promise<void> {
		const boards = this.#boards;
		const before = await boards.leader(MEMBERS);
		const follower = MEMBERS.find((id) => id !== before.id) as number;
		const minority = [before.id, follower];
		const majority = MEMBERS.filter((id) => !minority.includes(id));
		await this.#steps.step("cut in two", async () => {
			for (const from of minority)
				for (const to of majority) await boards.cluster.request({ command: "net", action: "cut", from, to });
			const startMs = performance.now();
			const refusal = this.#minorityIsRefused(minority);
			const after = await boards.leader(majority, before.term + 1);
			const milliseconds = performance.now() - startMs;
			const reasons = await refusal;
			const detail = `${majority.join(" ")} elect ${after.id}; ${minority.join(" ")} with the old leader answer ${reasons}`;
			return { detail, milliseconds };
		});
		await this.#steps.step("the majority goes on", async () => {
			await writeAll(this.#writers, writes);
			const roles = await boards.statuses(minority);
			for (const status of roles.values())
				expect(status.role !== LEADER, "the old leader to step down without a majority", describe(roles));
			return `${plural(writes, "write")} acknowledged by ${majority.join(" ")}`;
		});
		await this.#steps.step("heal", async () => {
			await boards.cluster.request({ command: "net", action: "heal" });
			const { id, term } = await boards.leader(MEMBERS, before.term + 1);
			await boards.settle(MEMBERS);
			const { reason } = await boards.client.get(Buffer.from("minority"));
			expect(reason === KEY_NOT_FOUND, "nothing of the minority's write", reasonName(reason));
			return `all follow board ${id} in term ${term}; the minority's write never was`;
		});
	}

	/** Neither a write nor a linearizable read may be done there. @returns the reasons of both */
	async #minorityIsRefused(minority: readonly number[]): Promise<string> {
		const client = await this.#boards.open(minority, MINORITY_MS);
		try {
			const key = Buffer.from("minority");
			const [write, read] = await Promise.all([client.put(key, Buffer.from("no")), client.get(key)]);
			for (const { reason } of [write, read])
				expect(reason !== DONE && reason !== KEY_NOT_FOUND, "no answer from a minority", reasonName(reason));
			return `${reasonName(write.reason)} to a write, ${reasonName(read.reason)} to a read`;
		} finally {
			client.destroy();
		}
	}

	async #slowErase(): Promise<void> {
		const boards = this.#boards;
		const before = await boards.leader(MEMBERS);
		/** The longest wait for an answer of the leader; the erase may fall between two writes. */
		let longest = 0;
		const leaderErases = async () => {
			const startMs = performance.now();
			const status = (await boards.statuses([before.id])).get(before.id);
			longest = Math.max(longest, performance.now() - startMs);
			return status?.flashErases ?? 0;
		};
		await this.#steps.step(`an erase of ${ERASE_MS_MAX} ms`, async () => {
			for (const writer of this.#writers) writer.slowestMs = 0;
			const time = { command: "node", action: "erase-time", id: before.id } as const;
			await boards.cluster.request({ ...time, milliseconds: ERASE_MS_MAX });
			const erases = await leaderErases();
			let written = 0;
			let count = 0;
			for (; count === 0; count = (await leaderErases()) - erases) {
				expect(written < WRITES_FOR_ERASE_MAX, `an erase within ${WRITES_FOR_ERASE_MAX} writes`, `${written} writes`);
				await writeAll(this.#writers, 2 * WRITERS);
				written += 2 * WRITERS;
			}
			await boards.cluster.request({ ...time, milliseconds: 0 });
			longest = Math.round(Math.max(longest, ...this.#writers.map((writer) => writer.slowestMs)));
			expect(
				longest >= ERASE_SEEN_MS_MIN,
				"an answer that had to wait for the erase",
				`the slowest took ${longest} ms`,
			);
			const after = await boards.leader(MEMBERS);
			expect(
				after.id === before.id && after.term === before.term,
				`board ${before.id} to lead term ${before.term} still`,
				`board ${after.id} leads term ${after.term}`,
			);
			const times = count === 1 ? "once" : `${count} times`;
			return `${times} on leader ${after.id}, the longest wait for it ${longest} ms; still term ${after.term}`;
		});
	}

	/** A board stops for good; the host goes on with its flash, and then is needed for every majority. */
	async #moveToHost(writes: number): Promise<void> {
		const boards = this.#boards;
		const { cluster } = boards;
		const before = await boards.leader(MEMBERS);
		const followers = MEMBERS.filter((id) => id !== before.id);
		const [moved, dark, dim] = followers;
		await this.#steps.step("move to the host", async () => {
			await cluster.request({ command: "node", action: "kill", id: moved });
			await writeAll(this.#writers, writes);
			this.#host = await HostProcess.takeOver(cluster, moved);
			await boards.settle(MEMBERS);
			const status = (await boards.statuses([moved])).get(moved);
			expect(status?.slotsAllocated === 0, `member ${moved} to run without XS`, `${status?.slotsAllocated} slots`);
			return `\`balsa serve\` goes on with the flash of board ${moved}, and has caught up`;
		});
		await this.#steps.step("it is that member", async () => {
			for (const id of [dark, dim]) await cluster.request({ command: "node", action: "kill", id });
			await writeAll(this.#writers, writes);
			const { id } = await boards.leader();
			for (const each of [dark, dim]) await cluster.request({ command: "node", action: "start", id: each });
			return `${plural(writes, "write")} with boards ${dark} and ${dim} off: no majority without it; ${id} leads`;
		});
	}

	async #sameState(): Promise<void> {
		await this.#steps.step("the same state", async () => {
			const { applied, hash } = await this.#boards.settle(MEMBERS);
			return `all five members report hash ${hash.toString(16)} at entry ${applied}`;
		});
	}
}
