/**
 * The replicated configuration: who the members are, and the numbers that all members must share
 * because the outcome of a command, a lease or an election depends on them. It is active when
 * appended and rolls back with the log (Raft §6).
 */
import { assert } from "./assert";

/** Votes and counts in quorums. */
export const ROLE_VOTER = 1;
/** Receives the log, counts in no quorum (thesis §4.2.1). */
export const ROLE_LEARNER = 2;
/** Votes and acknowledges, keeps no state. */
export const ROLE_WITNESS = 3;

/** How far the clock of a board may run too fast or too slow, in thousandths: a cheap oscillator errs by a tenth of it. */
export const DRIFT_PER_MILLE = 10;

/** Says that no member stands at an asked place. */
export const NOBODY = -1;

/**
 * Members in ascending order of their ids, in arrays by place: place is what the consensus core
 * works with, id is what people, datagrams and flash know.
 */
export class Configuration {
	/** Index of the entry that holds it; 0 is what the node was formatted with. */
	index = 0;
	count = 0;
	readonly ids: Uint8Array;
	readonly incarnations: Uint16Array;
	readonly roles: Uint8Array;
	/** Address hints: IPv4 as an unsigned number, and UDP port. */
	readonly addresses: Uint32Array;
	readonly ports: Uint16Array;
	/** Highest wire, command and snapshot version that all members speak. */
	level = 1;
	heartbeatMs = 150;
	/** An election timeout is drawn from [electionMsMin, electionMsMax). */
	electionMsMin = 1200;
	electionMsMax = 2400;
	/** The longest stall of a member's flash. */
	stallMs = 400;
	/** How long a leader that a quorum has answered serves reads without asking again; 0 for never (core/raft/lease.ts). */
	leaseMs = 0;
	/** How far a member's clock may run too fast or too slow, in thousandths, as far as leases rely on it. */
	driftPerMille = DRIFT_PER_MILLE;
	/** After so long without anything to do the group stops its heartbeats; 0 for never (core/raft/quiet.ts). */
	quietAfterMs = 0;

	constructor(members: number) {
		this.ids = new Uint8Array(members);
		this.incarnations = new Uint16Array(members);
		this.roles = new Uint8Array(members);
		this.addresses = new Uint32Array(members);
		this.ports = new Uint16Array(members);
	}

	/** @returns the place of a member, or NOBODY */
	placeOf(id: number): number {
		for (let place = 0; place < this.count; place++) if (this.ids[place] === id) return place;
		return NOBODY;
	}

	isVoter(place: number): boolean {
		return this.roles[place] === ROLE_VOTER || this.roles[place] === ROLE_WITNESS;
	}

	voters(): number {
		let voters = 0;
		for (let place = 0; place < this.count; place++) if (this.isVoter(place)) voters++;
		return voters;
	}

	/** Adds a member after all others; ids ascend, so that equal configurations have equal bytes. */
	add(id: number, incarnation: number, role: number, address: number, port: number): void {
		const place = this.count;
		assert(place < this.ids.length, "more members than the limit");
		assert(place === 0 || this.ids[place - 1] < id, "member ids do not ascend");
		this.ids[place] = id;
		this.incarnations[place] = incarnation;
		this.roles[place] = role;
		this.addresses[place] = address;
		this.ports[place] = port;
		this.count = place + 1;
	}

	copyFrom(other: Configuration): void {
		assert(other.count <= this.ids.length, "more members than the limit");
		this.index = other.index;
		this.count = other.count;
		for (let place = 0; place < other.count; place++) {
			this.ids[place] = other.ids[place];
			this.incarnations[place] = other.incarnations[place];
			this.roles[place] = other.roles[place];
			this.addresses[place] = other.addresses[place];
			this.ports[place] = other.ports[place];
		}
		this.level = other.level;
		this.heartbeatMs = other.heartbeatMs;
		this.electionMsMin = other.electionMsMin;
		this.electionMsMax = other.electionMsMax;
		this.stallMs = other.stallMs;
		this.leaseMs = other.leaseMs;
		this.driftPerMille = other.driftPerMille;
		this.quietAfterMs = other.quietAfterMs;
	}

	/**
	 * The relations that elections rely on: a stall of the flash and three lost heartbeats must not
	 * look like a dead leader; and a lease must end before a vote may be granted, whosever clock is fast.
	 * @returns true when they hold
	 */
	isSound(): boolean {
		if (this.count < 1 || this.voters() < 1 || this.level < 1) return false;
		if (this.heartbeatMs < 10 || this.electionMsMax < this.electionMsMin + this.heartbeatMs) return false;
		if (this.driftPerMille > 500) return false;
		if (this.leaseMs * (1000 + this.driftPerMille) > (this.electionMsMin - 2) * (1000 - this.driftPerMille))
			return false;
		return this.electionMsMin >= this.stallMs + 3 * this.heartbeatMs + 50;
	}
}
