/**
 * One node, from the ports up. If the flash holds a node's journal it runs as that member; if not,
 * it answers its status and nothing else: a board never formats itself (pitfall 67).
 */
import { assert } from "../assert";
import { Configuration, NOBODY, placesFor } from "../configuration";
import { Journal } from "../journal/journal";
import { READY } from "../journal/status";
import { checkLimits, DATAGRAM_BYTES, type Limits } from "../limits";
import { drain } from "../raft/drain";
import { paused } from "../raft/lease";
import { BUILD, type Build } from "../raft/levels";
import { UNFORMATTED } from "../reasons";
import { Store } from "../store/store";
import { Codec } from "../wire/codec";
import { ACCEPTED, DROP_RECEIVER, DROP_TAG } from "../wire/drops";
import { CLIENT_ID, Frame } from "../wire/frame";
import { checkLogRoom } from "./format";
import { Member } from "./member";
import type { Application, NodePorts } from "./node-ports";
import { Responder } from "./responder";
import { loadSnapshot } from "./snapshots";
import { judgeJournal } from "./spoken";
import { StatusRow } from "./status-row";

/** Datagrams taken in before timers are judged and effects move. */
const DATAGRAMS_PER_TURN = 64;
/** Turns in a row that may end with datagrams left before timers are judged all the same. */
const BUSY_TURNS_MAX = 4;
/** The longest sleep between two turns. */
const IDLE_MS_MAX = 60_000;
/** How often a node that does not run looks at its network. */
const DORMANT_MS = 1000;

export class Replica {
	readonly journal: Journal;
	/** null when the journal did not open; `journal.status` says why. */
	readonly member: Member | null;
	readonly status: StatusRow;
	readonly frame: Frame;
	private readonly ports: NodePorts;
	private readonly inbox = new Uint8Array(DATAGRAM_BYTES);
	/** Of a node that does not run. */
	private readonly responder: Responder | null;
	private busyTurns = 0;
	/** True at the start: erases that are ahead of need come before the first write. */
	private upkeepDue = true;

	/**
	 * Recovers from the flash; this reads all of the journal and takes long on a board.
	 * @param build what it speaks, for tests of clusters of mixed builds
	 */
	constructor(ports: NodePorts, limits: Limits, build: Build = BUILD) {
		checkLimits(limits);
		this.ports = ports;
		this.journal = new Journal(ports.flash, limits);
		const judge = (journal: Journal, keepsLog: boolean) => judgeJournal(journal, keepsLog, limits, build);
		if (this.journal.open(null, judge) !== READY) {
			this.frame = new Frame(0, 0, CLIENT_ID, 0, limits.members);
			this.status = new StatusRow(ports, this.journal, this.frame);
			this.member = null;
			const outgoing = new Uint8Array(DATAGRAM_BYTES);
			this.responder = new Responder(ports.network, this.frame, new Codec(), this.status, outgoing);
			return;
		}
		this.responder = null;
		const journal = this.journal;
		const store = new Store(limits);
		const configuration = new Configuration(limits.members);
		loadSnapshot(journal, store, limits, configuration);
		checkLogRoom(journal.log.ring.sectors, ports.flash.sectorSize, limits);
		assert(ports.flash.stallMsMax <= configuration.stallMs, "the flash is slower than the configuration says");
		const places = placesFor(limits.members);
		this.frame = new Frame(journal.clusterHigh, journal.clusterLow, journal.id, journal.incarnation, places);
		this.frame.setShared(store.limits, store.first);
		this.status = new StatusRow(ports, journal, this.frame);
		this.member = new Member(ports, limits, journal, this.frame, this.status, store, configuration, this.inbox, build);
		this.status.member = this.member;
	}

	/** Sets who is told the ends of `propose` calls. */
	set application(application: Application | null) {
		if (this.member !== null) this.member.requests.application = application;
	}

	/** Says where a member is reached from here, where the configuration's hint does not hold; what it sends says so too. */
	setAddress(id: number, address: number, port: number): void {
		const member = this.member;
		const place = member === null ? NOBODY : member.raft.configuration.placeOf(id);
		if (member === null || place === NOBODY) return;
		member.addresses.setHome(place, address, port);
	}

	/**
	 * Proposes a command (core/command.ts) of the application on this node.
	 * @returns the call; or the negative of the reason why it was refused
	 */
	propose(bytes: Uint8Array, offset: number, length: number): number {
		return this.member === null ? -UNFORMATTED : this.member.requests.propose(bytes, offset, length);
	}

	/**
	 * Changes who the members are, at the leader.
	 * @param next members in ascending order; `expectedIndex` is that of the configuration that the caller has seen
	 * @returns the call; or the negative of the reason why it was refused
	 */
	changeConfiguration(next: Configuration, expectedIndex: number): number {
		if (this.member === null) return -UNFORMATTED;
		return this.member.changeConfiguration(next, expectedIndex);
	}

	/** The node is about to stop: it refuses leadership from now on, and hands over if it leads (core/raft/drain.ts). */
	drain(): void {
		if (this.member !== null) drain(this.member.raft, true);
	}

	/** To be called before the next turn when time has passed that the clock did not count (ports.ts). */
	paused(): void {
		if (this.member !== null) paused(this.member.raft);
	}

	/**
	 * Takes in what came, does what is due, and moves effects. To be called when a datagram waits,
	 * and at the latest when the returned time is over.
	 * @returns milliseconds until the next turn is needed
	 */
	turn(): number {
		const { member, ports } = this;
		if (member === null) return this.drainInbox(null) ? DORMANT_MS : 0;
		const { raft } = member;
		const startMs = ports.clock.milliseconds();
		// As `raft.setTime`: on an interpreter its call would cost each turn more than what it does.
		if (startMs > raft.nowMs) raft.nowMs = startMs;
		const drained = this.drainInbox(member);
		// After a stall, what waited in the network is heard before any timer is judged: a leader that
		// spoke in the meantime is not dead.
		if (drained || this.busyTurns === BUSY_TURNS_MAX) {
			raft.tick(startMs);
			if (startMs >= member.hello.dueMs) member.hello.upkeep();
			this.busyTurns = 0;
		} else {
			// Mark: a turn ends with datagrams left
			this.busyTurns++;
		}
		const hasWorked = member.work() || this.upkeepDue || member.snapshots.waiting;
		if (hasWorked) this.upkeepDue = member.upkeep();
		const { nodeReads } = member.requests;
		const hasReads = nodeReads.count > 0;
		if (hasReads) nodeReads.check();
		if (this.upkeepDue || !drained) return 0;
		let deadlineMs = raft.nextDeadlineMs();
		if (hasReads) deadlineMs = Math.min(deadlineMs, nodeReads.nextDeadlineMs());
		// Only a turn that may have used the flash has taken time that counts.
		const idleMs = deadlineMs - (hasWorked ? ports.clock.milliseconds() : startMs);
		if (idleMs <= 0) return 0;
		if (idleMs > IDLE_MS_MAX) return IDLE_MS_MAX;
		return idleMs;
	}

	/** @returns true when the inbox is empty */
	private drainInbox(member: Member | null): boolean {
		const { frame, inbox, ports } = this;
		// When a leader was heard, and whether its lease holds, must not be judged by when the turn began.
		const leasing = member !== null && member.raft.configuration.leaseMs > 0;
		for (let i = 0; i < DATAGRAMS_PER_TURN; i++) {
			const length = ports.network.receive(inbox);
			if (length === 0) return true;
			this.status.datagramsReceived++;
			const reason = frame.check(inbox, length);
			if (reason !== ACCEPTED) {
				if (member === null) continue;
				if (reason === DROP_RECEIVER) member.overhear(length);
				else if (reason === DROP_TAG) member.hello.mistagged(inbox);
				continue;
			}
			if (leasing) member.raft.setTime(ports.clock.milliseconds());
			if (member !== null) member.receive(frame.bodyEnd);
			else if (frame.sender === CLIENT_ID) this.responder?.receive(inbox, frame.bodyEnd);
		}
		return false;
	}
}
