/**
 * What outlives every node: who led which term, who voted for whom as far as anybody could see, what
 * was committed, and which calls wait for an answer. The invariants speak of it, the nodes do not
 * know it. It is a part of the state of the exploration.
 */
import { VOTE_REQUEST, VOTE_RESPONSE, VOTE_RESPONSE_GRANTED } from "../../core/raft/messages";
import { LEADER } from "../../core/raft/role";
import { DONE } from "../../core/reasons";
import { commandOf, type Datagrams, entriesText, membersIn } from "./datagrams";
import { ANSWERED, APPLIED, ASKED, type Happening, RESTARTED } from "./happenings";
import { isQuorumOf, textOfMembers } from "./members";
import type { NodeState, Step } from "./node";
import { Table } from "./table";

/** A call below this is a command, whose byte it is; then come reads, then changes of the configuration. */
export const FIRST_READ = 16;
const FIRST_CHANGE = 32;
const CHANGES = 16;

/** @param target number of the configuration that is wanted; @param spent tells one call from another */
export function changeCall(target: number, spent: number): number {
	return FIRST_CHANGE + target * CHANGES + spent;
}

/** Steps of histories that are remembered; a Map ends at 2^24. */
const KNOWN_MAX = 1 << 23;

export interface Pending {
	readonly call: number;
	readonly place: number;
	/** What was committed when the call came: a read must not miss it. */
	readonly floor: number;
}

export interface History {
	/** By term: place of its leader + 1; 0 for none. */
	readonly leaders: number[];
	/** By place and term, `place * (terms + 1) + term`: place of who got the vote, as sent, + 1. */
	readonly votes: number[];
	/** Entries from index 1 on, and the term in which each was committed. */
	readonly committed: number[];
	readonly commitTerms: number[];
	readonly pending: Pending[];
	readonly renamed: Uint32Array;
}

/** Thrown out of a step that breaks a property, with the property and how. */
export class Violation extends Error {}

export class Histories {
	readonly table = new Table<History>();
	private readonly terms: number;
	private readonly renamings: number;
	private readonly datagrams: Datagrams;
	/** What a step made of a history. */
	private readonly known = new Map<number, number>();

	constructor(terms: number, renamings: number, datagrams: Datagrams) {
		this.terms = terms;
		this.renamings = renamings;
		this.datagrams = datagrams;
	}

	blank(nodes: number): number {
		const leaders = new Array<number>(this.terms + 1).fill(0);
		const votes = new Array<number>(nodes * (this.terms + 1)).fill(0);
		return this.keep(leaders, votes, [], [], []);
	}

	private keep(leaders: number[], votes: number[], committed: number[], terms: number[], pending: Pending[]): number {
		const calls = pending.map(({ call, place, floor }) => `${call},${place},${floor}`);
		const key = `${leaders}|${votes}|${committed}|${terms}|${calls.join(";")}`;
		const renamed = new Uint32Array(this.renamings);
		return (
			this.table.find(key) ?? this.table.add(key, { leaders, votes, committed, commitTerms: terms, pending, renamed })
		);
	}

	/** @returns number of the history after a step of the node at a place; throws a Violation */
	after(number: number, before: NodeState, after: NodeState, step: Step): number {
		const key = step.number * 0x1000000 + number;
		let next = this.known.get(key);
		if (next === undefined) {
			next = this.advance(this.table.at(number), before, after, step);
			if (this.known.size >= KNOWN_MAX) this.known.clear();
			this.known.set(key, next);
		}
		return next;
	}

	private advance(history: History, before: NodeState, after: NodeState, step: Step): number {
		const { place } = after;
		const leaders = history.leaders.slice();
		const votes = history.votes.slice();
		const committed = history.committed.slice();
		const commitTerms = history.commitTerms.slice();
		if (after.role === LEADER) {
			const known = leaders[after.term] - 1;
			if (known >= 0 && known !== place)
				throw new Violation(`election safety: node ${known + 1} and node ${place + 1} lead term ${after.term}`);
			if (known < 0) this.checkElected(votes, after);
			leaders[after.term] = place + 1;
		}
		for (const send of step.sends) this.vote(votes, send);
		let pending = history.pending;
		for (const happening of step.happenings) {
			// An entry is committed before anybody is told of it: see the order below.
			if (happening.what === ASKED) {
				const asked = { call: happening.call, place, floor: history.committed.length };
				pending = [...pending, asked].sort((a, b) => a.call - b.call);
			} else if (happening.what === RESTARTED) pending = pending.filter((call) => call.place !== place);
		}
		const reached = Math.min(after.commitIndex, after.log.length);
		for (let index = committed.length + 1; index <= reached; index++) {
			if (after.role !== LEADER && before.role !== LEADER)
				throw new Violation(`commit: node ${place + 1} takes entry ${index} for committed, and no leader has said so`);
			committed.push(after.log[index - 1]);
			commitTerms.push(after.term);
		}
		for (const happening of step.happenings) {
			if (happening.what === APPLIED) checkApplied(committed, place, happening);
			if (happening.what === ANSWERED) pending = answer(pending, committed, after, happening);
		}
		return this.keep(leaders, votes, committed, commitTerms, pending);
	}

	/** A leader has the votes of a quorum by its latest configuration: its own on its disk, the others as they were sent. */
	private checkElected(votes: readonly number[], leader: NodeState): void {
		const { place, term } = leader;
		const row = this.terms + 1;
		const isGranted = (voter: number) =>
			voter === place ? leader.diskTerm === term && leader.diskVote === place : votes[voter * row + term] === place + 1;
		const voters = votes.length / row;
		if (isQuorumOf(leader.members, voters, isGranted)) return;
		let granted = 0;
		for (let voter = 0; voter < voters; voter++) if (isGranted(voter)) granted++;
		throw new Violation(
			`election: node ${place + 1} leads term ${term} of members ${textOfMembers(leader.members)} with ${granted} votes`,
		);
	}

	/** A vote that was sent can never be taken back, whatever the node forgets. */
	private vote(votes: number[], send: number): void {
		const { kind, from, to, fields } = this.datagrams.table.at(send);
		const [, term] = fields;
		let candidate = -1;
		if (kind === VOTE_REQUEST) candidate = from;
		else if (kind === VOTE_RESPONSE && fields[VOTE_RESPONSE_GRANTED] === 1) candidate = to;
		if (candidate < 0) return;
		const slot = from * (this.terms + 1) + term;
		const known = votes[slot] - 1;
		if (known >= 0 && known !== candidate)
			throw new Violation(
				`one vote a term: node ${from + 1} votes for node ${known + 1} and node ${candidate + 1} in term ${term}`,
			);
		votes[slot] = candidate + 1;
	}

	rename(number: number, order: readonly number[]): number {
		const { leaders, votes, committed, commitTerms, pending } = this.table.at(number);
		const row = this.terms + 1;
		const name = (place: number) => (place === 0 ? 0 : order[place - 1] + 1);
		const renamed = votes.slice();
		for (let place = 0; place < order.length; place++) {
			for (let term = 0; term < row; term++) renamed[order[place] * row + term] = name(votes[place * row + term]);
		}
		const calls = pending.map(({ call, place, floor }) => ({ call, place: order[place], floor }));
		return this.keep(leaders.map(name), renamed, committed, commitTerms, calls);
	}
}

function checkApplied(committed: readonly number[], place: number, { index, entry }: Happening): void {
	if (committed[index - 1] === entry) return;
	const known = index > committed.length ? "nothing" : entriesText([committed[index - 1]]);
	throw new Violation(
		`state machine safety: node ${place + 1} applies ${entriesText([entry])} at ${index}, where ${known} is committed`,
	);
}

function answer(pending: Pending[], committed: number[], after: NodeState, happening: Happening): Pending[] {
	const { call, reason, index } = happening;
	const waiting = pending.find((one) => one.call === call && one.place === after.place);
	if (waiting === undefined)
		throw new Violation(`answers: node ${after.place + 1} answers call ${call}, which does not wait`);
	if (reason === DONE && call >= FIRST_CHANGE) {
		const target = after.targets[Math.floor((call - FIRST_CHANGE) / CHANGES)];
		if (index > committed.length || membersIn(committed[index - 1]) !== target)
			throw new Violation(
				`answers: node ${after.place + 1} says that a change is done by entry ${index}, which is another`,
			);
	} else if (reason === DONE && call >= FIRST_READ) {
		if (index < waiting.floor || after.appliedIndex < index)
			throw new Violation(
				`read index: node ${after.place + 1} answers a read at ${index}, applied ${after.appliedIndex}, and ${waiting.floor} was committed before it came`,
			);
	} else if (reason === DONE && commandOf(committed[index - 1]) !== call)
		throw new Violation(`answers: node ${after.place + 1} answers call ${call} with another entry, ${index}`);
	return pending.filter((one) => one !== waiting);
}
