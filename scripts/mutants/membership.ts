/** Mistakes of who the members are: pitfalls 11 to 13 and 43 to 57. */
import type { Mutant } from "./mutant";

const CHANGE = "core/raft/change.ts";
const ELECTION = "core/raft/election.ts";
const MEMBERSHIP = "core/raft/membership.ts";
const QUORUM = "core/raft/quorum.ts";

export const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
	{
		id: "11",
		name: "a candidate that is leaving does not count its own vote",
		oracle: "L",
		why: "its vote counts in the half that is left, where it may be the one that is missing",
		edits: [
			{
				file: ELECTION,
				find: "	node.votes = 1 << node.self;\n",
				replace: "	node.votes = node.configuration.roles[node.self] === 1 ? 1 << node.self : 0;\n",
			},
			{
				file: ELECTION,
				find: "countVote(node, node.self);",
				replace: "countVote(node, node.configuration.roles[node.self] === 1 ? node.self : 31);",
			},
		],
	},
	{
		id: "12",
		name: "a learner gives no vote",
		oracle: "L",
		why: "a candidate that knows it for a voter waits for its vote for ever",
		edits: [
			{
				file: ELECTION,
				find: "		!node.isBlank &&\n		(node.votedFor",
				replace: "		node.voter[node.self] === 1 &&\n		(node.votedFor",
			},
		],
	},
	{
		id: "13",
		name: "a candidate goes by the configuration that it knows to be committed",
		oracle: "S1",
		why: "the one that counts is the latest in its log, by which a leader may have committed",
		edits: [
			{
				file: ELECTION,
				find: "export function startPreVote(node: Raft): void {\n",
				replace:
					"export function startPreVote(node: Raft): void {\n	node.voters.take(node.configuration.index <= node.commitIndex ? node.configuration : node.previous);\n",
			},
		],
	},
	{
		id: "43",
		name: "a change is taken before an entry of the own term is committed",
		oracle: "S1",
		why: "a change of an earlier leader may yet win, and majorities of the two need not meet",
		edits: [{ file: CHANGE, find: "	if (node.commitIndex < node.termStartIndex) return NOT_READY;\n", replace: "" }],
	},
	{
		id: "44",
		name: "two changes are under way",
		oracle: "S1",
		why: "majorities of the first and the third configuration need not meet",
		edits: [
			{
				file: CHANGE,
				find: "	if (node.commitIndex < node.configuration.index || node.configuration.isJoint()) return CHANGE_UNDER_WAY;\n",
				replace: "	if (node.configuration.isJoint()) return CHANGE_UNDER_WAY;\n	node.change.call = 0;\n",
			},
		],
	},
	{
		id: "45",
		name: "a configuration counts one step late",
		oracle: "S1",
		why: "what is committed by the old one while others elect by the new one is lost",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	node.voters.take(configuration);\n",
				replace: "	node.voters.take(configuration.index > node.commitIndex ? node.previous : configuration);\n",
			},
		],
	},
	{
		id: "46",
		name: "a configuration stays in force when it is cut from the log",
		oracle: "S1",
		why: "nobody else goes by it",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (node.configuration.index < index) return;\n",
				replace: "	if (node.configuration.index < index || index > 0) return;\n",
			},
		],
	},
	{
		id: "47",
		name: "the configuration to go back to is always the first",
		oracle: "S1",
		why: "the second one was committed, and is forgotten when the third is cut",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	node.previous.copyFrom(node.configuration);\n	freePlaces(node, next);",
				replace:
					"	if (node.configuration.index === 0) node.previous.copyFrom(node.configuration);\n	freePlaces(node, next);",
			},
		],
	},
	{
		id: "48",
		name: "a snapshot holds the configuration of the log's end",
		oracle: "S1",
		why: "whoever is sent it, or restarts from it, goes by what may never be committed",
		edits: [
			{
				file: "core/replica/snapshots.ts",
				find: "		this.writer.begin(this.term, this.configuration",
				replace: "		this.encode(raft.configuration);\n		this.writer.begin(this.term, this.configuration",
			},
		],
	},
	{
		id: "49",
		name: "a later configuration stays in force when a snapshot takes the place of its log",
		oracle: "S1",
		why: "it stood in a log that contradicts what was committed",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (keepsLog && node.configuration.index > index) return;\n",
				replace: "	if ((keepsLog || index > 0) && node.configuration.index > index) return;\n",
			},
		],
	},
	{
		id: "50",
		name: "a restart goes by the configuration of the snapshot",
		oracle: "S1",
		why: "the one in the log is in force since it was appended",
		edits: [
			{
				file: "core/raft/recovery.ts",
				find: "	const read = takeConfiguration(node, node.log.lastIndex, bytes, offset, length);\n",
				replace: "	const read = takeConfiguration !== null && bytes.length >= offset + length;\n",
			},
		],
	},
	{
		id: "51",
		name: "a new leader leaves no joint configuration",
		oracle: "L",
		why: "it waits for a change of its own, and every one is refused",
		edits: [
			{
				file: CHANGE,
				find: "	change.isUnderWay = configuration.isJoint() || previous.index !== configuration.index;\n",
				replace: "	change.isUnderWay = configuration.isJoint() && previous.index > configuration.index;\n",
			},
		],
	},
	{
		id: "52",
		name: "a joint configuration is left before it is committed",
		oracle: "S1",
		why: "a majority of the new half alone decides, while others may still elect by the old one",
		edits: [
			{
				file: CHANGE,
				find: "	if (node.commitIndex < configuration.index || node.commitIndex < node.termStartIndex) return;\n",
				replace: "",
			},
		],
	},
	{
		id: "53",
		name: "a joint configuration decides by a majority of all",
		oracle: "S1",
		why: "it need be no majority of either half",
		edits: [
			{
				file: QUORUM,
				find: "			this.incoming[place] = incoming ? 1 : 0;\n",
				replace: "			this.incoming[place] = incoming || outgoing ? 1 : 0;\n",
			},
			{
				file: QUORUM,
				find: "			if (incoming) entered++;\n",
				replace: "			if (incoming || outgoing) entered++;\n",
			},
			{
				file: QUORUM,
				find: "configuration.isJoint() ? Math.floor(left / 2) + 1 : 0;",
				replace: "left < 0 ? 1 : 0;",
			},
		],
	},
	{
		id: "54",
		name: "a removed leader leads for ever",
		oracle: "L",
		why: "who is no member serves, and nobody can be rid of it",
		edits: [
			{
				file: CHANGE,
				find: "	if (configuration.roles[node.self] === ROLE_VOTER) return;\n",
				replace: "	if (ROLE_VOTER > 0) return;\n",
			},
		],
	},
	{
		id: "54b",
		name: "a removed leader steps down as soon as the change is in its log",
		oracle: "L",
		why: "the change is known to nobody else, and its call is never done",
		edits: [
			{
				file: CHANGE,
				find: "	append(node, draft);\n	node.appendsDue = true;\n",
				replace:
					"	append(node, draft);\n	node.appendsDue = true;\n	if (draft.placeOf(node.places.ids[node.self]) === NOBODY) becomeFollower(node, NOBODY);\n",
			},
		],
	},
	{
		id: "54c",
		name: "a removed leader leaves without handing over",
		oracle: "L",
		why: "nobody leads for an election timeout, for no need",
		edits: [
			{
				file: CHANGE,
				find: "	if (!change.handsOver && transferLeadership(node, NOBODY, NO_CALL) === DONE) {\n",
				replace: "	if (change.handsOver) {\n",
			},
		],
	},
	{
		id: "54d",
		name: "a removed leader tries to hand over until somebody takes over",
		oracle: "L",
		why: "while no order arrives, who is no member leads on and serves nobody",
		edits: [
			{
				file: CHANGE,
				find: "	if (!change.handsOver && transferLeadership(node, NOBODY, NO_CALL) === DONE) {\n",
				replace: "	if (transferLeadership(node, NOBODY, NO_CALL) === DONE) {\n",
			},
		],
	},
	{
		id: "55",
		name: "whoever is removed is sent nothing more",
		oracle: "L",
		why: "it never learns that it is no member, and goes on asking for votes",
		edits: [
			{
				file: MEMBERSHIP,
				find: "isAt(configuration, place) || isAt(previous, place);",
				replace: "isAt(configuration, place) || (isAt(previous, place) && place > 31);",
			},
		],
	},
	{
		id: "56b",
		name: "a learner is made a voter however far behind it is",
		oracle: "L",
		why: "every commit may have to wait until it has caught up",
		edits: [
			{
				file: CHANGE,
				find: "		if (place === NOBODY || !isCaughtUp(node, place)) return NOT_CAUGHT_UP;\n",
				replace: "		if (place === NOBODY && !isCaughtUp(node, place)) return NOT_CAUGHT_UP;\n",
			},
		],
	},
	{
		id: "57",
		name: "a change whose end the leader does not see is answered as done",
		oracle: "S5",
		why: "the next leader may cut it from the log",
		edits: [
			{
				file: CHANGE,
				find: "node.answers.add(change.call, OUTCOME_UNKNOWN, 0);",
				replace: "node.answers.add(change.call, OUTCOME_UNKNOWN - OUTCOME_UNKNOWN, 0);",
			},
		],
	},
	{
		id: "57b",
		name: "a change is taken whatever configuration its caller has seen",
		oracle: "S5",
		why: "of two who change the same one, the second undoes the first and hears that it is done",
		edits: [
			{ file: CHANGE, find: "	if (expectedIndex !== node.configuration.index) return CONFLICT;\n", replace: "" },
		],
	},
];
