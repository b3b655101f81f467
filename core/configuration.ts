/**
 * The replicated configuration: who the members are, and the numbers that all members must share
 * because the outcome of a command, a lease or an election depends on them. It is active when
 * appended and rolls back with the log (Raft §6).
 */
import { assert } from "./assert";

/** Of who has none: it is no member, or only of the other half of a joint configuration. */
export const ROLE_NONE = 0;
/** Votes and counts in quorums. */
export const ROLE_VOTER = 1;
/** Receives the log, counts in no quorum (thesis §4.2.1). */
export const ROLE_LEARNER = 2;
/** Votes and acknowledges by index and term, keeps no state: decision 11. */
export const ROLE_WITNESS = 3;
/** Is sent what a witness is, counts in no quorum: how a witness comes in and catches up. */
export const ROLE_WITNESS_LEARNER = 4;

/** Whom the others rather let lead, from 0 for no preference to the highest. */
export const PRIORITY_MAX = 3;

/** The longest election timeout, one hour: a cluster that waits longer for a leader has none. */
const ELECTION_MS_MAX = 3_600_000;

/** How far the clock of a board may run too fast or too slow, in thousandths: a cheap oscillator errs by a tenth of it. */
export const DRIFT_PER_MILLE = 10;

/** Says that no member stands at an asked place. */
export const NOBODY = -1;

/** Incarnations are u16: one number names a node in one of its lives, and orders them by id. */
const INCARNATIONS = 0x10000;

/**
 * Places that a node has for others and itself, so that a place means the same node for as long as
 * anything speaks of it: those of all members, one for itself should it be removed, and one for a
 * node that speaks to it before the log says who that is.
 */
export function placesFor(members: number): number {
	return members + 2;
}

/**
 * Members in arrays by place: place is what the consensus core works with, id is what people,
 * datagrams and flash know. As people write it and as it is encoded, members stand in ascending
 * order of (id, incarnation); inside a node a member keeps its place, and places between may be
 * free: their id is 0.
 *
 * A joint configuration is two (Raft §6): each member has a role in the one that is entered and
 * one in the one that is left.
 */
export class Configuration {
	/** Index of the entry that holds it; 0 is what the node was formatted with. */
	index = 0;
	/** Places in use are below this. */
	count = 0;
	readonly ids: Uint8Array;
	readonly incarnations: Uint16Array;
	/** Role in the configuration, or in the one that a joint one enters. */
	readonly roles: Uint8Array;
	/** Role in the configuration that a joint one leaves; all ROLE_NONE in one that is not joint. */
	readonly outgoingRoles: Uint8Array;
	/** Members of the highest priority shall lead rather than others, when they can: 0 to PRIORITY_MAX (core/raft/priority.ts). */
	readonly priorities: Uint8Array;
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

	/** @param places for so many members */
	constructor(places: number) {
		this.ids = new Uint8Array(places);
		this.incarnations = new Uint16Array(places);
		this.roles = new Uint8Array(places);
		this.outgoingRoles = new Uint8Array(places);
		this.priorities = new Uint8Array(places);
		this.addresses = new Uint32Array(places);
		this.ports = new Uint16Array(places);
	}

	/** @returns the place of the latest life of a member, or NOBODY */
	placeOf(id: number): number {
		let found = NOBODY;
		for (let place = 0; place < this.count; place++) {
			if (this.ids[place] !== id) continue;
			if (found === NOBODY || this.incarnations[place] > this.incarnations[found]) found = place;
		}
		return found;
	}

	/** @returns the place of a member in this one of its lives, or NOBODY */
	placeOfLife(id: number, incarnation: number): number {
		for (let place = 0; place < this.count; place++) {
			if (this.ids[place] === id && this.incarnations[place] === incarnation) return place;
		}
		return NOBODY;
	}

	/**
	 * Goes through the members in ascending order of (id, incarnation).
	 * @param after the place of the one before, or NOBODY for the first
	 * @returns the place of the next, or NOBODY
	 */
	placeAfter(after: number): number {
		const identity = after === NOBODY ? 0 : this.identityOf(after);
		let found = NOBODY;
		for (let place = 0; place < this.count; place++) {
			if (this.ids[place] === 0 || this.identityOf(place) <= identity) continue;
			if (found === NOBODY || this.identityOf(place) < this.identityOf(found)) found = place;
		}
		return found;
	}

	/** One number for (id, incarnation), in their order. */
	identityOf(place: number): number {
		return this.ids[place] * INCARNATIONS + this.incarnations[place];
	}

	/** True if the member counts in a quorum, be it in one half of a joint configuration only. */
	isVoter(place: number): boolean {
		return isVoting(this.roles[place]) || isVoting(this.outgoingRoles[place]);
	}

	isJoint(): boolean {
		for (let place = 0; place < this.count; place++) if (this.outgoingRoles[place] !== ROLE_NONE) return true;
		return false;
	}

	/** True where some member shall lead rather than others. */
	hasPriorities(): boolean {
		for (let place = 0; place < this.count; place++) if (this.priorities[place] !== 0) return true;
		return false;
	}

	/** True if the member at a place keeps no state. */
	isWitnessAt(place: number): boolean {
		return isWitness(this.roles[place]) || isWitness(this.outgoingRoles[place]);
	}

	/** @returns members that count in the quorums of the configuration, or of the one that a joint one enters */
	voters(): number {
		let voters = 0;
		for (let place = 0; place < this.count; place++) if (isVoting(this.roles[place])) voters++;
		return voters;
	}

	/** True of what a node is formatted with that waits to be added: it knows nobody but itself, and there is no quorum. */
	isBlank(): boolean {
		return this.index === 0 && this.voters() === 0;
	}

	/** Removes all members. */
	clear(): void {
		this.count = 0;
		this.ids.fill(0);
		this.incarnations.fill(0);
		this.roles.fill(ROLE_NONE);
		this.outgoingRoles.fill(ROLE_NONE);
		this.priorities.fill(0);
		this.addresses.fill(0);
		this.ports.fill(0);
	}

	/** Adds a member after all others, in ascending order. @param outgoingRole in the half that a joint one leaves */
	add(
		id: number,
		incarnation: number,
		role: number,
		address: number,
		port: number,
		outgoingRole: number = ROLE_NONE,
		priority = 0,
	): void {
		const place = this.count;
		assert(place < this.ids.length, "more members than the limit");
		this.set(place, id, incarnation, role, address, port, outgoingRole, priority);
		assert(place === 0 || this.identityOf(place - 1) < this.identityOf(place), "member ids do not ascend");
	}

	/** Puts a member at a place. */
	set(
		place: number,
		id: number,
		incarnation: number,
		role: number,
		address: number,
		port: number,
		outgoingRole: number,
		priority = 0,
	): void {
		this.ids[place] = id;
		this.incarnations[place] = incarnation;
		this.roles[place] = role;
		this.outgoingRoles[place] = outgoingRole;
		this.priorities[place] = priority;
		this.addresses[place] = address;
		this.ports[place] = port;
		if (place >= this.count) this.count = place + 1;
	}

	/** Takes over all of another one, its places and its index among it. */
	copyFrom(other: Configuration): void {
		assert(other.count <= this.ids.length, "more members than the limit");
		this.clear();
		for (let place = 0; place < other.count; place++) {
			this.ids[place] = other.ids[place];
			this.incarnations[place] = other.incarnations[place];
			this.roles[place] = other.roles[place];
			this.outgoingRoles[place] = other.outgoingRoles[place];
			this.priorities[place] = other.priorities[place];
			this.addresses[place] = other.addresses[place];
			this.ports[place] = other.ports[place];
		}
		this.count = other.count;
		this.index = other.index;
		this.copyNumbers(other);
	}

	/** Takes over all but who the members are. */
	copyNumbers(other: Configuration): void {
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
	 * Every majority has somebody in it who keeps the state, nobody votes in two lives, nobody is of
	 * both kinds, and the relations hold that elections rely on: a stall of the flash and three lost heartbeats must not look like a dead leader;
	 * and a lease must end before a vote may be granted, whosever clock is fast.
	 * @returns true when they hold
	 */
	isSound(): boolean {
		if (!this.isHalfSound(this.roles) || this.level < 1) return false;
		if (this.isJoint() && !(this.isHalfSound(this.outgoingRoles) && this.areKindsFixed())) return false;
		if (this.heartbeatMs < 10 || this.electionMsMax < this.electionMsMin + this.heartbeatMs) return false;
		if (this.driftPerMille > 500 || this.electionMsMax > ELECTION_MS_MAX) return false;
		if (this.leaseMs * (1000 + this.driftPerMille) > (this.electionMsMin - 2) * (1000 - this.driftPerMille))
			return false;
		return this.electionMsMin >= this.stallMs + 3 * this.heartbeatMs + 50;
	}

	private isHalfSound(roles: Uint8Array): boolean {
		let keepers = 0;
		let witnesses = 0;
		for (let place = 0; place < this.count; place++) {
			if (roles[place] === ROLE_VOTER) keepers++;
			if (this.priorities[place] > PRIORITY_MAX) return false;
			if (!isVoting(roles[place])) continue;
			if (isWitness(roles[place])) witnesses++;
			for (let other = 0; other < place; other++) {
				if (this.ids[other] === this.ids[place] && isVoting(roles[other])) return false;
			}
		}
		// Were more of them witnesses, a majority of those alone could commit what nobody has.
		return keepers > 0 && witnesses <= keepers;
	}

	/** Nobody is a witness in one half and keeps the state in the other. */
	private areKindsFixed(): boolean {
		for (let place = 0; place < this.count; place++) {
			const role = this.roles[place];
			const outgoing = this.outgoingRoles[place];
			if (role !== ROLE_NONE && outgoing !== ROLE_NONE && isWitness(role) !== isWitness(outgoing)) return false;
		}
		return true;
	}
}

/** True for a role of who keeps no state. Which kind a node is of, it is for all of one of its lives. */
export function isWitness(role: number): boolean {
	return role >= ROLE_WITNESS;
}

/** True for a role that counts in quorums. */
export function isVoting(role: number): boolean {
	return role === ROLE_VOTER || role === ROLE_WITNESS;
}
