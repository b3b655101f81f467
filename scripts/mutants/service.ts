/** Mistakes that take the service from nodes that are alive: numbered from 92 on. */
import type { Mutant } from "./mutant";

const CHANGE = "core/raft/change.ts";
const DRAIN = "core/raft/drain.ts";
const QUIET = "core/raft/quiet.ts";
const QUORUM = "core/raft/quorum.ts";
const REACHABLE = "core/raft/reachable.ts";

const ASKS = "	const asksVoters = voters > 0 && !selfSuffices(node);\n";
const REFUSES = "	if (voters > 0 && isOutOfReach(node)) return QUORUM_AT_RISK;\n";

export const SERVICE_MUTANTS: readonly Mutant[] = [
	{
		id: "92",
		name: "a change of members is judged by those who come, and not by those who stay",
		oracle: "L",
		why: "two of three are alive, one of them is removed, and nobody leads before the dead one is back (etcd-io/etcd#3543)",
		edits: [
			{ file: CHANGE, find: REFUSES, replace: "" },
			{ file: CHANGE, find: ASKS, replace: "	const asksVoters = false;\n" },
		],
	},
	{
		id: "92b",
		name: "that a node was heard of late is enough for a change",
		oracle: "L",
		why: "it may have died since",
		edits: [{ file: CHANGE, find: ASKS, replace: "	const asksVoters = false;\n" }],
	},
	{
		id: "92c",
		name: "of a joint configuration only the half that is entered is asked",
		oracle: "L",
		why: "the joint one is committed by a majority of both",
		edits: [
			{
				file: QUORUM,
				find: "	return !configuration.isJoint() || isMajorityOf(votes, configuration.outgoingRoles, configuration.count);\n",
				replace: "	return true;\n",
			},
		],
	},
	{
		id: "92d",
		name: "a leader counts itself among voters of whom it is none",
		oracle: "L",
		why: "a leader that leaves does not count in the majority that commits its leaving",
		edits: [
			{
				file: REACHABLE,
				find: "	return isQuorumOf(heard, draft);\n",
				replace:
					"	return isQuorumOf(draft.placeOf(configuration.ids[self]) === NOBODY ? heard | (heard + 1) : heard, draft);\n",
			},
		],
	},
	{
		id: "92e",
		name: "a change is refused while any member is silent",
		oracle: "L",
		why: "the change that removes the dead member heals, and is the one that is needed (etcd-io/etcd#15710)",
		edits: [
			{
				file: REACHABLE,
				find: "	if (node.isQuiet || isHeard(node, ANY_ROUND, node.quiet.wokeMs)) return false;\n",
				replace:
					"	if (node.isQuiet) return false;\n	let isMissing = false;\n	for (let place = 0; place < node.peer.length; place++) {\n		const isSilent = node.nowMs - node.progress.contactMs[place] >= node.configuration.electionMsMin;\n		if (node.peer[place] !== NO_PEER && isSilent) isMissing = true;\n	}\n	if (!isMissing) return false;\n",
			},
		],
	},
	{
		id: "92f",
		name: "a leader at rest takes the silence of the others for their death",
		oracle: "L",
		why: "a cluster that nobody uses could change no voter",
		edits: [{ file: REACHABLE, find: "	if (node.isQuiet || isHeard", replace: "	if (isHeard" }],
	},
	{
		id: "92g",
		name: "a leader that has just woken takes the silence of the others for their death",
		oracle: "L",
		why: "any request wakes it, a look at the members among them, just before the change is asked for",
		edits: [{ file: QUIET, find: "		node.quiet.wokeMs = node.nowMs;\n", replace: "" }],
	},
	{
		id: "92h",
		name: "an answer to an earlier question says who is there",
		oracle: "L",
		why: "it was sent before the node died",
		edits: [
			{
				file: REACHABLE,
				find: "	node.change.votersRound = node.round;\n",
				replace: "	node.change.votersRound = 1;\n",
			},
		],
	},
	{
		id: "92i",
		name: "a change that raises the level is judged when it is asked for, and not when it is appended",
		oracle: "L",
		why: "between the two is as much time as nodes wait for a leader",
		edits: [
			{
				file: REACHABLE,
				find: "	if (isHeard(node, change.votersRound, -Infinity)) return DONE;\n",
				replace: "	if (change.isRaise || isHeard(node, change.votersRound, -Infinity)) return DONE;\n",
			},
		],
	},
	{
		id: "92j",
		name: "a change waits for the voters without an end",
		oracle: "L",
		why: "the call is never answered, and no other change is taken, not even the one that heals",
		edits: [
			{
				file: REACHABLE,
				find: "	if (node.nowMs - change.askedMs < node.configuration.electionMsMin) return NOT_READY;\n",
				replace: "	if (QUORUM_AT_RISK > 0) return NOT_READY;\n",
			},
		],
	},
	{
		id: "93",
		name: "a node that drains never stands for election",
		oracle: "L",
		why: "when all drain and the leader dies, nobody leads (cockroachdb/cockroach#55624)",
		edits: [
			{
				file: DRAIN,
				find: "	if (++transfer.vainTimeouts < VAIN_TIMEOUTS) return false;\n",
				replace: "	if (VAIN_TIMEOUTS > 0) return false;\n",
			},
		],
	},
	{
		id: "93b",
		name: "a node that drains stands for election as soon as any other",
		oracle: "L",
		why: "it leads although another could, and stopping it interrupts the service",
		edits: [
			{
				file: DRAIN,
				find: "	if (++transfer.vainTimeouts < VAIN_TIMEOUTS) return false;\n",
				replace: "	transfer.vainTimeouts = VAIN_TIMEOUTS;\n",
			},
		],
	},
	{
		id: "93c",
		name: "a node that drains counts silences that were ended by a leader",
		oracle: "L",
		why: "three short ones in a year are no reason to stand",
		edits: [
			{ file: DRAIN, find: "	if (leaderHeardMs !== transfer.vainSinceMs) transfer.vainTimeouts = 0;\n", replace: "" },
		],
	},
	{
		id: "94",
		name: "a member may be added at the address of another",
		oracle: "L",
		why: "what is sent to it reaches the other, so it never catches up (etcd-io/etcd#1580)",
		edits: [
			{
				file: CHANGE,
				find: "		if (takesAddress(configuration, place, next, row)) return ADDRESS_TAKEN;\n",
				replace: "",
			},
		],
	},
];
