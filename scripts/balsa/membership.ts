/** Who the members are as the leader says, and what one may wish they were: each wish is the next configuration. */
import type { MembersPage } from "../../core/client/administration";
import {
	Configuration,
	isVoting,
	isWitness,
	ROLE_LEARNER,
	ROLE_NONE,
	ROLE_VOTER,
	ROLE_WITNESS,
	ROLE_WITNESS_LEARNER,
} from "../../core/configuration";

/** Members of a cluster of any profile at most. */
export const MEMBERS_MAX = 15;

/** A node in one of its lives. */
export interface Life {
	readonly id: number;
	readonly incarnation: number;
}

export interface Place extends Life {
	/** What the members are told to reach it by: IPv4 as an unsigned number, and UDP port. */
	readonly address: number;
	readonly port: number;
}

export interface Newcomer extends Place {
	/** It keeps no state, as it was formatted. */
	readonly isWitness: boolean;
}

export interface MemberRow extends Place {
	/** In the configuration, or in the half that a joint one enters; ROLE_NONE for who leaves. */
	readonly role: number;
	/** In the half that a joint configuration leaves, else ROLE_NONE. */
	readonly outgoingRole: number;
	/** Members of the highest shall rather lead; 0 where it is not said. */
	readonly priority?: number;
	/** The last entry that it surely has. */
	readonly match: number;
}

const ROLE_NAMES: { readonly [role: number]: string } = Object.freeze({
	[ROLE_NONE]: "-",
	[ROLE_VOTER]: "voter",
	[ROLE_LEARNER]: "learner",
	[ROLE_WITNESS]: "witness",
	[ROLE_WITNESS_LEARNER]: "witness learner",
});

/** @returns the word that people see for a role in the configuration */
export function memberRoleName(role: number): string {
	return ROLE_NAMES[role] ?? `role ${role}`;
}

/** @returns the role in which a newcomer catches up */
export function learnerRole({ isWitness }: Newcomer): number {
	return isWitness ? ROLE_WITNESS_LEARNER : ROLE_LEARNER;
}

/** @returns the role in which it votes then */
export function votingRole(role: number): number {
	return isWitness(role) ? ROLE_WITNESS : ROLE_VOTER;
}

/** @returns for example `6.1` */
export function lifeName({ id, incarnation }: Life): string {
	return `${id}.${incarnation}`;
}

/** Edits members by their names (`lifeName`), and the numbers that all members share. */
export type Edit = (next: Map<string, MemberRow>, numbers: Configuration) => void;

export class Membership {
	readonly rows: readonly MemberRow[];
	readonly configuration: Configuration;
	readonly commitIndex: number;
	readonly lastIndex: number;
	/** Id of the leader that said so, and its term. */
	readonly leader: number;
	readonly term: number;

	constructor(page: MembersPage, leader: number, term: number) {
		this.configuration = page.configuration;
		this.commitIndex = page.commitIndex;
		this.lastIndex = page.lastIndex;
		this.leader = leader;
		this.term = term;
		const { addresses, count, ids, incarnations, outgoingRoles, ports, priorities, roles } = page.configuration;
		this.rows = Array.from({ length: count }, (_, place) => ({
			id: ids[place],
			incarnation: incarnations[place],
			role: roles[place],
			outgoingRole: outgoingRoles[place],
			address: addresses[place],
			port: ports[place],
			priority: priorities[place],
			match: page.matches[place],
		}));
	}

	/** True when nothing is under way: the configuration is committed, and not joint. */
	isSettled(): boolean {
		return this.commitIndex >= this.configuration.index && !this.configuration.isJoint();
	}

	find(life: Life): MemberRow | undefined {
		return this.rows.find((row) => row.id === life.id && row.incarnation === life.incarnation);
	}

	/** All lives of a member, the earliest first. */
	livesOf(id: number): readonly MemberRow[] {
		return this.rows.filter((row) => row.id === id);
	}

	/** True for the life that leads: of two, the one that votes. */
	leads(life: Life): boolean {
		const row = this.find(life);
		return row !== undefined && this.leader === life.id && (isVoting(row.role) || isVoting(row.outgoingRole));
	}

	/** @returns the configuration that has it so, to be sent back as a change of this one */
	wish(edit: Edit): Configuration {
		const rows = new Map(this.rows.filter((row) => row.role !== ROLE_NONE).map((row) => [lifeName(row), row]));
		const next = new Configuration(MEMBERS_MAX + 1);
		next.copyNumbers(this.configuration);
		next.index = this.configuration.index;
		edit(rows, next);
		const sorted = [...rows.values()].sort((one, other) => one.id - other.id || one.incarnation - other.incarnation);
		for (const { address, id, incarnation, port, priority, role } of sorted)
			next.add(id, incarnation, role, address, port, ROLE_NONE, priority ?? 0);
		return next;
	}
}
