/**
 * Members of whole replicas come and go, over real frames, journals and snapshots: a blank board is
 * added, the dead is replaced, each board in turn is renewed, and what was decided is there after
 * a restart of all.
 */
import assert from "node:assert/strict";
import { Command, REGISTER } from "../../../core/command";
import { Configuration, NOBODY, ROLE_LEARNER, ROLE_NONE, ROLE_VOTER } from "../../../core/configuration";
import { type Limits, PROFILE_M } from "../../../core/limits";
import { CHANGE_UNDER_WAY, CONFLICT, DONE, NOT_CAUGHT_UP, NOT_LEADER } from "../../../core/reasons";
import type { Replica } from "../../../core/replica/replica";
import { loadSnapshot } from "../../../core/replica/snapshots";
import { STATUS_MEMBER_ROLE } from "../../../core/status";
import { Store } from "../../../core/store/store";
import { Codec } from "../../../core/wire/codec";
import { ConfigurationCodec } from "../../../core/wire/configuration";
import { BODY_OFFSET, CLIENT_ID, Frame } from "../../../core/wire/frame";
import {
	ClientMessage,
	NONCE_LOW,
	OPERATION_CHANGE,
	OPERATION_MEMBERS,
	REQUEST,
	REQUEST_NUMBER,
	REQUEST_OPERATION,
	RESPONSE_REASON,
	writeRequest,
} from "../../../core/wire/requests";
import { CALM } from "../../../sim/links";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT, type SimulatedNode, World } from "../../../sim/world";
import { configurationTextOf } from "../raft/configurations";
import { hearVoters } from "../raft/heard";

const SMALL: Limits = { ...PROFILE_M, snapshotEvery: 256, logEntries: 128 };
const EMPTY = new Uint8Array(0);

/** A cluster, and the person who administers it. */
class Cluster {
	readonly world: World;
	private number = 0;

	constructor(nodes: number, limits: Limits = PROFILE_M) {
		this.world = new World({ seed: 7, nodes, limits, flashBytes: 512 * 1024, network: CALM });
		for (const node of this.world.nodes) this.world.boot(node);
		this.awaitLeader();
	}

	awaitLeader(): Replica {
		const isServing = (): boolean => {
			const raft = this.world.leader()?.replica?.member?.raft;
			return raft !== undefined && raft.commitIndex >= raft.termStartIndex;
		};
		assert.ok(this.world.runUntil(isServing, this.world.nowMs + 20_000), "nobody leads");
		const replica = this.world.leader()?.replica;
		assert.ok(replica);
		return replica;
	}

	pass(ms: number): void {
		this.world.run(this.world.nowMs + ms);
	}

	/** Takes the configuration that is in force, has it changed, and asks until that was done. */
	change(edit: (next: Configuration) => void): void {
		const limitMs = this.world.nowMs + 60_000;
		for (;;) {
			assert.ok(this.world.nowMs < limitMs, "the change is not done");
			const replica = this.awaitLeader();
			let reason = -1;
			replica.application = { answered: (_call, why) => (reason = why) };
			const current = replica.member?.raft.configuration;
			assert.ok(current !== undefined);
			const next = new Configuration(PROFILE_M.members);
			edit(copyInto(next, current));
			const call = replica.changeConfiguration(sorted(next), current.index);
			if (call < 0) {
				assert.ok([-NOT_CAUGHT_UP, -CHANGE_UNDER_WAY, -NOT_LEADER].includes(call), `refused: ${-call}`);
				this.pass(200);
				continue;
			}
			assert.ok(
				this.world.runUntil(() => reason >= 0, this.world.nowMs + 10_000),
				"the call is not answered",
			);
			if (reason === DONE) return;
		}
	}

	/** Adds a board as a learner, and makes it a voter in the place of another, or beside all others. */
	add(node: SimulatedNode, instead: SimulatedNode | null): void {
		const { id, incarnation } = node;
		this.change((next) => next.set(next.count, id, incarnation, ROLE_LEARNER, node.address, PORT, 0));
		this.change((next) => {
			next.roles[next.placeOfLife(id, incarnation)] = ROLE_VOTER;
			// In its life before, when it takes its own place.
			const life = instead === node ? incarnation - 1 : (instead?.incarnation ?? 0);
			const gone = instead === null ? NOBODY : next.placeOfLife(instead.id, life);
			if (gone !== NOBODY) next.roles[gone] = 0;
		});
	}

	/** Puts some entries into the log. */
	write(count: number): void {
		const command = new Command();
		const bytes = new Uint8Array(100);
		command.operation = REGISTER;
		for (let i = 0; i < count; i++) {
			command.nonceHigh = 1;
			command.nonceLow = ++this.number;
			const length = command.write(bytes, 0, bytes.length, EMPTY, EMPTY);
			let done = false;
			const replica = this.awaitLeader();
			replica.application = { answered: () => (done = true) };
			if (replica.propose(bytes, 0, length) < 0) continue;
			assert.ok(this.world.runUntil(() => done, this.world.nowMs + 10_000));
		}
	}

	/** All who run and are members have applied the same, and go by the same configuration. */
	assertLevel(expected: string): void {
		this.pass(2000);
		const leader = this.awaitLeader().member;
		assert.equal(configurationTextOf(leader?.raft.configuration ?? new Configuration(1)), expected);
		for (const { id, incarnation, replica } of this.world.nodes) {
			const member = replica?.member;
			if (member === null || member === undefined || leader === null) continue;
			if (leader.raft.configuration.placeOfLife(id, incarnation) === NOBODY) continue;
			assert.equal(configurationTextOf(member.raft.configuration), expected);
			assert.equal(member.raft.appliedIndex, leader.raft.appliedIndex);
			assert.equal(member.store.stateHash(), leader.store.stateHash());
		}
	}
}

function copyInto(next: Configuration, current: Configuration): Configuration {
	for (let place = current.placeAfter(NOBODY); place !== NOBODY; place = current.placeAfter(place)) {
		const { ids, incarnations, roles, addresses, ports } = current;
		if (roles[place] > 0) next.add(ids[place], incarnations[place], roles[place], addresses[place], ports[place]);
	}
	next.copyNumbers(current);
	return next;
}

/** In ascending order, and without those who have no role. */
function sorted(configuration: Configuration): Configuration {
	const next = new Configuration(Math.max(configuration.count, 1));
	return copyInto(next, configuration);
}

/** What a board says that it is. */
function memberRoleOf(node: SimulatedNode): number {
	assert.ok(node.replica);
	node.replica.status.fill();
	return node.replica.status.fields[STATUS_MEMBER_ROLE];
}

describe("members of whole replicas", () => {
	it("are joined by a blank board, which learns all from the leader that adds it", () => {
		const cluster = new Cluster(3);
		cluster.write(20);
		const board = cluster.world.join();
		cluster.world.boot(board);
		cluster.pass(5000);
		assert.equal(board.replica?.member?.raft.isBlank, true);
		assert.equal(board.replica?.member?.raft.term, 0);
		cluster.add(board, null);
		cluster.assertLevel("{1,2,3,4}");
		cluster.write(5);
		// The addition outlives a restart of all.
		for (const node of cluster.world.nodes) cluster.world.crash(node);
		for (const node of cluster.world.nodes) cluster.world.boot(node);
		cluster.write(5);
		cluster.assertLevel("{1,2,3,4}");
	});

	it("are joined when the log before them is long gone", () => {
		const cluster = new Cluster(3, SMALL);
		cluster.write(700);
		const board = cluster.world.join();
		cluster.world.boot(board);
		cluster.add(board, null);
		cluster.write(300);
		cluster.assertLevel("{1,2,3,4}");
		assert.ok((board.replica?.member?.snapshots.installed ?? 0) > 0);
		// A configuration that only the snapshot holds by now.
		cluster.write(600);
		cluster.world.crash(board);
		cluster.world.boot(board);
		cluster.assertLevel("{1,2,3,4}");
	});

	it("are renewed one after the other, the leader too, in a rolling replacement", () => {
		const cluster = new Cluster(3, SMALL);
		for (const node of cluster.world.nodes.slice()) {
			cluster.write(30);
			cluster.world.crash(node);
			cluster.world.renew(node);
			cluster.world.boot(node);
			cluster.add(node, node);
		}
		cluster.write(10);
		cluster.assertLevel("{1.2,2.2,3.2}");
	});

	it("replace a dead one by another board, and a removed leader stops leading", () => {
		const cluster = new Cluster(3);
		const leader = cluster.world.leader();
		assert.ok(leader);
		const board = cluster.world.join();
		cluster.world.boot(board);
		cluster.add(board, leader);
		cluster.write(5);
		// It hands over: nobody waits for an election timeout.
		const { world } = cluster;
		assert.ok(world.runUntil(() => world.leader() !== leader, world.nowMs + 500));
		const left = [1, 2, 3, 4].filter((id) => id !== leader.id);
		cluster.assertLevel(`{${left.join(",")}}`);
	});

	it("are told that they have left by a leader that has started since, where they were", () => {
		const cluster = new Cluster(3);
		const { world } = cluster;
		const lost = world.nodes.find((node) => node !== world.leader()) as SimulatedNode;
		world.crash(lost);
		cluster.change((next) => {
			next.roles[next.placeOf(lost.id)] = 0;
		});
		for (const node of world.nodes) if (node !== lost) world.crash(node);
		for (const node of world.nodes) if (node !== lost) world.boot(node);
		cluster.awaitLeader();
		// A datagram to an address that nobody knows stops the world, as it once did a board.
		cluster.pass(100);
		world.boot(lost);
		assert.equal(memberRoleOf(lost), ROLE_VOTER);
		const isTold = () => lost.replica?.member?.raft.configuration.placeOf(lost.id) === NOBODY;
		assert.ok(world.runUntil(isTold, world.nowMs + 1000));
		assert.equal(memberRoleOf(lost), ROLE_NONE);
	});

	it("stand in a snapshot as they were committed, whatever the log's end says (pitfall 48)", () => {
		const cluster = new Cluster(3, { ...SMALL, snapshotEvery: 128 });
		const { world } = cluster;
		const board = world.join();
		world.boot(board);
		cluster.change((next) => next.set(3, board.id, 1, ROLE_LEARNER, board.address, PORT, 0));
		const followers = (): SimulatedNode[] => world.nodes.filter((node) => node !== world.leader() && node !== board);
		const raftOf = (node: SimulatedNode) => node.replica?.member?.raft;
		// Up to the entry with which a snapshot is due.
		while ((raftOf(world.nodes[0])?.appliedIndex ?? 0) < 127) {
			cluster.write(1);
			cluster.pass(200);
		}
		cluster.write(1);
		const leader = cluster.awaitLeader();
		const configuration = leader.member?.raft.configuration;
		assert.ok(configuration);
		// The change goes out with the word that this entry is committed, and is not committed itself.
		const next = copyInto(new Configuration(7), configuration);
		next.roles[next.placeOf(board.id)] = ROLE_VOTER;
		assert.ok(leader.changeConfiguration(next, configuration.index) >= 0);
		assert.ok(leader.member);
		hearVoters(leader.member.raft);
		const taken = (node: SimulatedNode) => node.replica?.member?.snapshots.taken === 1;
		assert.ok(world.runUntil(() => followers().some(taken), world.nowMs + 1000));
		const found = followers().find(taken)?.replica;
		assert.ok(found?.member);
		const held = new Configuration(7);
		const limits = { ...SMALL, snapshotEvery: 128 };
		loadSnapshot(found.journal, new Store(limits), limits, held);
		assert.equal(configurationTextOf(held), "{1,2,3,~4}");
		assert.equal(configurationTextOf(found.member.raft.configuration), "{1,2,3,4}");
		assert.ok(found.member.raft.configuration.index > found.journal.snapshotIndex);
	});

	it("are told and changed by datagrams, compare and set", () => {
		const cluster = new Cluster(3);
		const { world } = cluster;
		const address = BASE_ADDRESS + 99;
		const network = world.addStranger(address, 9, () => undefined);
		const frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, CLIENT_ID, 0, 0);
		const codec = new Codec();
		const buffer = new Uint8Array(1472);
		const message = new ClientMessage();
		const configurations = new ConfigurationCodec();
		const ask = (operation: number, bytes: Uint8Array): { reason: number; page: Uint8Array } => {
			const node = world.leader();
			assert.ok(node);
			const number = message.fields[REQUEST_NUMBER] + 1;
			message.fields.fill(0);
			message.fields[0] = REQUEST;
			message.fields[NONCE_LOW] = 5;
			message.fields[REQUEST_NUMBER] = number;
			message.fields[REQUEST_OPERATION] = operation;
			frame.beginTo(buffer, node.id, 0);
			const end = writeRequest(codec, buffer, message, bytes, 0, bytes.length, EMPTY, 0, 0);
			network.send(node.address, PORT, buffer, frame.seal(buffer, end));
			let length = 0;
			assert.ok(world.runUntil(() => (length = network.receive(buffer)) > 0, world.nowMs + 5000));
			assert.equal(frame.check(buffer, length), 0);
			assert.ok(codec.decodeResponse(buffer, frame.bodyEnd, message) > 0);
			const page = buffer.slice(message.offset, message.offset + message.length);
			return { reason: message.fields[RESPONSE_REASON], page };
		};
		assert.ok(BODY_OFFSET > 0);
		const told = ask(OPERATION_MEMBERS, EMPTY);
		assert.equal(told.reason, DONE);
		const configuration = new Configuration(7);
		// The configuration is the first item of the page; its end is where it reads back.
		let length = told.page.length;
		while (length > 0 && !configurations.read(told.page, 0, length, configuration)) length--;
		assert.equal(configurationTextOf(configuration), "{1,2,3}");
		assert.equal(configuration.index, 0);
		const leader = world.leader();
		const other = [0, 1, 2].find((place) => configuration.ids[place] !== leader?.id) ?? 0;
		configuration.roles[other] = ROLE_LEARNER;
		const wish = new Uint8Array(200);
		const end = configurations.write(wish, 0, wish.length, configuration);
		const changed = ask(OPERATION_CHANGE, wish.slice(0, end));
		assert.equal(changed.reason, DONE);
		assert.ok(changed.page.length > 0);
		assert.equal(ask(OPERATION_CHANGE, wish.slice(0, end)).reason, CONFLICT);
		assert.equal(leader?.replica?.member?.raft.configuration.roles[other], ROLE_LEARNER);
	});
});
