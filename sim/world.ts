/**
 * A deterministic world for whole replicas: the shipping code over simulated ports. One seed
 * decides everything that happens. Nothing here is mocked above the ports: the codec, the flash
 * format, the sessions and the recovery are those that ship.
 */
import { AssertionFailed } from "../core/assert";
import { Configuration, ROLE_VOTER } from "../core/configuration";
import type { Identity } from "../core/journal/identity";
import type { Limits } from "../core/limits";
import type { Clock, Entropy, Gauges, Trace } from "../core/ports";
import { LEADER } from "../core/raft/role";
import { formatNode } from "../core/replica/format";
import { Replica } from "../core/replica/replica";
import { EventQueue } from "./events";
import { MemoryFlash } from "./memory-flash";
import { type Datagram, SimulatedNetwork } from "./network";
import { Random } from "./random";

export const CLUSTER_HIGH = 0x0ba15a00;
export const CLUSTER_LOW = 0x00c0ffee;
/** Node n lives at BASE_ADDRESS + n. */
export const BASE_ADDRESS = 0x0a4d0000;
export const PORT = 7000;

/** What the network does to a datagram, the same on every link; per mille where it is a chance. */
export interface NetworkFaults {
	lossPermille: number;
	duplicatePermille: number;
	delayMsMin: number;
	delayMsMax: number;
}

export interface WorldOptions {
	readonly seed: number;
	readonly nodes: number;
	readonly limits: Limits;
	readonly flashBytes: number;
	readonly network: NetworkFaults;
}

/** One simulated board. */
export class SimulatedNode {
	readonly id: number;
	readonly network: SimulatedNetwork;
	flash: MemoryFlash;
	/** null while it has no power. */
	replica: Replica | null = null;
	/** Its own clock shows the world's time less this. */
	bootMs = 0;
	/** The turn that is planned; an earlier one makes it void. */
	wakeMs = Infinity;
	/** Why an assertion stopped it, if one did. */
	failure = "";

	constructor(id: number, network: SimulatedNetwork, flash: MemoryFlash) {
		this.id = id;
		this.network = network;
		this.flash = flash;
	}
}

export class World {
	nowMs = 0;
	readonly random: Random;
	readonly nodes: SimulatedNode[] = [];
	readonly faults: NetworkFaults;
	/** Directed links that are cut, as "from>to" of addresses. */
	readonly cuts = new Set<string>();
	/** Who led each term, by term: more than one breaks election safety. */
	readonly leaders = new Map<number, number>();
	messages = 0;
	private readonly events = new EventQueue();
	private readonly options: WorldOptions;
	/** Clients and others that are no nodes, by address. */
	private readonly strangers = new Map<number, { network: SimulatedNetwork; wake: () => void }>();

	constructor(options: WorldOptions) {
		this.options = options;
		this.random = new Random(options.seed);
		this.faults = { ...options.network };
		const configuration = this.configuration();
		for (let id = 1; id <= options.nodes; id++) {
			const flash = new MemoryFlash(options.flashBytes, 4096);
			formatNode(flash, options.limits, this.identity(id), configuration);
			const network = new SimulatedNetwork(BASE_ADDRESS + id, PORT, this.transmit);
			this.nodes.push(new SimulatedNode(id, network, flash));
		}
	}

	private identity(id: number): Identity {
		return { clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, id, incarnation: 1 };
	}

	private configuration(): Configuration {
		const configuration = new Configuration(this.options.limits.members);
		for (let id = 1; id <= this.options.nodes; id++) configuration.add(id, 1, ROLE_VOTER, BASE_ADDRESS + id, PORT);
		return configuration;
	}

	/** Adds an end of the network that is no node; `wake` is called when a datagram reached it. */
	addStranger(address: number, port: number, wake: () => void): SimulatedNetwork {
		const network = new SimulatedNetwork(address, port, this.transmit);
		this.strangers.set(address, { network, wake });
		return network;
	}

	/** Plans something to happen. */
	after(delayMs: number, run: () => void): void {
		this.events.add(this.nowMs + delayMs, run);
	}

	/** Gives a node power. */
	boot(node: SimulatedNode): void {
		if (node.replica !== null) throw new Error("the node has power already");
		node.bootMs = this.nowMs;
		node.flash = node.flash.copy();
		const clock: Clock = { milliseconds: () => this.nowMs - node.bootMs };
		const entropy: Entropy = { random32: () => this.random.next() };
		const trace: Trace = { event: () => undefined };
		const gauges: Gauges = { gauge: () => 0 };
		const ports = { network: node.network, flash: node.flash, clock, entropy, trace, gauges };
		node.replica = new Replica(ports, this.options.limits);
		this.wake(node, 0);
	}

	/** Takes a node's power, between two turns or in the middle of one (see `MemoryFlash.cutAt`). */
	crash(node: SimulatedNode): void {
		node.replica = null;
		node.wakeMs = Infinity;
		node.network.clear();
	}

	/** Runs until the world's clock shows `untilMs`. */
	run(untilMs: number): void {
		while (this.events.nextMs() <= untilMs) {
			const event = this.events.take();
			if (event === undefined) break;
			this.nowMs = event.timeMs;
			event.run();
		}
		this.nowMs = untilMs;
	}

	/** Runs until `condition` holds, looking after every event. @returns false if it did not until `untilMs` */
	runUntil(condition: () => boolean, untilMs: number): boolean {
		while (!condition()) {
			if (this.events.nextMs() > untilMs) {
				this.nowMs = untilMs;
				return false;
			}
			const event = this.events.take();
			if (event === undefined) return false;
			this.nowMs = event.timeMs;
			event.run();
		}
		return true;
	}

	/** @returns the node that leads the highest term, or undefined */
	leader(): SimulatedNode | undefined {
		let found: SimulatedNode | undefined;
		let term = 0;
		for (const node of this.nodes) {
			const raft = node.replica?.member?.raft;
			if (raft === undefined || raft.role !== LEADER || raft.term <= term) continue;
			found = node;
			term = raft.term;
		}
		return found;
	}

	private wake(node: SimulatedNode, delayMs: number): void {
		const wakeMs = this.nowMs + delayMs;
		if (wakeMs >= node.wakeMs) return;
		node.wakeMs = wakeMs;
		this.events.add(wakeMs, () => {
			if (node.wakeMs === wakeMs) this.turn(node);
		});
	}

	private turn(node: SimulatedNode): void {
		node.wakeMs = Infinity;
		const replica = node.replica;
		if (replica === null) return;
		let idleMs: number;
		try {
			idleMs = replica.turn();
		} catch (error) {
			if (node.flash.isOff) return this.crash(node);
			if (error instanceof AssertionFailed) node.failure = error.message;
			throw error;
		}
		this.checkLeader(node, replica);
		// A turn takes time, so that a node with much to do does not stop the world.
		this.wake(node, Math.max(idleMs, 1));
	}

	/** Election safety: at most one leader a term (Raft figure 3). */
	private checkLeader(node: SimulatedNode, replica: Replica): void {
		const raft = replica.member?.raft;
		if (raft === undefined || raft.role !== LEADER) return;
		const other = this.leaders.get(raft.term);
		if (other === undefined) this.leaders.set(raft.term, node.id);
		else if (other !== node.id) throw new Error(`nodes ${other} and ${node.id} both lead term ${raft.term}`);
	}

	private readonly transmit = (address: number, _port: number, datagram: Datagram): void => {
		const { faults, random } = this;
		this.messages++;
		if (this.cuts.has(`${datagram.fromAddress}>${address}`) || random.chance(faults.lossPermille)) return;
		const copies = random.chance(faults.duplicatePermille) ? 2 : 1;
		for (let i = 0; i < copies; i++) {
			const delayMs = random.between(faults.delayMsMin, faults.delayMsMax);
			this.after(delayMs, () => this.deliver(address, datagram));
		}
	};

	private deliver(address: number, datagram: Datagram): void {
		const node = this.nodes[address - BASE_ADDRESS - 1];
		if (node !== undefined) {
			if (node.replica === null) return;
			node.network.arrive(datagram);
			this.wake(node, 0);
			return;
		}
		const stranger = this.strangers.get(address);
		if (stranger === undefined) return;
		stranger.network.arrive(datagram);
		stranger.wake();
	}
}
