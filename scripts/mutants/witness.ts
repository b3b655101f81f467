/** Mistakes of witnesses, whose rules are this project's own: 100 and the number of the decision. */
import type { Mutant } from "./mutant";

const CONFIGURATION = "core/configuration.ts";
const MEMBERSHIP = "core/raft/membership.ts";
const WITNESS = "core/raft/witness.ts";

export const WITNESS_MUTANTS: readonly Mutant[] = [
	{
		id: "111",
		name: "a witness stands for election",
		oracle: "S3",
		why: "it votes, so it leads: and has nothing of what it would have to send",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	if (node.isWitness || node.places.refusal.reason !== 0) return false;\n",
				replace: "",
			},
			{
				file: MEMBERSHIP,
				find: "	const isVoter = configuration.roles[self] === ROLE_VOTER || configuration.outgoingRoles[self] === ROLE_VOTER;\n",
				replace: "	const isVoter = configuration.isVoter(self);\n",
			},
		],
	},
	{
		id: "111b",
		name: "a witness does not count in quorums",
		oracle: "L",
		why: "two boards and a helper then stand still when one board is away",
		edits: [
			{
				file: CONFIGURATION,
				find: "	return role === ROLE_VOTER || role === ROLE_WITNESS;\n",
				replace: "	return role === ROLE_VOTER;\n",
			},
		],
	},
	{
		id: "111c",
		name: "a witness serves reads",
		oracle: "S5",
		why: "its store is empty: it would say of every key that it is not there",
		edits: [
			{
				file: "core/replica/node-reads.ts",
				find: "		if (this.raft.isWitness) return NO_STATE;\n",
				replace: "",
			},
		],
	},
	{
		id: "111d",
		name: "commands are withheld from whoever does not vote",
		oracle: "S4",
		why: "a learner becomes a voter that keeps the state, with holes in its log",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	return isAt(configuration, place) ? configuration.isWitnessAt(place) : previous.isWitnessAt(place);\n",
				replace:
					"	return isAt(configuration, place) ? configuration.roles[place] !== ROLE_VOTER : previous.isWitnessAt(place);\n",
			},
		],
	},
	{
		id: "111e",
		name: "who keeps the state takes in entries that are withheld",
		oracle: "S4",
		why: "whatever made a leader send it, the command would be missing from the state, and could not be sent on",
		edits: [
			{
				file: "core/raft/log.ts",
				find: "	return type !== ENTRY_WITHHELD || this.takesWithheld;\n",
				replace: "	return type >= ENTRY_CONFIGURATION || this.takesWithheld;\n",
			},
		],
	},
	{
		id: "111f",
		name: "a witness becomes a voter that keeps the state",
		oracle: "S4",
		why: "what was withheld from it is holes in its log and its state",
		edits: [
			{
				file: "core/raft/change.ts",
				find: "		if (place !== NOBODY && isWitness(next.roles[row]) !== configuration.isWitnessAt(place)) return BAD_CONFIGURATION;\n",
				replace: "",
			},
		],
	},
	{
		id: "111g",
		name: "a node goes by a configuration in which it is of the other kind",
		oracle: "S4",
		why: "the leader that said so may be lost with it, and the next adds the board as what it is: with holes",
		edits: [
			{
				file: MEMBERSHIP,
				find: "	return draft.isSound() && !isOfOtherKind(node, draft);\n",
				replace: "	return draft.isSound() && !isOfOtherKind(node, node.configuration);\n",
			},
		],
	},
	{
		id: "111h",
		name: "a snapshot is taken in whatever it withholds",
		oracle: "S4",
		why: "a board that keeps the state would begin with none, at an index at which there is one",
		edits: [
			{
				file: "core/replica/snapshots.ts",
				find: "			if (isStateWithheld(message.bytes, incoming.chunkOffset, incoming.chunkLength) !== raft.isWitness) {\n",
				replace: "			if (isStateWithheld(message.bytes, incoming.chunkOffset, 0)) {\n",
			},
		],
	},
	{
		id: "111i",
		name: "a witness is sent what its leader does not hold durably",
		oracle: "L",
		why: "a leader that loses its power then comes back with a shorter log than the witness, which refuses it for ever",
		edits: [
			{
				file: WITNESS,
				find: "	if (roles[self] === ROLE_VOTER) return persistence.durableIndex;\n",
				replace: "	if (roles[self] === ROLE_VOTER) return persistence.durableIndex > 0 ? node.log.lastIndex : 0;\n",
			},
		],
	},
	{
		id: "111j",
		name: "a witness is sent what only a leader holds that is left out",
		oracle: "L",
		why: "that leader will not stand again, and the witness refuses those who stay",
		edits: [
			{
				file: WITNESS,
				find: "	if (roles[self] === ROLE_VOTER) return persistence.durableIndex;\n",
				replace: "	if (roles[self] <= ROLE_VOTER) return persistence.durableIndex;\n",
			},
		],
	},
	{
		id: "111k",
		name: "there may be more witnesses than other voters",
		oracle: "S3",
		why: "a majority of witnesses commits what a single board has, or has not yet written",
		edits: [
			{
				file: CONFIGURATION,
				find: "	return keepers > 0 && witnesses <= keepers;\n",
				replace: "	return keepers > 0 && witnesses <= roles.length;\n",
			},
		],
	},
	{
		id: "111l",
		name: "a witness is sent the body that was made for another peer",
		oracle: "B",
		why: "peers that are as far as one another share a body: the witness then keeps what it shall not have",
		edits: [
			{
				file: "core/replica/sender.ts",
				find: "(!hasWitnesses || this.areOfOneKind(append, slot)) &&",
				replace: "(!hasWitnesses || append !== slot) &&",
			},
		],
	},
	{
		id: "111m",
		name: "a witness counts as a copy",
		oracle: "B",
		why: "whoever administers the cluster is not told that one board alone keeps what was committed",
		edits: [
			{
				file: WITNESS,
				find: "		if (configuration.isWitnessAt(place)) witnesses++;\n		else if",
				replace: "		if (configuration.isWitnessAt(place)) witnesses++;\n		if",
			},
		],
	},
	{
		id: "111n",
		name: "what waits for who has left goes on as if it were of another kind",
		oracle: "S4",
		why: "a peer that is none any more is taken for one that keeps the state, and is sent what was made for a witness",
		edits: [{ file: "core/raft/change.ts", find: "		node.outbox.dropTo(place);\n", replace: "" }],
	},
];
