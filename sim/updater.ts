/**
 * Whoever updates the boards of a run, one after another, to a build that speaks a second level; takes an update
 * back now and then; has leaders raise the cluster's level, too early mostly; and has them propose what is of the
 * second level, whether it is raised or not. All that while everything else happens that the seed has drawn.
 */
import { Configuration, NOBODY } from "../core/configuration";
import { EVENT_CONFIGURATION } from "../core/events";
import { LEVEL_NOT_SPOKEN as STATUS_LEVEL } from "../core/journal/status";
import { BUILD } from "../core/raft/levels";
import { LEADER } from "../core/raft/role";
import { DONE, LEVEL_NOT_SPOKEN } from "../core/reasons";
import { NO_CALL } from "../core/replica/calls";
import type { Replica } from "../core/replica/replica";
import { OPERATION_WRITE } from "../core/wire/requests";
import { SECOND_BUILD, SECOND_ENTRY, SECOND_LEVEL } from "./builds";
import type { SimulatedNode } from "./node";
import { Random } from "./random";
import type { Services } from "./services";
import type { World } from "./world";

/** Of 1000 things that it does. */
const UPDATE_PERMILLE = 350;
const TAKE_BACK_PERMILLE = 50;
const RAISE_PERMILLE = 300;
/** Bytes of the entry that it has proposed. */
const PAYLOAD = new Uint8Array(8);

export class Updater {
	private readonly world: World;
	private readonly services: Services;
	private readonly random: Random;
	private readonly everyMs: number;
	/** Boards that have run the second build in their present life. */
	private readonly updated = new Set<SimulatedNode>();
	/** Who the members were when the level was raised last. Whoever comes later has not been asked (seed 1544). */
	private readonly members = new Set<SimulatedNode>();
	/** Calls under way that raise the level. */
	private readonly raises = new WeakMap<Replica, Set<number>>();
	private active = true;

	/** @param everyMs between two things that it does, on average */
	constructor(world: World, services: Services, seed: number, everyMs: number) {
		this.world = world;
		this.services = services;
		this.random = new Random(seed ^ 0x7feb352d);
		this.everyMs = everyMs;
		world.onLevelStop = (node) => this.stopped(node);
		this.plan();
	}

	/** All are updated, for good; those that ran another build wait for power. */
	stop(): void {
		this.active = false;
		for (const node of this.world.nodes) {
			const isOld = node.build !== SECOND_BUILD || node.replica?.journal.status === STATUS_LEVEL;
			node.build = SECOND_BUILD;
			if (isOld && node.replica !== null) this.world.crash(node);
		}
	}

	/** To be told of each boot. */
	booted(node: SimulatedNode): void {
		const { replica } = node;
		if (replica === null) return;
		if (replica.journal.status === STATUS_LEVEL) this.stopped(node);
		const raises = new Set<number>();
		this.raises.set(replica, raises);
		replica.application = {
			answered: (call, reason) => {
				if (!raises.delete(call)) return;
				if (reason === DONE) this.services.raisesDone++;
				else if (reason === LEVEL_NOT_SPOKEN) this.services.raisesRefused++;
			},
		};
	}

	/** To be told of every event of a node. */
	traced(node: SimulatedNode, event: number): void {
		const raft = node.replica?.member?.raft;
		if (event !== EVENT_CONFIGURATION || raft === undefined || raft.role !== LEADER) return;
		const { configuration, previous } = raft;
		if (configuration.level !== SECOND_LEVEL || previous.level === SECOND_LEVEL) return;
		this.members.clear();
		for (const each of this.world.nodes)
			if (configuration.placeOfLife(each.id, each.incarnation) !== NOBODY) this.members.add(each);
	}

	/**
	 * A node has met a level that its build does not speak.
	 * @throws Error when that was no choice of whoever administers it: a member that never spoke the level was
	 * not asked, or its answer not heeded
	 */
	private stopped(node: SimulatedNode): void {
		this.services.levelStops++;
		if (this.members.has(node) && !this.updated.has(node))
			throw new Error(`the level was raised over node ${node.id}, which never spoke it`);
		this.world.after(this.random.between(100, 3000), () => {
			if (this.active) this.run(node, true);
		});
	}

	private plan(): void {
		this.world.after(this.random.between(1, 2 * this.everyMs), () => {
			if (!this.active) return;
			this.act();
			this.plan();
		});
	}

	private act(): void {
		const kind = this.random.below(1000);
		const { nodes } = this.world;
		if (kind < UPDATE_PERMILLE + TAKE_BACK_PERMILLE) {
			const isUpdate = kind < UPDATE_PERMILLE;
			const those = nodes.filter((each) => !each.isWiped && (each.build === SECOND_BUILD) !== isUpdate);
			if (those.length > 0) this.run(those[this.random.below(those.length)], isUpdate);
		} else {
			const leaders = nodes.filter((each) => each.replica?.member?.raft.role === LEADER);
			const leader = leaders[this.random.below(Math.max(leaders.length, 1))];
			if (leader === undefined || leader.replica === null) return;
			if (kind < UPDATE_PERMILLE + TAKE_BACK_PERMILLE + RAISE_PERMILLE) this.raise(leader.replica);
			else this.propose(leader.replica);
			this.world.wake(leader, 0);
		}
	}

	/** The board is restarted with one of the two builds. */
	private run(node: SimulatedNode, isSecond: boolean): void {
		if (node.isWiped) return;
		node.build = isSecond ? SECOND_BUILD : BUILD;
		if (isSecond) this.updated.add(node);
		if (isSecond) this.services.updates++;
		else this.services.updatesTakenBack++;
		if (node.replica === null) return;
		this.world.crash(node);
		this.world.after(this.random.between(1, 800), () => {
			if (this.active && node.replica === null) this.world.boot(node);
		});
	}

	private raise(replica: Replica): void {
		const { services } = this;
		const current = replica.member?.raft.configuration;
		if (current === undefined || current.isJoint()) return;
		const next = new Configuration(current.count);
		for (let place = current.placeAfter(NOBODY); place !== NOBODY; place = current.placeAfter(place)) {
			const { addresses, ids, incarnations, ports, roles } = current;
			next.add(ids[place], incarnations[place], roles[place], addresses[place], ports[place]);
		}
		next.copyNumbers(current);
		if (current.level === SECOND_LEVEL) next.level = 1;
		else next.level = SECOND_LEVEL;
		const isRaise = next.level > current.level;
		const call = replica.changeConfiguration(next, current.index);
		if (call === -LEVEL_NOT_SPOKEN) services.raisesRefused++;
		if (call >= 0 && !isRaise) throw new Error("the level is being lowered");
		if (call >= 0) this.raises.get(replica)?.add(call);
	}

	/** An entry of the second level, at a leader of whatever build and level. */
	private propose(replica: Replica): void {
		const { member } = replica;
		if (member === null) return;
		const { calls } = member.requests;
		const call = calls.openLocal(OPERATION_WRITE);
		if (call === NO_CALL) return;
		const { raft } = member;
		const reason = raft.propose(SECOND_ENTRY, PAYLOAD, 0, PAYLOAD.length, call + 1);
		if (reason === DONE) this.services.secondEntries++;
		else calls.close(call);
		if (reason === LEVEL_NOT_SPOKEN) this.services.secondEntriesRefused++;
		if (reason === DONE && raft.configuration.level < SECOND_LEVEL)
			throw new Error("an entry of the second level was proposed at the first");
	}
}
