/**
 * Whoever administers the cluster of a run: asks those who think that they lead for other members,
 * at random, and now and then gives a board its next life. The world's boards are all that there are.
 * It leaves the cluster able to live: more than half of the voters can be given power.
 */
import {
	Configuration,
	isVoting,
	isWitness,
	NOBODY,
	PRIORITY_MAX,
	ROLE_LEARNER,
	ROLE_NONE,
	ROLE_VOTER,
	ROLE_WITNESS,
	ROLE_WITNESS_LEARNER,
} from "../core/configuration";
import { EVENT_CONFIGURATION_COMMITTED } from "../core/events";
import { LEADER } from "../core/raft/role";
import { QUORUM_AT_RISK } from "../core/reasons";
import type { Replica } from "../core/replica/replica";
import { isAsComplete, isKept, isMajority } from "./electorate";
import type { SimulatedNode } from "./node";
import { PORT, type World } from "./world";

/** A change is asked for every so many milliseconds on average. */
const CHANGE_MS = 700;
/** Of 1000 moments for a change, so many begin a board's next life instead. */
const RENEW_PERMILLE = 60;
/** And so many ask besides for somebody as what it is not. */
const MISTAKE_PERMILLE = 50;
/** While boards are dead: so often one after another is asked for less, and within so many milliseconds. */
const DEADLY_CHANGES = 4;
const DEADLY_MS_MAX = 3000;

/** Changes that were asked for, that a leader accepted, and that one saw committed; boards that began another life. */
export class Changes {
	asked = 0;
	accepted = 0;
	committed = 0;
	renewed = 0;
	/** Refused at once, because too few of those who would vote were heard. */
	atRisk = 0;
	/** Asked for as what they are not. */
	kindsRefused = 0;
}

interface Row {
	readonly id: number;
	readonly incarnation: number;
	role: number;
}

export class Administrator {
	readonly changes = new Changes();
	private readonly world: World;
	private readonly hasRenewed: (node: SimulatedNode) => void;
	private active = true;

	/** @param hasRenewed told of each board that begins its next life */
	constructor(world: World, hasRenewed: (node: SimulatedNode) => void) {
		this.world = world;
		this.hasRenewed = hasRenewed;
		this.plan();
	}

	/** To be told of every event of a node. */
	traced(event: number): void {
		if (event === EVENT_CONFIGURATION_COMMITTED) this.changes.committed++;
	}

	stop(): void {
		this.active = false;
	}

	private plan(): void {
		const { random } = this.world;
		this.world.after(random.between(1, 2 * CHANGE_MS), () => {
			if (!this.active) return;
			if (!random.chance(RENEW_PERMILLE) || !this.renew()) this.change();
			this.plan();
		});
	}

	/** @returns the board that is in this one of its lives, or undefined: that one is over */
	nodeOf(id: number, incarnation: number): SimulatedNode | undefined {
		const node = this.world.nodes[id - 1];
		return node?.incarnation === incarnation ? node : undefined;
	}

	/** True if more than half of those who vote can be given power. */
	private lives(configuration: Configuration): boolean {
		return isMajority(configuration, (id, incarnation) => this.nodeOf(id, incarnation) !== undefined);
	}

	/** A board has lost its power. For a while members are asked for without which the others could not do. */
	askAmongTheDead(): void {
		for (let i = 0; i < DEADLY_CHANGES; i++)
			this.world.after(this.world.random.between(1, DEADLY_MS_MAX), () => {
				if (this.active) this.change(true);
			});
	}

	/**
	 * Somebody who thinks that it leads is asked for a few other roles.
	 * @param isDeadly one that is alive shall vote no more
	 */
	change(isDeadly = false): void {
		const { nodes, random } = this.world;
		const leaders = nodes.filter((node) => node.replica?.member?.raft.role === LEADER);
		if (leaders.length === 0) return;
		const leader = leaders[random.below(leaders.length)];
		const replica = leader.replica;
		const current = replica?.member?.raft.configuration;
		if (replica === null || current === undefined) return;
		const next = isDeadly ? this.lessOneAlive(current) : this.wish(current);
		if (random.chance(MISTAKE_PERMILLE)) this.mistake(replica, current);
		if (!next.isSound() || !this.lives(next)) return;
		this.changes.asked++;
		const answer = replica.changeConfiguration(next, current.index);
		if (answer >= 0) this.changes.accepted++;
		else if (answer === -QUORUM_AT_RISK) this.changes.atRisk++;
		this.world.wake(leader, 0);
	}

	/** Somebody is asked for as what it is not: it is never done. */
	private mistake(replica: Replica, current: Configuration): void {
		const next = new Configuration(current.count);
		next.copyFrom(current);
		const place = next.placeAfter(NOBODY);
		next.roles[place] = isWitness(next.roles[place]) ? ROLE_LEARNER : ROLE_WITNESS_LEARNER;
		if (replica.changeConfiguration(next, current.index) >= 0) throw new Error("a node was given another kind");
		this.changes.kindsRefused++;
	}

	/** The others stay as they are. */
	private lessOneAlive(current: Configuration): Configuration {
		const { random } = this.world;
		const rows: Row[] = [];
		for (let place = current.placeAfter(NOBODY); place !== NOBODY; place = current.placeAfter(place))
			rows.push({ id: current.ids[place], incarnation: current.incarnations[place], role: current.roles[place] });
		const isAlive = ({ id, incarnation, role }: Row) =>
			isVoting(role) && (this.nodeOf(id, incarnation)?.replica ?? null) !== null;
		const alive = rows.filter(isAlive);
		if (alive.length > 0) {
			const row = alive[random.below(alive.length)];
			const learns = isWitness(row.role) ? ROLE_WITNESS_LEARNER : ROLE_LEARNER;
			row.role = random.chance(600) ? ROLE_NONE : learns;
		}
		return this.configurationOf(rows, current);
	}

	private wish(current: Configuration): Configuration {
		const { nodes, random } = this.world;
		const rows: Row[] = [];
		const wished = (role: number) => {
			if (!random.chance(250)) return role;
			const [votes, learns] = isWitness(role) ? [ROLE_WITNESS, ROLE_WITNESS_LEARNER] : [ROLE_VOTER, ROLE_LEARNER];
			return [votes, votes, learns, ROLE_NONE][random.below(4)];
		};
		for (let place = current.placeAfter(NOBODY); place !== NOBODY; place = current.placeAfter(place)) {
			const [id, incarnation] = [current.ids[place], current.incarnations[place]];
			const role = current.roles[place];
			// Whose life is over goes, or waits for that.
			const isOver = this.nodeOf(id, incarnation) === undefined;
			rows.push({ id, incarnation, role: isOver ? (random.chance(500) ? ROLE_NONE : role) : wished(role) });
		}
		for (const { id, incarnation, isWitness } of nodes) {
			if (current.placeOfLife(id, incarnation) === NOBODY && random.chance(400))
				rows.push({ id, incarnation, role: isWitness ? ROLE_WITNESS_LEARNER : ROLE_LEARNER });
		}
		rows.sort((a, b) => a.id - b.id || a.incarnation - b.incarnation);
		return this.configurationOf(rows, current);
	}

	/** @param rows in ascending order */
	private configurationOf(rows: readonly Row[], current: Configuration): Configuration {
		const { random } = this.world;
		const next = new Configuration(Math.max(rows.length, 1));
		for (const { id, incarnation, role } of rows) {
			if (role === ROLE_NONE) continue;
			const priority = this.world.hasPriorities ? random.below(PRIORITY_MAX + 1) : 0;
			next.add(id, incarnation, role, this.world.nodes[id - 1].home, PORT, ROLE_NONE, priority);
		}
		next.copyNumbers(current);
		return next;
	}

	/**
	 * A board's flash is lost, and formatted anew. The others must be able to do without what it held,
	 * by any configuration that some board still goes by or may go back to.
	 * @returns false when there is none that they can spare
	 */
	private renew(): boolean {
		const { nodes, random } = this.world;
		const node = nodes[random.below(nodes.length)];
		const isSpared = nodes.every((other) => {
			const raft = other.replica?.member?.raft;
			// Nobody knows what a board without power goes by.
			if (raft === undefined) return false;
			if (raft.isBlank) return true;
			return [raft.configuration, raft.previous].every(
				(each) => this.livesWithout(each, node) && this.isKeptWithout(each, node),
			);
		});
		if (!isSpared) return false;
		if (node.replica !== null) this.world.crash(node);
		this.world.renew(node);
		this.changes.renewed++;
		this.hasRenewed(node);
		return true;
	}

	/** True if somebody else who votes, and keeps the state, has all that anybody has. */
	private isKeptWithout(configuration: Configuration, node: SimulatedNode): boolean {
		const { nodes } = this.world;
		if (!nodes.some((other) => other.isWitness)) return true;
		return isKept(configuration, (id, incarnation) => {
			const keeper = this.nodeOf(id, incarnation);
			return keeper !== undefined && keeper !== node && nodes.every((other) => isAsComplete(keeper, other));
		});
	}

	private livesWithout(configuration: Configuration, node: SimulatedNode): boolean {
		return isMajority(configuration, (id, incarnation) => {
			const other = this.nodeOf(id, incarnation);
			return other !== undefined && other !== node;
		});
	}
}
