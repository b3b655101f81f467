/** Mistakes with the addresses of members. They are no rows of the list: 115 is of decision 15. */
import type { Mutant } from "./mutant";

const ADDRESSES = "core/replica/addresses.ts";
const HELLO = "core/replica/hello.ts";
const MEMBER = "core/replica/member.ts";

export const ADDRESS_MUTANTS: readonly Mutant[] = [
	{
		id: "115",
		name: "the source of any valid datagram is the member's address",
		oracle: "L",
		why: "attack rows 1 and 2: two members that hold each other's wrong address never hear each other again",
		edits: [
			{
				file: MEMBER,
				find: "		if (addresses.addresses[place] === 0) addresses.learn(place, sourceAddress, sourcePort);\n",
				replace: "		if (place >= 0) addresses.learn(place, sourceAddress, sourcePort);\n",
			},
		],
	},
	{
		id: "115b",
		name: "a learned address is kept though the member is silent there",
		oracle: "L",
		why: "who learned a wrong address once keeps sending there",
		edits: [
			{
				file: ADDRESSES,
				find: "		if (home === 0 || home === this.endpoint(place)) return;\n",
				replace: "		if (home >= 0) return;\n",
			},
		],
	},
	{
		id: "115c",
		name: "a node that hears no leader waits",
		oracle: "L",
		why: "hashicorp/raft#532, rqlite#1293: all addresses change, and nobody finds anybody",
		edits: [
			{
				file: HELLO,
				find: "		if (raft.nowMs - raft.leaderHeardMs <= SEARCH_TIMEOUTS * configuration.electionMsMax) return;\n",
				replace: "		if (SEARCH_TIMEOUTS > 0) return;\n",
			},
		],
	},
	{
		id: "115d",
		name: "datagrams for other receivers teach nothing",
		oracle: "L",
		why: "F3: what a datagram proves about its sender is thrown away because of its receiver",
		edits: [
			{
				file: HELLO,
				find: "		if (this.overheard === OVERHEARD_PER_TURN || bytes[4] === CLIENT_ID) return;\n",
				replace: "		if (this.overheard <= OVERHEARD_PER_TURN || bytes[4] === CLIENT_ID) return;\n",
			},
		],
	},
	{
		id: "115e",
		name: "the nonce of an answer is not looked at",
		oracle: "L",
		why: "an answer of yesterday, sent again, moves an address",
		edits: [
			{
				file: HELLO,
				find: "			if (asked[question] !== endpoint || nonces[question] !== nonce) continue;\n",
				replace: "			if (asked[question] !== endpoint || nonces[question] === ANSWERED) continue;\n",
			},
		],
	},
	{
		id: "115f",
		name: "an answer from another address than was asked is taken",
		oracle: "L",
		why: "RFC 9000 section 8.2.2: an answer validates the path that it was asked on and no other",
		edits: [
			{
				file: HELLO,
				find: "			if (asked[question] !== endpoint || nonces[question] !== nonce) continue;\n",
				replace: "			if (asked[question] === 0 || nonces[question] !== nonce) continue;\n",
			},
		],
	},
	{
		id: "115g",
		name: "a question for another member is not answered",
		oracle: "L",
		why: "the asker has asked at the right address, and its next question there waits",
		edits: [
			{
				file: HELLO,
				find: "			if (message.fields[HELLO_PURPOSE] === HELLO_ASKS) this.receive(message, place);\n",
				replace: "",
			},
		],
	},
	{
		id: "115h",
		name: "a candidate tries the configured address with every search",
		oracle: "L",
		why: "every other vote request goes to nobody, though the member has just answered from its new address",
		edits: [
			{
				file: HELLO,
				find: "		else if (raft.nowMs - addresses.unansweredMs[place] > raft.configuration.electionMsMax) addresses.fallBack(place);\n",
				replace: "		addresses.fallBack(place);\n",
			},
		],
	},
	{
		id: "115i",
		name: "an address is asked again as often as it is hinted at",
		oracle: "B",
		why: "recorded datagrams, sent again, hide the address at which the member is",
		edits: [
			{ file: HELLO, find: "		if (this.wasAskedSince(endpoint, raft.nowMs - electionMsMin)) return;\n", replace: "" },
		],
	},
	{
		id: "115j",
		name: "every hint is followed at once",
		oracle: "B",
		why: "a flood of recorded datagrams from many addresses becomes a flood of questions",
		edits: [
			{ file: HELLO, find: "		if (raft.nowMs - addresses.followedMs[place] < heartbeatMs) return;\n", replace: "" },
		],
	},
	{
		id: "115k",
		name: "the tag of a datagram for another receiver is not checked",
		oracle: "B",
		why: "eighteen bytes of anybody make a node ask anywhere",
		edits: [{ file: HELLO, find: "		if (!frame.isTagged(bytes, length)) return;\n", replace: "" }],
	},
	{
		id: "115l",
		name: "a node that gets its own datagram back goes on sending there",
		oracle: "L",
		why: "it has the address that the receiver had, and sends to itself until a search",
		edits: [{ file: HELLO, find: "		addresses.fallBack(receiver);\n", replace: "" }],
	},
	{
		id: "115m",
		name: "an answer says nothing of other members",
		oracle: "L",
		why: "nodes that know two members alone do not find the rest through them",
		edits: [
			{
				file: HELLO,
				find: "this.write(HELLO_ANSWERS, nonce, this.writeAddresses(place))",
				replace: "this.write(HELLO_ANSWERS, nonce, 0 * this.writeAddresses(place))",
			},
		],
	},
];
