/**
 * Whoever operates the cluster of a run: has leaders hand over and nodes refuse leadership, at random,
 * by the client that ships. Each order must be answered exactly once. It lets a majority be ready to lead.
 */
import type { Call } from "../core/client/call";
import { drain as askDrain, transfer as askTransfer } from "../core/client/node-calls";
import { EVENT_DRAIN } from "../core/events";
import { drain, nextDrainOrder } from "../core/raft/drain";
import { DONE, isRefusal } from "../core/reasons";
import { ClientEnd } from "./client-end";
import type { SimulatedNode } from "./node";
import { Random } from "./random";
import type { Services } from "./services";
import type { World } from "./world";

/** Its place in the network, beyond all clients. */
const NUMBER = 200;
/** Of 1000 orders, so many are transfers; of those, so many name no target. */
const TRANSFER_PERMILLE = 650;
const ANY_TARGET_PERMILLE = 400;

export class Operator {
	private readonly world: World;
	private readonly services: Services;
	private readonly random: Random;
	private readonly everyMs: number;
	private readonly end: ClientEnd;
	/** Orders so far, by number, and which of them are transfers. */
	private orders = 0;
	private readonly transfers = new Set<number>();
	/** By node and number: orders to drain. */
	private readonly issued = new Set<number>();
	private active = true;

	/** @param everyMs between two orders, on average */
	constructor(world: World, services: Services, seed: number, everyMs: number) {
		this.world = world;
		this.services = services;
		this.random = new Random(seed ^ 0x6c8e9cf5);
		this.everyMs = everyMs;
		this.end = new ClientEnd(world, NUMBER, (call) => this.answered(call));
		this.plan();
	}

	/** True when no order is under way. */
	get isIdle(): boolean {
		return this.end.underWay === 0;
	}

	/** Gives no order any more, and lifts all drains. */
	stop(): void {
		this.active = false;
		for (const node of this.world.nodes) this.lift(node);
	}

	/** To be told of every event of a node. An order to drain may come late, and nobody is there to see it; but only once. */
	traced(node: SimulatedNode, event: number, isDraining: boolean): void {
		if (node.drainsByFault) return;
		const order = node.replica?.member?.raft.drainOrder ?? 0;
		// A late copy of an order that was followed before would make a number that nobody has given.
		if (event === EVENT_DRAIN && isDraining && !this.issued.has(node.id * 0x10000 + order))
			throw new Error(`node ${node.id} drains by an order that nobody gave it`);
		if (this.active || event !== EVENT_DRAIN || !isDraining) return;
		this.services.drainsLate++;
		this.world.after(0, () => this.lift(node));
	}

	private lift(node: SimulatedNode): void {
		const raft = node.replica?.member?.raft;
		if (raft === undefined || !raft.isDraining) return;
		drain(raft, false);
		this.world.wake(node, 0);
	}

	private plan(): void {
		this.world.after(this.random.between(1, 2 * this.everyMs), () => {
			if (!this.active) return;
			if (this.random.chance(TRANSFER_PERMILLE)) this.transfer();
			else this.drain();
			this.plan();
		});
	}

	private transfer(): void {
		const { random, world } = this;
		const target = random.chance(ANY_TARGET_PERMILLE) ? 0 : random.between(1, world.nodes.length);
		const order = this.orders++;
		this.transfers.add(order);
		this.end.begin(order, (client) => askTransfer(client, order, target));
	}

	private drain(): void {
		const { nodes } = this.world;
		const draining = nodes.filter((node) => node.replica?.member?.raft.isDraining === true);
		const isFull = 2 * (draining.length + 1) >= nodes.length + 1;
		const lifts = draining.length > 0 && (isFull || this.random.chance(500));
		if (isFull && !lifts) return;
		const among = lifts ? draining : nodes;
		const node = among[this.random.below(among.length)];
		const order = this.orders++;
		// As its status says; that of a board without power is not known.
		const latest = node.replica?.member?.raft.drainOrder ?? 0;
		const number = nextDrainOrder(latest, !lifts);
		this.issued.add(node.id * 0x10000 + number);
		this.end.begin(order, (client) => askDrain(client, order, node.id, number));
	}

	private answered({ call, reason }: Call): void {
		const { services } = this;
		if (!this.transfers.delete(call)) {
			if (reason === DONE) services.drainsDone++;
			else if (isRefusal(reason)) services.drainsRefused++;
			else services.drainsUnknown++;
		} else if (reason === DONE) services.transfersDone++;
		else if (isRefusal(reason)) services.transfersRefused++;
		else services.transfersUnknown++;
	}
}
