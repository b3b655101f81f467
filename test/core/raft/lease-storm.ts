/**
 * Leases under what is worst for them, at random: orders to stand for election, answers and appends that are
 * kept back and come late and doubled, leaders that are cut off with the target alone, and restarts in
 * between. Clocks err by as much as the configuration allows. No read may miss a write that was done.
 */
import assert from "node:assert/strict";
import { readHere } from "../../../core/raft/follower-reads";
import { paused } from "../../../core/raft/lease";
import { APPEND_REQUEST, TIMEOUT_NOW, TRANSFER_VOTE_REQUEST } from "../../../core/raft/messages";
import type { Raft } from "../../../core/raft/raft";
import { LEADER } from "../../../core/raft/role";
import { transferLeadership } from "../../../core/raft/transfer";
import { DONE } from "../../../core/reasons";
import { Random } from "../../../sim/random";
import { Cluster } from "./cluster";
import type { Member } from "./member";
import type { Packet } from "./watcher";

const LEASE_MS = 1174;
const STEPS = 600;
const HEARTBEAT_MS = 150;
/** Packets that may yet come. */
const KEPT = 60;

export class LeaseStorm {
	leaseReads = 0;
	reads = 0;
	writes = 0;
	orders = 0;
	private readonly random: Random;
	private readonly cluster: Cluster;
	private readonly cut: boolean[][];
	private kept: Packet[] = [];
	/** Under way: the last index that was done when a read came, or -1 for a write or an order. */
	private readonly calls = new Map<number, number>();
	private doneIndex = 0;
	private nextCall = 1;
	private isAsking = false;

	constructor(seed: number, quietAfterMs: number) {
		this.random = new Random(seed ^ 0x2c1b3c6d);
		const count = seed % 3 === 0 ? 5 : 3;
		const watcher = {
			event: () => {},
			sent: () => {},
			answered: (member: Member, call: number, reason: number, index: number) =>
				this.answered(member, call, reason, index),
		};
		const limits = { proposals: 12, reads: 8, termRuns: 64 };
		this.cluster = new Cluster(count, 0, limits, seed, watcher, { leaseMs: LEASE_MS, quietAfterMs });
		for (let place = 0; place < count; place++) this.cluster.rates[place] = 1 + (this.random.below(21) - 10) / 1000;
		this.cut = this.cluster.members.map(() => this.cluster.members.map(() => false));
	}

	run(): void {
		for (let step = 0; step < STEPS; step++) this.step();
		this.heal();
		this.startAll();
		for (let i = 0; i < 200 && (this.calls.size > 0 || i < 20); i++) {
			for (const member of this.cluster.members) this.cluster.tick(member);
			for (let packet = this.cluster.network.shift(); packet !== undefined; packet = this.cluster.network.shift())
				this.cluster.deliver(packet);
			this.cluster.nowMs += 60;
		}
		assert.equal(this.calls.size, 0, "a call was never answered");
	}

	private step(): void {
		const { random } = this;
		const leader = this.leaders()[0];
		const some = this.cluster.members[random.below(this.cluster.members.length)];
		switch (random.below(14)) {
			case 0:
				return this.askLeaders();
			case 1:
				return this.write();
			case 2:
				if (leader !== undefined && random.below(3) === 0) this.order(leader, some);
				return;
			case 3:
				if (leader !== undefined && random.chance(500)) this.isolate(leader, random.chance(600) ? some : undefined);
				return;
			case 4:
				if (random.chance(350)) this.heal();
				return;
			case 5:
				if (random.chance(500)) this.restart(some);
				return;
			case 6:
			case 7:
				return this.late(random.below(6));
			case 8:
				if (some.running) this.ask(some, (raft, call) => readHere(raft, call));
				return;
			case 9:
				if (some.running) paused(some.raft);
				return;
			case 10:
				if (leader !== undefined && this.calls.size <= 3) this.ordeal();
				return;
			default:
				this.pass(random.below(160));
				return this.settle(40);
		}
	}

	/** A leader that orders one to stand, which does not hear it until much later; and restarts in between. */
	private ordeal(): void {
		const { cluster, random } = this;
		this.heal();
		this.pass(HEARTBEAT_MS);
		this.settle(60);
		const leader = this.leaders()[0];
		if (leader === undefined) return;
		const target =
			cluster.members[(leader.place + 1 + random.below(cluster.members.length - 1)) % cluster.members.length];
		if (!target.running) return;
		this.kept = this.kept.slice(-10);
		this.order(leader, target);
		this.beats(13 + random.below(3), 20);
		if (random.chance(500)) this.isolate(leader, target);
		this.beats(random.below(4), 6);
		this.isolate(leader, random.chance(500) ? target : undefined);
		this.beats(random.below(4), 8);
		this.askLeaders();
		for (let i = random.below(3); i > 0; i--) this.restart(random.chance(500) ? target : leader);
		this.startAll();
		this.late(random.below(30));
		this.write();
	}

	/** Heartbeats, during which every order is kept back and one datagram of so many is lost. */
	private beats(count: number, part: number): void {
		const { cluster, random } = this;
		for (let i = 0; i < count; i++) {
			cluster.nowMs += HEARTBEAT_MS;
			for (const member of cluster.members) cluster.tick(member);
			for (let packets = 0; packets < 80; packets++) {
				const packet = cluster.network.shift();
				if (packet === undefined) break;
				if (packet.kind === TIMEOUT_NOW || random.below(6) === 0) this.keep(packet);
				const isHeld = packet.kind === TIMEOUT_NOW || random.below(part) === 0;
				if (!isHeld && !this.cut[packet.from][packet.to]) cluster.deliver(packet);
			}
		}
	}

	/** Copies of what was sent long ago arrive, orders above all. */
	private late(count: number): void {
		const { cluster, kept, random } = this;
		for (let i = 0; i < count && kept.length > 0; i++) {
			const packet = kept[random.below(kept.length)];
			const isWeighty = [TIMEOUT_NOW, TRANSFER_VOTE_REQUEST, APPEND_REQUEST].includes(packet.kind);
			if (!isWeighty && random.chance(500)) continue;
			cluster.deliver({ ...packet, fields: [...packet.fields] });
			this.settle(random.below(12));
			if (random.below(4) === 0) this.write();
		}
		this.askLeaders();
	}

	private settle(count: number): void {
		const { cluster, random } = this;
		for (let i = 0; i < count; i++) {
			const packet = cluster.network.shift();
			if (packet === undefined) return;
			if (random.below(packet.kind === TIMEOUT_NOW ? 2 : 8) === 0) this.keep(packet);
			const isLost = packet.kind === TIMEOUT_NOW && random.below(3) !== 0;
			if (!isLost && !this.cut[packet.from][packet.to]) cluster.deliver(packet);
		}
	}

	private keep(packet: Packet): void {
		this.kept.push(packet);
		if (this.kept.length > KEPT) this.kept.splice(this.random.below(KEPT), 1);
	}

	private pass(milliseconds: number): void {
		this.cluster.nowMs += milliseconds;
		for (const member of this.cluster.members) if (this.random.below(5) > 0) this.cluster.tick(member);
	}

	private leaders(): Member[] {
		return this.cluster.members.filter((member) => member.running && member.raft.role === LEADER);
	}

	private askLeaders(): void {
		for (const leader of this.leaders()) this.ask(leader, (raft, call) => raft.read(call));
	}

	private ask(member: Member, begin: (raft: Raft, call: number) => number): void {
		this.begin(member, this.doneIndex, begin);
	}

	private order(leader: Member, target: Member): void {
		this.orders++;
		this.begin(leader, -1, (raft, call) =>
			transferLeadership(raft, raft.places.find(target.id, target.incarnation), call),
		);
	}

	private begin(member: Member, before: number, begin: (raft: Raft, call: number) => number): void {
		const call = this.nextCall++;
		this.calls.set(call, before);
		if (this.cluster.call(member, call, (raft) => begin(raft, call)) !== DONE) this.calls.delete(call);
		this.isAsking = true;
		this.cluster.work(member);
		this.isAsking = false;
	}

	private write(): void {
		for (const leader of this.leaders()) {
			const call = this.nextCall++;
			this.calls.set(call, -1);
			if (this.cluster.propose(leader, call, `w${call}`) !== DONE) this.calls.delete(call);
			this.cluster.work(leader);
		}
		this.settle(30);
		this.askLeaders();
	}

	private answered(member: Member, call: number, reason: number, index: number): void {
		const before = this.calls.get(call);
		assert.ok(before !== undefined, "a call was answered twice");
		this.calls.delete(call);
		if (reason !== DONE) return;
		if (before < 0) {
			this.doneIndex = Math.max(this.doneIndex, index);
			this.writes++;
			return;
		}
		this.reads++;
		if (this.isAsking) this.leaseReads++;
		const isNew = index >= before && member.state.length >= before;
		assert.ok(isNew, `a read at node ${member.id} misses what was done: ${index} < ${before}`);
	}

	/** @param except somebody whom it still hears, and who hears it */
	private isolate(member: Member, except: Member | undefined): void {
		for (const other of this.cluster.members) {
			const isCut = other !== member && other !== except;
			this.cut[member.place][other.place] = isCut;
			this.cut[other.place][member.place] = isCut;
		}
	}

	private heal(): void {
		for (const row of this.cut) row.fill(false);
	}

	private restart(member: Member): void {
		if (member.running) {
			for (const [call, owner] of this.cluster.pending) if (owner === member) this.calls.delete(call);
			this.cluster.crash(member, this.random.chance(500));
			if (this.random.chance(200)) return;
		}
		this.cluster.start(member);
	}

	private startAll(): void {
		for (const member of this.cluster.members) if (!member.running) this.cluster.start(member);
	}
}
