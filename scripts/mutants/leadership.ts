/** Mistakes of leases and of transfers of leadership: pitfalls 38 to 41 and 68 to 70. */
import type { Mutant } from "./mutant";

const LEASE = "core/raft/lease.ts";
const TRANSFER = "core/raft/transfer.ts";
const ELECTION = "core/raft/election.ts";

export const LEADERSHIP_MUTANTS: readonly Mutant[] = [
	{
		id: "38",
		name: "a lease counts from the answers, not from when the round was sent",
		oracle: "S5",
		why: "an answer that was long under way holds a lease that its sender has long forgotten",
		edits: [
			{
				file: LEASE,
				find: "		return node.nowMs - this.openedSinceMs(held) < configuration.leaseMs;",
				replace: "		return node.nowMs - Math.max(...node.progress.contactMs) < configuration.leaseMs;",
			},
		],
	},
	{
		id: "39",
		name: "the lease holds on during a transfer, and after one",
		oracle: "S5",
		why: "the target is elected by order, before the votes that hold the lease are free",
		edits: [
			{ file: LEASE, find: " || node.transfer.target !== NOBODY) return false;", replace: ") return false;" },
			{ file: LEASE, find: "if (this.targets !== 0 && this.mayBeObeyed(node)) return false;", replace: "" },
		],
	},
	{
		id: "39b",
		name: "after an aborted transfer the lease is back before the target has answered",
		oracle: "S5",
		why: "the order may still be under way to a target that has heard no later round",
		edits: [{ file: LEASE, find: "if (this.targets !== 0 && this.mayBeObeyed(node)) return false;", replace: "" }],
	},
	{
		id: "39c",
		name: "voters obey an order that they know to be void",
		oracle: "S5",
		why: "a vote is given against a leader whose later round was answered, and holds its lease",
		edits: [
			{
				file: TRANSFER,
				find: "return term === node.answeredTerm + 1 && isAhead(sequence, node.answeredRound);",
				replace: "return term === node.answeredTerm + 1 && sequence > 0;",
			},
		],
	},
	{
		id: "40",
		name: "no margin for clocks that drift",
		oracle: "S5",
		why: "a lease as long as the promise that it rests on outlives it on a slower clock",
		edits: [
			{
				file: "core/configuration.ts",
				find: "if (this.leaseMs * (1000 + this.driftPerMille) > (this.electionMsMin - 2) * (1000 - this.driftPerMille))",
				replace: "if (this.leaseMs > this.electionMsMin)",
			},
		],
	},
	{
		id: "40b",
		name: "a lease ends with its leader's term alone",
		oracle: "S5",
		why: "who was stopped meanwhile serves what is old, whoever leads by now",
		edits: [
			{
				file: LEASE,
				find: "return node.nowMs - this.openedSinceMs(held) < configuration.leaseMs;",
				replace: "return this.openedSinceMs(held) > -Infinity;",
			},
		],
	},
	{
		id: "40c",
		name: "a pause that no clock counted is not told to the lease",
		oracle: "S5",
		why: "by the leader's clock the lease holds, while others have elected",
		edits: [
			{
				file: LEASE,
				find: "	node.lease.forget();\n	node.patientUntilMs",
				replace: "	node.patientUntilMs",
			},
		],
	},
	{
		id: "41",
		name: "a voter that restarts votes at once",
		oracle: "S5",
		why: "it has forgotten the leader that it heard, and with it the promise that a lease rests on",
		edits: [
			{
				file: "core/raft/raft.ts",
				find: "if (this.configuration.leaseMs > 0) this.patientUntilMs = nowMs + this.configuration.electionMsMin;",
				replace: "",
			},
		],
	},
	{
		id: "41b",
		name: "a voter forgets its promise with the term",
		oracle: "S5",
		why: "a late answer takes it to a term in which nobody leads, and there its vote is free",
		edits: [{ file: ELECTION, find: "		(ordered || !hearsLeader(node)) &&\n", replace: "" }],
	},
	{
		id: "68",
		name: "a transfer outlives the leader's term",
		oracle: "L",
		why: "when the node leads again it refuses proposals, and nobody ends it",
		edits: [{ file: ELECTION, find: "		endTransfer(node);\n", replace: "" }],
	},
	{
		id: "69",
		name: "proposals are accepted during a transfer",
		oracle: "L",
		why: "the target never has the whole log, or they are lost with the leader's term",
		edits: [{ file: TRANSFER, find: "	node.proposals.close();\n", replace: "" }],
	},
	{
		id: "69b",
		name: "an aborted transfer leaves proposals refused",
		oracle: "L",
		why: "the leader goes on, and serves nobody",
		edits: [{ file: TRANSFER, find: "	node.proposals.open();\n", replace: "" }],
	},
	{
		id: "70",
		name: "the target of a transfer probes for pre-votes first",
		oracle: "L",
		why: "those who hear the leader refuse, so no transfer ever comes to an end",
		edits: [
			{
				file: TRANSFER,
				find: "startElection(node, TRANSFER_VOTE_REQUEST, sequence);",
				replace: "startPreVote(node);",
			},
			{
				file: TRANSFER,
				find: "import { startElection, watchQuorum }",
				replace: "import { startPreVote, watchQuorum }",
			},
		],
	},
	{
		id: "70b",
		name: "a stale TimeoutNow is obeyed",
		oracle: "S5",
		why: "an order that was given up makes another leader, long after",
		edits: [
			{
				file: TRANSFER,
				find: "message.sender === node.leader && isAhead(sequence, node.answeredRound);",
				replace: "message.sender === node.leader && sequence > 0;",
			},
		],
	},
	{
		id: "70c",
		name: "the votes that a transfer asks for are refused while the leader is heard",
		oracle: "L",
		why: "stickiness is not lifted, so the target raises the term and is not elected",
		edits: [
			{
				file: TRANSFER,
				find: "return term === node.answeredTerm + 1 && isAhead(sequence, node.answeredRound);",
				replace: "return false;",
			},
		],
	},
	{
		id: "68b",
		name: "a leader hands over for a priority again and again, however that ends",
		oracle: "L",
		why: "a member that drains or comes and goes stops the proposals of all others with each heartbeat",
		edits: [
			{
				file: "core/raft/priority.ts",
				find: "	if (nowMs - transfer.calmSinceMs < timeouts * configuration.electionMsMax) return;\n",
				replace: "",
			},
		],
	},
	{
		id: "68c",
		name: "a priority is a condition: nobody stands for election while another's is higher",
		oracle: "L",
		why: "when whoever shall rather lead is dead, nobody does",
		edits: [
			{
				file: ELECTION,
				find: "	if (isUsedUp || !mayCampaign(node) || !mayStand(node)) {\n",
				replace: "	if (isUsedUp || !mayCampaign(node) || node.patienceMs > 0 || !mayStand(node)) {\n",
			},
		],
	},
	{
		id: "68d",
		name: "orders to drain have no number",
		oracle: "L",
		why: "a late copy of one that was followed and lifted drains the node again, and nobody knows",
		edits: [
			{
				file: "core/raft/drain.ts",
				find: "	if (order !== (node.drainOrder + 1) % ORDERS) return CONFLICT;\n",
				replace: "",
			},
		],
	},
	{
		id: "69c",
		name: "who drains says nothing to an order",
		oracle: "L",
		why: "the leader refuses proposals for a whole election timeout, for nothing",
		edits: [
			{
				file: TRANSFER,
				find: "	if (isInForce && node.isDraining) {\n		sendBack(node, message.sender, sequence);\n",
				replace: "	if (isInForce && node.isDraining) {\n",
			},
		],
	},
];
