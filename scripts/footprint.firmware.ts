/**
 * What a node of profile M takes of a board's pools, as a program for the emulated board with the pools of
 * a real one. Over a flash that was just formatted it fills the node with as many keys and sessions as it
 * takes; over a full one it installs the snapshot that is there once more.
 */
import { Command, PUT, REGISTER } from "../core/command";
import { Configuration } from "../core/configuration";
import { PROFILE_M } from "../core/limits";
import type { Member } from "../core/replica/member";
import { Replica } from "../core/replica/replica";
import { loadSnapshot } from "../core/replica/snapshots";
import {
	CHUNK_BYTES_CAPACITY,
	CHUNK_BYTES_USED,
	COLLECTIONS,
	counter,
	exit,
	print,
	SLOTS_USED,
	stopWatchdog,
} from "../platform/qemu/board";
import { BoardFlash } from "../platform/qemu/flash";
import { BoardGauges } from "../platform/qemu/gauges";

/** Puts after the store is full: enough for snapshots, and for the ring in RAM to go round. */
const REWRITES = 2_500;
const HEADER_BYTES = 8;

/** Prints what is in use once what is garbage was collected. */
function report(stage: string): void {
	const before = counter(COLLECTIONS);
	// Of slots and of chunks: the engine collects chunks when it has no room for one.
	const large = counter(CHUNK_BYTES_CAPACITY) / 16;
	while (counter(COLLECTIONS) === before) new Uint8Array(large);
	print(
		JSON.stringify({
			stage,
			slots: counter(SLOTS_USED),
			// The last array is still there, with the engine's header.
			chunkBytes: counter(CHUNK_BYTES_USED) - large - HEADER_BYTES,
		}),
	);
}

/** The one node of a cluster of one. */
class Filler {
	private readonly replica: Replica;
	private readonly member: Member;
	private readonly tick: () => void;
	private readonly command = new Command();
	private readonly bytes = new Uint8Array(256);
	private readonly key = new Uint8Array(16);
	private readonly value = new Uint8Array(128);

	constructor(replica: Replica, member: Member, tick: () => void) {
		this.replica = replica;
		this.member = member;
		this.tick = tick;
	}

	private run(): void {
		const { command, member, replica } = this;
		const length = command.write(this.bytes, 0, this.bytes.length, this.key, this.value);
		if (replica.propose(this.bytes, 0, length) < 0) throw new Error("a proposal was refused");
		while (replica.turn() === 0 || member.raft.appliedIndex < member.raft.log.lastIndex) this.tick();
	}

	fill(): void {
		const { command, member, replica } = this;
		while (member.raft.commitIndex === 0) {
			replica.turn();
			this.tick();
		}
		for (let session = 1; session <= PROFILE_M.sessions; session++) {
			command.operation = REGISTER;
			command.nonceHigh = command.nonceLow = session;
			this.run();
		}
		command.operation = PUT;
		command.session = member.store.sessions.table[0].id;
		command.keyLength = 16;
		command.valueLength = 40;
		for (let i = 0; i < PROFILE_M.keys + REWRITES; i++) {
			command.sequence = i + 1;
			this.key[0] = (i % PROFILE_M.keys) & 0xff;
			this.key[1] = (i % PROFILE_M.keys) >>> 8;
			this.run();
		}
		print(`${member.store.keys.count} keys, ${member.snapshots.taken} snapshots`);
	}
}

export default function main(): void {
	stopWatchdog();
	let nowMs = 0;
	const ports = {
		network: { sourceAddress: 0, sourcePort: 0, receive: () => 0, send: () => undefined },
		flash: new BoardFlash(),
		clock: { milliseconds: () => nowMs },
		entropy: { random32: () => 1 },
		trace: { event: () => undefined },
		gauges: new BoardGauges(),
	};
	const replica = new Replica(ports, PROFILE_M);
	const { journal, member } = replica;
	if (member === null) throw new Error("the node does not run");
	if (journal.lastIndex === 0) {
		report("an empty node has booted");
		new Filler(replica, member, () => {
			nowMs += 10;
		}).fill();
		report("it is full");
	} else {
		report("a full node has booted");
		loadSnapshot(journal, member.store, PROFILE_M, new Configuration(PROFILE_M.members));
		report("it has installed a snapshot");
	}
	exit(0);
}
