/**
 * A cluster of emulated boards on this machine: the switch, a QEMU for each board, and a control
 * socket for the `balsa` command. The switch lives in this process, and the boards die with it.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { takeLock } from "../setup/lock.mjs";
import { dotted } from "../switch/addresses";
import { checkSocketPath } from "../switch/board-port";
import { Switch } from "../switch/switch";
import { checkTools } from "./board-process";
import { ControlServer } from "./control-server";
import { ensureFlash, writeEraseTime } from "./flash-file";
import { type ClusterIdentity, ensureIdentity } from "./identity";
import { Member } from "./member";
import { Refusal } from "./refusal";
import { type ControlRequest, carryOut } from "./requests";
import { CLUSTER_FOLDER, type ClusterState, readState, removeState, writeState } from "./state";

const FOLDER_PREFIX = "balsa-";

/** What a member is, where its flash is formatted. */
export interface NewMember {
	readonly id: number;
	readonly incarnation: number;
	readonly cluster: ClusterIdentity;
}

export interface ClusterOptions {
	/** Path of the boards' image. */
	readonly firmware: string;
	/** Ids, 1 to 99. */
	readonly members: readonly number[];
	/** Content of the flash of a new member, at most PARTITION_BYTES. */
	readonly format: (member: NewMember) => Uint8Array;
	/** Keeps flash images, logs and the state file; build/cluster of the repository where it is left out. */
	readonly folder?: string;
	/** Of the switch's faults. */
	readonly seed?: number;
	/** One line for people, on what happened by itself; a line of a board's console where `console` is true. */
	readonly say?: (id: number, text: string, console: boolean) => void;
	/** How long a board may take for its first line. */
	readonly bootMs?: number;
}

const BOOT_MS = 15_000;
/** Members begin with this incarnation. */
const FIRST_INCARNATION = 1;

export class Cluster {
	readonly identity: ClusterIdentity;
	readonly ethernet: Switch;
	readonly folder: string;
	readonly #sockets: string;
	readonly #members = new Map<number, Member>();
	readonly #unlock: () => void;
	#control: ControlServer | undefined;
	#isStopped = false;
	readonly #onExit = () => this.#abandon();

	private constructor(
		identity: ClusterIdentity,
		ethernet: Switch,
		folder: string,
		sockets: string,
		unlock: () => void,
	) {
		this.identity = identity;
		this.ethernet = ethernet;
		this.folder = folder;
		this.#sockets = sockets;
		this.#unlock = unlock;
		process.once("exit", this.#onExit);
	}

	/**
	 * Boots all boards and waits for the first line of each.
	 * @throws Refusal by name: RUNNING, MISSING_TOOL, NO_FIRMWARE, NO_BOOT, BAD_FLASH, OTHER_CLUSTER
	 */
	static async start(options: ClusterOptions): Promise<Cluster> {
		checkTools();
		const firmware = resolve(options.firmware);
		if (statSync(firmware, { throwIfNoEntry: false }) === undefined)
			throw new Refusal("NO_FIRMWARE", `there is no firmware ${firmware}`);
		const folder = resolve(options.folder ?? CLUSTER_FOLDER);
		mkdirSync(join(folder, "flash"), { recursive: true });
		mkdirSync(join(folder, "log"), { recursive: true });
		const unlock = await takeLock(join(folder, "lock"), (pid) => {
			throw new Refusal("RUNNING", `a cluster runs in ${folder} already (process ${pid})`);
		});
		let cluster: Cluster | undefined;
		let sockets: string | undefined;
		try {
			removeLeftovers(folder);
			const identity = ensureIdentity(folder, options.members);
			sockets = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
			checkSocketPath(join(sockets, "99.machine"));
			const ethernet = await Switch.open({ members: options.members, folder: sockets, seed: options.seed ?? 1 });
			cluster = new Cluster(identity, ethernet, folder, sockets, unlock);
			await cluster.#boot(firmware, options);
			return cluster;
		} catch (error) {
			if (cluster !== undefined) await cluster.stop();
			else {
				if (sockets !== undefined) rmSync(sockets, { recursive: true, force: true });
				unlock();
			}
			throw error;
		}
	}

	get members(): readonly Member[] {
		return [...this.#members.values()];
	}

	/** @throws Refusal NO_SUCH_MEMBER */
	member(id: number): Member {
		const member = this.#members.get(id);
		if (member === undefined) throw new Refusal("NO_SUCH_MEMBER", `the cluster has no member ${id}`);
		return member;
	}

	/** What a sector erase takes on one board or on all, 0 for the firmware's own; counts at once. */
	setEraseTime(id: number | undefined, milliseconds: number): void {
		const chosen = id === undefined ? this.members : [this.member(id)];
		for (const member of chosen) writeEraseTime(member.record.flash, milliseconds);
	}

	/** Carries a request out, as one that comes over the control socket. @returns one line for people */
	request(request: ControlRequest): Promise<string> {
		return carryOut(this, request);
	}

	state(): ClusterState {
		return {
			clusterHigh: this.identity.clusterHigh,
			clusterLow: this.identity.clusterLow,
			pid: process.pid,
			control: join(this.#sockets, "control"),
			folder: this.#sockets,
			members: this.members.map((member) => member.record),
		};
	}

	/** Ends every board and leaves nothing behind but flash images and logs. */
	async stop(): Promise<void> {
		if (this.#isStopped) return;
		await Promise.all(this.members.map((member) => member.switchOff()));
		this.#abandon();
	}

	/** The same at once, where there is no time to wait. */
	#abandon(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		process.off("exit", this.#onExit);
		for (const member of this.members) void member.switchOff();
		this.#control?.close();
		this.ethernet.close();
		removeState(this.folder);
		rmSync(this.#sockets, { recursive: true, force: true });
		this.#unlock();
	}

	async #boot(firmware: string, options: ClusterOptions): Promise<void> {
		const say = options.say ?? (() => {});
		const changed = () => {
			if (this.#isStopped) return;
			try {
				writeState(this.folder, this.state());
			} catch {
				// A full disk must not end boards that run; where they are reached has not changed.
			}
		};
		for (const id of options.members) {
			const flash = join(this.folder, "flash", `${id}.flash`);
			ensureFlash(flash, () => options.format({ id, incarnation: FIRST_INCARNATION, cluster: this.identity }));
			const record = {
				id,
				incarnation: FIRST_INCARNATION,
				address: "127.0.0.1",
				port: this.ethernet.loopbackPort(id),
				virtualAddress: dotted(id),
				flash,
				log: join(this.folder, "log", `${id}.log`),
			};
			const network = this.ethernet.boardPath(id);
			const machine = join(this.#sockets, `${id}.machine`);
			const bootMs = options.bootMs ?? BOOT_MS;
			this.#members.set(id, new Member(record, { firmware, flash, network, machine }, bootMs, { changed, say }));
		}
		this.#control = await ControlServer.open(join(this.#sockets, "control"), (request) => this.request(request));
		await Promise.all(this.members.map((member) => member.switchOn()));
		writeState(this.folder, this.state());
	}
}

// A launcher that was killed with -9 could not remove its folder of sockets.
function removeLeftovers(folder: string): void {
	const sockets = readState(folder)?.folder;
	if (sockets !== undefined && dirname(sockets) === resolve(tmpdir()) && basename(sockets).startsWith(FOLDER_PREFIX))
		rmSync(sockets, { recursive: true, force: true });
	removeState(folder);
}
