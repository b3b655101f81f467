/** Mistakes of levels, from 80 on: they are no rows of the list of pitfalls, whose implementations have none. */
import type { Mutant } from "./mutant";

const CHANGE = "core/raft/change.ts";
const LEVELS = "core/raft/levels.ts";
const MEMBERSHIP = "core/raft/membership.ts";
const SNAPSHOTS = "core/replica/snapshots.ts";
const SPOKEN = "core/replica/spoken.ts";
const STORE = "core/store/store.ts";

const NO_ASSERTION = {
	file: MEMBERSHIP,
	find: '	assert(speaks(node.change.levels.build, next.level), "a configuration is of a level that this build does not speak");\n',
	replace: "",
};

export const LEVEL_MUTANTS: readonly Mutant[] = [
	{
		id: "80",
		name: "the level is raised without asking",
		oracle: "L",
		why: "members of an older build stop, all at once, perhaps a majority",
		edits: [
			{
				file: CHANGE,
				find: "let reason = change.isRaise ? judgeAnswers(node, change.draft.level) : DONE;",
				replace: "let reason = DONE + 0 * judgeAnswers(node, change.draft.level);",
			},
		],
	},
	{
		id: "80b",
		name: "who does not answer is taken to speak the new level",
		oracle: "L",
		why: "a member that is away may come back with the build that it had",
		edits: [
			{
				file: LEVELS,
				find: "		if (!levels.hasAnswered(place)) isMissing = true;\n		else if",
				replace: "		if",
			},
		],
	},
	{
		id: "80c",
		name: "what was said before, or to another question, counts for a raise",
		oracle: "L",
		why: "the node may have been restarted with an older build since",
		edits: [
			{
				file: LEVELS,
				find: "		if (question !== this.question && (question > 0 || this.isAsking)) return;\n",
				replace: "",
			},
			{
				file: LEVELS,
				find: "		if (question > 0) this.answered |= 1 << place;\n",
				replace: "		this.answered |= 1 << place;\n",
			},
		],
	},
	{
		id: "80d",
		name: "the level is lowered",
		oracle: "S4",
		why: "what was written at the higher one is still there, and a build of the lower one cannot read it",
		edits: [
			{
				file: CHANGE,
				find: "	if (next.level < configuration.level) return LEVEL_LOWERED;\n",
				replace: "",
			},
		],
	},
	{
		id: "80e",
		name: "a build proposes whatever it knows, at any level",
		oracle: "L",
		why: "members of an older build stop where it is committed",
		edits: [
			{
				file: LEVELS,
				find: "type < entryLevels.length && entryLevels[type] <= node.configuration.level",
				replace: "type < entryLevels.length",
			},
		],
	},
	{
		id: "80f",
		name: "a committed entry of an unknown type is skipped",
		oracle: "S4",
		why: "replicas of two builds differ from there on, and nobody notices",
		edits: [
			{
				file: STORE,
				find: '			assert(type === ENTRY_NO_OP || type === ENTRY_CONFIGURATION, "a committed entry of an unknown type");\n',
				replace: "",
			},
		],
	},
	{
		id: "80g",
		name: "a committed command that is not known is skipped",
		oracle: "S4",
		why: "replicas of two builds differ from there on, and nobody notices",
		edits: [
			{
				file: STORE,
				find: '		if (operation < 0) assert(false, "a committed command is not understood");\n',
				replace: "		if (operation < 0) return this.refuse(BAD_REQUEST);\n",
			},
		],
	},
	{
		id: "80h",
		name: "an older build starts on what a newer one has written",
		oracle: "S4",
		why: "it takes part by rules of which it does not know all",
		edits: [{ file: SPOKEN, find: "		if (status !== READY) found = status;\n", replace: "" }, NO_ASSERTION],
	},
	{
		id: "80i",
		name: "a snapshot of a level that is not spoken takes the place of the node's own",
		oracle: "L",
		why: "the node does not come up again, not even with what it had",
		edits: [
			{
				file: SNAPSHOTS,
				find: '		assert(!isNewer, "a snapshot is of a level that this build does not speak");\n',
				replace: "",
			},
		],
	},
	{
		id: "80j",
		name: "who comes with a raise is not asked",
		oracle: "L",
		why: "nobody has heard what it speaks",
		edits: [
			{
				file: CHANGE,
				find: "return comes || !speaks(change.levels.build, next.level) ?",
				replace: "return !speaks(change.levels.build, next.level) ?",
			},
		],
	},
	{
		id: "80k",
		name: "a raise waits for answers for ever",
		oracle: "L",
		why: "the call is never answered, and no other change is taken meanwhile",
		edits: [{ file: LEVELS, find: "place < node.places.count && !isLate;", replace: "place < node.places.count;" }],
	},
	{
		id: "80l",
		name: "a raise counts who votes and forgets who learns",
		oracle: "L",
		why: "a learner of an older build stops, and the board that was to become a voter is gone",
		edits: [
			{
				file: LEVELS,
				find: "		if (node.peer[place] === NO_PEER) continue;\n		if (!levels.hasAnswered(place)) isMissing",
				replace:
					"		if (node.peer[place] === NO_PEER || node.voter[place] === 0) continue;\n		if (!levels.hasAnswered(place)) isMissing",
			},
		],
	},
];
