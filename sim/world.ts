/**
 * A deterministic world for whole replicas: the shipping code over simulated ports. One seed
 * decides everything that happens. Nothing here is mocked above the ports: the codec, the flash
 * format, the sessions and the recovery are those that ship.
 */
import { Configuration, DRIFT_PER_MILLE, ROLE_NONE, ROLE_VOTER, ROLE_WITNESS } from "../core/configuration";
import type { Identity } from "../core/journal/identity";
import type { Limits } from "../core/limits";
import type { Entropy, Gauges, Trace } from "../core/ports";
import { speaks } from "../core/raft/levels";
import { LEADER } from "../core/raft/role";
import { formatNode, joiningConfiguration } from "../core/replica/format";
import type { NodePorts } from "../core/replica/node-ports";
import { Replica } from "../core/replica/replica";
import { SECOND_BUILD, SECOND_LEVEL, teachSecondLevel } from "./builds";
import { EventQueue } from "./events";
import { Links, type MessageFault, type NetworkFaults } from "./links";
import { type Datagram, SimulatedNetwork } from "./network";
import { SimulatedNode } from "./node";
import { pathBytesMin } from "./path-bytes";
import { Random } from "./random";
import { Router } from "./router";
import { SimulatedFlash } from "./simulated-flash";

export type { SimulatedNode } from "./node";

export const CLUSTER_HIGH = 0x0ba15a00;
export const CLUSTER_LOW = 0x00c0ffee;
/** The home of node n is BASE_ADDRESS + n. */
export const BASE_ADDRESS = 0x0a4d0000;
export const PORT = 7000;
/** From power to the first turn, at most, apart from what the flash writes. */
const RECOVERY_MS_MAX = 100;
/** Of the chips that most boards have. */
const SECTOR_BYTES = 4096;
/** Where there are witnesses, of 1000 boards that are formatted to be added so many are. */
const WITNESS_PERMILLE = 400;

export interface WorldOptions {
	readonly seed: number;
	readonly nodes: number;
	/** Of these, the last ones, those that are witnesses; none if it is not said. */
	readonly witnesses?: number;
	/** Boards besides, which were formatted to be added. */
	readonly spares?: number;
	readonly limits: Limits;
	readonly flashBytes: number;
	/** Of the flash, 4096 if it is not said. */
	readonly sectorBytes?: number;
	readonly network: NetworkFaults;
	/** Of the configuration: off if they are not said. */
	readonly leaseMs?: number;
	readonly driftPerMille?: number;
	readonly quietAfterMs?: number;
	/** Clocks do not count pauses; the drivers report them. */
	readonly uncountedPauses?: boolean;
	/** By id less one, 0 where it is not said. */
	readonly priorities?: readonly number[];
	/** Likewise; the usual one if it is not said. */
	readonly electionMsMax?: number | undefined;
}

/** Looks on; all that it is told has happened already. It may throw what it finds wrong. */
export interface Watcher {
	booted(node: SimulatedNode): void;
	/** The power failed between two turns, or in the middle of one or of a boot. */
	lostPower(node: SimulatedNode): void;
	turned(node: SimulatedNode): void;
	sent(node: SimulatedNode, bytes: Uint8Array, length: number): void;
	traced(node: SimulatedNode, event: number, a: number, b: number, c: number): void;
	/** @param node undefined when a client sent it */
	struck(fault: MessageFault, node: SimulatedNode | undefined): void;
}

export class World {
	nowMs = 0;
	readonly random: Random;
	readonly nodes: SimulatedNode[] = [];
	readonly links: Links;
	readonly router: Router;
	watcher: Watcher | null = null;
	/** Told of a node that met a level that its build does not speak, and stops; null where that must not be. */
	onLevelStop: ((node: SimulatedNode) => void) | null = null;
	messages = 0;
	/** Pauses that a clock did not count, and that its driver reported. */
	pausesReported = 0;
	/** Things that happened. */
	eventsDone = 0;
	/** What a node's clock shows when it boots. */
	clockStartMs = 0;
	private readonly events = new EventQueue();
	private readonly options: WorldOptions;
	/** Clients and others that are no nodes, by address. */
	private readonly strangers = new Map<number, { network: SimulatedNetwork; wake: () => void }>();

	constructor(options: WorldOptions) {
		this.options = options;
		this.random = new Random(options.seed);
		this.links = new Links(this.random, options.network);
		this.router = new Router(this.random);
		const configuration = this.configuration();
		for (let id = 1; id <= options.nodes; id++) {
			const node = this.board();
			node.isWitness = this.isWitness(id);
			formatNode(node.flash, options.limits, this.identity(node), configuration);
		}
		for (let spare = 0; spare < (options.spares ?? 0); spare++) this.join();
	}

	/** True where members have priorities, which whoever changes them draws anew. */
	get hasPriorities(): boolean {
		return (this.options.priorities ?? []).length > 0;
	}

	private board(): SimulatedNode {
		const { flashBytes, sectorBytes } = this.options;
		const id = this.nodes.length + 1;
		const address = BASE_ADDRESS + id;
		const network = new SimulatedNetwork(address, PORT, this.transmit);
		const flash = new SimulatedFlash(flashBytes, sectorBytes ?? SECTOR_BYTES);
		const node = new SimulatedNode(id, address, network, this, flash);
		this.nodes.push(node);
		this.router.add(node);
		return node;
	}

	private identity(node: SimulatedNode): Identity {
		const { id, incarnation } = node;
		return { clusterHigh: CLUSTER_HIGH, clusterLow: CLUSTER_LOW, id, incarnation };
	}

	/** @returns another board, without power, that was formatted to be added */
	join(): SimulatedNode {
		const node = this.board();
		this.formatBlank(node);
		return node;
	}

	/** A board without power begins its next life: what its flash held is gone, and it waits to be added. */
	renew(node: SimulatedNode): void {
		if (node.replica !== null) throw new Error("a running node is never formatted");
		node.incarnation++;
		node.isWiped = false;
		node.flash.disarm();
		node.flash.powerOn();
		node.flash.wipe();
		this.formatBlank(node);
	}

	private formatBlank(node: SimulatedNode): void {
		node.joins = true;
		node.isWitness = (this.options.witnesses ?? 0) > 0 && this.random.chance(WITNESS_PERMILLE);
		const identity = this.identity(node);
		formatNode(node.flash, this.options.limits, identity, joiningConfiguration(identity, node.isWitness));
	}

	/** @returns what every node was formatted with */
	configuration(): Configuration {
		const { driftPerMille = DRIFT_PER_MILLE, leaseMs = 0, limits, priorities = [], quietAfterMs = 0 } = this.options;
		const configuration = new Configuration(limits.members);
		configuration.electionMsMax = this.options.electionMsMax ?? configuration.electionMsMax;
		configuration.leaseMs = leaseMs;
		configuration.driftPerMille = driftPerMille;
		configuration.quietAfterMs = quietAfterMs;
		for (let id = 1; id <= this.options.nodes; id++) {
			const role = this.isWitness(id) ? ROLE_WITNESS : ROLE_VOTER;
			configuration.add(id, 1, role, BASE_ADDRESS + id, PORT, ROLE_NONE, priorities[id - 1] ?? 0);
		}
		return configuration;
	}

	/** Of the nodes that the cluster began with. */
	private isWitness(id: number): boolean {
		return id > this.options.nodes - (this.options.witnesses ?? 0);
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

	/** Gives a node power; it may lose it again before it has recovered. */
	boot(node: SimulatedNode): void {
		if (node.replica !== null) throw new Error("the node has power already");
		node.flash.powerOn();
		this.bootOn(node);
	}

	/** Goes on with `boot`, when a cut that happens during recovery was planned after the power came. */
	bootOn(node: SimulatedNode): void {
		node.boots++;
		node.hasTurned = false;
		node.resumeMs = this.nowMs;
		node.clock.start(this.clockStartMs);
		try {
			node.replica = new Replica(this.portsOf(node), node.limits ?? this.options.limits, node.build);
			if (node.build === SECOND_BUILD) teachSecondLevel(node.replica);
		} catch (error) {
			if (node.flash.isOff || this.hasStopped(node, error)) return this.crash(node);
			this.fail(node, error);
		}
		// Reading the whole journal takes its time; the inbox fills meanwhile.
		node.resumeMs = this.nowMs + node.flash.busyMs + this.random.between(0, RECOVERY_MS_MAX);
		node.flash.busyMs = 0;
		this.watcher?.booted(node);
		this.wake(node, 0);
	}

	private portsOf(node: SimulatedNode): NodePorts {
		const entropy: Entropy = { random32: () => this.random.next() };
		const trace: Trace = { event: (event, a, b, c) => this.watcher?.traced(node, event, a, b, c) };
		const gauges: Gauges = { gauge: () => 0 };
		return { network: node.network, flash: node.flash, clock: node.clock, entropy, trace, gauges };
	}

	/** Takes a node's power, between two turns or in the middle of one (see `SimulatedFlash.cutSoon`). */
	crash(node: SimulatedNode): void {
		this.watcher?.lostPower(node);
		node.replica = null;
		node.wakeMs = Infinity;
		node.network.clear();
	}

	/** A node takes no turn for so long, and its inbox fills; its clock goes on, unless it counts no pauses. */
	pause(node: SimulatedNode, milliseconds: number): void {
		if (this.options.uncountedPauses) node.clock.stand(Math.max(node.resumeMs, this.nowMs));
		node.resumeMs = Math.max(node.resumeMs, this.nowMs + milliseconds);
	}

	/** The network does nothing wrong any more; but paths stay narrow across which all gets through that is not divided. */
	calm(): void {
		this.links.calm();
		this.links.widenBelow(pathBytesMin(this.options.limits));
	}

	/** Ends every fault of a node that has not ended by itself. */
	mend(node: SimulatedNode): void {
		const member = node.replica?.member;
		node.flash.disarm();
		node.flash.programMs = 0;
		node.flash.eraseMs = 0;
		node.clock.setRate(1000);
		node.resumeMs = Math.min(node.resumeMs, this.nowMs);
		if (member !== null && member !== undefined) member.holdWrites = false;
		node.wakeMs = Infinity;
		if (node.replica !== null) this.wake(node, 0);
	}

	/** Runs until the world's clock shows `untilMs`. */
	run(untilMs: number): void {
		while (this.events.nextMs() <= untilMs) this.step();
		this.nowMs = untilMs;
	}

	/** Runs until `condition` holds, looking after every event. @returns false if it did not until `untilMs` */
	runUntil(condition: () => boolean, untilMs: number): boolean {
		while (!condition()) {
			if (this.events.nextMs() > untilMs) {
				this.nowMs = untilMs;
				return false;
			}
			this.step();
		}
		return true;
	}

	private step(): void {
		const event = this.events.take();
		if (event === undefined) return;
		this.nowMs = event.timeMs;
		this.eventsDone++;
		event.run();
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

	/** Plans a turn of the node, unless an earlier one is planned. */
	wake(node: SimulatedNode, delayMs: number): void {
		const wakeMs = Math.max(this.nowMs + delayMs, node.resumeMs);
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
		if (node.resumeMs > this.nowMs) return this.wake(node, 0);
		node.hasTurned = true;
		if (node.clock.stands) {
			node.clock.goOn(node.resumeMs);
			replica.paused();
			this.pausesReported++;
		}
		let idleMs = 0;
		try {
			idleMs = replica.turn();
		} catch (error) {
			if (node.flash.isOff || this.hasStopped(node, error)) return this.crash(node);
			this.fail(node, error);
		}
		node.resumeMs = this.nowMs + node.flash.busyMs;
		node.flash.busyMs = 0;
		this.watcher?.turned(node);
		// A turn takes time, so that a node with much to do does not stop the world.
		this.wake(node, Math.max(node.clock.inWorldTime(idleMs), 1));
	}

	/** True for the one reason for which a node may stop, where nodes of the first level are restarted in a cluster of the second. */
	private hasStopped(node: SimulatedNode, error: unknown): boolean {
		const isLevel = error instanceof Error && error.message.endsWith("of a level that this build does not speak");
		if (!isLevel || this.onLevelStop === null || speaks(node.build, SECOND_LEVEL)) return false;
		this.onLevelStop(node);
		return true;
	}

	private fail(node: SimulatedNode, error: unknown): never {
		node.failure = error instanceof Error ? error.message : String(error);
		throw error;
	}

	private readonly transmit = (address: number, _port: number, datagram: Datagram): void => {
		const { bytes, fromAddress, fromPort } = datagram;
		const sender = this.router.boardAt(fromAddress);
		this.messages++;
		if (sender !== undefined) this.watcher?.sent(sender, bytes, bytes.length);
		const busyMs = sender === undefined ? 0 : sender.flash.busyMs;
		this.links.carry(
			sender?.home ?? fromAddress,
			this.router.boardAt(address)?.home ?? address,
			bytes,
			(delayMs, arrived, isStray) => {
				const from = isStray ? this.router.anyAddress(this.nodes) : fromAddress;
				const copy = { fromAddress: from, fromPort, bytes: arrived };
				this.after(busyMs + delayMs, () => this.deliver(address, copy));
			},
			(fault) => this.watcher?.struck(fault, sender),
		);
	};

	private deliver(address: number, datagram: Datagram): void {
		const node = this.router.boardAt(address);
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
