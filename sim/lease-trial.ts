/**
 * What leases are for, and what they could break under: a leader that no other node hears or is heard
 * by, while clients still are; its clock as slow and all others as fast as the run's spread allows.
 */
import type { SimulatedNode } from "./node";
import type { Options } from "./options";
import { Random } from "./random";
import type { Services } from "./services";
import type { World } from "./world";

const EVERY_MS_MIN = 1500;
const EVERY_MS_MAX = 5000;
const OUTAGE_MS_MIN = 1500;
const OUTAGE_MS_MAX = 4000;
const LATE_MS_MAX = 1000;

export class LeaseTrial {
	private readonly world: World;
	private readonly services: Services;
	private readonly spreadPermille: number;
	private readonly random: Random;
	private active = true;

	constructor(world: World, options: Options, services: Services) {
		this.world = world;
		this.services = services;
		this.spreadPermille = options.clockSpreadPermille;
		this.random = new Random(options.seed ^ 0x3c6ef372);
		this.plan();
	}

	/** Cuts no leader off any more; whoever calls makes the links whole, and the clocks right. */
	stop(): void {
		this.active = false;
	}

	private plan(): void {
		this.world.after(this.random.between(EVERY_MS_MIN, EVERY_MS_MAX), () => {
			if (!this.active) return;
			const leader = this.world.leader();
			if (leader !== undefined) this.cutOff(leader);
			this.plan();
		});
	}

	private cutOff(leader: SimulatedNode): void {
		const { nodes } = this.world;
		const outageMs = this.random.between(OUTAGE_MS_MIN, OUTAGE_MS_MAX);
		// Answers that are long under way come when the link is cut: they must prolong no lease (pitfall 38).
		const lateMs = this.random.chance(500) ? this.random.between(100, LATE_MS_MAX) : 0;
		leader.impair(this.world.nowMs + lateMs + outageMs);
		leader.clock.setRate(1000 - this.spreadPermille);
		this.services.leaseTrials++;
		for (const other of nodes) {
			if (other === leader) continue;
			other.clock.setRate(1000 + this.spreadPermille);
			if (lateMs > 0) this.world.links.slowDown(other.home, leader.home, lateMs);
			this.world.after(lateMs, () => this.cut(leader, other, outageMs));
		}
	}

	private cut(leader: SimulatedNode, other: SimulatedNode, outageMs: number): void {
		if (!this.active) return;
		const { links } = this.world;
		const ways = [
			[leader.home, other.home],
			[other.home, leader.home],
		];
		for (const [from, to] of ways) {
			links.cut(from, to);
			this.world.after(outageMs, () => links.mend(from, to));
		}
	}
}
