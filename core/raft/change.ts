/**
 * A leader changes the configuration: what it refuses, when it goes through a joint one, how it
 * leaves that, and how it ends. A change of one voter is safe in one step, because any majority
 * before it and any after it share a member (thesis §4.1); any other takes two (Raft §6):
 *
 *   C_old ──── C_old,new appended ──── committed: C_new appended ──── committed: done
 *   majority   majority of both                   majority of C_new
 */
import { assert } from "../assert";
import { NO_ROOM } from "../bytes";
import { Configuration, isVoting, isWitness, NOBODY, placesFor, ROLE_NONE, ROLE_VOTER } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES } from "../entry";
import { EVENT_CONFIGURATION_COMMITTED } from "../events";
import {
	ADDRESS_TAKEN,
	BAD_CONFIGURATION,
	CHANGE_UNDER_WAY,
	CONFLICT,
	DONE,
	LEVEL_LOWERED,
	LEVEL_NOT_SPOKEN,
	LOG_FULL,
	MEMBER_LIMIT,
	NOT_CAUGHT_UP,
	NOT_LEADER,
	NOT_READY,
	OUTCOME_UNKNOWN,
	QUORUM_AT_RISK,
	TRANSFERRING,
} from "../reasons";
import { STEP_DOWN_REMOVED } from "../status";
import { isCaughtUp } from "./catch-up";
import { becomeFollower, stepDown } from "./election";
import { judgeAnswers, Levels, speaks } from "./levels";
import { append, type ConfigurationEncoding } from "./membership";
import { INDEX_MAX } from "./messages";
import { NO_CALL } from "./proposals";
import { wake } from "./quiet";
import type { Raft } from "./raft";
import { askVoters, isOutOfReach, judgeReach, selfSuffices } from "./reachable";
import { LEADER } from "./role";
import { transferLeadership } from "./transfer";
import { NO_PEER } from "./witness";

/** Indices that only no-ops use. */
const INDICES_LEFT = 0x1000;

/** A change of the configuration, and what one is made and read with. */
export class Change {
	/** The call that asked for it, or NO_CALL. */
	call = NO_CALL;
	/** Leader: until this is false, each commit is looked at: a change may have got on by it. */
	isUnderWay = false;
	/** Leader: the first round that says that the configuration is committed; 0 while it is not. */
	committedRound = 0;
	committedMs = 0;
	/** A leader that the configuration leaves out says so to all, hands over, and then is none any more. */
	isResigning = false;
	/** It has begun to. */
	handsOver = false;
	/** Leader: the draft waits for answers before it is appended; and whether it waits for each of the two kinds. */
	isWaiting = false;
	/** It raises the level: all must say that they speak it (levels.ts). */
	isRaise = false;
	/** It changes who votes: a majority of them must answer this round or a later one (reachable.ts). 0 for no. */
	votersRound = 0;
	askedMs = 0;
	readonly levels: Levels;
	readonly encoding: ConfigurationEncoding;
	/** One that is being made or was read, its members in ascending order from place 0 on, and its bytes. */
	readonly draft: Configuration;
	readonly bytes: Uint8Array;
	/** The last one that was known to be committed when another was appended, in the same order. */
	readonly settled: Configuration;

	constructor(members: number, encoding: ConfigurationEncoding) {
		this.encoding = encoding;
		this.levels = new Levels(placesFor(members));
		this.draft = new Configuration(members);
		this.settled = new Configuration(members);
		this.bytes = new Uint8Array(encoding.bytesMax(members));
	}
}

/**
 * Changes the configuration at the leader, by way of a joint one where more than one voter changes.
 * Compare and set: it is refused with CONFLICT when the configuration in force is not the one that
 * the caller knows. One change at a time; a voter must have been a learner that caught up.
 * @param next members in ascending order, with one role each, and the numbers; its index means nothing
 * @param expectedIndex index of the configuration that the caller has seen
 * @param call a positive number: exactly one answer for it follows by `takeAnswer`, DONE with the
 * index of the final configuration when that is committed
 * @returns DONE when it was accepted, else the reason, and no answer follows (pitfall 57)
 */
export function changeConfiguration(node: Raft, next: Configuration, expectedIndex: number, call: number): number {
	if (node.role !== LEADER) return NOT_LEADER;
	if (node.transfer.target !== NOBODY || node.change.isResigning) return TRANSFERRING;
	if (expectedIndex !== node.configuration.index) return CONFLICT;
	// Before an entry of its own term is committed, another leader's change may be (pitfall 43):
	//
	//   S1 (term 1)  … C1            a change that S1 alone has
	//   S2 (term 2)  … C2            S2 does not know C1: majorities of C1 and C2 need not meet
	//
	// The no-op of term 2 is held by a majority of the old configuration, so C1 is lost for good.
	if (node.commitIndex < node.termStartIndex) return NOT_READY;
	// One at a time (pitfall 44): the latest in the log is committed, and not joint.
	if (node.commitIndex < node.configuration.index || node.configuration.isJoint()) return CHANGE_UNDER_WAY;
	if (node.change.isWaiting) return CHANGE_UNDER_WAY;
	assert(node.change.call === NO_CALL, "a call waits for a change that has ended");
	const refused = judge(node, next);
	if (refused !== DONE) return refused;
	const { change } = node;
	const voters = differences(node.configuration, next);
	if (voters <= 1) draftSimple(change.draft, next);
	else draftJoint(change.draft, node.configuration, next);
	if (voters > 0 && isOutOfReach(node)) return QUORUM_AT_RISK;
	const isRaise = next.level > node.configuration.level;
	const asksVoters = voters > 0 && !selfSuffices(node);
	if (!isRaise && !asksVoters && !appendDraft(node)) return LOG_FULL;
	if (asksVoters) askVoters(node);
	if (isRaise) askForRaise(node);
	change.isWaiting = isRaise || asksVoters;
	change.call = call;
	return DONE;
}

/** A node that cannot read what comes would have to stop, so the leader asks all of them first, and now. */
function askForRaise(node: Raft): void {
	node.change.isRaise = true;
	node.change.levels.ask(node.nowMs);
	wake(node);
	node.heartbeatDeadlineMs = node.nowMs;
}

/**
 * A node has answered, or time has passed: a draft that waits is appended when all that it waits for is
 * there, and ends when that does not come.
 */
export function advanceDraft(node: Raft): void {
	const { change, transfer } = node;
	if (!change.isWaiting) return;
	let reason = change.isRaise ? judgeAnswers(node, change.draft.level) : DONE;
	if (reason === DONE && change.votersRound > 0) reason = judgeReach(node);
	if (reason === NOT_READY) return;
	if (reason === DONE && transfer.target !== NOBODY) reason = TRANSFERRING;
	if (reason === DONE && !appendDraft(node)) reason = LOG_FULL;
	if (reason !== DONE) refuseDraft(node, reason);
	endWait(change);
	change.levels.isAsking = false;
}

/** Nothing of it was appended. */
function refuseDraft(node: Raft, reason: number): void {
	node.answers.add(node.change.call, reason, 0);
	node.change.call = NO_CALL;
}

function endWait(change: Change): void {
	change.isWaiting = false;
	change.isRaise = false;
	change.votersRound = 0;
}

/** @returns DONE when the cluster may take this configuration, else why not */
function judge(node: Raft, next: Configuration): number {
	const { change, configuration } = node;
	if (!next.isSound() || next.isJoint()) return BAD_CONFIGURATION;
	// What was written at a level may be read by no node of a lower one.
	if (next.level < configuration.level) return LEVEL_LOWERED;
	let comes = false;
	let members = 0;
	for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place))
		members++;
	for (let row = 0; row < next.count; row++) {
		const id = next.ids[row];
		if (id === 0 || next.roles[row] === ROLE_NONE) return BAD_CONFIGURATION;
		const place = configuration.placeOfLife(id, next.incarnations[row]);
		if (takesAddress(configuration, place, next, row)) return ADDRESS_TAKEN;
		// What a board was formatted as it is for the whole of this life.
		if (place !== NOBODY && isWitness(next.roles[row]) !== configuration.isWitnessAt(place)) return BAD_CONFIGURATION;
		if (place === NOBODY) {
			members++;
			comes = true;
			const other = configuration.placeOf(id);
			// A life that has ended does not come back.
			if (other !== NOBODY && configuration.incarnations[other] > next.incarnations[row]) return BAD_CONFIGURATION;
		}
		if (!isVoting(next.roles[row])) continue;
		if (place !== NOBODY && isVoting(configuration.roles[place])) continue;
		if (place !== NOBODY && change.levels.lacks(place, next.level)) {
			// It may have been restarted with another build since it said so.
			change.levels.ask(node.nowMs);
			return LEVEL_NOT_SPOKEN;
		}
		// Who has nothing would hold up every commit that needs it (pitfall 56).
		if (place === NOBODY || !isCaughtUp(node, place)) return NOT_CAUGHT_UP;
	}
	// Those who leave keep their places until the next change.
	if (members > node.limits.members) return MEMBER_LIMIT;
	if (next.level === configuration.level) return DONE;
	// Who comes with the raise cannot be asked before.
	return comes || !speaks(change.levels.build, next.level) ? LEVEL_NOT_SPOKEN : DONE;
}

/**
 * True for a member that comes or moves to where another node is. Two lives of one node may be at one
 * address, for they are one board. Members that were at one address before stay as they are.
 */
function takesAddress(configuration: Configuration, place: number, next: Configuration, row: number): boolean {
	const address = next.addresses[row];
	const port = next.ports[row];
	// Where a node is may be unknown.
	if (address === 0) return false;
	const stays = place !== NOBODY && configuration.addresses[place] === address && configuration.ports[place] === port;
	if (stays) return false;
	for (let other = 0; other < next.count; other++) {
		if (next.ids[other] === next.ids[row] || next.addresses[other] !== address) continue;
		if (next.ports[other] === port) return true;
	}
	return false;
}

/** @returns how many nodes vote in one of the two and not in the other */
export function differences(current: Configuration, next: Configuration): number {
	let count = 0;
	for (let place = 0; place < current.count; place++) {
		if (!isVoting(current.roles[place])) continue;
		const row = next.placeOfLife(current.ids[place], current.incarnations[place]);
		if (row === NOBODY || !isVoting(next.roles[row])) count++;
	}
	for (let row = 0; row < next.count; row++) {
		if (!isVoting(next.roles[row])) continue;
		const place = current.placeOfLife(next.ids[row], next.incarnations[row]);
		if (place === NOBODY || !isVoting(current.roles[place])) count++;
	}
	return count;
}

/** The members of `next` alone, without what they had in a half that is left. */
function draftSimple(draft: Configuration, next: Configuration): void {
	draft.clear();
	for (let place = next.placeAfter(NOBODY); place !== NOBODY; place = next.placeAfter(place)) {
		const { ids, incarnations, roles, addresses, ports, priorities } = next;
		if (roles[place] === ROLE_NONE) continue;
		draft.add(
			ids[place],
			incarnations[place],
			roles[place],
			addresses[place],
			ports[place],
			ROLE_NONE,
			priorities[place],
		);
	}
	draft.copyNumbers(next);
}

/** The members of both, each with its role in either. */
function draftJoint(draft: Configuration, current: Configuration, next: Configuration): void {
	draft.clear();
	let old = current.placeAfter(NOBODY);
	let row = next.placeAfter(NOBODY);
	while (old !== NOBODY || row !== NOBODY) {
		const oldIdentity = old === NOBODY ? Infinity : current.identityOf(old);
		const newIdentity = row === NOBODY ? Infinity : next.identityOf(row);
		const isOld = oldIdentity <= newIdentity;
		const isNew = newIdentity <= oldIdentity;
		const from = isNew ? next : current;
		const place = isNew ? row : old;
		draft.add(
			from.ids[place],
			from.incarnations[place],
			isNew ? next.roles[row] : ROLE_NONE,
			from.addresses[place],
			from.ports[place],
			isOld ? current.roles[old] : ROLE_NONE,
			from.priorities[place],
		);
		if (isOld) old = current.placeAfter(old);
		if (isNew) row = next.placeAfter(row);
	}
	draft.copyNumbers(next);
}

/** Appends the draft to the log, where it is in force at once. @returns false without room */
function appendDraft(node: Raft): boolean {
	const { change, log, persistence } = node;
	const { bytes, draft } = change;
	// The log's last indices are for no-ops alone: without them nothing that is there could be committed.
	if (log.lastIndex >= INDEX_MAX - INDICES_LEFT) return false;
	draft.index = log.lastIndex + 1;
	const length = node.change.encoding.write(bytes, 0, bytes.length, draft);
	assert(length !== NO_ROOM, "a configuration is larger than it may be");
	// The reserves are for this: a full log must still take the change that heals it.
	if (node.storageBytes < ENTRY_HEADER_BYTES + length) return false;
	const evictable = Math.min(node.appliedIndex, persistence.durableIndex);
	if (!log.proposeReserved(ENTRY_CONFIGURATION, node.term, bytes, 0, length, evictable)) return false;
	node.storageBytes -= ENTRY_HEADER_BYTES + length;
	change.isUnderWay = true;
	change.committedRound = 0;
	append(node, draft);
	node.appendsDue = true;
	return true;
}

/** The node leads: a change that an earlier leader began is brought to its end by this one (pitfall 51). */
export function takeOverChange(node: Raft): void {
	const { change, configuration, previous } = node;
	assert(change.call === NO_CALL, "a call of an earlier term is not answered");
	// Those of whom the last change was rid may not know it yet.
	change.isUnderWay = configuration.isJoint() || previous.index !== configuration.index;
	change.committedRound = 0;
	change.isResigning = false;
	change.handsOver = false;
}

/** The commit index has risen, or a heartbeat is due. A joint configuration is never left before it is committed (pitfall 52). */
export function advanceChange(node: Raft): void {
	const { change, configuration } = node;
	if (node.commitIndex < configuration.index || node.commitIndex < node.termStartIndex) return;
	if (configuration.isJoint()) {
		// Nothing is appended that the target of a transfer would lack; without room now, the next heartbeat tries again.
		if (node.transfer.target !== NOBODY) return;
		draftSimple(node.change.draft, configuration);
		appendDraft(node);
		return;
	}
	change.isUnderWay = false;
	change.committedMs = node.nowMs;
	// Whoever left is told in the next round (pitfall 55), and who leads without being a voter leaves after it.
	change.committedRound = node.round + 1;
	node.trace.event(EVENT_CONFIGURATION_COMMITTED, configuration.index, configuration.voters(), 0);
	if (change.call !== NO_CALL) node.answers.add(change.call, DONE, configuration.index);
	change.call = NO_CALL;
	if (configuration.roles[node.self] === ROLE_VOTER) return;
	// It has led until here, and has not counted itself (Raft §6, pitfall 54).
	change.isResigning = true;
	node.heartbeatDeadlineMs = node.nowMs;
	node.appendsDue = true;
}

/**
 * With each heartbeat of a leader that is left out, from the one on that says to all that this is committed:
 * it hands over to a voter of the new configuration, so that nobody waits for an election timeout. With
 * nobody to hand over to, or when that has come to nothing, it leads no more all the same (pitfall 54).
 */
export function resign(node: Raft): void {
	const { change, transfer } = node;
	if (transfer.target !== NOBODY) return;
	if (!change.handsOver && transferLeadership(node, NOBODY, NO_CALL) === DONE) {
		change.handsOver = true;
		return;
	}
	// It may be that nobody tells who has left which of the others leads.
	transfer.answer(node, OUTCOME_UNKNOWN);
	stepDown(node, STEP_DOWN_REMOVED);
	becomeFollower(node, NOBODY);
}

/** The node leads no more. */
export function abandonChange(node: Raft): void {
	const { change } = node;
	change.isUnderWay = false;
	change.isResigning = false;
	change.handsOver = false;
	change.levels.isAsking = false;
	change.committedRound = 0;
	// A draft that waited for answers was never in any log.
	if (change.isWaiting) refuseDraft(node, NOT_LEADER);
	else if (change.call !== NO_CALL) node.answers.add(change.call, OUTCOME_UNKNOWN, 0);
	change.call = NO_CALL;
	endWait(change);
}

/** Who has left is told so for as many of the longest election timeouts at most. */
const FAREWELL_TIMEOUTS = 64;

/**
 * Who has left is sent no more once it knows it, or when it has been silent for an election timeout
 * since: mostly it was removed because it is dead. Nor is who answers for ever and takes nothing in, as a
 * board does that was taken for one of the other kind: the group could not rest.
 */
export function dropDeparted(node: Raft): void {
	const { change, configuration, peer, progress } = node;
	if (change.committedRound === 0) return;
	for (let place = 0; place < node.places.count; place++) {
		if (peer[place] === NO_PEER || (place < configuration.count && configuration.ids[place] !== 0)) continue;
		const knows = progress.round[place] >= change.committedRound && progress.match[place] >= configuration.index;
		const sinceMs = Math.max(progress.contactMs[place], change.committedMs);
		const isLate = node.nowMs - change.committedMs > FAREWELL_TIMEOUTS * configuration.electionMsMax;
		if (!knows && !isLate && node.nowMs - sinceMs <= configuration.electionMsMax) continue;
		peer[place] = NO_PEER;
		// What waits for it was made for a peer of its kind.
		node.outbox.dropTo(place);
		progress.reset(place, node.log.lastIndex, node.nowMs);
	}
}
