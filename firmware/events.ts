/** Prints what happens in a node, one plain line an event, for whoever reads the console. */
import {
	EVENT_ADDRESS,
	EVENT_CANDIDATE,
	EVENT_CONFIGURATION,
	EVENT_CONFIGURATION_COMMITTED,
	EVENT_CONFIGURATION_CUT,
	EVENT_CONTRADICTION,
	EVENT_DIFFERS,
	EVENT_DRAIN,
	EVENT_FAR,
	EVENT_FOLLOWER,
	EVENT_LEADER,
	EVENT_LOG_FULL,
	EVENT_NONSENSE,
	EVENT_PATH,
	EVENT_PRE_VOTE,
	EVENT_QUIET,
	EVENT_QUORUM_LOST,
	EVENT_REFUSAL,
	EVENT_SNAPSHOT_BEGIN,
	EVENT_SNAPSHOT_INSTALLED,
	EVENT_SNAPSHOT_SEND,
	EVENT_STEP_DOWN,
	EVENT_TIMEOUT_NOW,
	EVENT_TRANSFER_BEGIN,
	EVENT_TRANSFER_END,
	EVENT_TRUNCATED,
	EVENT_USED_UP,
	EVENT_VOTE,
} from "../core/events";
import type { Trace } from "../core/ports";

const WORDS: { readonly [event: number]: string } = Object.freeze({
	[EVENT_PRE_VOTE]: "probes for votes: term, last index, last term",
	[EVENT_CANDIDATE]: "stands for election: term, last index, last term",
	[EVENT_LEADER]: "leads: term, index of its no-op",
	[EVENT_FOLLOWER]: "follows: term, place of the leader, role before",
	[EVENT_QUORUM_LOST]: "lost its quorum: term, round",
	[EVENT_VOTE]: "votes: term, place of the candidate",
	[EVENT_TRUNCATED]: "cuts its log: first index, last index, place of the leader",
	[EVENT_SNAPSHOT_SEND]: "sends a snapshot: place, index, bytes",
	[EVENT_SNAPSHOT_BEGIN]: "takes in a snapshot: index, term, bytes",
	[EVENT_SNAPSHOT_INSTALLED]: "installed a snapshot: index, term, bytes",
	[EVENT_NONSENSE]: "dropped a message of no use: kind, place, term",
	[EVENT_LOG_FULL]: "has no room in its log: last index, entries, place",
	[EVENT_PATH]: "keeps datagrams to a peer to so many bytes: place, bytes, bytes of the one that was lost",
	[EVENT_ADDRESS]: "sends to a member at another address: place, address, port",
	[EVENT_DIFFERS]: "learns that a node differs in what all must share: id, reason (core/reasons.ts)",
	[EVENT_REFUSAL]: "serves nobody (reason of core/reasons.ts) or again (0): which, nodes that differ, nodes that agree",
	[EVENT_FAR]: "does not believe a message, which claims too much: kind, place, term",
	[EVENT_CONTRADICTION]:
		"does not believe a second leader (1) or another entry than the committed one (2): which, place, term or index",
	[EVENT_USED_UP]: "campaigns no more, terms or indices are used up: term, last index",
	[EVENT_CONFIGURATION]: "goes by other members: index, voters, joint",
	[EVENT_CONFIGURATION_CUT]: "gives members up again: index, index in force",
	[EVENT_CONFIGURATION_COMMITTED]: "changed the members: index, voters",
	[EVENT_STEP_DOWN]: "leads no more: term, reason, round",
	[EVENT_TRANSFER_BEGIN]: "hands over: term, place of the target, last index",
	[EVENT_TIMEOUT_NOW]: "asks a member to stand for election: term, place, order",
	[EVENT_TRANSFER_END]: "gives up handing over: term, reason",
	[EVENT_QUIET]: "rests (1) or wakes (0): term, which, place of the leader",
	[EVENT_DRAIN]: "refuses leadership (1) or takes it again (0): term, which, role",
});

/** Events are rare: elections, snapshots, faults. Steady state prints, and so allocates, nothing. */
export class ConsoleTrace implements Trace {
	readonly #print: (line: string) => void;

	constructor(print: (line: string) => void) {
		this.#print = print;
	}

	event(event: number, a: number, b: number, c: number): void {
		this.#print(`${WORDS[event] ?? `event ${event}`}: ${a} ${b} ${c}`);
	}
}
