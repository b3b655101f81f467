import assert from "node:assert/strict";
import { Client } from "../../../core/client/client";
import { Command, DELETE, PUT, REGISTER } from "../../../core/command";
import { UNFORMATTED } from "../../../core/journal/status";
import { PROFILE_M } from "../../../core/limits";
import { BUSY, DONE, LOG_FULL, NO_SPACE, UNFORMATTED as NOT_FORMATTED, OUTCOME_UNKNOWN } from "../../../core/reasons";
import { Replica } from "../../../core/replica/replica";
import { UNFORMATTED_ROLE } from "../../../core/status";
import { CALM } from "../../../sim/links";
import { MemoryFlash } from "../../../sim/memory-flash";
import { SimulatedNetwork } from "../../../sim/network";
import { Random } from "../../../sim/random";
import { BASE_ADDRESS, PORT, type SimulatedNode, World } from "../../../sim/world";

function cluster(nodes: number, limits = PROFILE_M): World {
	const world = new World({ seed: 1, nodes, limits, flashBytes: 512 * 1024, network: CALM });
	for (const node of world.nodes) world.boot(node);
	assert.ok(world.runUntil(() => world.leader() !== undefined, 10_000));
	return world;
}

function replicaOf(node: SimulatedNode | undefined): Replica {
	assert.ok(node?.replica);
	return node.replica;
}

/** The application on the leader: proposes commands and keeps what came of them. */
class Caller {
	readonly answers: number[] = [];
	readonly world: World;
	readonly replica: Replica;
	private readonly command = new Command();
	private readonly bytes = new Uint8Array(1024);
	private sequence = 0;
	private session = 0;

	constructor(world: World) {
		this.world = world;
		this.replica = replicaOf(world.leader());
		this.replica.application = { answered: (_call, reason) => this.answers.push(reason) };
		this.command.operation = REGISTER;
		this.command.nonceHigh = 1;
		this.command.nonceLow = 2;
		assert.ok(this.propose(new Uint8Array(0), new Uint8Array(0)) >= 0);
		world.run(world.nowMs + 500);
		this.session = this.replica.member?.store.sessions.table[0].id ?? 0;
		assert.deepEqual(this.answers, [DONE]);
	}

	private propose(key: Uint8Array, value: Uint8Array): number {
		const length = this.command.write(this.bytes, 0, this.bytes.length, key, value);
		return this.replica.propose(this.bytes, 0, length);
	}

	/** @returns what `propose` did: a call, or the negative of a reason */
	write(operation: number, key: string, value = new Uint8Array(0)): number {
		const bytes = new TextEncoder().encode(key);
		const { command } = this;
		command.operation = operation;
		command.session = this.session;
		command.sequence = ++this.sequence;
		command.keyLength = bytes.length;
		command.valueLength = value.length;
		const call = this.propose(bytes, value);
		if (call < 0) this.sequence--;
		return call;
	}

	/** @returns the reason that a write came to */
	settle(operation: number, key: string, value = new Uint8Array(0)): number {
		const before = this.answers.length;
		assert.ok(this.write(operation, key, value) >= 0);
		assert.ok(this.world.runUntil(() => this.answers.length > before, this.world.nowMs + 5000));
		return this.answers[before];
	}
}

describe("a replica", () => {
	it("never formats itself: blank flash answers nothing but its status, and stays blank", () => {
		const flash = new MemoryFlash(512 * 1024, 4096);
		const network = new SimulatedNetwork(1, 1, () => undefined);
		const ports = {
			network,
			flash,
			clock: { milliseconds: () => 0 },
			entropy: { random32: () => 1 },
			trace: { event: () => undefined },
			gauges: { gauge: () => 0 },
		};
		const replica = new Replica(ports, PROFILE_M);
		assert.equal(replica.journal.status, UNFORMATTED);
		assert.equal(replica.propose(new Uint8Array(16), 0, 16), -NOT_FORMATTED);
		replica.turn();
		assert.ok(flash.bytes.every((byte) => byte === 0xff));
	});

	it("refuses a put into a full store by name, goes on, and takes puts again after deletes", () => {
		const caller = new Caller(cluster(3));
		const value = new Uint8Array(500);
		let full = -1;
		for (let i = 0; full < 0 && i < 200; i++) if (caller.settle(PUT, `key${i}`, value) === NO_SPACE) full = i;
		assert.ok(full > 10, "the store never was full");
		assert.equal(caller.settle(DELETE, "key0"), DONE);
		assert.equal(caller.settle(PUT, `key${full}`, value), DONE);
	});

	it("refuses proposals by name while no majority takes them, and goes on when it is back", () => {
		const world = cluster(3);
		const caller = new Caller(world);
		const leader = world.leader();
		for (const node of world.nodes) if (node !== leader) world.crash(node);
		const reasons = new Set<number>();
		const value = new Uint8Array(500);
		for (let i = 0; i < 200; i++) {
			const call = caller.write(PUT, `key${i}`, value);
			if (call < 0) reasons.add(-call);
		}
		assert.ok(reasons.size > 0, "nothing was refused");
		for (const reason of reasons) assert.ok(reason === BUSY || reason === LOG_FULL, String(reason));
		for (const node of world.nodes) if (node !== leader) world.boot(node);
		world.run(world.nowMs + 10_000);
		// Each accepted call has its one answer: done, or unknown where the leader stepped down meanwhile.
		for (const reason of caller.answers) assert.ok(reason === DONE || reason === OUTCOME_UNKNOWN, String(reason));
		const next = new Set(world.nodes.map((node) => node.replica?.member?.store.stateHash()));
		assert.equal(next.size, 1);
		assert.ok(world.leader(), "no leader in the end");
	});

	it("changes nothing and answers nothing when datagrams are noise, mutated, or of another cluster", () => {
		const world = cluster(3);
		world.run(world.nowMs + 1000);
		const target = world.nodes[0];
		const replica = replicaOf(target);
		const seen: Uint8Array[] = [];
		const listener = world.addStranger(BASE_ADDRESS + 99, PORT, () => undefined);
		const random = new Random(7);
		// Real traffic is what is mutated.
		const network = target.network;
		const receive = network.receive.bind(network);
		network.receive = (buffer: Uint8Array) => {
			const length = receive(buffer);
			if (length > 0 && seen.length < 50) seen.push(buffer.slice(0, length));
			return length;
		};
		world.run(world.nowMs + 2000);
		network.receive = receive;
		assert.ok(seen.length > 5);
		const raft = replica.member?.raft;
		const before = [raft?.term, raft?.log.lastIndex, raft?.commitIndex, replica.member?.store.stateHash()];
		const drops = () => replica.frame.drops.reduce((sum, count) => sum + count, 0);
		const dropsBefore = drops();
		let sent = 0;
		for (let i = 0; i < 20_000; i++) {
			const base = seen[random.below(seen.length)];
			const bytes = random.chance(500) ? base.slice() : new Uint8Array(random.below(80));
			if (bytes.length !== base.length) for (let k = 0; k < bytes.length; k++) bytes[k] = random.below(256);
			else bytes[random.below(bytes.length)] ^= 1 << random.below(8);
			network.arrive({ fromAddress: BASE_ADDRESS + 99, fromPort: PORT, bytes });
			sent++;
			if (i % 16 === 0) replica.turn();
		}
		replica.turn();
		const after = [raft?.term, raft?.log.lastIndex, raft?.commitIndex, replica.member?.store.stateHash()];
		assert.deepEqual(after, before);
		const empty = network.dropped;
		assert.ok(drops() - dropsBefore + empty >= sent * 0.95, `${drops() - dropsBefore} of ${sent} were counted`);
		world.run(world.nowMs + 100);
		assert.equal(listener.receive(new Uint8Array(1472)), 0, "noise was answered");
	});
});

describe("a node that was never formatted", () => {
	it("answers a status, says that it is unformatted, and nothing else", () => {
		const answers: { network: SimulatedNetwork; bytes: Uint8Array }[] = [];
		const client = new Client({ members: 3, writes: 1, reads: 2, requestBytes: 64 }, 0, 0, 1, 2, 3);
		client.members.set(1, 77, 7000);
		const network: SimulatedNetwork = new SimulatedNetwork(77, 7000, (_address, _port, datagram) =>
			answers.push({ network, bytes: datagram.bytes }),
		);
		const ports = {
			network,
			flash: new MemoryFlash(512 * 1024, 4096),
			clock: { milliseconds: () => 0 },
			entropy: { random32: () => 1 },
			trace: { event: () => undefined },
			gauges: { gauge: () => 0 },
		};
		const replica = new Replica(ports, PROFILE_M);
		client.tick(0);
		assert.equal(client.status(5, 1), DONE);
		assert.equal(client.get(6, Uint8Array.of(1), 0, 1), DONE);
		while (client.nextDatagram()) {
			const bytes = client.datagram.slice(0, client.datagramLength);
			network.arrive({ fromAddress: 1, fromPort: 1, bytes });
		}
		replica.turn();
		assert.equal(answers.length, 1, "one answer, to the status");
		client.receive(answers[0].bytes, answers[0].bytes.length);
		const call = client.nextAnswer();
		assert.equal(call?.call, 5);
		assert.equal(call?.reason, DONE);
		const numbers = [...call.answer.slice(call.answerOffset, call.answerOffset + 3)];
		// id 0, incarnation 0, and the role of a node that has none.
		assert.deepEqual(numbers, [0, 0, UNFORMATTED_ROLE]);
	});
});
