/** A fresh cluster of five boards for a story, with a client, and the questions that stories ask of it. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Configuration } from "../../core/configuration";
import { LEADER } from "../../core/raft/role";
import { roleName } from "../../core/status";
import { HostClient, type Status } from "../balsa/host-client";
import type { Cluster } from "../cluster/cluster";
import { ROOT } from "../firmware/paths";
import { startLocalCluster } from "../local-cluster";
import { Consoles } from "./consoles";
import { expect, waitFor } from "./expect";

/** The longest election timeout of a cluster that nobody has set otherwise. */
export const ELECTION_TIMEOUT_MS = new Configuration(1).electionMsMax;
/** A cluster elects within three of them. */
export const ELECTION_MS_MAX = 3 * ELECTION_TIMEOUT_MS;
/** A board that lives answers much sooner, even while it erases. */
const STATUS_MS = 1500;
/** Within which boards that hear each other must have caught up. */
const SETTLE_MS = 30_000;

/** By member id; a member that is off, or does not answer, is missing. */
export type Statuses = ReadonlyMap<number, Status>;

export interface Leadership {
	readonly id: number;
	readonly term: number;
}

export interface BoardsOptions {
	readonly firmware: string;
	/** Of the folder under build/ in which each run has a folder of its own. */
	readonly name: string;
}

export class Boards {
	readonly cluster: Cluster;
	readonly folder: string;
	/** For questions: it writes nothing. */
	readonly client: HostClient;
	readonly consoles: Consoles;

	private constructor(cluster: Cluster, folder: string, client: HostClient, consoles: Consoles) {
		this.cluster = cluster;
		this.folder = folder;
		this.client = client;
		this.consoles = consoles;
	}

	/** Boots five boards with new flash. @throws Refusal as `Cluster.start` */
	static async start(options: BoardsOptions): Promise<Boards> {
		const folder = ownFolder(options.name);
		const consoles = new Consoles();
		const say = (id: number, text: string) => consoles.hear(id, text);
		const cluster = await startLocalCluster(options.firmware, { folder, say });
		return new Boards(cluster, folder, await openClient(cluster), consoles);
	}

	/** Ends the boards; the folder stays, for whoever wants to know why. */
	async stop(): Promise<void> {
		this.client.destroy();
		await this.cluster.stop();
	}

	/** The same, and nothing stays. */
	async remove(): Promise<void> {
		await this.stop();
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** @param members that the client knows of; all where it is left out */
	open(members?: readonly number[], timeoutMs?: number): Promise<HostClient> {
		return openClient(this.cluster, members, timeoutMs);
	}

	/** Ids of the members that run, on boards or on the host. */
	get alive(): readonly number[] {
		return this.cluster.members
			.filter((member) => member.state === "running" || member.state === "host")
			.map((member) => member.record.id);
	}

	async statuses(ids: readonly number[] = this.alive): Promise<Statuses> {
		const answers = await Promise.all(ids.map((id) => this.client.status(id, STATUS_MS)));
		const found = new Map<number, Status>();
		answers.forEach(({ status }, at) => {
			if (status !== undefined) found.set(ids[at], status);
		});
		return found;
	}

	/** Waits until one member leads and all of `ids` follow it in its term. */
	async leader(ids: readonly number[] = this.alive, termMin = 1, limitMs = ELECTION_MS_MAX): Promise<Leadership> {
		const seen = await waitFor(
			`members ${ids.join(" ")} to follow one leader of term ${termMin} or later`,
			limitMs,
			() => this.statuses(ids),
			(statuses) => leadershipOf(statuses, ids, termMin) !== undefined,
			describe,
		);
		return leadershipOf(seen, ids, termMin) as Leadership;
	}

	/** Waits until one of `ids` leads in `termMin` or later, whether the others know it yet or not. */
	async elected(ids: readonly number[] = this.alive, termMin = 1, limitMs = ELECTION_MS_MAX): Promise<Leadership> {
		const seen = await waitFor(
			`one of members ${ids.join(" ")} to lead term ${termMin} or later`,
			limitMs,
			() => this.statuses(ids),
			(statuses) => leads(statuses, termMin) !== undefined,
			describe,
		);
		return leads(seen, termMin) as Leadership;
	}

	/**
	 * Waits until all of `ids` have applied the same entries.
	 * @throws Unmet where their states differ then, or a term had two leaders so far
	 */
	async settle(ids: readonly number[] = this.alive): Promise<{ applied: number; hash: number }> {
		this.consoles.check();
		const seen = await waitFor(
			`members ${ids.join(" ")} to have applied all there is`,
			SETTLE_MS,
			() => this.statuses(ids),
			(statuses) => isSettled(statuses, ids),
			describe,
		);
		const [{ appliedIndex, stateHash }] = seen.values();
		for (const status of seen.values())
			expect(status.stateHash === stateHash, "the same state hash on all members", describe(seen));
		return { applied: appliedIndex, hash: stateHash };
	}
}

/** @returns a folder that no other run has, so that two may run at once; those of runs that are over go */
function ownFolder(name: string): string {
	const parent = join(ROOT, "build", name);
	mkdirSync(parent, { recursive: true });
	for (const run of readdirSync(parent))
		if (Number(run) === process.pid || !isAlive(Number(run)))
			rmSync(join(parent, run), { recursive: true, force: true });
	return join(parent, String(process.pid));
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

function openClient(cluster: Cluster, ids?: readonly number[], timeoutMs?: number): Promise<HostClient> {
	const { clusterHigh, clusterLow, members } = cluster.state();
	return HostClient.open({
		clusterHigh,
		clusterLow,
		members: members.filter((member) => ids?.includes(member.id) ?? true),
		locate: (id) => cluster.state().members.find((member) => member.id === id),
		...(timeoutMs === undefined ? {} : { timeoutMs }),
	});
}

function leads(statuses: Statuses, termMin: number): Leadership | undefined {
	let found: Leadership | undefined;
	for (const [id, { role, term }] of statuses)
		if (role === LEADER && term >= termMin && term > (found?.term ?? 0)) found = { id, term };
	return found;
}

function leadershipOf(statuses: Statuses, ids: readonly number[], termMin: number): Leadership | undefined {
	const found = leads(statuses, termMin);
	const agree = (id: number) =>
		statuses.get(id)?.leader === found?.id && statuses.get(id)?.term === found?.term && found !== undefined;
	return ids.every(agree) ? found : undefined;
}

function isSettled(statuses: Statuses, ids: readonly number[]): boolean {
	if (statuses.size !== ids.length) return false;
	const [first] = statuses.values();
	return [...statuses.values()].every(
		({ appliedIndex, commitIndex, lastIndex }) =>
			appliedIndex === first.appliedIndex && commitIndex === appliedIndex && lastIndex === commitIndex,
	);
}

/** Each member in a few words, for whoever reads a failure. */
export function describe(statuses: Statuses): string {
	const words = [...statuses].map(([id, status]) => {
		const { appliedIndex, commitIndex, lastIndex, leader, role, stateHash, term } = status;
		const hash = stateHash?.toString(16) ?? "-";
		return `${id} ${roleName(role)} of term ${term}, leader ${leader}, last ${lastIndex}, commit ${commitIndex}, applied ${appliedIndex}, hash ${hash}`;
	});
	return words.length === 0 ? "no member answers" : words.join("; ");
}
