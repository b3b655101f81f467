/**
 * A random schedule: nodes, datagrams that are lost, doubled and late, nodes that crash, writes that
 * take their time, and, if wanted, changes of who the members are. Raft's five properties are
 * checked after every step (cluster.ts); at the end of a run all heals, and the cluster must agree,
 * have answered every call and take new ones.
 */
import assert from "node:assert/strict";
import { isVoting, NOBODY, ROLE_NONE } from "../../../core/configuration";
import { EVENT_CONFIGURATION } from "../../../core/events";
import { drain } from "../../../core/raft/drain";
import { readHere } from "../../../core/raft/follower-reads";
import { LEADER } from "../../../core/raft/role";
import { transferLeadership } from "../../../core/raft/transfer";
import { DONE } from "../../../core/reasons";
import { Cluster } from "./cluster";
import { configurationOf } from "./configurations";
import type { Member } from "./member";
import type { Watcher } from "./watcher";

/** The same numbers for the same seed. */
class Dice {
	private state: number;
	constructor(seed: number) {
		this.state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
	}
	below(end: number): number {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
	}
	oneIn(many: number): boolean {
		return this.below(many) === 0;
	}
}

/** Nodes in all lives. */
const NODES_MAX = 12;

interface Call {
	member: Member;
	text: string;
	isRead: boolean;
	isChange: boolean;
	/** A transfer of leadership. */
	isTransfer?: boolean;
	/** The highest index that was answered as done when the call began. */
	doneBefore: number;
}

export class Schedule {
	readonly dice: Dice;
	readonly cluster: Cluster;
	readonly calls = new Map<number, Call>();
	private nextCall = 1;
	private doneIndex = 0;
	done = 0;
	reads = 0;
	followerReads = 0;
	transfers = 0;
	cut: boolean[][] = [];
	/** Half of the schedules have many elections, the others long terms. */
	private readonly isStormy: boolean;
	/** True when members come and go. */
	private readonly hasChanges: boolean;
	/** In a third of the schedules. */
	private readonly hasWitnesses: boolean;
	changes = 0;
	joints = 0;

	/** @param driftPerMille how far clocks run too fast or too slow, at most */
	constructor(seed: number, driftPerMille: number, hasChanges: boolean) {
		this.hasChanges = hasChanges;
		this.dice = new Dice(seed);
		this.isStormy = seed % 2 === 0;
		const snapshotChunkBytes = 16 + this.dice.below(100);
		const limits = {
			commandBytes: 400,
			logBytes: 2000 + this.dice.below(3000),
			logEntries: 24 + this.dice.below(30),
			logReserveBytes: 64,
			logReserveEntries: 8,
			termRuns: 64,
			appendsInFlight: 1 + this.dice.below(4),
			proposals: 12,
			reads: 4,
			snapshotChunkBytes,
			members: hasChanges ? 7 : 5,
		};
		const watcher: Watcher = {
			event: (_, event, _index, _voters, isJoint) => {
				if (event === EVENT_CONFIGURATION && isJoint === 1) this.joints++;
			},
			sent: () => {},
			answered: (member, call, reason, index) => this.answered(member, call, reason, index),
		};
		// With leases in half of the schedules, as long as clocks allow that err by as much as they may.
		const numbers = { leaseMs: seed % 4 < 2 ? 1174 : 0, quietAfterMs: seed % 5 === 0 ? 400 : 0 };
		this.hasWitnesses = seed % 3 === 0;
		const witnesses = this.hasWitnesses ? (hasChanges ? 1 : 1 + (seed % 2)) : 0;
		const learners = hasChanges ? 1 : 0;
		this.cluster = new Cluster(hasChanges ? 3 : 5, learners, limits, seed, watcher, numbers, witnesses);
		for (let place = 0; place < NODES_MAX; place++) {
			this.cluster.rates[place] = 1 + (this.dice.below(2 * driftPerMille + 1) - driftPerMille) / 1000;
		}
		this.heal();
	}

	private answered(member: Member, number: number, reason: number, index: number): void {
		const call = this.calls.get(number);
		assert.ok(call !== undefined && call.member === member);
		this.calls.delete(number);
		if (reason !== DONE) return;
		if (call.isChange) {
			assert.ok(this.cluster.invariants.committed[index - 1].includes("{"), "a change was answered with another entry");
			assert.ok(
				!this.cluster.invariants.committed[index - 1].includes("|"),
				"a change was answered while it was joint",
			);
			this.changes++;
			return;
		}
		if (call.isTransfer) {
			this.transfers++;
			return;
		}
		if (call.isRead) {
			if (member.raft.role !== LEADER) this.followerReads++;
			assert.ok(member.state.length >= call.doneBefore, "a read that misses what was done before it");
			assert.ok(index >= call.doneBefore);
			this.reads++;
			return;
		}
		assert.ok(
			this.cluster.invariants.committed[index - 1].endsWith(`:${call.text}`),
			"another entry was applied for the call",
		);
		this.doneIndex = Math.max(this.doneIndex, index);
		this.done++;
	}

	heal(): void {
		this.cut = Array.from({ length: NODES_MAX }, () => new Array<boolean>(NODES_MAX).fill(false));
	}

	call(member: Member): void {
		const number = this.nextCall++;
		const isRead = this.dice.oneIn(3);
		const text = `${number}${"x".repeat(this.dice.oneIn(10) ? this.dice.below(390) : this.dice.below(20))}`;
		this.calls.set(number, { member, text, isRead, isChange: false, doneBefore: this.doneIndex });
		const reason = isRead
			? this.cluster.call(member, number, (raft) => readHere(raft, number))
			: this.cluster.propose(member, number, text);
		if (reason !== DONE) this.calls.delete(number);
	}

	/** Who leads hands over to somebody; now and then a node is drained for a while. */
	lead(member: Member): void {
		const { cluster, dice } = this;
		if (!member.running) return;
		if (dice.oneIn(6)) drain(member.raft, !member.raft.isDraining);
		const number = this.nextCall++;
		const target = dice.oneIn(3) ? NOBODY : dice.below(cluster.members.length);
		this.calls.set(number, { member, text: "", isRead: false, isChange: false, isTransfer: true, doneBefore: 0 });
		const reason = cluster.call(member, number, (raft) => transferLeadership(raft, target, number));
		if (reason !== DONE) this.calls.delete(number);
		cluster.work(member);
	}

	/** One datagram arrives, is lost, comes twice or late. */
	move(lossy: boolean): void {
		const { network } = this.cluster;
		if (network.length === 0) return;
		const [packet] = network.splice(lossy && this.dice.oneIn(4) ? this.dice.below(network.length) : 0, 1);
		if (lossy && (this.cut[packet.from][packet.to] || this.dice.oneIn(12))) return;
		if (lossy && this.dice.oneIn(12)) network.splice(this.dice.below(network.length + 1), 0, packet);
		this.cluster.deliver(packet);
	}

	step(): void {
		const { cluster, dice } = this;
		const member = cluster.members[dice.below(cluster.members.length)];
		if (this.isStormy && dice.oneIn(25)) {
			this.storm();
			return;
		}
		if (this.hasChanges && dice.oneIn(12)) {
			this.change();
			return;
		}
		const choice = dice.below(100);
		if (choice < 60) for (let i = dice.below(6); i >= 0; i--) this.move(true);
		else if (choice < 78) this.advance(dice.below(dice.oneIn(10) ? 400 : 60));
		else if (choice < 90) {
			const leader = cluster.members.find((one) => one.running && one.raft.role === LEADER);
			const asked = leader !== undefined && dice.oneIn(2) ? leader : member;
			if (!asked.running) return;
			if (dice.oneIn(8)) this.lead(asked);
			for (let i = dice.below(5); i >= 0; i--) this.call(asked);
			cluster.work(asked);
		} else if (choice < 92) this.crashOrStart(member);
		else if (choice < 95) {
			member.holdWrites = dice.oneIn(4);
			member.holdCompletion = dice.oneIn(4);
			if (member.running) cluster.work(member);
		} else if (choice < 97) {
			if (member.running) cluster.takeSnapshot(member, dice.below(6));
		} else if (choice < 98) this.heal();
		else this.cut[member.place][dice.below(cluster.members.length)] = true;
	}

	/** Somebody who thinks that it leads is asked for other members; now and then a new board is there for it. */
	private change(): void {
		const { cluster, dice } = this;
		if (dice.oneIn(6) && cluster.members.length < NODES_MAX) this.join();
		const leaders = cluster.members.filter(({ running, raft }) => running && raft.role === LEADER);
		if (leaders.length === 0) return;
		const leader = leaders[dice.below(leaders.length)];
		const { configuration } = leader.raft;
		const words: string[] = [];
		for (const { id, incarnation, isWitness } of cluster.members) {
			const place = configuration.placeOfLife(id, incarnation);
			const role = place === NOBODY ? ROLE_NONE : configuration.roles[place];
			const name = `${id}.${incarnation}`;
			// A life that is over does not come back: its flash holds the next one.
			const isOver = cluster.members.some((other) => other.id === id && other.incarnation > incarnation);
			if (role === ROLE_NONE && isOver) continue;
			// Most stay what they are; learners become voters, others learners, some leave. None is of another kind.
			const wish = dice.below(8);
			const sign = isWitness ? "!" : "";
			if (isVoting(role) ? wish > 1 : role !== ROLE_NONE && wish > 4) words.push(`${sign}${name}`);
			else if (isVoting(role) ? wish === 1 : wish > (role === ROLE_NONE ? 5 : 1)) words.push(`${sign}~${name}`);
		}
		const number = this.nextCall++;
		this.calls.set(number, { member: leader, text: "", isRead: false, isChange: true, doneBefore: 0 });
		const reason = cluster.change(leader, number, configurationOf(words, configuration), configuration.index);
		if (reason !== DONE) this.calls.delete(number);
		cluster.work(leader);
	}

	/** A new board, or one that begins its next life while the last one is still about. */
	private join(): void {
		const { members } = this.cluster;
		const id = this.dice.oneIn(3) ? members[this.dice.below(members.length)].id : members.length + 1;
		const lives = members.filter((member) => member.id === id).length;
		this.cluster.join(id, lives + 1, this.hasWitnesses && this.dice.oneIn(3));
	}

	/** All lose their patience with the leader, one or two of them at once; a third loses its power, for a moment or longer. */
	private storm(): void {
		const { cluster, dice } = this;
		const { members } = cluster;
		const first = dice.below(members.length);
		const second = (first + 1 + dice.below(members.length - 1)) % members.length;
		const weak = members[dice.below(members.length)];
		weak.holdWrites = dice.oneIn(2);
		// A leader that hears nobody does not know it yet: what it answers now must be right all the same.
		const alone = members.find((member) => member.running && member.raft.role === LEADER);
		if (alone !== undefined && dice.oneIn(2)) {
			for (const { place } of members) {
				this.cut[alone.place][place] = true;
				this.cut[place][alone.place] = true;
			}
		}
		cluster.nowMs += 1200 + dice.below(1300);
		cluster.tick(members[first]);
		if (dice.oneIn(2)) cluster.tick(members[second]);
		for (let i = dice.below(40); i > 0; i--) this.move(true);
		for (let round = dice.below(3); round > 0; round--) this.askLeaders();
		if (dice.oneIn(3)) return;
		this.crashOrStart(weak);
		if (dice.oneIn(4)) return;
		this.crashOrStart(weak);
		for (let i = dice.below(40); i > 0; i--) this.move(true);
	}

	/** Everybody who thinks that it leads is asked something, in one moment. */
	private askLeaders(): void {
		for (const member of this.cluster.members) {
			if (!member.running || member.raft.role !== LEADER) continue;
			this.call(member);
			this.call(member);
			this.cluster.work(member);
		}
		for (let i = this.dice.below(40); i > 0; i--) this.move(true);
	}

	private crashOrStart(member: Member): void {
		if (!member.running) {
			this.cluster.start(member);
			return;
		}
		if (this.cluster.members.filter((other) => !other.running).length >= (this.hasChanges ? 3 : 2)) return;
		for (const [number, call] of this.calls) if (call.member === member) this.calls.delete(number);
		this.cluster.crash(member, this.dice.oneIn(2));
	}

	advance(ms: number): void {
		this.cluster.nowMs += ms;
		for (const member of this.cluster.members) this.cluster.tick(member);
	}

	/** All links and nodes work from now on: the cluster must come to one mind, and go on. */
	finish(): void {
		const { cluster } = this;
		this.heal();
		for (const member of cluster.members) {
			member.holdWrites = false;
			member.holdCompletion = false;
			if (!member.running) cluster.start(member);
			drain(member.raft, false);
			cluster.work(member);
		}
		let proposed = 0;
		for (let i = 0; i < 4000; i++) {
			for (let k = 0; k < 400 && cluster.network.length > 0; k++) this.move(false);
			const leader = this.leader();
			if (leader !== undefined && proposed < 3 && cluster.propose(leader, 1e9 + i, `end${i}`) === DONE) {
				this.calls.set(1e9 + i, { member: leader, text: `end${i}`, isRead: false, isChange: false, doneBefore: 0 });
				cluster.work(leader);
				proposed++;
			}
			this.advance(25);
			if (proposed === 3 && this.isConverged()) return this.rest();
		}
		assert.fail("the healed cluster did not come to one mind");
	}

	/** A group that may rest does, says nothing for hours, and wakes for what comes. */
	private rest(): void {
		const { cluster } = this;
		if (cluster.configuration.quietAfterMs === 0) return;
		const settle = () => {
			for (let k = 0; k < 400 && cluster.network.length > 0; k++) this.move(false);
		};
		// Who was removed may not know it, and its clock runs on: it rests with nobody.
		const { configuration } = this.leader()?.raft ?? assert.fail("nobody leads");
		const group = cluster.members.filter((one) => configuration.placeOfLife(one.id, one.incarnation) !== NOBODY);
		const isQuiet = () => group.every((member) => member.raft.isQuiet);
		for (let i = 0; i < 400 && !isQuiet(); i++) {
			this.advance(25);
			settle();
		}
		assert.ok(isQuiet(), "an idle group did not come to rest");
		if (group.length < cluster.members.length) return;
		this.advance(3_600_000);
		assert.equal(cluster.network.length, 0, "a group at rest spoke");
		const member = cluster.members[this.dice.below(cluster.members.length)];
		const reason = cluster.call(member, 2e9, (raft) => readHere(raft, 2e9));
		assert.equal(reason, DONE);
		this.calls.set(2e9, { member, text: "", isRead: true, isChange: false, doneBefore: this.doneIndex });
		cluster.work(member);
		for (let i = 0; i < 20 && this.calls.size > 0; i++) {
			settle();
			this.advance(25);
		}
		assert.equal(this.calls.size, 0, "a group at rest did not wake");
	}

	/** Of the highest term. */
	private leader(): Member | undefined {
		const leaders = this.cluster.members.filter((member) => member.raft.role === LEADER);
		return leaders.sort((a, b) => b.raft.term - a.raft.term)[0];
	}

	/** All members, and nobody else need be, have the same log and configuration, and all of it is applied. */
	private isConverged(): boolean {
		const leader = this.leader();
		if (leader === undefined || leader.raft.configuration.isJoint()) return false;
		const { configuration, log } = leader.raft;
		const same = this.cluster.members.every(({ id, incarnation, raft }) => {
			if (configuration.placeOfLife(id, incarnation) === NOBODY) return true;
			const isLevel = raft.appliedIndex === log.lastIndex && raft.log.lastIndex === log.lastIndex;
			return isLevel && raft.configuration.index === configuration.index;
		});
		return same && this.calls.size === 0 && this.cluster.pending.size === 0;
	}
}
