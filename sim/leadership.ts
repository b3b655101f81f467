/**
 * What makes Raft's properties hold, checked of whoever leads: the votes that it leads by, what it
 * believes of its peers' logs, and how it commits. A mistake shows here long before it costs an
 * entry, which takes several more accidents in the right order.
 */
import { NOBODY } from "../core/configuration";
import type { Journal } from "../core/journal/journal";
import { SNAPSHOT } from "../core/raft/progress";
import type { Raft } from "../core/raft/raft";
import { LEADER } from "../core/raft/role";
import { isMajority } from "./electorate";
import type { SimulatedNode } from "./node";
import type { World } from "./world";

/** What was seen of a leader last. */
class Led {
	term = 0;
	commitIndex = 0;
	/** The window of its watch over the quorum: when it began and when it ends, by its own clock. */
	windowMs = 0;
	deadlineMs = 0;
	/** It hands over: meanwhile nobody is asked. */
	isHandingOver = false;
	/** By identity of the peer. */
	readonly match = new Map<number, number>();
}

/** One number for a node in one of its lives. */
function identity(id: number, incarnation: number): number {
	return id * 0x10000 + incarnation;
}

export class Leadership {
	private readonly world: World;
	private readonly led: Led[] = [];
	/** By term: for each life of a node that has voted in it, durably, for whom. */
	private readonly votes = new Map<number, Map<number, number>>();

	constructor(world: World) {
		this.world = world;
		for (const _ of world.nodes) this.led.push(new Led());
	}

	/** A node's hard state on flash. */
	voted(journal: Journal): void {
		if (journal.votedFor === 0) return;
		let votes = this.votes.get(journal.term);
		if (votes === undefined) {
			votes = new Map();
			this.votes.set(journal.term, votes);
		}
		votes.set(identity(journal.id, journal.incarnation), journal.votedFor);
	}

	/** A leader has a majority of durable votes of its own term (pitfalls 1, 5, 23). */
	elected(node: SimulatedNode, term: number): void {
		const raft = node.replica?.member?.raft;
		if (raft === undefined) return;
		const votes = this.votes.get(term);
		const granted = (id: number, incarnation: number) => votes?.get(identity(id, incarnation)) === node.id;
		if (isMajority(raft.configuration, granted)) return;
		const count = [...(votes?.values() ?? [])].filter((candidate) => candidate === node.id).length;
		throw new Error(`election: node ${node.id} leads term ${term} by ${count} votes`);
	}

	turned(node: SimulatedNode, raft: Raft, journal: Journal): void {
		// What was promised is known: a vote that only the flash remembers may be given twice (pitfalls 2, 3).
		if (raft.term === journal.term && journal.votedFor !== 0 && raft.votedFor === NOBODY)
			throw new Error(`node ${node.id} has voted in term ${raft.term} and does not know it`);
		const led = this.led[node.id - 1];
		if (raft.role !== LEADER) {
			led.term = 0;
			return;
		}
		const isNew = led.term !== raft.term;
		if (isNew) led.match.clear();
		this.checkPeers(node, led, raft);
		// Raft §5.4.2: only entries of the own term are committed by counting (pitfall 19).
		if (!isNew && raft.commitIndex > led.commitIndex && raft.log.termAt(raft.commitIndex) !== raft.term)
			throw new Error(`node ${node.id} commits ${raft.commitIndex} of an earlier term by counting`);
		if (led.deadlineMs !== raft.quorumDeadlineMs) {
			// A group at rest is not watched (core/raft/quiet.ts), and neither is one whose leader hands over.
			const isWatched = led.deadlineMs < Infinity && raft.quorumDeadlineMs < Infinity && !led.isHandingOver;
			if (!isNew && isWatched) this.checkWatch(node, led, raft);
			led.windowMs = raft.nowMs;
			led.deadlineMs = raft.quorumDeadlineMs;
		}
		led.isHandingOver = raft.transfer.target !== NOBODY;
		led.term = raft.term;
		led.commitIndex = raft.commitIndex;
	}

	/** A leader that begins another window has heard a majority in the last one (pitfall 14). */
	private checkWatch(node: SimulatedNode, led: Led, raft: Raft): void {
		const heard = (_id: number, _incarnation: number, place: number) =>
			place === raft.self || raft.progress.contactMs[place] >= led.windowMs;
		if (!isMajority(raft.configuration, heard)) throw new Error(`node ${node.id} leads on and has heard no majority`);
	}

	/** What it takes a peer to hold never falls (pitfall 21), and is not sent again (pitfall 20). */
	private checkPeers(node: SimulatedNode, led: Led, raft: Raft): void {
		const { match, next, state } = raft.progress;
		const { ids, incarnations } = raft.places;
		// Of those who are peers still: who has left, and comes back, is asked anew.
		const before = new Map(led.match);
		led.match.clear();
		for (let place = 0; place < raft.places.count; place++) {
			if (place === raft.self || ids[place] === 0) continue;
			const peer = identity(ids[place], incarnations[place]);
			if (raft.peer[place] === 0) continue;
			if (match[place] < (before.get(peer) ?? 0)) throw new Error(`match of ${ids[place]} fell at leader ${node.id}`);
			if (state[place] !== SNAPSHOT && next[place] <= match[place])
				throw new Error(`next of ${ids[place]} is not above its match at leader ${node.id}`);
			led.match.set(peer, match[place]);
			const board = this.world.nodes[ids[place] - 1];
			if (board?.incarnation === incarnations[place]) this.checkHeld(node, raft, board, match[place]);
		}
	}

	/** And the peer does hold it, durably and of the same term (pitfalls 17, 23, 24, 26). */
	private checkHeld(node: SimulatedNode, raft: Raft, peer: SimulatedNode, index: number): void {
		const member = peer.replica?.member;
		if (member === null || member === undefined || index === 0) return;
		// One that has cut what it held has done so for a later leader.
		if (member.raft.term > raft.term) return;
		const { log, persistence } = member.raft;
		if (persistence.durableIndex < index)
			throw new Error(`leader ${node.id} takes ${index} to be durable at ${peer.id}`);
		if (index < log.baseIndex || index < raft.log.baseIndex) return;
		if (log.termAt(index) !== raft.log.termAt(index))
			throw new Error(`leader ${node.id} takes ${index} to be equal at ${peer.id}`);
	}
}
