/** Mistakes with what the wire says, and with what all members share. They are no rows of the list: their numbers begin at 95. */
import type { Mutant } from "./mutant";

const APPEND = "core/raft/append.ts";
const CLAIMS = "core/raft/claims.ts";
const FRAME = "core/wire/frame.ts";
const MEMBER = "core/replica/member.ts";
const REFUSAL = "core/raft/refusal.ts";
const SPOKEN = "core/replica/spoken.ts";
const ELECTION = "core/raft/election.ts";
const MEMBERSHIP = "core/raft/membership.ts";
const RAFT_SNAPSHOT = "core/raft/snapshot.ts";
const REPLICATION = "core/raft/replication.ts";
const SNAPSHOTS = "core/replica/snapshots.ts";

export const TRUST_MUTANTS: readonly Mutant[] = [
	{
		id: "95",
		name: "a term is believed however far it is",
		oracle: "L",
		why: "attack row 3: one datagram brings all members to the last term, and nobody ever leads again",
		edits: [
			{
				file: CLAIMS,
				find: "		return term - base <= FAR_TERMS;\n",
				replace: "		return term - base <= Infinity;\n",
			},
		],
	},
	{
		id: "95b",
		name: "the bound of terms moves with each term that was believed",
		oracle: "L",
		why: "small steps add up: four million datagrams reach the last term",
		edits: [
			{
				file: CLAIMS,
				find: "Math.max(node.log.lastTerm, this.startTerm, this.terms[place])",
				replace: "Math.max(node.term, this.startTerm, this.terms[place])",
			},
		],
	},
	{
		id: "95c",
		name: "an index is believed however far it is",
		oracle: "L",
		why: "a read waits for an index that nobody reaches, and a snapshot takes the log to its end",
		edits: [
			{ file: CLAIMS, find: "this.indexes[place]) <= FAR_INDEXES;", replace: "this.indexes[place]) <= Infinity;" },
		],
	},
	{
		id: "95d",
		name: "a leader's round is believed however far it is",
		oracle: "L",
		why: "no later order of that leader is obeyed, and no read that it forgot is asked again",
		edits: [
			{
				file: ELECTION,
				find: "	if (node.places.claims.isRoundNear(node.term, round)) return true;\n",
				replace: "	return true;\n",
			},
		],
	},
	{
		id: "95e",
		name: "a second leader of a term takes the place of the first",
		oracle: "S2",
		why: "one datagram makes a follower take entries of somebody whom nobody elected",
		edits: [
			{
				file: ELECTION,
				find: "		contradict(node, SECOND_LEADER, leader, node.term);\n		return false;\n",
				replace: "		contradict(node, SECOND_LEADER, leader, node.term);\n",
			},
		],
	},
	{
		id: "95f",
		name: "an entry that contradicts a committed one stops the node",
		oracle: "L",
		why: "any datagram may say so, and the node stops again after each restart",
		edits: [
			{
				file: APPEND,
				find: "			if (index < node.commitIndex) {\n",
				replace: "			if (index < node.commitIndex && node.isQuiet) {\n",
			},
		],
	},
	{
		id: "95g",
		name: "a log is cut before what takes its place was judged",
		oracle: "S3",
		why: "entries that this node has acknowledged are gone, for bytes that are none",
		edits: [
			{
				file: APPEND,
				find: "			if (!areWhole(node, message, offset, index)) return MALFORMED;\n",
				replace: "",
			},
		],
	},
	{
		id: "95h",
		name: "a member counts as heard by an answer to a round that was never opened",
		oracle: "L",
		why: "a dead member seems alive for as long as its old datagrams are sent again",
		edits: [
			{
				file: REPLICATION,
				find: "	if (round > node.round) return false;\n",
				replace:
					"	if (round > node.round) node.progress.contactMs[place] = node.nowMs;\n	if (round > node.round) return true;\n",
			},
		],
	},
	{
		id: "95i",
		name: "a made-up snapshot of a later index keeps a true one out for good",
		oracle: "L",
		why: "a follower that needs a snapshot never gets one in that term",
		edits: [
			{
				file: RAFT_SNAPSHOT,
				find: "incoming.leaderTerm === node.term && isReceivingSnapshot(node);",
				replace: "incoming.leaderTerm === node.term && incoming.sender !== NOBODY;",
			},
		],
	},
	{
		id: "95j",
		name: "each answer of a turn is sent a chunk of its own",
		oracle: "B",
		why: "many answers in one turn fill the outbox, which stops the leader",
		edits: [
			{
				file: RAFT_SNAPSHOT,
				find: "	let row = outbox.find(SNAPSHOT_REQUEST, place, 0);\n",
				replace: "	let row = NO_SEND;\n",
			},
		],
	},
	{
		id: "95k",
		name: "what a snapshot holds is not looked at before it takes the place of the node's own",
		oracle: "L",
		why: "bytes that are no snapshot stop the node, now and at every start",
		edits: [{ file: SNAPSHOTS, find: "		if (!this.isUnderstood()) {\n", replace: "		if (raft.isQuiet) {\n" }],
	},
	{
		id: "95l",
		name: "members of a configuration get places without a look at how many there are",
		oracle: "L",
		why: "a configuration that no leader would append stops the node",
		edits: [
			{
				file: MEMBERSHIP,
				find: "		if (!hasPlaces(node, node.change.draft)) {\n",
				replace: "		if (node.isQuiet) {\n",
			},
		],
	},
	{
		id: "95m",
		name: "only the two last configurations are known when both are cut",
		oracle: "L",
		why: "two that were made up are in force after the log lost them",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (isSecond) {\n		// No leader",
				replace: "	if (node.isQuiet) {\n		// No leader",
			},
		],
	},
	{
		id: "105",
		name: "limits are in no tag",
		oracle: "S4",
		why: "etcdadm#383: members of other limits come to other states by one log",
		edits: [
			{ file: FRAME, find: "		shared.setUint32(0, limits);\n", replace: "		shared.setUint32(0, 0 * limits);\n" },
		],
	},
	{
		id: "105b",
		name: "the first members are in no tag",
		oracle: "S1",
		why: "openraft#1557: nodes that were told other members are two clusters, and hear each other",
		edits: [
			{ file: FRAME, find: "		shared.setUint32(4, first);\n", replace: "		shared.setUint32(4, 0 * first);\n" },
		],
	},
	{
		id: "105c",
		name: "any message may come by the tag of HELLO",
		oracle: "S4",
		why: "a node that differs is heard again if it sets a flag",
		edits: [
			{
				file: MEMBER,
				find: "		else frame.drop(DROP_KIND);\n		return NOBODY;\n",
				replace: "		else return frame.helloPlace;\n		return NOBODY;\n",
			},
		],
	},
	{
		id: "105d",
		name: "a node that differs goes on serving",
		oracle: "S5",
		why: "a loner answers clients what the cluster does not know",
		edits: [
			{
				file: REFUSAL,
				find: "	setRefusal(node, isOdd ? refusal.firstDifference() : 0);\n",
				replace: "	setRefusal(node, isOdd ? 0 : 0);\n",
			},
		],
	},
	{
		id: "105e",
		name: "a node starts on what was written by other limits",
		oracle: "S4",
		why: "it applies entries to another end than those who applied them before",
		edits: [
			{
				file: SPOKEN,
				find: "head.limits !== limitsFingerprint(limits) ? OTHER_LIMITS : judged;",
				replace: "head.limits < 0 ? OTHER_LIMITS : judged;",
			},
		],
	},
];
