/**
 * One life of a cluster under faults that the seed decides: loss, duplication, delay, cuts, power
 * lost between and inside flash operations. At its end all heals, and everything that a client was
 * told is done must be there, once.
 */
import type { Limits } from "../core/limits";
import { SimulatedClient } from "./client";
import { NEVER } from "./memory-flash";
import { BASE_ADDRESS, type SimulatedNode, World } from "./world";

export interface LifeOptions {
	readonly seed: number;
	readonly nodes: number;
	readonly limits: Limits;
	readonly flashBytes: number;
	/** Simulated milliseconds under faults. */
	readonly faultsMs: number;
}

/** What a life came to, for whoever counts. */
export interface LifeReport {
	readonly acknowledged: number;
	readonly unknown: number;
	readonly crashes: number;
	readonly messages: number;
	readonly terms: number;
	readonly snapshotsTaken: number;
	readonly snapshotsInstalled: number;
}

const CLIENTS = 3;
/** Election timeouts (the longest) within which a healed cluster must lead, and then have answered. */
const HEAL_TIMEOUTS = 20;

class Life {
	readonly world: World;
	readonly clients: SimulatedClient[] = [];
	crashes = 0;
	snapshotsTaken = 0;
	snapshotsInstalled = 0;
	private value = 0;
	private healed = false;

	constructor(options: LifeOptions) {
		this.world = new World({
			...options,
			network: { lossPermille: 0, duplicatePermille: 0, delayMsMin: 1, delayMsMax: 2 },
		});
		const { faults, random } = this.world;
		faults.lossPermille = random.below(200);
		faults.duplicatePermille = random.below(200);
		faults.delayMsMax = random.between(2, 200);
		for (const node of this.world.nodes) this.world.boot(node);
		for (let i = 0; i < CLIENTS; i++) {
			const client = new SimulatedClient(this.world, i);
			this.clients.push(client);
			this.ask(client);
		}
		this.planFault();
	}

	private ask(client: SimulatedClient): void {
		if (this.healed) return;
		client.put(++this.value);
		this.world.after(this.world.random.between(1, 100), () => this.ask(client));
	}

	private planFault(): void {
		this.world.after(this.world.random.between(50, 3000), () => {
			if (this.healed) return;
			this.fault();
			this.planFault();
		});
	}

	private fault(): void {
		const { random, nodes, cuts } = this.world;
		const node = nodes[random.below(nodes.length)];
		const kind = random.below(5);
		if (kind === 0) this.crash(node);
		else if (kind === 1 && node.replica !== null) {
			// The power fails in one of the next flash operations, and tears it.
			node.flash.cutAt = node.flash.operations + random.below(20);
			node.flash.tear = (before, after, target) => {
				for (let i = 0; i < target.length; i++) target[i] = random.chance(500) ? after[i] : before[i];
			};
		} else if (kind === 2) {
			const other = nodes[random.below(nodes.length)];
			cuts.add(`${BASE_ADDRESS + node.id}>${BASE_ADDRESS + other.id}`);
		} else if (kind === 3) cuts.clear();
		for (const dark of nodes) if (dark.replica === null && random.chance(400)) this.boot(dark);
	}

	private crash(node: SimulatedNode): void {
		if (node.replica === null) return;
		this.count(node);
		this.world.crash(node);
	}

	private boot(node: SimulatedNode): void {
		this.crashes++;
		this.world.boot(node);
	}

	private count(node: SimulatedNode): void {
		const member = node.replica?.member;
		this.snapshotsTaken += member?.snapshots.taken ?? 0;
		this.snapshotsInstalled += member?.snapshots.installed ?? 0;
	}

	/** Ends all faults and waits until the cluster has answered everybody and agrees. */
	heal(): void {
		this.healed = true;
		const { world } = this;
		world.cuts.clear();
		Object.assign(world.faults, { lossPermille: 0, duplicatePermille: 0, delayMsMin: 1, delayMsMax: 2 });
		for (const node of world.nodes) {
			node.flash.cutAt = NEVER;
			if (node.replica === null) this.boot(node);
		}
		const limit = world.nowMs + HEAL_TIMEOUTS * 2400;
		const quiet = () => this.clients.every((client) => client.isIdle) && this.agree();
		if (!world.runUntil(quiet, limit)) throw new Error(`not healed in time: ${this.describe()}`);
	}

	/** Who is where, for a message of failure. */
	private describe(): string {
		const nodes = this.world.nodes.map((node) => {
			const raft = node.replica?.member?.raft;
			if (raft === undefined) return `${node.id} ${node.failure || "does not run"}`;
			const { appliedIndex, commitIndex, log, role, term } = raft;
			return `${node.id} role ${role} term ${term} applied ${appliedIndex} commit ${commitIndex} last ${log.lastIndex}`;
		});
		const clients = this.clients.map((client) => `${client.answered} of ${client.asked}`);
		return `${nodes.join("; ")}; answered ${clients.join(", ")}`;
	}

	private agree(): boolean {
		const first = this.world.nodes[0].replica?.member;
		for (const node of this.world.nodes) {
			const member = node.replica?.member;
			if (member === undefined || member === null || first === undefined || first === null) return false;
			if (member.raft.appliedIndex !== first.raft.appliedIndex) return false;
			if (member.raft.commitIndex !== member.raft.log.lastIndex) return false;
		}
		return true;
	}

	/** Everything acknowledged is there, nothing was applied twice, and all states are equal. */
	check(): void {
		const stores = this.world.nodes.map((node) => node.replica?.member?.store);
		const hash = stores[0]?.stateHash();
		for (const store of stores) {
			if (store?.stateHash() !== hash) throw new Error(`the states differ`);
		}
		const store = stores[0];
		for (const [number, client] of this.clients.entries()) {
			const there = store?.get(Uint8Array.of(99, number), 0, 2) ?? false;
			const version = there ? (store?.found.version ?? 0) : 0;
			const done = client.acknowledged.length;
			if (version < done) throw new Error(`an acknowledged write is lost`);
			if (version > done + client.unknown.length) throw new Error(`a write was applied twice`);
		}
	}

	report(): LifeReport {
		for (const node of this.world.nodes) this.count(node);
		let acknowledged = 0;
		let unknown = 0;
		for (const client of this.clients) {
			acknowledged += client.acknowledged.length;
			unknown += client.unknown.length;
		}
		const { crashes, snapshotsInstalled, snapshotsTaken } = this;
		const { messages, leaders } = this.world;
		return { acknowledged, unknown, crashes, messages, terms: leaders.size, snapshotsTaken, snapshotsInstalled };
	}
}

/** Lives one life. @throws Error, which names the seed, when anything does not hold */
export function live(options: LifeOptions): LifeReport {
	const life = new Life(options);
	try {
		life.world.run(options.faultsMs);
		life.heal();
		life.check();
	} catch (error) {
		throw new Error(`seed ${options.seed} at ${life.world.nowMs} ms`, { cause: error });
	}
	return life.report();
}
