/** Mistakes of elections: pitfalls 1 to 14. */
import type { Mutant } from "./mutant";

const ELECTION = "core/raft/election.ts";
const RECEIVE = "core/raft/receive.ts";

/** The candidate asks for votes, and counts its own, before they are durable. */
const EARLY_CANDIDATE = [
	{
		file: ELECTION,
		find: "	const after = node.persistence.afterTerm();\n	const fields",
		replace: "	const after = 0;\n	const fields",
	},
	{ file: ELECTION, find: "	node.votes = 0;\n", replace: "	node.votes = 1 << node.self;\n" },
];

export const ELECTION_MUTANTS: readonly Mutant[] = [
	{
		id: "1",
		name: "a granted vote is sent before it is durable",
		oracle: "S1",
		why: "the answer no longer names the write that it waits for, so a crash between the two forgets the vote",
		edits: [
			{
				file: ELECTION,
				find: "openAnswer(VOTE_RESPONSE, receiver, node.term, node.persistence.afterTerm())",
				replace: "openAnswer(VOTE_RESPONSE, receiver, node.term, 0)",
			},
		],
	},
	{
		id: "1b",
		name: "a candidate's own vote counts before it is durable",
		oracle: "S1",
		why: "the candidate gives itself a vote that a crash takes back, and asks the others at once",
		edits: EARLY_CANDIDATE,
	},
	{
		id: "1c",
		name: "as 1b, and nothing asserts that a leader's term is durable",
		oracle: "S1",
		why: "the same mistake where nobody thought of the assertion",
		edits: [
			...EARLY_CANDIDATE,
			{
				file: ELECTION,
				find: 'assert(node.persistence.afterTerm() === 0, "a leader whose term is not durable");',
				replace: "",
			},
		],
	},
	{
		id: "1d",
		name: "the vote is written only together with a new term",
		oracle: "S1",
		why: "a vote in a term that was entered before is answered, and is not on the flash after a crash",
		edits: [
			{
				file: "core/replica/writer.ts",
				find: "if (write.hardState) this",
				replace: "if (write.hardState && write.term !== this.journal.term) this",
			},
		],
	},
	{
		id: "2",
		name: "stepping down in a term clears its vote",
		oracle: "S1",
		why: "whoever led or stood in the term votes in it a second time",
		edits: [
			{
				file: ELECTION,
				find: "	node.role = FOLLOWER;\n	node.leader = leader;",
				replace: "	node.role = FOLLOWER;\n	node.votedFor = NOBODY;\n	node.leader = leader;",
			},
		],
	},
	{
		id: "3",
		name: "a restart forgets the vote",
		oracle: "S1",
		why: "the term is taken from the flash and the vote of the term is not",
		edits: [
			{
				file: "core/replica/member.ts",
				find: "recoverHardState(raft, journal.term, this.votedPlace());",
				replace: "recoverHardState(raft, journal.term, NOBODY);",
			},
		],
	},
	{
		id: "3b",
		name: "a restart takes the term from the log, and the vote of another term",
		oracle: "S1",
		why: "the term of the log and the vote of the hard state do not belong together",
		edits: [
			{
				file: "core/replica/member.ts",
				find: "recoverHardState(raft, journal.term, this.votedPlace());",
				replace: "recoverHardState(raft, journal.lastTerm, this.votedPlace());",
			},
		],
	},
	{
		id: "4",
		name: "up to date means the longer log",
		oracle: "S3",
		why: "a long log of an old term wins over a short one that holds what was committed",
		edits: [
			{
				file: "core/raft/log.ts",
				find: "return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);",
				replace: "return lastIndex >= this.lastIndex;",
			},
		],
	},
	{
		id: "4b",
		name: "up to date means beyond the voter's commit index",
		oracle: "S3",
		why: "the voter's log is compared by what it knows to be committed, which lags behind what is",
		edits: [
			{
				file: ELECTION,
				find: "node.log.isUpToDate(fields[PRE_VOTE_LAST_INDEX], fields[PRE_VOTE_LAST_TERM]);",
				replace: "fields[PRE_VOTE_LAST_INDEX] >= node.commitIndex;",
			},
			{
				file: ELECTION,
				find: "node.log.isUpToDate(fields[VOTE_LAST_INDEX], fields[VOTE_LAST_TERM]);",
				replace: "fields[VOTE_LAST_INDEX] >= node.commitIndex;",
			},
		],
	},
	{
		id: "5",
		name: "votes are counted by message",
		oracle: "S1",
		why: "a datagram that comes twice is two votes: each answer sets one more bit, whoever sent it",
		edits: [{ file: ELECTION, find: "node.votes |= 1 << place;", replace: "node.votes = node.votes * 2 + 1;" }],
	},
	{
		id: "5b",
		name: "half of the voters are a majority",
		oracle: "S1",
		why: "of an even number there are two halves, each with its leader",
		edits: [
			{
				file: "core/raft/quorum.ts",
				find: "this.quorum = Math.floor(entered / 2) + 1;",
				replace: "this.quorum = Math.ceil(entered / 2);",
			},
		],
	},
	{
		id: "6",
		name: "late answers to an earlier probe count as pre-votes",
		oracle: "S1",
		why: "the round that the answer echoes is not looked at",
		edits: [
			{
				file: ELECTION,
				find: "node.role !== PRE_CANDIDATE || fields[PRE_VOTE_RESPONSE_ROUND] !== node.preVoteRound",
				replace: "node.role !== PRE_CANDIDATE",
			},
		],
	},
	{
		id: "7",
		name: "a pre-candidate keeps its old leader",
		oracle: "L",
		why: "a node that probes goes on to believe in the leader that it has lost",
		edits: [
			{
				file: ELECTION,
				find: "	node.role = PRE_CANDIDATE;\n	node.leader = NOBODY;\n",
				replace: "	node.role = PRE_CANDIDATE;\n",
			},
		],
	},
	{
		id: "8",
		name: "a refused pre-vote does not tell the higher term",
		oracle: "L",
		why: "the refusal echoes the candidate's own term, so a good log in a low term never gets on",
		edits: [
			{
				file: ELECTION,
				find: "openAnswer(PRE_VOTE_RESPONSE, message.sender, node.term, after)",
				replace:
					"openAnswer(PRE_VOTE_RESPONSE, message.sender, granted ? node.term : Math.min(node.term, fields[TERM] - 1), after)",
			},
		],
	},
	{
		id: "9",
		name: "a leader of an older term gets no answer",
		oracle: "L",
		why: "its append is dropped in silence, and it never learns that its term is over",
		edits: [{ file: RECEIVE, find: "if (kind !== APPEND_REQUEST && kind !== SNAPSHOT_REQUEST) {", replace: "{" }],
	},
	{
		id: "10",
		name: "a vote request deposes a leader that is heard",
		oracle: "L",
		why: "the term of an impatient candidate is taken on although the leader lives",
		edits: [{ file: RECEIVE, find: "kind === VOTE_REQUEST && hearsLeader(node)", replace: "false" }],
	},
	{
		id: "10b",
		name: "a pre-vote is granted although a leader is heard",
		oracle: "L",
		why: "the probe asks about the log alone, so a node with one deaf ear starts elections",
		edits: [{ file: ELECTION, find: "		!hearsLeader(node) &&\n", replace: "" }],
	},
	{
		id: "14",
		name: "check-quorum never begins a new window",
		oracle: "L",
		why: "an answer to the first round counts for ever, so a leader that is cut off goes on leading",
		edits: [{ file: ELECTION, find: "node.quorumRound = node.round;", replace: "node.quorumRound = 1;" }],
	},
	{
		id: "14b",
		name: "check-quorum counts learners",
		oracle: "L",
		why: "a leader that only learners answer does not step down",
		edits: [
			{
				file: ELECTION,
				find: "quorumValue(rounds, node.voters, ",
				replace: "quorumValue(rounds, { ...node.voters, incoming: new Uint8Array(node.peer.length).fill(1) }, ",
			},
		],
	},
];
