/**
 * Which configuration is in force: the latest one in the log, committed or not (Raft §6, pitfall
 * 45), and what else of this node depends on it: places, voters, peers.
 *
 * Two are remembered, the latest and the one before it, and no more are ever needed (pitfalls 46, 47):
 *
 *   In any log, every configuration but the last is committed. A leader appends one only when the
 *   latest in its log is committed (`change.ts`); a log that holds an entry of a leader's holds the
 *   leader's log before it too (log matching); and what is committed stays so. A log is therefore
 *   never cut before its last configuration but one:
 *
 *     … C3 … C4 …      cut at C4 or behind C3: C3 is in force
 *       └ committed    cut at C3: a committed entry would contradict a leader
 */
import { assert } from "../assert";
import { type Configuration, NOBODY, ROLE_VOTER } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength } from "../entry";
import { EVENT_CONFIGURATION, EVENT_CONFIGURATION_CUT } from "../events";
import { NOT_LEADER } from "../reasons";
import { FIRST_LEVEL, LEVELS_AHEAD, speaks } from "./levels";
import { APPEND_REQUEST, PRE_VOTE_REQUEST, SNAPSHOT_REQUEST, TRANSFER_VOTE_REQUEST, VOTE_REQUEST } from "./messages";
import { patienceOf } from "./priority";
import type { Raft } from "./raft";
import { FOLLOWER, LEADER } from "./role";
import { KEEPER, NO_PEER, WITNESS } from "./witness";

/** How a configuration stands in the payload of an entry: the core of consensus knows no encoding. */
export interface ConfigurationEncoding {
	/** @returns bytes that a configuration of so many members takes at most */
	bytesMax(members: number): number;
	/** @returns the offset in `target` after the configuration and its index, or NO_ROOM (-1) */
	write(target: Uint8Array, offset: number, limit: number, configuration: Configuration): number;
	/** @returns false when `bytes[offset, +length)` is none; members stand in ascending order from place 0 on */
	read(bytes: Uint8Array, offset: number, length: number, configuration: Configuration): boolean;
}

/** A node begins with the configuration of its snapshot. @returns its own place, a member's or not */
export function beginMembership(node: Raft, snapshot: Configuration, id: number, incarnation: number): number {
	const { configuration, places, previous } = node;
	configuration.copyFrom(snapshot);
	previous.copyFrom(snapshot);
	for (let place = 0; place < snapshot.count; place++) places.take(snapshot.ids[place], snapshot.incarnations[place]);
	const place = places.find(id, incarnation);
	return place === NOBODY ? places.take(id, incarnation) : place;
}

/**
 * A log has taken in entries, some of which hold configurations; the last of those is in force from now on.
 * @param firstIndex of the entries that were taken
 * @returns false when the node goes by one of them not; the log is cut then, before all of them or before that one
 */
export function takeConfigurations(node: Raft, firstIndex: number): boolean {
	const { log } = node;
	const { lastIndex } = log;
	for (let index = log.firstConfiguration; index <= lastIndex; index++) {
		if (readEntry(node, index)) continue;
		log.truncate(firstIndex);
		return false;
	}
	for (let index = log.firstConfiguration; index <= lastIndex; index++) {
		const isOne = log.bytes[log.startOf(index)] === ENTRY_CONFIGURATION;
		if (!isOne || !readEntry(node, index)) continue;
		if (!hasPlaces(node, node.change.draft)) {
			log.truncate(index);
			return false;
		}
		append(node, node.change.draft);
	}
	return true;
}

/** @returns true if all members of a configuration find a place beside those whom the node must remember */
function hasPlaces(node: Raft, next: Configuration): boolean {
	const { configuration, places, self } = node;
	let taken = next.count;
	for (let place = 0; place < places.count; place++) {
		if (places.ids[place] === 0 || next.placeOfLife(places.ids[place], places.incarnations[place]) !== NOBODY) continue;
		if (place === self || place === places.guest || place === node.leader || isAt(configuration, place)) taken++;
	}
	return taken <= places.ids.length;
}

/** @returns false when the entry is a configuration, and none that this node goes by; one that it goes by is the draft now */
function readEntry(node: Raft, index: number): boolean {
	const { bytes } = node.log;
	const at = node.log.startOf(index);
	if (bytes[at] !== ENTRY_CONFIGURATION) return true;
	return read(node, index, bytes, at + ENTRY_HEADER_BYTES, entryLength(bytes, at));
}

function read(node: Raft, index: number, bytes: Uint8Array, offset: number, length: number): boolean {
	const { draft, encoding } = node.change;
	if (!encoding.read(bytes, offset, length, draft)) return false;
	if (draft.index !== index || draft.level > node.change.levels.build.highest + LEVELS_AHEAD) return false;
	return draft.isSound() && !isOfOtherKind(node, draft);
}

/**
 * The entry at `index` is a configuration, whose payload is `bytes[offset, +length)`.
 * @returns false when it is none that this node goes by; one that is too new or too large for this build stops the node
 */
export function takeConfiguration(
	node: Raft,
	index: number,
	bytes: Uint8Array,
	offset: number,
	length: number,
): boolean {
	if (!read(node, index, bytes, offset, length)) return false;
	append(node, node.change.draft);
	return true;
}

/**
 * A configuration takes this node for what it is not. Were it taken in, entries that a witness was not
 * sent could be asked for here later; so it stays outside until the configuration is another.
 */
function isOfOtherKind(node: Raft, next: Configuration): boolean {
	const row = next.placeOfLife(node.places.ids[node.self], node.places.incarnations[node.self]);
	return row !== NOBODY && next.isWitnessAt(row) !== node.isWitness;
}

/**
 * A configuration is the latest in the log, and in force.
 * @param next members in ascending order from place 0 on
 */
export function append(node: Raft, next: Configuration): void {
	assert(next.index > node.configuration.index, "configurations do not follow one another");
	// The last one that is known to be committed is kept too: see `cutConfiguration`.
	if (node.configuration.index <= node.commitIndex) copyInOrder(node.configuration, node.change.settled);
	node.previous.copyFrom(node.configuration);
	freePlaces(node, next);
	enter(node, next);
}

/** The log was cut from `index` on. */
export function cutConfiguration(node: Raft, index: number): void {
	if (node.configuration.index < index) return;
	const isSecond = node.previous.index >= index;
	const { settled } = node.change;
	node.trace.event(
		EVENT_CONFIGURATION_CUT,
		node.configuration.index,
		isSecond ? settled.index : node.previous.index,
		0,
	);
	if (isSecond) {
		// No leader has sent the two that are cut, for it appends one when the one before is committed.
		node.configuration.clear();
		node.previous.clear();
		freePlaces(node, settled);
		enter(node, settled);
		node.previous.copyFrom(node.configuration);
		return;
	}
	node.configuration.copyFrom(node.previous);
	freePlaces(node, node.configuration);
	refresh(node);
	tell(node);
}

/**
 * A snapshot took the place of the log, or of its beginning. A configuration of the log that is
 * kept behind it stays in force, and any other is forgotten, even one of a higher index: it stood
 * in a log that contradicts what was committed (pitfall 49).
 * @param keepsLog the log goes on after the snapshot's last entry
 */
export function replaceConfiguration(node: Raft, snapshot: Configuration, index: number, keepsLog: boolean): void {
	if (keepsLog && node.configuration.index > index) return;
	assert(snapshot.index <= index, "a snapshot holds a configuration from behind it");
	node.configuration.clear();
	node.previous.clear();
	freePlaces(node, snapshot);
	enter(node, snapshot);
	node.previous.copyFrom(node.configuration);
}

/** The same configuration with its members in ascending order from place 0 on. */
function copyInOrder(from: Configuration, to: Configuration): void {
	const { addresses, ids, incarnations, outgoingRoles, ports, priorities, roles } = from;
	to.clear();
	for (let place = from.placeAfter(NOBODY); place !== NOBODY; place = from.placeAfter(place))
		to.add(
			ids[place],
			incarnations[place],
			roles[place],
			addresses[place],
			ports[place],
			outgoingRoles[place],
			priorities[place],
		);
	to.copyNumbers(from);
	to.index = from.index;
}

/** Brings a configuration into force: known members keep their places, new ones are given free ones. */
function enter(node: Raft, next: Configuration): void {
	const { configuration, places } = node;
	assert(next.isSound(), "a configuration's numbers do not go together");
	// Nothing of it was written yet: a build that speaks the level goes on from here.
	assert(speaks(node.change.levels.build, next.level), "a configuration is of a level that this build does not speak");
	configuration.clear();
	for (let row = 0; row < next.count; row++) {
		const id = next.ids[row];
		const incarnation = next.incarnations[row];
		let place = places.find(id, incarnation);
		if (place === NOBODY) place = places.take(id, incarnation);
		assert(place !== NOBODY, "more members than the limit");
		// Who was a guest is known now.
		if (places.guest === place) places.guest = NOBODY;
		const { roles, outgoingRoles, addresses, ports, priorities } = next;
		configuration.set(
			place,
			id,
			incarnation,
			roles[row],
			addresses[row],
			ports[row],
			outgoingRoles[row],
			priorities[row],
		);
	}
	configuration.index = next.index;
	configuration.copyNumbers(next);
	refresh(node);
	tell(node);
}

/** Brings what depends on the configuration in force up to date. */
export function refresh(node: Raft): void {
	const { configuration } = node;
	node.voters.take(configuration);
	node.isBlank = configuration.isBlank();
	node.patienceMs = patienceOf(node);
	node.transfer.vain = 0;
	node.places.changed = true;
	setPeers(node);
}

function tell(node: Raft): void {
	const { configuration } = node;
	node.trace.event(EVENT_CONFIGURATION, configuration.index, configuration.voters(), configuration.isJoint() ? 1 : 0);
}

/**
 * Whom a leader sends its log to: the members, and those whom the configuration before had and this
 * one has not, so that they learn it (pitfall 55). One that comes anew, or as one of the other kind, is
 * asked where its log ends.
 */
export function setPeers(node: Raft): void {
	const { configuration, peer, places, previous } = node;
	node.hasWitnesses = false;
	for (let place = 0; place < peer.length; place++) {
		const before = peer[place];
		peer[place] = NO_PEER;
		if (place === node.self) continue;
		const isKnown = isAt(configuration, place) || isAt(previous, place);
		if (isKnown) peer[place] = isWitnessPeer(configuration, previous, place) ? WITNESS : KEEPER;
		if (peer[place] === WITNESS) node.hasWitnesses = true;
		if (peer[place] === before || peer[place] === NO_PEER || node.role !== LEADER) continue;
		// What waits for one that was of the other kind was made for that.
		node.outbox.dropTo(place);
		node.progress.reset(place, node.log.lastIndex, node.nowMs);
		node.appendsDue = true;
		// A newcomer hears nothing before it has heard HELLO; `refresh` makes the replica look.
		node.places.claims.asks |= 1 << place;
		if (configuration.level > FIRST_LEVEL) node.change.levels.ask(node.nowMs);
	}
	assert(places.count <= peer.length, "more places than there is room for");
}

/** One is enough to say so: which kind a node is of does not change while it lives. */
function isWitnessPeer(configuration: Configuration, previous: Configuration, place: number): boolean {
	return isAt(configuration, place) ? configuration.isWitnessAt(place) : previous.isWitnessAt(place);
}

function isAt(configuration: Configuration, place: number): boolean {
	return place < configuration.count && configuration.ids[place] !== 0;
}

/**
 * Voters stand for election. So does one whom the latest configuration leaves out, until that one is
 * committed: it may be the only one whose log is long enough (thesis §4.2.2, figure 4.6). It does not
 * count its own vote then. Who is removed for good disturbs nobody, and a witness never stands.
 */
export function mayCampaign(node: Raft): boolean {
	if (node.isWitness || node.places.refusal.reason !== 0) return false;
	const { configuration, previous, self } = node;
	const isVoter = configuration.roles[self] === ROLE_VOTER || configuration.outgoingRoles[self] === ROLE_VOTER;
	if (isVoter || configuration.index <= node.commitIndex) return isVoter;
	return previous.roles[self] === ROLE_VOTER || previous.outgoingRoles[self] === ROLE_VOTER;
}

/** @returns the latest configuration that is known to be committed */
export function committedConfiguration(node: Raft): Configuration {
	return node.configuration.index <= node.commitIndex ? node.configuration : node.previous;
}

/** Frees the places of those whom neither a remembered configuration nor the one to come knows. */
function freePlaces(node: Raft, next: Configuration): void {
	const { configuration, places, previous, self } = node;
	for (let place = 0; place < places.count; place++) {
		if (place === self || place === places.guest || places.ids[place] === 0) continue;
		if (isAt(configuration, place) || isAt(previous, place)) continue;
		if (next.placeOfLife(places.ids[place], places.incarnations[place]) !== NOBODY) continue;
		if (place !== node.leader) vacate(node, place);
		else {
			// Our leader may be of a configuration that its snapshot is too old to hold.
			if (places.guest !== NOBODY) vacate(node, places.guest);
			places.guest = place;
		}
	}
}

/**
 * Gives a place free: nothing of the node that stood there may count for the next one. Its answers
 * that have not left must not reach another, and this node's vote for it stays spent (pitfall 3).
 */
function vacate(node: Raft, place: number): void {
	node.votes &= ~(1 << place);
	if (node.votedFor === place) node.votedFor = node.self;
	if (node.leader === place) {
		node.leader = NOBODY;
		node.leaderHeardMs = -Infinity;
		node.followerReads.abandon(node, NOT_LEADER);
	}
	assert(node.transfer.target !== place, "who is to lead has left");
	node.lease.vacated(place);
	node.reads.vacated(place);
	node.change.levels.vacated(place);
	node.quiet.resting &= ~(1 << place);
	if (node.incoming.sender === place) {
		node.incoming.sender = NOBODY;
		node.incoming.chunkPending = false;
	}
	node.outbox.dropTo(place);
	node.peer[place] = NO_PEER;
	node.progress.reset(place, node.log.lastIndex, node.nowMs);
	node.places.free(place);
}

/** True for what a leader or a candidate asks. */
function mayComeFromStranger(kind: number): boolean {
	if (kind === APPEND_REQUEST || kind === SNAPSHOT_REQUEST) return true;
	return kind === VOTE_REQUEST || kind === PRE_VOTE_REQUEST || kind === TRANSFER_VOTE_REQUEST;
}

/**
 * A node has spoken that no configuration here knows: we may be far behind, and it the leader or a
 * candidate of a configuration that we have yet to receive (thesis §4.2.2, "servers process incoming
 * RPC requests without consulting their current configurations"). There is one place for such a one.
 * @returns its place, or NOBODY when it answers what was never asked of it, is an earlier life of a
 * member, or the place is taken by our leader
 */
export function meet(node: Raft, kind: number, id: number, incarnation: number): number {
	const { configuration, places } = node;
	const known = places.find(id, incarnation);
	if (known !== NOBODY) return known;
	if (!mayComeFromStranger(kind)) return NOBODY;
	// A blank node knows of no life but its own: whether that was added is for its leader to say.
	const member = node.isBlank ? NOBODY : configuration.placeOf(id);
	if (member !== NOBODY && configuration.incarnations[member] > incarnation) return NOBODY;
	const { guest } = places;
	if (guest !== NOBODY) {
		const isHeard = node.nowMs - node.leaderHeardMs < configuration.electionMsMin;
		if (guest === node.leader && node.role === FOLLOWER && isHeard) return NOBODY;
		vacate(node, guest);
	}
	places.guest = places.take(id, incarnation);
	return places.guest;
}
