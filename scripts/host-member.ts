/** A member that is a process of this machine: the replica of the boards over a UDP socket and a flash file. */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { NOBODY } from "../core/configuration";
import { statusName } from "../core/journal/status";
import { PROFILE_M } from "../core/limits";
import type { Trace } from "../core/ports";
import { LEADER } from "../core/raft/role";
import { Replica } from "../core/replica/replica";
import { NodeClock } from "../platform/node/clock";
import { NodeEntropy } from "../platform/node/entropy";
import { FlashTooShort, NodeFlash } from "../platform/node/flash";
import { NodeGauges } from "../platform/node/gauges";
import { LockToolMissing } from "../platform/node/kernel-lock.mjs";
import { FileInUse } from "../platform/node/locked-file";
import { addressNumber, NodeNetwork } from "../platform/node/network";
import { Refusal } from "./cluster/refusal";
import { adviceOf } from "./cluster/status-words";

export interface HostMemberOptions {
	readonly id: number;
	/** Where each member is reached from here, this one included; IPv4 addresses. */
	readonly peers: readonly { readonly id: number; readonly address: string; readonly port: number }[];
	/** Folder with the flash image `ID.flash`. */
	readonly data: string;
	readonly clusterId?: { readonly high: number; readonly low: number };
	readonly trace?: Trace;
	/** Told when an assertion or the disk stops the member; it does not run any more then. */
	readonly failed?: (error: unknown) => void;
}

/** Between two looks at whether another member leads. */
const RESIGN_LOOK_MS = 10;

/** @returns path of a member's flash image in a folder */
export function flashPath(data: string, id: number): string {
	return join(data, `${id}.flash`);
}

export class HostMember {
	readonly replica: Replica;
	/** The port that it listens at. */
	readonly port: number;
	readonly #flash: NodeFlash;
	readonly #network: NodeNetwork;
	readonly #clock: NodeClock;
	readonly #failed: (error: unknown) => void;
	#timer: NodeJS.Timeout | undefined;
	#isScheduled = false;
	#isOpen = true;
	readonly #peers: HostMemberOptions["peers"];
	#configurationIndex = -1;

	private constructor(
		replica: Replica,
		flash: NodeFlash,
		network: NodeNetwork,
		clock: NodeClock,
		options: HostMemberOptions,
	) {
		const { failed, peers } = options;
		this.#peers = peers;
		this.replica = replica;
		this.#flash = flash;
		this.#network = network;
		this.#clock = clock;
		this.port = network.port;
		this.#failed =
			failed ??
			((error) => {
				throw error;
			});
		network.onReadable = () => this.#schedule();
		this.#schedule();
	}

	/**
	 * @throws Refusal by name: LOCKED, BAD_FLASH, MISSING_TOOL, the journal's status, OTHER_CLUSTER, OTHER_MEMBER;
	 * Error of the system for the file or the port
	 */
	static async open(options: HostMemberOptions): Promise<HostMember> {
		const own = options.peers.find((peer) => peer.id === options.id);
		if (own === undefined) throw new Refusal("NO_ADDRESS", `the peers do not name member ${options.id} itself`);
		const flash = openFlash(flashPath(options.data, options.id));
		let network: NodeNetwork | undefined;
		const clock = new NodeClock();
		try {
			network = await NodeNetwork.open(own.address, own.port);
			const replica = new Replica(
				{
					network,
					flash,
					clock,
					entropy: new NodeEntropy(),
					trace: options.trace ?? { event: () => undefined },
					gauges: new NodeGauges(),
				},
				PROFILE_M,
			);
			checkIdentity(replica, options);
			return new HostMember(replica, flash, network, clock, options);
		} catch (error) {
			network?.close();
			flash.close();
			throw error;
		}
	}

	/**
	 * Before a planned end: a leader hands over, so that nobody waits for an election. It takes an election timeout
	 * at most, and no time where the member does not lead or no other can.
	 */
	async resign(): Promise<void> {
		const raft = this.replica.member?.raft;
		if (raft === undefined || raft.role !== LEADER || raft.configuration.voters() < 2) return;
		const endMs = performance.now() + raft.configuration.electionMsMax;
		this.replica.drain();
		this.#schedule();
		// Until the next leader is heard: its election may need this member's vote.
		while (this.#isOpen && (raft.role === LEADER || raft.leader === NOBODY) && performance.now() < endMs)
			await new Promise((resolve) => setTimeout(resolve, RESIGN_LOOK_MS));
	}

	close(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		clearTimeout(this.#timer);
		this.#network.close();
		this.#flash.close();
	}

	/** The configuration says how members reach each other, which need not be how this process does. */
	#setAddresses(): void {
		const index = this.replica.member?.raft.configuration.index ?? this.#configurationIndex;
		if (index === this.#configurationIndex) return;
		this.#configurationIndex = index;
		for (const peer of this.#peers) this.replica.setAddress(peer.id, addressNumber(peer.address), peer.port);
	}

	// Sockets are read between two turns: an immediate, not a microtask.
	#schedule(): void {
		if (this.#isScheduled || !this.#isOpen) return;
		this.#isScheduled = true;
		clearTimeout(this.#timer);
		setImmediate(() => this.#turn());
	}

	#turn(): void {
		this.#isScheduled = false;
		if (!this.#isOpen) return;
		let idleMs: number;
		try {
			if (this.#clock.stood()) this.replica.paused();
			this.#setAddresses();
			idleMs = this.replica.turn();
		} catch (error) {
			this.close();
			this.#failed(error);
			return;
		}
		if (idleMs === 0) this.#schedule();
		else this.#timer = setTimeout(() => this.#schedule(), Math.ceil(idleMs));
	}
}

function openFlash(path: string): NodeFlash {
	try {
		return new NodeFlash(path);
	} catch (error) {
		if (error instanceof FileInUse || error instanceof FlashTooShort || error instanceof LockToolMissing)
			throw new Refusal(error.code, error.message);
		throw error;
	}
}

function checkIdentity(replica: Replica, options: HostMemberOptions): void {
	const { journal } = replica;
	if (replica.member === null)
		throw new Refusal(
			statusName(journal.status),
			`${flashPath(options.data, options.id)} holds no member that can run: ${adviceOf(journal.status)}`,
		);
	const { clusterId } = options;
	if (clusterId !== undefined && (journal.clusterHigh !== clusterId.high || journal.clusterLow !== clusterId.low))
		throw new Refusal(
			"OTHER_CLUSTER",
			"the flash belongs to another cluster: give its own --cluster-id, or another --data",
		);
	if (journal.id !== options.id)
		throw new Refusal("OTHER_MEMBER", `the flash belongs to member ${journal.id}: give --id ${journal.id}`);
}
