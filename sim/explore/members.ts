/**
 * Configurations as the exploration has them: one number says who is what, four bits for each node, its
 * role and its role in the half that a joint one leaves. Nodes stand at the place of their id, on every
 * node. What counts as a quorum is said here once more, as plainly as in the paper: the core's own
 * arithmetic is what is to be tested.
 */
import { assert } from "../../core/assert";
import {
	Configuration,
	isVoting,
	NOBODY,
	ROLE_LEARNER,
	ROLE_NONE,
	ROLE_VOTER,
	ROLE_WITNESS,
} from "../../core/configuration";
import { ConfigurationCodec } from "../../core/wire/configuration";

const ROLE_BITS = 2;
const NODE_BITS = 4;
const ROLE_MASK = 3;

const ROLES: { readonly [letter: string]: number } = Object.freeze({
	"-": ROLE_NONE,
	v: ROLE_VOTER,
	l: ROLE_LEARNER,
	w: ROLE_WITNESS,
});
const LETTERS = "-vlw";

/** @param text a letter for each place: `v` votes, `l` learns, `-` is no member */
export function membersOfText(text: string): number {
	let members = 0;
	for (let place = 0; place < text.length; place++) {
		const role = ROLES[text[place]];
		if (role === undefined) throw new RangeError(`${text} is no list of roles`);
		members |= role << (NODE_BITS * place);
	}
	return members;
}

function roleAt(members: number, place: number): number {
	return (members >>> (NODE_BITS * place)) & ROLE_MASK;
}

function outgoingRoleAt(members: number, place: number): number {
	return (members >>> (NODE_BITS * place + ROLE_BITS)) & ROLE_MASK;
}

function isJoint(members: number): boolean {
	for (let rest = members; rest > 0; rest >>>= NODE_BITS) if (outgoingRoleAt(rest, 0) !== ROLE_NONE) return true;
	return false;
}

/** `vvl`, or of a joint one `v-v from vvl`. */
export function textOfMembers(members: number): string {
	let text = "";
	let from = "";
	for (let place = 0; members >>> (NODE_BITS * place) > 0; place++) {
		text += LETTERS[roleAt(members, place)];
		from += LETTERS[outgoingRoleAt(members, place)];
	}
	return isJoint(members) ? `${text} from ${from}` : text;
}

/** @returns true if more than half of the voters hold it, and of those of the half that is left too (Raft §6) */
export function isQuorumOf(members: number, places: number, holds: (place: number) => boolean): boolean {
	const halves = isJoint(members) ? [roleAt, outgoingRoleAt] : [roleAt];
	return halves.every((roleIn) => {
		let voters = 0;
		let held = 0;
		for (let place = 0; place < places; place++) {
			if (!isVoting(roleIn(members, place))) continue;
			voters++;
			if (holds(place)) held++;
		}
		return held * 2 > voters;
	});
}

/** @returns who is what in a configuration, whose index and numbers are not looked at */
export function membersOf(configuration: Configuration): number {
	let members = 0;
	for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place)) {
		const role = configuration.roles[place] + (configuration.outgoingRoles[place] << ROLE_BITS);
		members |= role << (NODE_BITS * (configuration.ids[place] - 1));
	}
	return members;
}

/** @param configuration is filled with the members, in ascending order */
export function fillConfiguration(configuration: Configuration, members: number): void {
	configuration.clear();
	for (let place = 0; members >>> (NODE_BITS * place) > 0; place++) {
		const role = roleAt(members, place);
		const outgoingRole = outgoingRoleAt(members, place);
		if (role !== ROLE_NONE || outgoingRole !== ROLE_NONE) configuration.add(place + 1, 1, role, 0, 0, outgoingRole);
	}
}

/** Payloads of entries that hold a configuration. */
export class MembersCodec {
	private readonly codec = new ConfigurationCodec();
	private readonly configuration: Configuration;

	constructor(nodes: number) {
		this.configuration = new Configuration(nodes);
	}

	/** @returns bytes written */
	write(members: number, index: number, target: Uint8Array, offset: number): number {
		fillConfiguration(this.configuration, members);
		this.configuration.index = index;
		const end = this.codec.write(target, offset, target.length, this.configuration);
		assert(end > 0, "no room for a configuration");
		return end - offset;
	}

	read(index: number, bytes: Uint8Array, offset: number, length: number): number {
		const isRead = this.codec.read(bytes, offset, length, this.configuration);
		assert(isRead && this.configuration.index === index, "an entry holds no configuration, or that of another index");
		return membersOf(this.configuration);
	}
}
