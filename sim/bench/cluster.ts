/**
 * Five whole nodes in one image, for measuring what an entry costs: core, codec, frame, journal on
 * a flash in memory with its read-back, and store; over a network in memory that loses nothing.
 * The clock stands still while entries are measured, so no heartbeat is among the messages.
 * Nothing in the measured part allocates.
 */
import { copy, fill } from "../../core/bytes";
import { Command, PUT, REGISTER } from "../../core/command";
import { Configuration, ROLE_VOTER } from "../../core/configuration";
import { DATAGRAM_BYTES, type Limits } from "../../core/limits";
import type { Clock, Entropy, Flash, Gauges, Network, Trace } from "../../core/ports";
import { LEADER } from "../../core/raft/role";
import { formatNode } from "../../core/replica/format";
import { Replica } from "../../core/replica/replica";

const INBOX_DATAGRAMS = 64;
const NODES = 5;
const KEYS = 64;

/** A datagram on its way. */
class Datagram {
	length = 0;
	source = 0;
	readonly bytes = new Uint8Array(DATAGRAM_BYTES);
}

/** An inbox in a ring; addresses are node ids. */
class BenchNetwork implements Network {
	count = 0;
	sourceAddress = 0;
	sourcePort = 1;
	private head = 0;
	private readonly ring: Datagram[] = [];
	private readonly id: number;
	private readonly peers: readonly BenchNetwork[];

	constructor(id: number, peers: readonly BenchNetwork[]) {
		this.id = id;
		this.peers = peers;
		for (let i = 0; i < INBOX_DATAGRAMS; i++) this.ring.push(new Datagram());
	}

	receive(buffer: Uint8Array): number {
		if (this.count === 0) return 0;
		const datagram = this.ring[this.head];
		copy(buffer, 0, datagram.bytes, 0, datagram.length);
		this.sourceAddress = datagram.source;
		this.head = (this.head + 1) % INBOX_DATAGRAMS;
		this.count--;
		return datagram.length;
	}

	send(address: number, _port: number, buffer: Uint8Array, length: number): void {
		const peer = this.peers[address - 1];
		if (peer.count === INBOX_DATAGRAMS) throw new Error("the benchmark's network lost a datagram");
		const datagram = peer.ring[(peer.head + peer.count) % INBOX_DATAGRAMS];
		copy(datagram.bytes, 0, buffer, 0, length);
		datagram.length = length;
		datagram.source = this.id;
		peer.count++;
	}
}

/** Flash in memory: no rules, no time, so that what is measured is ours. */
export class BenchFlash implements Flash {
	private readonly bytes: Uint8Array;
	readonly size: number;
	readonly sectorSize = 4096;
	readonly stallMsMax = 1;

	constructor(size: number) {
		this.size = size;
		this.bytes = new Uint8Array(size);
		fill(this.bytes, 0, size, 0xff);
	}

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		copy(target, targetOffset, this.bytes, offset, length);
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		copy(this.bytes, offset, source, sourceOffset, length);
	}

	erase(offset: number): void {
		fill(this.bytes, offset, this.sectorSize, 0xff);
	}
}

export class BenchCluster {
	nowMs = 0;
	/** Entries that the leader has answered. */
	answered = 0;
	readonly replicas: Replica[] = [];
	private readonly networks: BenchNetwork[] = [];
	private leader = 0;
	/** By node: 1 when it wants a turn though no datagram waits. */
	private readonly due: number[] = [0, 0, 0, 0, 0];
	private readonly command = new Command();
	private readonly bytes = new Uint8Array(64);
	private readonly key = new Uint8Array(2);
	private readonly value = new Uint8Array(64);
	private readonly payloadBytes: number;

	/** @param payloadBytes of a whole command, session included */
	constructor(limits: Limits, flashBytes: number, payloadBytes: number) {
		this.payloadBytes = payloadBytes;
		const configuration = new Configuration(limits.members);
		configuration.stallMs = 1;
		for (let id = 1; id <= NODES; id++) configuration.add(id, 1, ROLE_VOTER, id, 1);
		const clock: Clock = { milliseconds: () => this.nowMs };
		const trace: Trace = { event: () => undefined };
		const gauges: Gauges = { gauge: () => 0 };
		for (let id = 1; id <= NODES; id++) {
			const flash = new BenchFlash(flashBytes);
			formatNode(flash, limits, { clusterHigh: 1, clusterLow: 2, id, incarnation: 1 }, configuration);
			const network = new BenchNetwork(id, this.networks);
			const entropy: Entropy = { random32: () => id * 2654435761 };
			this.networks.push(network);
			this.replicas.push(new Replica({ network, flash, clock, entropy, trace, gauges }, limits));
		}
		this.elect();
		this.replicas[this.leader].application = { answered: () => this.answered++ };
		this.register();
	}

	private elect(): void {
		for (; this.nowMs < 100_000; this.nowMs += 10) {
			this.settle();
			for (let i = 0; i < NODES; i++) {
				if (this.replicas[i].member?.raft.role !== LEADER) continue;
				this.leader = i;
				return;
			}
		}
		throw new Error("no leader was elected");
	}

	private register(): void {
		const command = this.command;
		command.operation = REGISTER;
		command.nonceHigh = 1;
		command.nonceLow = 1;
		this.propose(command.write(this.bytes, 0, this.bytes.length, this.key, this.value));
		this.settle();
		const store = this.replicas[this.leader].member?.store;
		if (store === undefined || store.sessions.count !== 1) throw new Error("no session was registered");
		command.operation = PUT;
		command.session = store.sessions.table[0].id;
		command.sequence = 0;
		command.keyLength = 2;
		command.valueLength = 1;
	}

	private propose(length: number): void {
		const call = this.replicas[this.leader].propose(this.bytes, 0, length);
		if (call < 0) throw new Error("a proposal was refused");
	}

	/** Gives turns to all whom a datagram, a timer or a proposal calls for, until nobody has anything to do. */
	private settle(): void {
		const { due } = this;
		due.fill(1);
		this.settleDue();
	}

	private settleDue(): void {
		const { due, networks, replicas } = this;
		let idle = 0;
		for (let i = 0; idle < NODES; i = i + 1 < NODES ? i + 1 : 0) {
			if (due[i] === 0 && networks[i].count === 0) idle++;
			else {
				due[i] = replicas[i].turn() === 0 ? 1 : 0;
				idle = 0;
			}
		}
	}

	/** Commits and applies `entries` on all nodes, `depth` at a time. */
	run(entries: number, depth: number): void {
		const command = this.command;
		for (let done = 0; done < entries; done += depth) {
			for (let i = 0; i < depth; i++) {
				command.sequence++;
				this.key[0] = 107;
				this.key[1] = command.sequence % KEYS;
				this.value[0] = command.sequence % 256;
				this.propose(this.writePut());
			}
			this.due[this.leader] = 1;
			this.settleDue();
		}
	}

	/** Writes a put that takes exactly the payload's bytes: the value fills what is left. */
	private writePut(): number {
		const { command, payloadBytes } = this;
		const length = command.write(this.bytes, 0, 64, this.key, this.value);
		if (length === payloadBytes) return length;
		command.valueLength += payloadBytes - length;
		return command.write(this.bytes, 0, 64, this.key, this.value);
	}

	/** Datagrams that all nodes have sent. */
	messages(): number {
		let messages = 0;
		for (let i = 0; i < NODES; i++) messages += this.replicas[i].member?.sender.messages ?? 0;
		return messages;
	}

	/** Their bytes of UDP payload. */
	messageBytes(): number {
		let bytes = 0;
		for (let i = 0; i < NODES; i++) bytes += this.replicas[i].member?.sender.messageBytes ?? 0;
		return bytes;
	}

	/** Bytes programmed into all flashes. */
	flashBytes(): number {
		let bytes = 0;
		for (let i = 0; i < NODES; i++) bytes += this.replicas[i].journal.medium.programmedBytes;
		return bytes;
	}

	/**
	 * Sends one heartbeat's time on, so that the last commit reaches all.
	 * @throws Error unless every node has applied the same
	 */
	checkEqual(): void {
		this.nowMs += 200;
		this.settle();
		const first = this.replicas[0].member;
		for (let i = 1; i < NODES; i++) {
			const store = this.replicas[i].member?.store;
			if (store?.stateHash() !== first?.store.stateHash()) throw new Error("the nodes' states differ");
			if (store?.appliedIndex !== first?.store.appliedIndex) throw new Error("the nodes' applied indices differ");
		}
	}
}
