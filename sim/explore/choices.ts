/**
 * What can happen to a node besides a message: a list of small things, each with the bound that it
 * spends. To explore something new, add it here.
 */
import { ENTRY_COMMAND } from "../../core/entry";
import { changeConfiguration } from "../../core/raft/change";
import { NO_CALL } from "../../core/raft/proposals";
import { heartbeat } from "../../core/raft/replication";
import { LEADER } from "../../core/raft/role";
import { transferLeadership } from "../../core/raft/transfer";
import { DONE } from "../../core/reasons";
import type { Bounds, Spendable } from "./bounds";
import { asked, restarted } from "./happenings";
import { changeCall, FIRST_READ } from "./history";
import { fillConfiguration } from "./members";
import type { Node, NodeState } from "./node";

export interface Choice {
	/** Of the node, "node 1 …". */
	readonly words: string;
	/** The bound that one more of it spends; it is not possible when that is used up. */
	readonly spends: Spendable | undefined;
	isPossible(state: NodeState): boolean;
	/** Another bound that stands against it now. */
	isBeyond(state: NodeState, bounds: Bounds): boolean;
	/** @param spent how often the bound was spent before, which tells commands, reads and starts apart */
	act(node: Node, spent: number): void;
}

/** A leader hands over to the node so many places on: no order of the places is another from the rest. */
function handOver(steps: number, words: string): Choice {
	return {
		words: `is asked to hand over to the node ${words}`,
		spends: "transfers",
		isPossible: (state) => state.role === LEADER && state.nodes > steps,
		isBeyond: (state, bounds) => state.term >= bounds.terms,
		act({ raft }) {
			transferLeadership(raft, (raft.self + steps) % raft.limits.members, NO_CALL);
		},
	};
}

/** A leader is asked for one of the setting's configurations, by somebody who knows the one in force. */
function change(number: number, words: string): Choice {
	return {
		words: `is asked to change the configuration to ${words}`,
		spends: "changes",
		isPossible: ({ members, role, targets }) =>
			role === LEADER && number < targets.length && targets[number] !== members,
		isBeyond: never,
		act(node, spent) {
			const call = changeCall(number, spent);
			fillConfiguration(node.wanted, node.targets[number]);
			if (changeConfiguration(node.raft, node.wanted, node.raft.configuration.index, call) === DONE)
				node.happenings.push(asked(call));
		},
	};
}

const never = () => false;
const leads = (state: NodeState) => state.role === LEADER;
const writes = (state: NodeState) => state.isWriting;

function crash(words: string, hardState: boolean, entries: boolean, isPossible: (state: NodeState) => boolean): Choice {
	return {
		words,
		spends: "crashes",
		isPossible,
		isBeyond: never,
		act(node, spent) {
			node.store(hardState, entries);
			node.restart(spent + 1);
			node.happenings.push(restarted);
		},
	};
}

export const CHOICES: readonly Choice[] = Object.freeze<Choice[]>([
	{
		words: "has waited for a leader until its timer fires",
		spends: "timeouts",
		isPossible: (state) => state.role !== LEADER,
		isBeyond: (state, bounds) => state.term >= bounds.terms,
		act: ({ raft }) => raft.tick(raft.electionDeadlineMs),
	},
	{
		words: "has its heartbeats due",
		spends: "heartbeats",
		isPossible: leads,
		isBeyond: never,
		act: ({ raft }) => raft.tick(raft.heartbeatDeadlineMs),
	},
	{
		words: "looks whether a quorum has answered in time",
		spends: "heartbeats",
		isPossible: leads,
		isBeyond: never,
		act: ({ raft }) => raft.tick(raft.quorumDeadlineMs),
	},
	handOver(1, "after it"),
	handOver(2, "after the next"),
	handOver(3, "three places on"),
	handOver(4, "four places on"),
	{
		words: "gives up handing over",
		spends: "heartbeats",
		isPossible: (state) => state.isTransferring,
		isBeyond: never,
		act({ raft }) {
			raft.setTime(raft.transfer.deadlineMs);
			heartbeat(raft);
		},
	},
	{
		words: "has waited for those who will vote as long as it may",
		spends: "heartbeats",
		isPossible: (state) => state.role === LEADER && state.isAskingVoters,
		isBeyond: never,
		act({ raft }) {
			raft.setTime(raft.change.askedMs + raft.configuration.electionMsMin);
			heartbeat(raft);
		},
	},
	change(0, "the first one"),
	change(1, "the second one"),
	change(2, "the third one"),
	{
		words: "is told that its write is durable",
		spends: undefined,
		isPossible: writes,
		isBeyond: never,
		act: (node) => node.persisted(),
	},
	crash("loses power and starts again, and with it the write under way, if any", false, false, () => true),
	crash("loses power and starts again after its write, which it was not told of", true, true, writes),
	crash("loses power and starts again amid its write, after the hard state", true, false, writes),
	{
		words: "is asked for a command",
		spends: "entries",
		isPossible: leads,
		isBeyond: never,
		act(node, spent) {
			const call = spent + 1;
			if (node.raft.propose(ENTRY_COMMAND, new Uint8Array([call]), 0, 1, call) === DONE) {
				node.happenings.push(asked(call));
			}
		},
	},
	{
		words: "is asked for a linearizable read",
		spends: "reads",
		isPossible: leads,
		isBeyond: never,
		act(node, spent) {
			const call = FIRST_READ + spent;
			if (node.raft.read(call) === DONE) node.happenings.push(asked(call));
		},
	},
]);

/** Numbers of some of them, for those who make them without a choice (liveness.ts). */
export const STANDS = numberOf("has waited for a leader until its timer fires");
export const HEARTBEATS = numberOf("has its heartbeats due");
export const LOOKS = numberOf("looks whether a quorum has answered in time");
export const WRITTEN = numberOf("is told that its write is durable");

function numberOf(words: string): number {
	return CHOICES.findIndex((choice) => choice.words === words);
}
