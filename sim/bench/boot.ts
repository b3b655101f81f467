/**
 * What a boot costs: one node with a full log, or with a snapshot, is built anew over its flash. The
 * whole log is read twice, once to verify its chain and once for the terms and configurations in it.
 */
import { Command, PUT, REGISTER } from "../../core/command";
import { Configuration, ROLE_VOTER } from "../../core/configuration";
import { type Limits, PROFILE_M } from "../../core/limits";
import { formatNode } from "../../core/replica/format";
import type { Member } from "../../core/replica/member";
import type { NodePorts } from "../../core/replica/node-ports";
import { Replica } from "../../core/replica/replica";
import { BenchFlash } from "./cluster";

const FLASH_BYTES = 512 * 1024;
const PAYLOAD_BYTES = 16;

export interface Boot {
	readonly name: string;
	/** Puts before the boot, `depth` of them in one record of the log, over so many keys. */
	readonly entries: number;
	readonly depth: number;
	readonly keys: number;
	/** Snapshots are taken after so many entries. */
	readonly snapshotEvery: number;
}

const NEVER = 1_000_000;

export const BOOTS: readonly Boot[] = Object.freeze([
	Object.freeze({ name: "formatted", entries: 0, depth: 1, keys: 1, snapshotEvery: NEVER }),
	Object.freeze({ name: "log, an entry a record", entries: 1024, depth: 1, keys: 64, snapshotEvery: NEVER }),
	Object.freeze({ name: "log, 16 entries a record", entries: 1024, depth: 16, keys: 64, snapshotEvery: NEVER }),
	Object.freeze({ name: "snapshot of 320 keys", entries: 320, depth: 16, keys: 320, snapshotEvery: 320 }),
]);

/** One node that is its own majority. */
class Loner {
	nowMs = 0;
	readonly ports: NodePorts;
	readonly limits: Limits;
	private readonly command = new Command();
	private readonly bytes = new Uint8Array(PAYLOAD_BYTES);
	private readonly key = new Uint8Array(2);
	private readonly value = new Uint8Array(PAYLOAD_BYTES);

	constructor(snapshotEvery: number) {
		this.limits = { ...PROFILE_M, snapshotEvery };
		this.ports = {
			network: { sourceAddress: 0, sourcePort: 0, receive: () => 0, send: () => undefined },
			flash: new BenchFlash(FLASH_BYTES),
			clock: { milliseconds: () => this.nowMs },
			entropy: { random32: () => 1 },
			trace: { event: () => undefined },
			gauges: { gauge: () => 0 },
		};
		const configuration = new Configuration(this.limits.members);
		configuration.stallMs = 1;
		configuration.add(1, 1, ROLE_VOTER, 1, 1);
		formatNode(this.ports.flash, this.limits, { clusterHigh: 1, clusterLow: 2, id: 1, incarnation: 1 }, configuration);
	}

	boot(): Replica {
		return new Replica(this.ports, this.limits);
	}

	fill(entries: number, depth: number, keys: number): void {
		const replica = this.boot();
		const { member } = replica;
		if (member === null) throw new Error("the node does not run");
		const { command } = this;
		command.operation = REGISTER;
		command.nonceHigh = command.nonceLow = 1;
		for (; member.raft.commitIndex === 0; this.nowMs += 100) replica.turn();
		this.propose(replica, command.write(this.bytes, 0, PAYLOAD_BYTES, this.key, this.value));
		this.settle(replica, member);
		command.operation = PUT;
		command.session = member.store.sessions.table[0].id;
		command.keyLength = 2;
		command.valueLength = 4;
		for (let i = 0; i < entries; i++) {
			command.sequence = i + 1;
			this.key[0] = (i % keys) & 0xff;
			this.key[1] = (i % keys) >>> 8;
			this.propose(replica, command.write(this.bytes, 0, PAYLOAD_BYTES, this.key, this.value));
			if ((i + 1) % depth === 0) this.settle(replica, member);
		}
	}

	private propose(replica: Replica, length: number): void {
		if (replica.propose(this.bytes, 0, length) < 0) throw new Error("a proposal was refused");
	}

	private settle(replica: Replica, member: Member): void {
		while (replica.turn() === 0 || member.raft.appliedIndex < member.raft.log.lastIndex) this.nowMs++;
	}
}

/**
 * @param clock in microseconds, or thousands of instructions on a board that counts them
 * @param unit name of the field that the ticks become, and what it is made of them
 */
export function measureBoot(
	runtime: string,
	clock: () => number,
	boot: Boot,
	unit: (ticks: number) => { readonly [name: string]: number },
): string {
	const node = new Loner(boot.snapshotEvery);
	if (boot.entries > 0) node.fill(boot.entries, boot.depth, boot.keys);
	const start = clock();
	const replica = node.boot();
	const ticks = clock() - start;
	const { journal, member } = replica;
	if (member === null) throw new Error("the node does not run");
	return JSON.stringify({
		bench: "boot",
		runtime,
		shape: boot.name,
		snapshot_index: journal.snapshotIndex,
		snapshot_keys: member.store.keys.count,
		log_entries: journal.lastIndex - journal.snapshotIndex,
		...unit(ticks),
	});
}
