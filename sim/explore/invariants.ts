/** What must hold in every state and every step: figure 3 of the Raft paper, and what it rests on. */
import { NOBODY } from "../../core/configuration";
import {
	APPEND_ACCEPTED,
	APPEND_RESPONSE,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_STATUS,
	PRE_VOTE_REQUEST,
	TERM,
	TRANSFER_VOTE_REQUEST,
	VOTE_REQUEST,
	VOTE_RESPONSE,
	VOTE_RESPONSE_GRANTED,
} from "../../core/raft/messages";
import { LEADER } from "../../core/raft/role";
import { type Datagram, type Datagrams, entriesText, membersIn, termOf } from "./datagrams";
import { RESTARTED } from "./happenings";
import { type History, Violation } from "./history";
import { isQuorumOf, textOfMembers } from "./members";
import type { NodeState, Step } from "./node";

/** Of one node's step, whatever the others do. Asked once for each step; throws a Violation. */
export function checkStep(before: NodeState, after: NodeState, step: Step, datagrams: Datagrams): void {
	const name = `node ${before.place + 1}`;
	if (step.failure !== "") throw new Violation(`assertion: ${name} stops: ${step.failure}`);
	for (const send of step.sends) checkSend(after, datagrams.table.at(send));
	if (after.calls > 0 && after.role !== LEADER)
		throw new Violation(`answers: ${after.calls} calls wait at ${name}, which does not lead`);
	checkMembers(after);
	if (!after.wakes) throw new Violation(`timers: ${name} waits for no timer any more`);
	if (step.happenings.length > 0 && step.happenings[0].what === RESTARTED) return;
	if (after.term < before.term) throw new Violation(`monotone term: ${name} goes from ${before.term} to ${after.term}`);
	if (after.commitIndex < before.commitIndex)
		throw new Violation(`monotone commit: ${name} goes from ${before.commitIndex} to ${after.commitIndex}`);
	if (after.appliedIndex < before.appliedIndex)
		throw new Violation(`monotone applied: ${name} goes from ${before.appliedIndex} to ${after.appliedIndex}`);
	if (before.role === LEADER && after.role === LEADER && before.term === after.term && !isPrefix(before.log, after.log))
		throw new Violation(
			`leader append-only: ${name} led with ${entriesText(before.log)}, now ${entriesText(after.log)}`,
		);
}

/** Who the members are is what the latest configuration of the log says, be it committed or not (Raft §6). */
function checkMembers({ formatted, log, members, place }: NodeState): void {
	let latest = formatted;
	for (const entry of log) if (membersIn(entry) > 0) latest = membersIn(entry);
	if (members !== latest)
		throw new Violation(
			`configuration in force: node ${place + 1} goes by ${textOfMembers(members)}, and its log says ${textOfMembers(latest)}`,
		);
}

/**
 * What a message promises is on the disk when it leaves: figure 2, "updated on stable storage before
 * responding to RPCs". The disk at the end of the step is the same as at its beginning, but for a write
 * that was reported in it, which is what released the message.
 */
function checkSend(state: NodeState, { kind, to, fields }: Datagram): void {
	const name = `node ${state.place + 1}`;
	const term = fields[TERM];
	// A pre-vote speaks of a term that nobody has entered.
	if (kind !== PRE_VOTE_REQUEST && term > state.diskTerm)
		throw new Violation(`durable before sent: ${name} speaks of term ${term} and has ${state.diskTerm} on its disk`);
	const candidate =
		kind === VOTE_REQUEST || kind === TRANSFER_VOTE_REQUEST
			? state.place
			: kind === VOTE_RESPONSE && fields[VOTE_RESPONSE_GRANTED] === 1
				? to
				: NOBODY;
	if (candidate !== NOBODY && (state.diskTerm !== term || state.diskVote !== candidate))
		throw new Violation(`durable before sent: ${name} sends a vote for node ${candidate + 1} that is not on its disk`);
	if (kind !== APPEND_RESPONSE || fields[APPEND_RESPONSE_STATUS] !== APPEND_ACCEPTED) return;
	const index = fields[APPEND_RESPONSE_INDEX];
	if (state.disk.length < index || !agree(state.disk, state.log, index))
		throw new Violation(
			`durable before sent: ${name} accepts up to ${index} and has ${entriesText(state.disk)} on its disk`,
		);
}

function isPrefix(before: readonly number[], after: readonly number[]): boolean {
	return before.length <= after.length && agree(before, after, before.length);
}

function agree(a: readonly number[], b: readonly number[], length: number): boolean {
	for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
	return true;
}

/**
 * A leader commits only what a quorum has on its disks, and what is of its own term (Raft §5.4.2).
 * @param before the step: by that configuration it has counted, before it appended another
 */
export function checkCommit(before: NodeState, leader: NodeState, nodes: readonly NodeState[]): void {
	const index = leader.commitIndex;
	const name = `node ${leader.place + 1}`;
	if (termOf(leader.log[index - 1]) !== leader.term)
		throw new Violation(`commit: ${name} commits ${index} of an earlier term, by counting`);
	const holds = (place: number) => nodes[place].disk.length >= index && agree(nodes[place].disk, leader.log, index);
	if (isQuorumOf(before.members, nodes.length, holds)) return;
	let holders = 0;
	for (let place = 0; place < nodes.length; place++) if (holds(place)) holders++;
	throw new Violation(
		`commit: ${name} commits up to ${index}, which ${holders} disks hold, of members ${textOfMembers(before.members)}`,
	);
}

/** Of a state of the cluster. */
export function checkState(nodes: readonly NodeState[], history: History): void {
	for (let a = 0; a < nodes.length; a++) {
		const node = nodes[a];
		if (node.role === LEADER) checkLeader(node, history);
		checkCommitted(node, history);
		checkConfigurations(node, history);
		for (let b = a + 1; b < nodes.length; b++) {
			if (node.logNumber !== nodes[b].logNumber) checkLogMatching(node, nodes[b]);
			if (node.role === LEADER && nodes[b].role === LEADER && node.term === nodes[b].term)
				throw new Violation(`election safety: node ${a + 1} and node ${b + 1} lead term ${node.term}`);
		}
		let calls = 0;
		for (const { place } of history.pending) if (place === a) calls++;
		if (calls !== node.calls)
			throw new Violation(`answers: ${calls} calls wait at node ${a + 1}, which knows of ${node.calls}`);
	}
}

/** If two logs have an entry of one index and term, all up to there is the same (Raft §5.3). */
function checkLogMatching(a: NodeState, b: NodeState): void {
	let last = Math.min(a.log.length, b.log.length);
	while (last > 0 && termOf(a.log[last - 1]) !== termOf(b.log[last - 1])) last--;
	if (!agree(a.log, b.log, last))
		throw new Violation(
			`log matching: node ${a.place + 1} has ${entriesText(a.log)}, node ${b.place + 1} ${entriesText(b.log)}`,
		);
}

/** What an earlier term committed is in the log of every leader (Raft §5.4). */
function checkLeader(leader: NodeState, { committed, commitTerms }: History): void {
	for (let index = 1; index <= committed.length; index++) {
		if (commitTerms[index - 1] < leader.term && leader.log[index - 1] !== committed[index - 1])
			throw new Violation(
				`leader completeness: node ${leader.place + 1} leads term ${leader.term} without ${entriesText([committed[index - 1]])}, committed at ${index}`,
			);
	}
}

/** Every configuration of a log but the last is committed: so two are enough to remember (core/raft/membership.ts). */
function checkConfigurations({ log, place }: NodeState, { committed }: History): void {
	let isLast = true;
	for (let index = log.length; index > 0; index--) {
		if (membersIn(log[index - 1]) === 0) continue;
		if (!isLast && committed[index - 1] !== log[index - 1])
			throw new Violation(
				`one change at a time: node ${place + 1} has ${entriesText(log)}, and committed is ${entriesText(committed)}`,
			);
		isLast = false;
	}
}

/** Two nodes never take different entries for committed at one index. */
function checkCommitted(node: NodeState, { committed }: History): void {
	const reached = Math.min(node.commitIndex, node.log.length, committed.length);
	if (!agree(node.log, committed, reached))
		throw new Violation(
			`state machine safety: node ${node.place + 1} has committed ${entriesText(node.log.slice(0, reached))}, others ${entriesText(committed)}`,
		);
}
