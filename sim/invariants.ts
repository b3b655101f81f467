/**
 * What must hold after every event: the five properties of Raft's figure 3, what makes them hold
 * (no promise before it is durable, no vote twice, commits only of what a majority holds), and that
 * nothing that must grow ever falls. Each is checked of what has changed, on the node that changed it.
 */
import { crc32c } from "../core/bytes";
import type { Configuration } from "../core/configuration";
import { ENTRY_COMMAND, ENTRY_HEADER_BYTES, ENTRY_WITHHELD, entryLength, entryType } from "../core/entry";
import { EVENT_LEADER } from "../core/events";
import { LEVEL_NOT_SPOKEN, statusName, UNFORMATTED } from "../core/journal/status";
import { DATAGRAM_BYTES } from "../core/limits";
import { speaks } from "../core/raft/levels";
import {
	APPEND_ACCEPTED,
	APPEND_RESPONSE,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_STATUS,
	Message,
	PRE_VOTE_REQUEST,
	TERM,
	TRANSFER_VOTE_REQUEST,
	VOTE_REQUEST,
	VOTE_RESPONSE,
	VOTE_RESPONSE_GRANTED,
} from "../core/raft/messages";
import type { Raft } from "../core/raft/raft";
import { LEADER } from "../core/raft/role";
import type { Member } from "../core/replica/member";
import { Codec } from "../core/wire/codec";
import { ConfigurationCodec } from "../core/wire/configuration";
import { TAG_BYTES } from "../core/wire/frame";
import { SECOND_LEVEL } from "./builds";
import { isKept, isMajority } from "./electorate";
import { footprint } from "./footprint";
import { Leadership } from "./leadership";
import { Ledger } from "./ledger";
import type { SimulatedNode } from "./node";
import type { World } from "./world";

/** What was seen of a node last. */
class Seen {
	term = 0;
	commitIndex = 0;
	appliedIndex = 0;
	revision = 0;
	lastIndex: number;
	/** Up to here, what the node holds survives any crash. */
	durableIndex: number;
	snapshotIndex: number;
	/** By index - origin - 1. */
	readonly terms: number[] = [];
	/** The term that it led when its last turn ended, or 0. */
	leading = 0;
	/** Of the hard state on flash. */
	durableTerm = 0;
	votedFor = 0;
	/** Of everything that its constructors took. */
	footprint = 0;

	constructor(origin: number) {
		this.lastIndex = origin;
		this.durableIndex = origin;
		this.snapshotIndex = origin;
	}
}

/** Where the header of a frame says who is meant. */
const RECEIVER_AT = 7;

export class Invariants {
	readonly ledger: Ledger;
	/** Who led each term: more than one breaks election safety. */
	readonly leaders = new Map<number, number>();
	private readonly world: World;
	private readonly seen: Seen[] = [];
	private readonly configurations = new ConfigurationCodec();
	/** By index and term of its entry: CRC-32C of each configuration that was in force anywhere. */
	private readonly configurationHashes = new Map<string, number>();
	/** By id and incarnation: what was seen last of lives that are over. */
	private readonly past = new Map<string, Seen>();
	private readonly leadership: Leadership;
	private readonly codec = new Codec();
	private readonly datagram = new Uint8Array(DATAGRAM_BYTES);
	private readonly message = new Message(this.datagram);

	/** @param origin index after which the cluster began */
	constructor(world: World, origin: number) {
		this.world = world;
		this.ledger = new Ledger(origin);
		this.leadership = new Leadership(world);
		for (const { joins } of world.nodes) this.seen.push(new Seen(joins ? 0 : origin));
	}

	/** A board begins its next life, in which it has promised nothing. */
	renewed(node: SimulatedNode): void {
		// What it acknowledged in its last life may yet be counted, and was true when it was said.
		this.past.set(`${node.id}.${node.incarnation - 1}`, this.seen[node.id - 1]);
		this.seen[node.id - 1] = new Seen(0);
	}

	booted(node: SimulatedNode): void {
		const seen = this.seen[node.id - 1];
		const { journal, member } = node.replica ?? never("a node without a replica has booted");
		if (node.isWiped) {
			check(journal.status === UNFORMATTED, `a wiped flash became ${statusName(journal.status)}`);
			return;
		}
		// Its build was taken back after the level was raised.
		if (journal.status === LEVEL_NOT_SPOKEN && !speaks(node.build, SECOND_LEVEL)) return;
		if (member === null) throw new Error(`the journal did not open: ${statusName(journal.status)}`);
		check(journal.term >= seen.durableTerm, "a term was forgotten");
		const isVoteKept = journal.term > seen.durableTerm || seen.votedFor === 0 || journal.votedFor === seen.votedFor;
		check(isVoteKept, "a vote was forgotten");
		check(journal.lastIndex >= seen.durableIndex, "an entry that was durable is gone");
		check(journal.snapshotIndex >= seen.snapshotIndex, "a snapshot is gone");
		seen.term = member.raft.term;
		seen.commitIndex = member.raft.commitIndex;
		seen.appliedIndex = member.raft.appliedIndex;
		seen.revision = member.store.revision;
		seen.leading = 0;
		seen.footprint = footprint(member);
		this.turned(node);
	}

	lostPower(node: SimulatedNode): void {
		const member = node.replica?.member ?? null;
		if (member === null || node.isWiped) return;
		this.checkFootprint(node, member);
		// In the turn that was cut it may have written, and told others, before the power failed.
		const seen = this.seen[node.id - 1];
		this.checkLog(seen, member.raft);
		if (member.raft.commitIndex > seen.commitIndex) this.checkCommit(seen, member.raft);
		this.rememberDurable(node, seen, member);
	}

	private rememberDurable(node: SimulatedNode, seen: Seen, member: Member): void {
		const { journal } = node.replica ?? never("a turn without power");
		seen.durableIndex = Math.min(member.raft.persistence.durableIndex, journal.lastIndex);
		seen.snapshotIndex = journal.snapshotIndex;
	}

	/** Nothing that a member holds has grown since it booted. */
	checkFootprint(node: SimulatedNode, member: Member): void {
		const before = this.seen[node.id - 1].footprint;
		const after = footprint(member);
		check(after === before, `memory has grown from ${before} to ${after} fields, elements and bytes`);
	}

	turned(node: SimulatedNode): void {
		const member = node.replica?.member ?? null;
		if (member === null) return;
		const seen = this.seen[node.id - 1];
		const { raft, store } = member;
		check(raft.term >= seen.term, "the term fell");
		check(raft.commitIndex >= seen.commitIndex, "the commit index fell");
		check(raft.appliedIndex >= seen.appliedIndex, "the applied index fell");
		check(raft.appliedIndex <= raft.commitIndex, "applied what is not committed");
		check(raft.appliedIndex === store.appliedIndex, "consensus and store differ in what is applied");
		check(store.revision >= seen.revision, "the revision fell");
		this.checkLog(seen, raft);
		this.checkLeader(node, seen, raft);
		if (raft.commitIndex > seen.commitIndex) this.checkCommit(seen, raft);
		this.checkConfiguration(raft);
		if (raft.isWitness) check(store.revision === 0 && store.keys.count === 0, "a witness keeps state");
		else if (raft.appliedIndex > seen.appliedIndex) this.ledger.reach(raft.appliedIndex, store.stateHash());
		this.remember(node, seen, member);
		this.leadership.turned(node, raft, node.replica?.journal ?? never("a turn without power"));
	}

	private remember(node: SimulatedNode, seen: Seen, member: Member): void {
		const { raft, store } = member;
		seen.term = raft.term;
		seen.commitIndex = raft.commitIndex;
		seen.appliedIndex = raft.appliedIndex;
		seen.revision = store.revision;
		seen.lastIndex = raft.log.lastIndex;
		seen.leading = raft.role === LEADER ? raft.term : 0;
		this.rememberDurable(node, seen, member);
		this.rememberVote(node, seen);
	}

	private rememberVote(node: SimulatedNode, seen: Seen): void {
		const { journal } = node.replica ?? never("a turn without power");
		const isOneVote = journal.term > seen.durableTerm || seen.votedFor === 0 || seen.votedFor === journal.votedFor;
		check(isOneVote, "two votes in one term");
		seen.durableTerm = journal.term;
		seen.votedFor = journal.votedFor;
		this.leadership.voted(journal);
	}

	/** Notes the entries that are new since the last turn. */
	private checkLog(seen: Seen, raft: Raft): void {
		const { log } = raft;
		const { origin } = this.ledger;
		const { terms } = seen;
		let index = log.lastIndex;
		// An entry is told by its index and term; where one is as it was, so are all before it.
		while (index > log.baseIndex && terms[index - origin - 1] !== log.termAt(index)) index--;
		if (seen.leading > 0 && seen.leading === raft.term && index < seen.lastIndex)
			throw new Error(`leader append-only: a leader lost entry ${index + 1}`);
		for (index++; index <= log.lastIndex; index++) {
			const term = log.termAt(index);
			while (terms.length < index - origin - 1) terms.push(-1);
			terms[index - origin - 1] = term;
			if (index < log.firstCached) continue;
			const start = log.startOf(index);
			const bytes = ENTRY_HEADER_BYTES + entryLength(log.bytes, start);
			const isWithheld = entryType(log.bytes, start) === ENTRY_WITHHELD;
			check(raft.isWitness || !isWithheld, "an entry was withheld from a node that keeps the state");
			check(raft.isWitness === isWithheld || entryType(log.bytes, start) !== ENTRY_COMMAND, "a witness has a command");
			this.ledger.hold(index, term, log.termAt(index - 1), crc32c(0, log.bytes, start, bytes), isWithheld);
		}
		terms.length = Math.max(log.lastIndex - origin, 0);
	}

	private checkLeader(node: SimulatedNode, seen: Seen, raft: Raft): void {
		if (raft.role !== LEADER || seen.leading === raft.term) return;
		check(!raft.isWitness, "a witness leads");
		// Leader completeness: whoever leads a later term has all that was committed before. Late votes may
		// yet make a leader of a term that others have left.
		const committed = this.ledger.committedBefore(raft.term);
		const { log } = raft;
		const isThere = committed <= log.baseIndex || (committed <= log.lastIndex && this.agrees(log, committed));
		if (!isThere)
			throw new Error(`leader completeness: node ${node.id} leads term ${raft.term} without entry ${committed}`);
	}

	private agrees(log: Raft["log"], index: number): boolean {
		return index <= this.ledger.origin || log.termAt(index) === this.ledger.committedTerm(index);
	}

	/** What a node takes for committed is the one history, and a majority holds it. */
	private checkCommit(seen: Seen, raft: Raft): void {
		const { ledger } = this;
		const { log } = raft;
		const first = Math.max(seen.commitIndex, ledger.origin, log.baseIndex) + 1;
		const last = Math.min(raft.commitIndex, log.lastIndex);
		for (let index = first; index <= last; index++) {
			if (index > ledger.committed) this.checkQuorum(index, log.termAt(index), raft);
			ledger.commit(index, log.termAt(index), raft.term);
		}
	}

	/**
	 * Configuration consistency: all who go by the configuration of an entry go by the same, it is in
	 * their log or snapshot, and the one before it is committed (pitfalls 44, 46 to 50).
	 */
	private checkConfiguration(raft: Raft): void {
		const { configuration, log, previous } = raft;
		const { index } = configuration;
		if (index === 0 || raft.isBlank) return;
		check(index <= log.lastIndex, "a configuration is in force that is not in the log");
		check(
			previous.index <= Math.max(this.ledger.committed, this.ledger.origin),
			"a configuration follows one that is not committed",
		);
		// Below the base all is committed, and there is one of each index.
		const term = index > log.baseIndex ? log.termAt(index) : this.ledger.committedTerm(index);
		const end = this.configurations.write(this.datagram, 0, this.datagram.length, configuration);
		const hash = crc32c(0, this.datagram, 0, end);
		const key = `${index}/${term}`;
		const other = this.configurationHashes.get(key);
		if (other === undefined) this.configurationHashes.set(key, hash);
		else check(other === hash, `two configurations of entry ${index} of term ${term}`);
	}

	/** An entry that is committed first is held, durably, by a majority: counted when the leader says so. */
	private checkQuorum(index: number, term: number, leader: Raft): void {
		const at = index - this.ledger.origin - 1;
		const holds = (id: number, incarnation: number): boolean => {
			const node = this.world.nodes[id - 1];
			const isNow = node.incarnation === incarnation;
			const seen = isNow ? this.seen[id - 1] : this.past.get(`${id}.${incarnation}`);
			const raft = node.replica?.member?.raft;
			if (isNow && raft === leader) {
				const journal = node.replica?.journal ?? never("a leader without power");
				return Math.min(raft.persistence.durableIndex, journal.lastIndex) >= index;
			}
			if (seen === undefined) return false;
			return seen.snapshotIndex >= index || (seen.durableIndex >= index && seen.terms[at] === term);
		};
		const keeps = (configuration: Configuration) => isKept(configuration, holds);
		if (!this.byAny(leader, keeps)) throw new Error(`entry ${index} was committed and nobody who votes keeps it`);
		if (!this.byAny(leader, (configuration) => isMajority(configuration, holds)))
			throw new Error(`entry ${index} of term ${term} was committed and no majority held it`);
	}

	/** In one turn a leader may commit by one configuration and append the next. */
	private byAny(leader: Raft, test: (configuration: Configuration) => boolean): boolean {
		return test(leader.configuration) || test(leader.previous);
	}

	/** Election safety: at most one leader a term (Raft figure 3). */
	traced(node: SimulatedNode, event: number, term: number): void {
		if (event !== EVENT_LEADER) return;
		const other = this.leaders.get(term);
		if (other !== undefined && other !== node.id)
			throw new Error(`election safety: nodes ${other} and ${node.id} both lead term ${term}`);
		this.leaders.set(term, node.id);
		// Its own vote may have become durable in this very turn.
		this.rememberVote(node, this.seen[node.id - 1]);
		this.leadership.elected(node, term);
	}

	/** Nothing that is promised to others leaves before it is durable (Raft figure 2, pitfalls 1, 26, 27). */
	sent(node: SimulatedNode, bytes: Uint8Array, length: number): void {
		const receiver = bytes[RECEIVER_AT];
		// To a client, or from a node that is still booting or was never formatted.
		if (receiver === 0 || node.replica === null || node.replica.member === null) return;
		this.datagram.set(bytes);
		const { message } = this;
		const kind = this.codec.decodeMember(message, length - TAG_BYTES);
		check(kind > 0, "a member sent what no member understands");
		if (kind === PRE_VOTE_REQUEST) return;
		const { journal } = node.replica;
		const { fields } = message;
		const term = fields[TERM];
		check(term <= journal.term, "a term was told before it was durable");
		this.rememberVote(node, this.seen[node.id - 1]);
		if (kind === VOTE_REQUEST || kind === TRANSFER_VOTE_REQUEST) this.checkVote(node, term, node.id);
		else if (kind === VOTE_RESPONSE && fields[VOTE_RESPONSE_GRANTED] === 1) this.checkVote(node, term, receiver);
		else if (kind === APPEND_RESPONSE && fields[APPEND_RESPONSE_STATUS] === APPEND_ACCEPTED) {
			check(fields[APPEND_RESPONSE_INDEX] <= journal.lastIndex, "entries were acknowledged before they were durable");
		}
	}

	private checkVote(node: SimulatedNode, term: number, candidate: number): void {
		const journal = node.replica?.journal;
		// A vote of an earlier term may still be on its way out; it was durable then.
		if (journal === undefined || journal.term !== term) return;
		check(journal.votedFor === candidate, "a vote was told before it was durable");
	}
}

function check(condition: boolean, reason: string): void {
	if (!condition) throw new Error(reason);
}

function never(reason: string): never {
	throw new Error(reason);
}
