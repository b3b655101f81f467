/** Mistakes of who a node is: its lives, the places that others have for it, and who may stand. */
import type { Mutant } from "./mutant";

const ELECTION = "core/raft/election.ts";
const MEMBERSHIP = "core/raft/membership.ts";

export const IDENTITY_MUTANTS: readonly Mutant[] = [
	{
		id: "3c",
		name: "the vote for somebody who has left is free again",
		oracle: "S1",
		why: "the vote of the term was given, and may have been counted",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (node.votedFor === place) node.votedFor = node.self;\n",
				replace: "	if (node.votedFor === place) node.votedFor = NOBODY;\n",
			},
		],
	},
	{
		id: "44b",
		name: "two lives of one node vote",
		oracle: "S1",
		why: "whoever replaces itself counts twice, and the first life is on no flash any more",
		edits: [
			{
				file: "core/configuration.ts",
				find: "				if (this.ids[other] === this.ids[place] && isVoting(roles[other])) return false;\n",
				replace: "",
			},
		],
	},
	{
		id: "54e",
		name: "who is left out stands for no election any more",
		oracle: "L",
		why: "before that is committed it may be the only one whose log is long enough (thesis figure 4.6)",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (isVoter || configuration.index <= node.commitIndex) return isVoter;\n",
				replace: "	if (isVoter || configuration.index >= 0) return isVoter;\n",
			},
		],
	},
	{
		id: "55b",
		name: "who was removed asks for votes for ever",
		oracle: "L",
		why: "it knows that it is no member, and disturbs those who are",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (isVoter || configuration.index <= node.commitIndex) return isVoter;\n",
				replace: "	if (isVoter) return isVoter;\n",
			},
		],
	},
	{
		id: "67c",
		name: "a blank node votes",
		oracle: "S1",
		why: "its flash was formatted anew, and it may have voted in an earlier life",
		edits: [
			{
				file: ELECTION,
				find: "		!node.isBlank &&\n		fields[TERM] > node.term &&\n",
				replace: "		fields[TERM] > node.term &&\n",
			},
			{
				file: ELECTION,
				find: "		!node.isBlank &&\n		(node.votedFor === NOBODY",
				replace: "		(node.votedFor === NOBODY",
			},
		],
	},
	{
		id: "67d",
		name: "a life that is over is heard",
		oracle: "L",
		why: "a board that was replaced takes those who are members to its terms, and gets their votes",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (member !== NOBODY && configuration.incarnations[member] > incarnation) return NOBODY;\n",
				replace: "",
			},
		],
	},
	{
		id: "67e",
		name: "a life that has ended comes back as a member",
		oracle: "S1",
		why: "the board's flash was wiped since, or lies in a drawer with votes that count anew",
		edits: [
			{
				file: "core/raft/change.ts",
				find: "			if (other !== NOBODY && configuration.incarnations[other] > next.incarnations[row]) return BAD_CONFIGURATION;\n",
				replace: "			if (other < NOBODY) return BAD_CONFIGURATION;\n",
			},
		],
	},
];
