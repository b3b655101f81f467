/**
 * The virtual Ethernet switch: joins the boards, gives each of them a UDP port on 127.0.0.1, and
 * gives each process of the host that uses one an address among them.
 *
 *   board 1 ── unix socket ──┐              ┌── 127.0.0.1:p1 ── clients (10.77.0.100 …)
 *   board 2 ── unix socket ──┼── the switch ┼── 127.0.0.1:p2
 *   board 3 ── unix socket ──┘              └── 127.0.0.1:q  ── a member on the host (10.77.0.4)
 *
 * Whoever writes to port p2 speaks to member 2, whether that is a board or runs on the host; what
 * member 2 answers comes from p2. A link between any two has faults of its own, one for each direction.
 *
 * A board's own address is its id. On the network it can have another one, as when a router deals addresses
 * again: the switch then changes it in what the board sends and gets. Ports of the host stay with the board.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { join } from "node:path";
import { isOutside, MEMBER_PORT, MEMBERS_MAX, OUTSIDE } from "./addresses";
import { BoardPort } from "./board-port";
import {
	arpReply,
	arpRequestTarget,
	destinationOf,
	isBroadcast,
	PAYLOAD_BYTES_MAX,
	packetBytes,
	parseUdp,
	renameReceiver,
	renameSender,
	udpFrame,
} from "./frames";
import { type Faults, Link, type LinkCounters, NO_FAULTS, type Time } from "./link";
import { type Outside, OutsideTable } from "./outside";
import { Recording } from "./recording";

const LOOPBACK = "127.0.0.1";
const RECORDING_BYTES_MAX = 256 * 1024 * 1024;
/** More than any address of an endpoint. */
const ENDPOINTS = 256;

export interface SwitchOptions {
	/** Ids of the members, 1 to MEMBERS_MAX, each once. */
	readonly members: readonly number[];
	/** A short folder of the switch's own, for the sockets of the boards. */
	readonly folder: string;
	/** Decides which frames are lost, doubled and so on. */
	readonly seed: number;
	/** How many outside processes are remembered. */
	readonly outsideMax?: number;
	readonly time?: Time;
}

/** Frames that the switch itself could not use. */
export interface SwitchCounters {
	/** Not for an endpoint of this network, or for one that is not there. */
	unknown: number;
	/** For an endpoint on the host, but no datagram to its port. */
	unfit: number;
	/** Datagrams of the host that are too long for one frame. */
	long: number;
}

const REAL_TIME: Time = {
	now: () => performance.now(),
	after: (milliseconds, callback) => {
		setTimeout(callback, milliseconds);
	},
};

interface Member {
	readonly id: number;
	readonly board: BoardPort;
	readonly loopback: Socket;
	readonly loopbackPort: number;
	/** UDP port of the host process that stands in for the board, or 0. */
	attachedPort: number;
	/** Where it is on the network: its id, unless addresses were exchanged. */
	address: number;
}

export class Switch {
	readonly counters: SwitchCounters = { unknown: 0, unfit: 0, long: 0 };
	readonly #members = new Map<number, Member>();
	readonly #links = new Map<number, Link>();
	readonly #outside: OutsideTable;
	readonly #options: SwitchOptions;
	#recording: Recording | undefined;
	#isOpen = true;

	private constructor(options: SwitchOptions) {
		this.#outside = new OutsideTable(options.outsideMax);
		this.#options = options;
	}

	static async open(options: SwitchOptions): Promise<Switch> {
		const { members } = options;
		if (new Set(members).size !== members.length || !members.every(isMember))
			throw new Error(`members are different numbers from 1 to ${MEMBERS_MAX}, not ${members.join(" ")}`);
		const opened = new Switch(options);
		try {
			for (const id of members) await opened.add(id);
		} catch (error) {
			opened.close();
			throw error;
		}
		return opened;
	}

	/** Gives a further member its cables, which have no fault. */
	async add(id: number): Promise<void> {
		if (!isMember(id) || this.#members.has(id))
			throw new Error(`a member is a new number from 1 to ${MEMBERS_MAX}, not ${id}`);
		await this.#open(id, join(this.#options.folder, `${id}.net`));
		const { seed, time = REAL_TIME } = this.#options;
		for (const other of [OUTSIDE, ...this.#members.keys()])
			for (const key of other === id ? [] : [linkKey(other, id), linkKey(id, other)])
				this.#links.set(key, new Link(seed * 65537 + key, time));
	}

	/** Takes a member's cables away; what is on its way to it or from it is lost. */
	remove(id: number): void {
		const { address, board, loopback } = this.#member(id);
		this.#members.delete(id);
		// The node that has its address gets the one that is free now.
		for (const member of this.#members.values()) if (member.address === id) member.address = address;
		for (const other of [OUTSIDE, ...this.#members.keys()])
			for (const key of [linkKey(other, id), linkKey(id, other)]) this.#links.delete(key);
		board.close();
		loopback.close();
	}

	/** @returns path of the unix socket that the QEMU of this board connects to */
	boardPath(id: number): string {
		return this.#member(id).board.path;
	}

	/** @returns UDP port on 127.0.0.1 through which this member is reached */
	loopbackPort(id: number): number {
		return this.#member(id).loopbackPort;
	}

	/** Whether a board is connected, or a process of the host stands in for it. */
	isPresent(id: number): boolean {
		const member = this.#member(id);
		return member.attachedPort !== 0 || member.board.isConnected;
	}

	/** From now on the process at 127.0.0.1:port is this member; what the board itself sends is dropped. */
	attach(id: number, port: number): void {
		this.#member(id).attachedPort = port;
	}

	/** The board is the member again. */
	detach(id: number): void {
		this.#member(id).attachedPort = 0;
	}

	/** Each of two boards has the other's address from now on. */
	swapAddresses(id: number, other: number): void {
		const [one, two] = [this.#member(id), this.#member(other)];
		[one.address, two.address] = [two.address, one.address];
	}

	/** @returns the last byte of the member's address on the network */
	addressOf(id: number): number {
		return this.#member(id).address;
	}

	/**
	 * Changes faults, from the next frame on.
	 * @param from,to members, OUTSIDE, or undefined for every endpoint
	 */
	setFaults(from: number | undefined, to: number | undefined, faults: Partial<Faults>): void {
		let count = 0;
		for (const [key, link] of this.#links) {
			const destination = key % ENDPOINTS;
			const source = (key - destination) / ENDPOINTS;
			if ((from ?? source) !== source || (to ?? destination) !== destination) continue;
			Object.assign(link.faults, faults);
			count += 1;
		}
		if (count === 0) throw new Error(`there is no link from ${from} to ${to}`);
	}

	/** No link has a fault any more. */
	heal(): void {
		this.setFaults(undefined, undefined, NO_FAULTS);
	}

	faults(from: number, to: number): Readonly<Faults> {
		return this.#link(from, to).faults;
	}

	linkCounters(from: number, to: number): Readonly<LinkCounters> {
		return this.#link(from, to).counters;
	}

	/** Frames that were to go from one endpoint to another so far, on all links that there are. */
	get frames(): number {
		let frames = 0;
		for (const { counters } of this.#links.values()) frames += counters.sent;
		return frames;
	}

	/** Frames that could not be handed to this member's board. */
	boardDrops(id: number): number {
		return this.#member(id).board.dropped;
	}

	/** Records what enters the switch, before faults, until `stopRecording`. */
	record(path: string, bytesMax = RECORDING_BYTES_MAX): void {
		this.stopRecording();
		this.#recording = new Recording(path, bytesMax);
	}

	/** @returns frames that were left out, because the file had reached its bound */
	stopRecording(): number {
		const dropped = this.#recording?.dropped ?? 0;
		this.#recording?.close();
		this.#recording = undefined;
		return dropped;
	}

	close(): void {
		this.#isOpen = false;
		this.stopRecording();
		for (const member of this.#members.values()) {
			member.board.close();
			member.loopback.close();
		}
		this.#outside.close();
	}

	async #open(id: number, path: string): Promise<void> {
		const board = await BoardPort.open(path, (frame) => {
			const member = this.#members.get(id);
			if (member?.attachedPort !== 0) return;
			if (member.address !== id) renameSender(frame, member.address);
			this.#route(id, frame);
		});
		const loopback = createSocket("udp4");
		await new Promise<void>((resolve, reject) => {
			loopback.once("error", reject);
			loopback.bind({ address: LOOPBACK, port: 0, exclusive: true }, resolve);
		});
		// A port of the host that nobody listens on any more may come back as an error; the datagram is lost, as any may be.
		loopback.on("error", () => {});
		loopback.on("message", (payload, sender) => this.#fromHost(id, payload, sender));
		this.#members.set(id, { id, board, loopback, loopbackPort: loopback.address().port, attachedPort: 0, address: id });
	}

	#fromHost(to: number, payload: Buffer, sender: RemoteInfo): void {
		if (payload.length > PAYLOAD_BYTES_MAX) {
			this.counters.long += 1;
			return;
		}
		const member = this.#attachedAt(sender.port);
		const source = member?.address ?? this.#outside.of(sender.port).address;
		const sourcePort = member === undefined ? sender.port : MEMBER_PORT;
		const address = this.addressOf(to);
		if (source === address) this.counters.unknown += 1;
		else this.#route(member?.id ?? source, udpFrame(source, sourcePort, address, MEMBER_PORT, payload));
	}

	#route(from: number, frame: Buffer): void {
		this.#recording?.add(frame, performance.timeOrigin + performance.now());
		if (!isBroadcast(frame)) {
			const to = this.#endpointAt(destinationOf(frame));
			if (to === undefined || to === from) this.counters.unknown += 1;
			else this.#transmit(from, to, frame);
			return;
		}
		for (const to of this.#members.keys()) if (to !== from) this.#transmit(from, to, frame);
		const target = arpRequestTarget(frame);
		if (target !== undefined && target !== from && this.#outside.at(target) !== undefined)
			this.#transmit(from, target, frame);
	}

	#transmit(from: number, to: number, frame: Buffer): void {
		this.#link(from, to).send(() => {
			if (this.#isOpen && this.#links.has(linkKeyOf(from, to))) this.#deliver(from, to, frame);
		}, packetBytes(frame));
	}

	#deliver(from: number, to: number, frame: Buffer): void {
		const member = this.#members.get(to);
		if (member !== undefined && member.attachedPort === 0) {
			this.#deliverToBoard(from, member, frame);
			return;
		}
		// The switch speaks for endpoints on the host: it answers who they are, and unpacks their datagrams.
		const target = arpRequestTarget(frame);
		if (target !== undefined) {
			const address = member?.address ?? to;
			if (target === address) this.#route(to, arpReply(frame, address));
			return;
		}
		const datagram = parseUdp(frame);
		const process = this.#outside.at(to);
		const port = member?.attachedPort ?? process?.port;
		const virtualPort = member === undefined ? process?.port : MEMBER_PORT;
		if (datagram === undefined || port === undefined || datagram.destinationPort !== virtualPort) {
			if (!isBroadcast(frame)) this.counters.unfit += 1;
			return;
		}
		this.#socketOf(from)?.send(datagram.payload, port, LOOPBACK);
	}

	#deliverToBoard(from: number, { address, board, id }: Member, frame: Buffer): void {
		if (address === id) {
			board.send(from, frame);
			return;
		}
		const target = arpRequestTarget(frame);
		// It would take a question for another board's address for one about itself.
		if (target !== undefined && target !== address) return;
		const copy = Buffer.from(frame);
		renameReceiver(copy, id);
		board.send(from, copy);
	}

	/** The socket that a process of the host knows the sender by. */
	#socketOf(from: number): Socket | undefined {
		if (!isOutside(from)) return this.#member(from).loopback;
		const process = this.#outside.at(from);
		if (process !== undefined && process.relay === undefined) process.relay = this.#openRelay(process);
		return process?.relay;
	}

	#openRelay(process: Outside): Socket {
		const relay = createSocket("udp4");
		relay.on("error", () => {});
		relay.on("message", (payload, sender) => {
			const member = this.#attachedAt(sender.port);
			if (member === undefined || payload.length > PAYLOAD_BYTES_MAX) this.counters.unfit += 1;
			else this.#route(member.id, udpFrame(member.address, MEMBER_PORT, process.address, process.port, payload));
		});
		relay.bind({ address: LOOPBACK, port: 0, exclusive: true });
		return relay;
	}

	#attachedAt(port: number): Member | undefined {
		for (const member of this.#members.values()) if (member.attachedPort === port) return member;
		return undefined;
	}

	/** @returns the member that has the address, or the outside process, which is known by it */
	#endpointAt(address: number | undefined): number | undefined {
		for (const member of this.#members.values()) if (member.address === address) return member.id;
		return address === undefined ? undefined : this.#outside.at(address)?.address;
	}

	#member(id: number): Member {
		const member = this.#members.get(id);
		if (member === undefined) throw new Error(`the switch has no member ${id}`);
		return member;
	}

	#link(from: number, to: number): Link {
		const link = this.#links.get(linkKeyOf(from, to));
		if (link === undefined) throw new Error(`there is no link from ${from} to ${to}`);
		return link;
	}
}

function isMember(id: number): boolean {
	return id >= 1 && id <= MEMBERS_MAX;
}

/** All outside processes share their links. */
function linkKeyOf(from: number, to: number): number {
	return linkKey(isOutside(from) ? OUTSIDE : from, isOutside(to) ? OUTSIDE : to);
}

function linkKey(from: number, to: number): number {
	return from * ENDPOINTS + to;
}
