/** Faults of the network's links, as they strike a node; each mends itself after a while. */
import { DATAGRAM_BYTES, type Limits } from "../../core/limits";
import type { SimulatedNode } from "../node";
import { pathBytesMin } from "../path-bytes";
import type { World } from "../world";

/** No frame is shorter. */
const PATH_BYTES_LEAST = 20;
/** Above what a path must carry. */
const SPARE_BYTES = 60;

export class LinkStrikes {
	private readonly world: World;
	/** What a path must carry for everything to work across it. */
	private readonly pathBytes: number;
	/** Where the clients live. */
	private readonly clients: readonly number[];

	constructor(world: World, clients: readonly number[], limits: Limits) {
		this.world = world;
		this.pathBytes = pathBytesMin(limits);
		this.clients = clients;
	}

	/** Ends of the network that a node may lose: other nodes, and clients, unless it is cut off from its like alone. */
	private others(node: SimulatedNode): number[] {
		const clients = this.world.random.chance(500) ? this.clients : [];
		const all = [...this.world.nodes.map((each) => each.home), ...clients];
		return all.filter((address) => address !== node.home);
	}

	/** Mostly too short for an election, sometimes long enough for several. */
	private outageMs(): number {
		const { random } = this.world;
		return random.chance(450) ? random.between(20, 1000) : random.between(1500, 5000);
	}

	private mendLater(from: number, to: number, delayMs: number): void {
		this.world.after(delayMs, () => this.world.links.mend(from, to));
	}

	/** One link is cut or slow, in one direction. */
	harm(node: SimulatedNode, fault: "one-way cut" | "slow link"): void {
		const { links, random } = this.world;
		const others = this.others(node);
		if (others.length === 0) return;
		const other = others[random.below(others.length)];
		const [from, to] = random.chance(500) ? [node.home, other] : [other, node.home];
		if (fault === "one-way cut") links.cut(from, to);
		else links.slowDown(from, to, random.between(20, 2000));
		const delayMs = this.outageMs();
		node.impair(this.world.nowMs + delayMs);
		this.mendLater(from, to, delayMs);
	}

	/**
	 * Long datagrams are lost between the node and another end, or all of them, one way or both. Where all that
	 * cannot be divided gets through, that may be so for good, and nobody has an excuse.
	 */
	narrow(node: SimulatedNode): void {
		const { random } = this.world;
		const others = this.others(node);
		if (others.length === 0) return;
		const ends = random.chance(300) ? others : [others[random.below(others.length)]];
		const isEnough = random.chance(750);
		// Mostly no more than that: what is longer is rare.
		const most = random.chance(600) ? Math.min(this.pathBytes + SPARE_BYTES, DATAGRAM_BYTES - 1) : DATAGRAM_BYTES - 1;
		const bytes = isEnough ? random.between(this.pathBytes, most) : random.between(PATH_BYTES_LEAST, this.pathBytes);
		const ways = random.below(3);
		const delayMs = isEnough && random.chance(700) ? Infinity : this.outageMs();
		if (!isEnough) node.impair(this.world.nowMs + delayMs);
		for (const end of ends) {
			if (ways !== 1) this.narrowOne(node.home, end, bytes, delayMs);
			if (ways !== 0) this.narrowOne(end, node.home, bytes, delayMs);
		}
	}

	private narrowOne(from: number, to: number, bytes: number, delayMs: number): void {
		this.world.links.narrowTo(from, to, bytes);
		if (delayMs !== Infinity) this.world.after(delayMs, () => this.world.links.widen(from, to));
	}

	/** It hears nobody, or nobody hears it. */
	isolate(node: SimulatedNode): void {
		this.cutOff(node, this.world.random.chance(500), this.outageMs());
	}

	/** @param isDeaf it hears nobody; else nobody hears it */
	cutOff(node: SimulatedNode, isDeaf: boolean, delayMs: number): void {
		node.impair(this.world.nowMs + delayMs);
		for (const other of this.others(node)) {
			const [from, to] = isDeaf ? [other, node.home] : [node.home, other];
			this.world.links.cut(from, to);
			this.mendLater(from, to, delayMs);
		}
	}

	/** Two sides that do not hear each other; the struck node is on the first. */
	partition(node: SimulatedNode): void {
		const { links, random } = this.world;
		const ends = this.others(node);
		const sides = ends.map(() => random.below(2));
		const delayMs = this.outageMs();
		ends.push(node.home);
		sides.push(0);
		this.impairFewer(ends, sides, this.world.nowMs + delayMs);
		for (let a = 0; a < ends.length; a++) {
			for (let b = 0; b < ends.length; b++) {
				if (sides[a] === sides[b]) continue;
				links.cut(ends[a], ends[b]);
				this.mendLater(ends[a], ends[b], delayMs);
			}
		}
	}

	/** The side with fewer nodes is little help. */
	private impairFewer(ends: readonly number[], sides: readonly number[], untilMs: number): void {
		const { nodes } = this.world;
		const onSecond = nodes.filter((each) => sides[ends.indexOf(each.home)] === 1);
		const isSecondFewer = 2 * onSecond.length <= nodes.length;
		for (const each of nodes) if (onSecond.includes(each) === isSecondFewer) each.impair(untilMs);
	}
}
