/**
 * One node: the real Raft of the core, and the disk that survives it. Of a step it is remembered what
 * came out of it; for the same state and the same input it is not run again, because the core's answer
 * is a function of these two. That is what makes the exploration fast: states of the cluster are tuples
 * of numbers, and most steps are looked up.
 */

import { assert } from "../../core/assert";
import { Configuration, NOBODY } from "../../core/configuration";
import { ENTRY_HEADER_BYTES, entryLength } from "../../core/entry";
import { DATAGRAM_BYTES, type Limits, PROFILE_S } from "../../core/limits";
import { APPEND_REQUEST, COLUMNS_MAX, Message } from "../../core/raft/messages";
import { NO_SEND } from "../../core/raft/outbox";
import { NO_CALL, Raft } from "../../core/raft/raft";
import {
	recoverConfiguration,
	recoverEntry,
	recoverHardState,
	recoverLog,
	recoverSnapshot,
} from "../../core/raft/recovery";
import { LEADER } from "../../core/raft/role";
import { DONE } from "../../core/reasons";
import { ConfigurationCodec } from "../../core/wire/configuration";
import { COLUMNS, canonicalize, coarsen } from "./canonical";
import { type Datagrams, membersIn, readEntry, termOf, writeEntry } from "./datagrams";
import { Fields } from "./fields";
import { answered, applied, type Happening } from "./happenings";
import { fillConfiguration, MembersCodec, membersOf } from "./members";
import { renamePlaces } from "./renaming";
import { Table } from "./table";

/** Probes of different starts are told apart, as a random start tells them apart in life. */
const PROBES_A_START = 64;

export interface NodeState {
	/** All of it, as numbers. */
	readonly key: string;
	readonly place: number;
	readonly role: number;
	readonly term: number;
	readonly commitIndex: number;
	readonly appliedIndex: number;
	/** Entries from index 1 on, in memory and on the disk. */
	readonly log: readonly number[];
	readonly disk: readonly number[];
	readonly diskTerm: number;
	readonly diskVote: number;
	/** Number of what is in `log`. */
	readonly logNumber: number;
	readonly isWriting: boolean;
	/** It hands over to another. */
	readonly isTransferring: boolean;
	/** It waits for the answers of those who will vote after a change. */
	readonly isAskingVoters: boolean;
	/** Of its term, if it leads. */
	readonly round: number;
	/** Nodes of the cluster. */
	readonly nodes: number;
	/** Who the members are: by the configuration in force, and by the one that it was formatted with. */
	readonly members: number;
	readonly formatted: number;
	/** What the configuration may be changed to. */
	readonly targets: readonly number[];
	/** Who would refuse to depose the leader that it has heard. */
	readonly hearsLeader: boolean;
	/** Some timer will fire. */
	readonly wakes: boolean;
	/** Calls that are accepted and not answered. */
	readonly calls: number;
	/** Equal for nodes that differ in nothing but places. */
	readonly kind: number;
	/** What came of each input, by its number. */
	readonly steps: Map<number, Step>;
	/** Its number with the places exchanged, by number of the order; 0 while nobody asked. */
	readonly renamed: Uint32Array;
}

export interface Step {
	/** Number of this step among all. */
	readonly number: number;
	/** Number of the state that it leads to. */
	readonly to: number;
	/** Numbers of the messages that leave. */
	readonly sends: readonly number[];
	readonly happenings: readonly Happening[];
	/** The core's own assertion that failed, or empty. */
	readonly failure: string;
}

export class Node {
	readonly states = new Table<NodeState>();
	/** The node that is run, and its disk. */
	raft: Raft;
	term = 0;
	votedFor = NOBODY;
	entries: number[] = [];
	/** Entries of the write that is under way. */
	private written: number[] = [];
	private fields: Fields;
	private place = 0;
	private stepCount = 0;
	private sends: number[] = [];
	happenings: Happening[] = [];
	private readonly logs = new Table<readonly number[]>();
	private readonly kinds = new Table<string>();
	readonly datagrams: Datagrams;
	readonly message = new Message(new Uint8Array(DATAGRAM_BYTES));
	private readonly limits: Limits;
	private readonly configuration: Configuration;
	private readonly bytes = new Uint8Array(DATAGRAM_BYTES);
	readonly codec: MembersCodec;
	/** A configuration that somebody asks for. */
	readonly wanted: Configuration;
	readonly targets: readonly number[];
	private readonly formatted: number;
	private readonly nodes: number;

	private readonly renamings: number;

	private readonly knowsOrders: boolean;

	/**
	 * @param members who is what in the configuration that the nodes are formatted with, see members.ts
	 * @param targets what that may be changed to
	 * @param renamings orders that the places can be brought into
	 * @param knowsOrders leaders hand over: which rounds were answered is a part of the state
	 */
	constructor(
		members: number,
		targets: readonly number[],
		nodes: number,
		renamings: number,
		datagrams: Datagrams,
		knowsOrders: boolean,
	) {
		this.formatted = members;
		this.targets = targets;
		this.nodes = nodes;
		this.codec = new MembersCodec(nodes);
		this.wanted = new Configuration(nodes);
		this.knowsOrders = knowsOrders;
		this.datagrams = datagrams;
		this.renamings = renamings;
		this.limits = Object.freeze({
			...PROFILE_S,
			members: nodes,
			commandBytes: 256,
			logBytes: 2048,
			logEntries: 64,
			proposals: 15,
			reads: 15,
		});
		this.configuration = new Configuration(nodes);
		fillConfiguration(this.configuration, members);
		this.raft = this.begin(0);
		this.fields = new Fields(this.raft);
	}

	/** @returns the number of the state of a blank node */
	blank(place: number): number {
		this.place = place;
		this.term = 0;
		this.votedFor = NOBODY;
		this.entries = [];
		this.restart(0);
		canonicalize(this.raft, this.knowsOrders);
		return this.keep();
	}

	/** Does something to a node and takes all that comes of it. */
	step(number: number, act: (node: Node) => void): Step {
		this.load(this.states.at(number));
		this.sends = [];
		this.happenings = [];
		let failure = "";
		let to = number;
		try {
			act(this);
			this.drain();
			canonicalize(this.raft, this.knowsOrders);
			to = this.keep();
		} catch (error) {
			failure = error instanceof Error ? error.message : "something was thrown";
		}
		return { number: this.stepCount++, to, sends: this.sends, happenings: this.happenings, failure };
	}

	/** Takes over a state, another node's perhaps. */
	startFrom(state: NodeState): void {
		this.load(state);
	}

	/**
	 * Goes on from where it is, without any return to numbers: for the test that nothing is lost by them.
	 * @returns the numbers of the messages that leave
	 */
	goOn(act: (node: Node) => void): readonly number[] {
		this.sends = [];
		this.happenings = [];
		act(this);
		this.drain();
		coarsen(this.raft, this.knowsOrders);
		return this.sends;
	}

	/** @returns the number of the state with the places exchanged */
	rename(number: number, order: readonly number[]): number {
		this.load(this.states.at(number));
		this.place = order[this.place];
		if (this.votedFor !== NOBODY) this.votedFor = order[this.votedFor];
		renamePlaces(this.raft, order);
		canonicalize(this.raft, this.knowsOrders);
		return this.keep();
	}

	/** The write under way is durable; told to the node, unless it is gone. */
	store(hardState: boolean, entries: boolean): void {
		const { write } = this.raft;
		if (hardState && write.hardState) {
			this.term = write.term;
			this.votedFor = write.votedFor;
		}
		if (!entries || this.written.length === 0) return;
		// Entries replace what is there; what was cut off and not replaced stays, and is found again after a crash.
		assert(write.firstIndex <= this.entries.length + 1, "a gap in the journal");
		this.entries.splice(write.firstIndex - 1);
		this.entries.push(...this.written);
	}

	persisted(): void {
		const { sequence, lastTerm, lastIndex } = this.raft.write;
		this.store(true, true);
		this.written = [];
		this.raft.persisted(sequence, lastTerm, lastIndex);
	}

	/** Begins anew from the disk. @param start which start of all this is */
	restart(start: number): void {
		this.written = [];
		this.raft = this.begin(this.place);
		this.fields = new Fields(this.raft);
		this.raft.preVoteRound = start * PROBES_A_START;
		recoverSnapshot(this.raft, 0, 0, 0, 0);
		recoverLog(this.raft, 0, 0);
		for (let index = 1; index <= this.entries.length; index++) this.recover(index, this.entries[index - 1]);
		recoverHardState(this.raft, this.term, this.votedFor);
		this.raft.start(0);
	}

	private recover(index: number, entry: number): void {
		recoverEntry(this.raft, termOf(entry));
		if (membersIn(entry) === 0) return;
		const { bytes } = this;
		writeEntry(bytes, 0, entry, index, this.codec);
		recoverConfiguration(this.raft, bytes, ENTRY_HEADER_BYTES, entryLength(bytes, 0));
	}

	private begin(place: number): Raft {
		const encoding = new ConfigurationCodec();
		return new Raft(this.limits, this.configuration, place + 1, 1, 0, encoding, { event: () => undefined });
	}

	private drain(): void {
		const { raft } = this;
		let moved = true;
		while (moved) {
			moved = false;
			for (let slot = raft.takeSend(); slot !== NO_SEND; slot = raft.takeSend()) this.send(slot);
			if (raft.takeWrite()) {
				this.written = [];
				for (let index = raft.write.firstIndex; index <= raft.write.lastIndex; index++) {
					this.written.push(this.entryAt(index));
				}
			}
			while (raft.appliedIndex < raft.applicableIndex()) {
				const index = raft.appliedIndex + 1;
				this.happenings.push(applied(index, this.entryAt(index)));
				const call = raft.callAt(index);
				if (call !== NO_CALL) this.happenings.push(answered(call, DONE, index));
				raft.applied(index);
				moved = true;
			}
			while (raft.takeAnswer()) {
				const { call, reason, index } = raft.answer;
				this.happenings.push(answered(call, reason, index));
				moved = true;
			}
		}
	}

	private send(slot: number): void {
		const { outbox, log } = this.raft;
		const kind = outbox.kind[slot];
		const fields = Array.from(outbox.fields.subarray(slot * COLUMNS_MAX, slot * COLUMNS_MAX + COLUMNS[kind]));
		const entries: number[] = [];
		if (kind === APPEND_REQUEST) {
			// From memory as one range, as the sender copies it, or else from the disk.
			const first = outbox.firstIndex[slot];
			const last = outbox.lastIndex[slot];
			if (first >= log.firstCached && first <= last) log.copyRange(first, last, this.bytes, 0);
			for (let index = first; index <= last; index++) entries.push(this.entryAt(index));
		}
		this.sends.push(this.datagrams.number(kind, this.place, outbox.receiver[slot], fields, entries));
	}

	/** The entry at an index, from memory, or else from the disk. */
	private entryAt(index: number): number {
		const { log } = this.raft;
		return index >= log.firstCached
			? readEntry(log.bytes, log.startOf(index), index, this.codec)
			: this.entries[index - 1];
	}

	private load(state: NodeState): void {
		const values = state.key.split(",").map(Number);
		let at = 0;
		this.place = values[at++];
		this.term = values[at++];
		this.votedFor = values[at++];
		const entries = values[at++];
		this.entries = values.slice(at, at + entries);
		at += entries;
		const written = values[at++];
		this.written = values.slice(at, at + written);
		this.fields.restore(values, at + written);
	}

	private keep(): number {
		const values = [this.place, this.term, this.votedFor, this.entries.length, ...this.entries];
		values.push(this.written.length, ...this.written);
		this.fields.save(values);
		const key = values.join();
		return this.states.find(key) ?? this.states.add(key, this.describe(key));
	}

	private describe(key: string): NodeState {
		const { raft, place } = this;
		const log: number[] = [];
		for (let index = 1; index <= raft.log.lastIndex; index++) log.push(this.entryAt(index));
		const logKey = log.join();
		const isWriting = raft.write.sequence > raft.persistence.durableSequence;
		const calls = raft.proposals.count + raft.reads.count + (raft.change.call === NO_CALL ? 0 : 1);
		for (let other = 0; other < this.nodes; other++) {
			const isAtHome = raft.places.ids[other] === other + 1;
			if (!isAtHome) throw new RangeError("a node has lost its place: such a change cannot be explored");
		}
		const own = (other: number) => (other === NOBODY ? "-" : other === place ? "self" : "other");
		const kind = [
			[raft.role, raft.term, own(raft.votedFor), own(raft.leader), raft.commitIndex, raft.leaderHeardMs, raft.round],
			[raft.preVoteRound, raft.termStartIndex, raft.outbox.count, calls, isWriting, raft.write.sequence],
			[Array.from(raft.progress.match).sort(), Array.from(raft.progress.next).sort()],
			[logKey, this.term, own(this.votedFor), this.entries.join(), this.written.join(), raft.log.firstCached],
			[raft.answeredTerm, raft.answeredRound, raft.transfer.sequence, own(raft.transfer.target)],
		].join(";");
		return {
			key,
			place,
			role: raft.role,
			term: raft.term,
			commitIndex: raft.commitIndex,
			appliedIndex: raft.appliedIndex,
			log,
			disk: this.entries.slice(),
			diskTerm: this.term,
			diskVote: this.votedFor,
			logNumber: this.logs.find(logKey) ?? this.logs.add(logKey, log),
			isWriting,
			isTransferring: raft.transfer.target !== NOBODY,
			isAskingVoters: raft.change.votersRound > 0,
			round: raft.round,
			nodes: this.nodes,
			members: membersOf(raft.configuration),
			formatted: this.formatted,
			targets: this.targets,
			hearsLeader: raft.role !== LEADER && raft.leaderHeardMs === 0,
			wakes: raft.nextDeadlineMs() !== Infinity,
			calls,
			kind: this.kinds.find(kind) ?? this.kinds.add(kind, kind),
			steps: new Map(),
			renamed: new Uint32Array(this.renamings),
		};
	}
}
