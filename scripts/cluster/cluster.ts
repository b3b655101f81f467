/**
 * A cluster of emulated boards on this machine: the switch, a QEMU for each board, and a control
 * socket for the `balsa` command. The switch lives in this process, and the boards die with it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { takeLock } from "../setup/lock.mjs";
import { dotted, MEMBERS_MAX } from "../switch/addresses";
import { checkSocketPath } from "../switch/board-port";
import { Switch } from "../switch/switch";
import { checkTools } from "./board-process";
import { ControlServer } from "./control-server";
import { ensureFlash, writeEraseTime, writeFlash } from "./flash-file";
import {
	type BoardLife,
	boardsOf,
	type ClusterIdentity,
	ensureIdentity,
	nextIncarnation,
	writeBoard,
} from "./identity";
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
	/** It waits to be added, and knows nobody but itself; else it is one of the first members. */
	readonly isJoining: boolean;
	/** Of one that joins: it keeps no state. */
	readonly isWitness: boolean;
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
/** One more than a cluster of profile M has members, so that any of them can be replaced by another. */
const BOARDS_MAX = 8;

export class Cluster {
	readonly ethernet: Switch;
	readonly folder: string;
	#identity: ClusterIdentity;
	readonly #options: ClusterOptions;
	readonly #sockets: string;
	readonly #members = new Map<number, Member>();
	readonly #unlock: () => void;
	#control: ControlServer | undefined;
	#isStopped = false;
	readonly #onExit = () => this.#abandon();

	private constructor(
		options: ClusterOptions,
		identity: ClusterIdentity,
		ethernet: Switch,
		folder: string,
		sockets: string,
		unlock: () => void,
	) {
		this.#options = options;
		this.#identity = identity;
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
			const holder = pid === 0 ? "a process that is not seen from here" : `process ${pid}`;
			throw new Refusal("RUNNING", `a cluster runs in ${folder} already (${holder}): end that one first`);
		});
		let cluster: Cluster | undefined;
		let sockets: string | undefined;
		try {
			removeLeftovers(folder);
			const identity = ensureIdentity(folder, options.members);
			sockets = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
			checkSocketPath(join(sockets, "99.machine"));
			const members = boardsOf(identity).filter((board) => board.isGone !== true);
			const ids = members.map((board) => board.id);
			const ethernet = await Switch.open({ members: ids, folder: sockets, seed: options.seed ?? 1 });
			cluster = new Cluster({ ...options, firmware }, identity, ethernet, folder, sockets, unlock);
			for (const { id, incarnation } of members) cluster.#make(id, incarnation);
			await cluster.#boot();
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

	get identity(): ClusterIdentity {
		return this.#identity;
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

	/**
	 * A further board, formatted to join: it waits until the cluster adds it as a member.
	 * @param options isWitness: it keeps no state; port: of the process of the host that is to be this member, in place of a board
	 * @throws Refusal BOARD_THERE, OUT_OF_RANGE, TOO_MANY_BOARDS, NO_BOOT
	 */
	async addBoard(
		id: number,
		{ isWitness = false, port }: { isWitness?: boolean; port?: number } = {},
	): Promise<Member> {
		if (this.#members.has(id)) throw new Refusal("BOARD_THERE", `there is a board ${id} already`);
		if (id > MEMBERS_MAX)
			throw new Refusal("OUT_OF_RANGE", `a board's id is its address on the cable, ${MEMBERS_MAX} at most`);
		if (this.#members.size >= BOARDS_MAX)
			throw new Refusal("TOO_MANY_BOARDS", `${BOARDS_MAX} boards run already: take one away first`);
		await this.ethernet.add(id);
		const kind = isWitness ? { isWitness } : {};
		const life: BoardLife = { id, incarnation: nextIncarnation(this.#identity, id), ...kind };
		this.#identity = writeBoard(this.folder, this.#identity, life);
		const member = this.#make(id, life.incarnation);
		this.#formatToJoin(member);
		if (port === undefined) await member.switchOn();
		else {
			member.giveToHost();
			this.ethernet.attach(id, port);
		}
		return member;
	}

	/**
	 * A fresh board in the place of this one: its power is cut, its flash is new, and it waits in its next
	 * life until the cluster adds it.
	 * @throws Refusal NO_SUCH_MEMBER, HOST_MEMBER, NO_BOOT
	 */
	async renewBoard(id: number): Promise<Member> {
		const member = this.member(id);
		if (member.state === "host") throw new Refusal("HOST_MEMBER", `member ${id} runs on the host`);
		await member.switchOff();
		const before = boardsOf(this.#identity).find((board) => board.id === id);
		const life: BoardLife = { id, ...before, incarnation: nextIncarnation(this.#identity, id) };
		this.#identity = writeBoard(this.folder, this.#identity, life);
		member.record.incarnation = life.incarnation;
		this.#formatToJoin(member);
		await member.switchOn();
		return member;
	}

	/** Takes a board away, with its flash. @throws Refusal NO_SUCH_MEMBER, HOST_MEMBER */
	async removeBoard(id: number): Promise<void> {
		const member = this.member(id);
		if (member.state === "host") throw new Refusal("HOST_MEMBER", `member ${id} runs on the host: detach it first`);
		await member.switchOff();
		this.#identity = writeBoard(this.folder, this.#identity, {
			id,
			incarnation: member.record.incarnation,
			isGone: true,
		});
		this.#members.delete(id);
		this.ethernet.remove(id);
		rmSync(member.record.flash, { force: true });
		this.#changed();
	}

	#formatToJoin({ record }: Member): void {
		const { flash, id, incarnation } = record;
		const isWitness = boardsOf(this.#identity).some((board) => board.id === id && board.isWitness === true);
		const cluster = this.#identity;
		writeFlash(flash, this.#options.format({ id, incarnation, cluster, isJoining: true, isWitness }));
	}

	#changed(): void {
		if (this.#isStopped) return;
		try {
			writeState(this.folder, this.state());
		} catch {
			// A full disk must not end boards that run; where they are reached has not changed.
		}
	}

	/** A board that is off, with its cable in the switch; its flash may not be there yet. */
	#make(id: number, incarnation: number): Member {
		const { bootMs = BOOT_MS, firmware, say = () => {} } = this.#options;
		const flash = join(this.folder, "flash", `${id}.flash`);
		const record = {
			id,
			incarnation,
			address: "127.0.0.1",
			port: this.ethernet.loopbackPort(id),
			virtualAddress: dotted(id),
			flash,
			log: join(this.folder, "log", `${id}.log`),
		};
		const network = this.ethernet.boardPath(id);
		const machine = join(this.#sockets, `${id}.machine`);
		const files = { firmware, flash, network, machine };
		const member = new Member(record, files, bootMs, { changed: () => this.#changed(), say });
		this.#members.set(id, member);
		return member;
	}

	async #boot(): Promise<void> {
		for (const { record } of this.members) {
			const { flash, id, incarnation } = record;
			const isJoining = !this.#identity.members.includes(id) || incarnation > 1;
			// A board that has joined has promised something: lost, its flash is not made again.
			if (isJoining && !existsSync(flash))
				throw new Refusal("NO_FLASH", `${flash} of member ${id}.${incarnation} is not there any more`);
			ensureFlash(flash, () =>
				this.#options.format({ id, incarnation, cluster: this.#identity, isJoining: false, isWitness: false }),
			);
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
