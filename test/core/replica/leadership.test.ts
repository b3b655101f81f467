/** Who leads and who serves reads, asked by a client of whole replicas. */
import assert from "node:assert/strict";
import { readIntegers } from "../../../core/bytes";
import type { Client } from "../../../core/client/client";
import { drain, FOLLOWER, getFrom, LOCAL, peers, rangeFrom, transfer } from "../../../core/client/node-calls";
import { type Configuration, ROLE_VOTER } from "../../../core/configuration";
import { PROFILE_M } from "../../../core/limits";
import { REPLICATE } from "../../../core/raft/progress";
import { CANDIDATE, LEADER } from "../../../core/raft/role";
import { DONE, KEY_NOT_FOUND, NOT_A_VOTER, REVISION_NOT_REACHED, UNREACHABLE } from "../../../core/reasons";
import {
	PEER_COLUMNS,
	PEER_ID,
	PEER_MATCH,
	PEER_NAMES,
	PEER_ROLE,
	PEER_SILENT_MS,
	PEER_STATE,
	PEER_STATE_UNKNOWN,
	STATUS_DRAINING,
	STATUS_LEADER_AGE_MS,
	STATUS_QUIET,
	STATUS_STEP_DOWN,
	STATUS_TERM,
	STATUS_TRANSFER,
	STEP_DOWN_TRANSFER,
} from "../../../core/status";
import { AGE_UNKNOWN } from "../../../core/wire/requests";
import { CALM } from "../../../sim/links";
import { type SimulatedNode, World } from "../../../sim/world";
import { type SimulatedAnswer, SimulatedClient } from "../client/simulated-client";

const OPTIONS = { seed: 1, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM };
const LEASE_MS = 1000;

class LeasingWorld extends World {
	override configuration(): Configuration {
		const configuration = super.configuration();
		configuration.leaseMs = LEASE_MS;
		assert.ok(configuration.isSound());
		return configuration;
	}
}

function started(world: World): World {
	for (const node of world.nodes) world.boot(node);
	assert.ok(world.runUntil(() => world.leader() !== undefined, 10_000));
	world.run(world.nowMs + 1000);
	return world;
}

/** Runs the world until a call is answered. */
function ask(w: World, verb: (answered: (answer: SimulatedAnswer) => void) => boolean): SimulatedAnswer {
	let found: SimulatedAnswer | undefined;
	assert.ok(verb((answer) => (found = answer)));
	assert.ok(
		w.runUntil(() => found !== undefined, w.nowMs + 20_000),
		"a call was not answered",
	);
	return found as unknown as SimulatedAnswer;
}

function askNode(w: World, client: SimulatedClient, verb: (client: Client, call: number) => number): SimulatedAnswer {
	return ask(w, (answered) => client.call(verb, answered));
}

const key = Uint8Array.from(Buffer.from("key"));

function get(id: number, how: number, notBefore = 0): (client: Client, call: number) => number {
	return (client, call) => getFrom(client, call, id, how, notBefore, key, 0, key.length);
}

function leaderOf(w: World): SimulatedNode {
	const leader = w.leader();
	assert.ok(leader);
	return leader;
}

function followerOf(w: World): SimulatedNode {
	const follower = w.nodes.find((node) => node !== w.leader());
	assert.ok(follower);
	return follower;
}

function statusOf(node: SimulatedNode): Float64Array {
	assert.ok(node.replica);
	node.replica.status.fill();
	return node.replica.status.fields;
}

/** Cuts a node off from the other nodes, not from clients; or ends that. */
function cut(w: World, node: SimulatedNode, isCut: boolean): void {
	for (const other of w.nodes) {
		if (other === node) continue;
		for (const [from, to] of [
			[node.address, other.address],
			[other.address, node.address],
		]) {
			if (isCut) w.links.cut(from, to);
			else w.links.mend(from, to);
		}
	}
}

describe("leadership of whole replicas", () => {
	it("goes round all members by transfers, under writes, none of which fails", () => {
		const w = started(new World({ ...OPTIONS, nodes: 5 }));
		const writer = new SimulatedClient(w, 1, 1);
		const admin = new SimulatedClient(w, 2, 1);
		const { electionMsMin } = w.configuration();
		let writes = 0;
		let isRunning = true;
		let lastMs = w.nowMs;
		let longestMs = 0;
		const write = (): void => {
			if (!isRunning) return;
			writer.put("key", String(writes), (answer) => {
				assert.equal(answer.reason, DONE);
				writes++;
				longestMs = Math.max(longestMs, w.nowMs - lastMs);
				lastMs = w.nowMs;
				write();
			});
		};
		write();
		for (let round = 0; round < 15; round++) {
			const target = (round % 5) + 1;
			const answer = askNode(w, admin, (client, call) => transfer(client, call, target));
			assert.equal(answer.reason, DONE, `round ${round}`);
			assert.ok(w.runUntil(() => w.leader()?.id === target, w.nowMs + 1000));
			w.run(w.nowMs + 300);
		}
		isRunning = false;
		w.run(w.nowMs + 1000);
		assert.ok(writes > 300, `${writes} writes`);
		assert.ok(longestMs < electionMsMin, `${longestMs} ms without a write`);
		const before = w.leader();
		const answer = askNode(w, admin, (client, call) => transfer(client, call, 0));
		assert.equal(answer.reason, DONE);
		assert.notEqual(w.leader(), before);
		assert.equal(statusOf(before as SimulatedNode)[STATUS_STEP_DOWN], STEP_DOWN_TRANSFER);
	});

	it("is refused by name, to who does not vote or is not there", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const admin = new SimulatedClient(w, 2, 1);
		assert.equal(askNode(w, admin, (client, call) => transfer(client, call, 9)).reason, NOT_A_VOTER);
		const follower = followerOf(w);
		w.crash(follower);
		const asked = w.nowMs;
		let answer: SimulatedAnswer | undefined;
		admin.call(
			(client, call) => transfer(client, call, follower.id),
			(found) => (answer = found),
		);
		w.run(w.nowMs + 300);
		assert.equal(statusOf(leaderOf(w))[STATUS_TRANSFER], follower.id);
		assert.ok(w.runUntil(() => answer !== undefined, w.nowMs + 10_000));
		const { electionMsMax, heartbeatMs } = w.configuration();
		assert.ok(w.nowMs - asked <= electionMsMax + heartbeatMs + 100, "the transfer was given up too late");
		assert.equal(statusOf(leaderOf(w))[STATUS_TRANSFER], 0);
		const writer = new SimulatedClient(w, 1, 1);
		assert.equal(ask(w, (answered) => writer.put("key", "a", answered)).reason, DONE);
	});

	it("leaves a member that drains, and comes back only afterwards", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const admin = new SimulatedClient(w, 2, 1);
		const first = leaderOf(w);
		assert.equal(askNode(w, admin, (client, call) => drain(client, call, first.id, true)).reason, DONE);
		assert.ok(w.runUntil(() => w.leader() !== undefined && w.leader() !== first, w.nowMs + 2000));
		assert.equal(statusOf(first)[STATUS_DRAINING], 1);
		const others = w.nodes.filter((node) => node !== first);
		for (let round = 0; round < 4; round++) {
			const leader = leaderOf(w);
			assert.ok(others.includes(leader));
			w.crash(leader);
			assert.ok(w.runUntil(() => w.leader() !== undefined, w.nowMs + 20_000));
			w.boot(leader);
			w.run(w.nowMs + 1000);
		}
		assert.equal(askNode(w, admin, (client, call) => drain(client, call, first.id, false)).reason, DONE);
		assert.equal(statusOf(first)[STATUS_DRAINING], 0);
		assert.equal(askNode(w, admin, (client, call) => transfer(client, call, first.id)).reason, DONE);
		assert.equal(w.leader(), first);
	});

	it("falls mostly to the member of the highest priority", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		let wins = 0;
		for (let round = 0; round < 12; round++) {
			for (const node of w.nodes) node.replica?.setPriority(node.id === 2 ? 3 : 0);
			const leader = leaderOf(w);
			w.crash(leader);
			assert.ok(w.runUntil(() => w.leader() !== undefined, w.nowMs + 20_000));
			if (leader.id !== 2 && w.leader()?.id === 2) wins++;
			if (leader.id === 2) wins++;
			w.boot(leader);
			w.run(w.nowMs + 1000);
		}
		assert.ok(wins >= 11, `${wins} of 12`);
	});
});

describe("reads of whole replicas", () => {
	it("are served by followers, and miss nothing that was acknowledged", () => {
		const w = started(new World({ ...OPTIONS, nodes: 5 }));
		const client = new SimulatedClient(w, 1, 1);
		for (let round = 0; round < 10; round++) {
			for (const node of w.nodes) {
				const value = `${round}.${node.id}`;
				assert.equal(ask(w, (answered) => client.put("key", value, answered)).reason, DONE);
				const answer = askNode(w, client, get(node.id, FOLLOWER));
				assert.deepEqual([answer.reason, answer.value, answer.member], [DONE, value, node.id]);
				assert.ok(answer.ageMs < 400, `${answer.ageMs} ms`);
			}
		}
		const range = askNode(w, client, (asked, call) =>
			rangeFrom(asked, call, followerOf(w).id, FOLLOWER, 0, 0, key, 0, 1, key, 0, 0),
		);
		assert.equal(range.reason, DONE);
		assert.ok(range.bytes.length > 3);
	});

	it("say how old they are where they are local, and wait for a revision no longer than they must", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const client = new SimulatedClient(w, 1, 1);
		const follower = followerOf(w);
		const missing = askNode(w, client, get(follower.id, LOCAL));
		assert.equal(missing.reason, KEY_NOT_FOUND);
		const first = ask(w, (answered) => client.put("key", "old", answered)).revision;
		w.run(w.nowMs + 300);
		cut(w, follower, true);
		const second = ask(w, (answered) => client.put("key", "new", answered)).revision;
		w.run(w.nowMs + 1000);
		const old = askNode(w, client, get(follower.id, LOCAL));
		assert.deepEqual([old.reason, old.value, old.revision], [DONE, "old", first]);
		assert.ok(old.ageMs >= 1000 && old.ageMs < 1400, `${old.ageMs} ms`);
		assert.equal(old.index, follower.replica?.member?.raft.appliedIndex);
		assert.ok(statusOf(follower)[STATUS_LEADER_AGE_MS] >= 1000);
		const from = w.nowMs;
		assert.equal(askNode(w, client, get(follower.id, LOCAL, second)).reason, REVISION_NOT_REACHED);
		assert.ok(w.nowMs - from <= w.configuration().electionMsMax + 100);
		// Linearizable it cannot serve at all.
		client.client.timeoutMs = 3000;
		assert.notEqual(askNode(w, client, get(follower.id, FOLLOWER)).reason, DONE);
		const waited: SimulatedAnswer[] = [];
		client.call(get(follower.id, LOCAL, second), (found) => waited.push(found));
		w.run(w.nowMs + 200);
		assert.equal(waited.length, 0);
		cut(w, follower, false);
		assert.ok(w.runUntil(() => waited.length > 0, w.nowMs + 3000));
		assert.deepEqual([waited[0].reason, waited[0].value], [DONE, "new"]);
	});

	it("are of unknown age at a node that has heard no leader since it started", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const client = new SimulatedClient(w, 1, 1);
		const follower = followerOf(w);
		w.crash(follower);
		cut(w, follower, true);
		w.boot(follower);
		w.run(w.nowMs + 500);
		const answer = askNode(w, client, get(follower.id, LOCAL));
		assert.deepEqual([answer.reason, answer.ageMs], [KEY_NOT_FOUND, AGE_UNKNOWN]);
		client.client.timeoutMs = 500;
		w.crash(follower);
		assert.equal(askNode(w, client, get(follower.id, LOCAL)).reason, UNREACHABLE);
	});

	it("are of no known age at a leader that lacks what others have committed (seed 1482)", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const client = new SimulatedClient(w, 1, 1);
		assert.equal(ask(w, (answered) => client.put("key", "a", answered)).reason, DONE);
		w.crash(leaderOf(w));
		// Its peer answers its rounds, but nothing is committed in its term before its own flash has it.
		const candidate = () => w.nodes.find((node) => node.replica?.member?.raft.role === CANDIDATE);
		assert.ok(w.runUntil(() => candidate() !== undefined, w.nowMs + 10_000));
		const leader = candidate();
		const member = leader?.replica?.member;
		assert.ok(leader && member);
		member.holdWrites = true;
		w.run(w.nowMs + 300);
		const { raft } = member;
		assert.ok(raft.role === LEADER && raft.commitIndex < raft.termStartIndex && raft.lease.heldSinceMs(raft) > 0);
		assert.equal(askNode(w, client, get(leader.id, LOCAL)).ageMs, AGE_UNKNOWN);
		member.holdWrites = false;
		w.run(w.nowMs + 300);
		assert.ok(askNode(w, client, get(leader.id, LOCAL)).ageMs < 400);
	});

	it("are of no known age at a leader whose own flash is behind what it knows to be committed", () => {
		const w = started(new World({ ...OPTIONS, nodes: 3 }));
		const client = new SimulatedClient(w, 1, 1);
		const other = new SimulatedClient(w, 2, 1);
		assert.equal(ask(w, (answered) => client.put("key", "a", answered)).reason, DONE);
		const leader = leaderOf(w);
		const member = leader.replica?.member;
		assert.ok(member);
		member.holdWrites = true;
		assert.ok(client.put("key", "b", () => {}));
		w.run(w.nowMs + 300);
		assert.ok(member.raft.appliedIndex < member.raft.commitIndex);
		assert.equal(askNode(w, other, get(leader.id, LOCAL)).ageMs, AGE_UNKNOWN);
		member.holdWrites = false;
		w.run(w.nowMs + 300);
		assert.ok(askNode(w, other, get(leader.id, LOCAL)).ageMs < 400);
	});

	it("cost no message between members under a lease, and end with it", () => {
		const w = started(new LeasingWorld({ ...OPTIONS, nodes: 3 }));
		const client = new SimulatedClient(w, 1, 1);
		assert.equal(ask(w, (answered) => client.put("key", "a", answered)).reason, DONE);
		const leader = leaderOf(w);
		const sent = (): number => w.nodes.reduce((sum, node) => sum + (node.replica?.member?.sender.messages ?? 0), 0);
		const from = w.nowMs;
		const before = sent();
		let reads = 0;
		for (; reads < 200; reads++) assert.equal(ask(w, (answered) => client.get("key", answered)).value, "a");
		const heartbeats = Math.ceil((w.nowMs - from) / w.configuration().heartbeatMs) + 1;
		assert.ok(sent() - before <= heartbeats * 4, `${sent() - before} messages for ${reads} reads`);
		// Cut off, it serves until its lease is over and no longer; the others elect no one before.
		cut(w, leader, true);
		const cutMs = w.nowMs;
		client.client.timeoutMs = 200;
		let servedMs = 0;
		while (w.nowMs - cutMs < 3 * LEASE_MS) {
			const answer = askNode(w, client, get(leader.id, FOLLOWER));
			if (answer.reason === DONE) servedMs = w.nowMs - cutMs;
			if (w.nodes.some((node) => node !== leader && node.replica?.member?.raft.role === LEADER)) {
				assert.ok(servedMs > 0 && w.nowMs - cutMs > servedMs);
			}
		}
		assert.ok(servedMs > LEASE_MS / 2 && servedMs <= LEASE_MS, `served ${servedMs} ms after the cut`);
	});
});

class RestingWorld extends World {
	override configuration(): Configuration {
		const configuration = super.configuration();
		configuration.quietAfterMs = 1000;
		return configuration;
	}
}

describe("whole replicas at rest", () => {
	it("send nothing, say so, and wake for a client whomever it asks", () => {
		const w = started(new RestingWorld({ ...OPTIONS, nodes: 5 }));
		const client = new SimulatedClient(w, 1, 1);
		const isAtRest = (): boolean => w.nodes.every((node) => node.replica?.member?.raft.isQuiet === true);
		for (const node of w.nodes) {
			assert.equal(ask(w, (answered) => client.put("key", String(node.id), answered)).reason, DONE);
			assert.ok(w.runUntil(isAtRest, w.nowMs + 5000), "an idle group does not rest");
			w.run(w.nowMs + 1000);
			const before = w.messages;
			w.run(w.nowMs + 3_600_000);
			assert.equal(w.messages, before, "a group at rest sends");
			assert.equal(statusOf(node)[STATUS_QUIET], 1);
			// A status wakes the node that is asked, and that wakes all.
			assert.equal(ask(w, (answered) => client.call((c, call) => c.status(call, node.id), answered)).reason, DONE);
			w.run(w.nowMs + 500);
			for (const other of w.nodes) assert.equal(statusOf(other)[STATUS_QUIET], 0);
			assert.equal(statusOf(leaderOf(w))[STATUS_TERM], 1);
			assert.equal(askNode(w, client, get(node.id, FOLLOWER)).value, String(node.id));
		}
	});
});

describe("what a leader knows of its peers", () => {
	it("is told row by row, in the columns that have names", () => {
		const w = started(new World({ ...OPTIONS, nodes: 5 }));
		const client = new SimulatedClient(w, 1, 1);
		assert.equal(PEER_NAMES.length, PEER_COLUMNS);
		const leader = leaderOf(w);
		const lost = followerOf(w);
		w.crash(lost);
		w.run(w.nowMs + 1000);
		const rows = (id: number): number[][] => {
			const { bytes } = askNode(w, client, (asked, call) => peers(asked, call, id));
			const numbers = new DataView(new ArrayBuffer(8 * PEER_COLUMNS));
			const found: number[][] = [];
			for (let at = 0; at < bytes.length; ) {
				at = readIntegers(bytes, at, bytes.length, numbers, 0, PEER_COLUMNS);
				assert.ok(at > 0);
				found.push(Array.from({ length: PEER_COLUMNS }, (_, column) => numbers.getFloat64(8 * column, true)));
			}
			return found;
		};
		const told = rows(leader.id);
		assert.deepEqual(
			told.map((row) => row[PEER_ID]),
			[1, 2, 3, 4, 5],
		);
		for (const row of told) {
			assert.equal(row[PEER_ROLE], ROLE_VOTER);
			if (row[PEER_ID] === leader.id) assert.equal(row[PEER_STATE], PEER_STATE_UNKNOWN);
			else if (row[PEER_ID] === lost.id) assert.ok(row[PEER_SILENT_MS] >= 1000);
			else {
				assert.equal(row[PEER_STATE], REPLICATE);
				assert.equal(row[PEER_MATCH], leader.replica?.member?.raft.log.lastIndex);
				assert.ok(row[PEER_SILENT_MS] <= 300);
			}
		}
		const follower = w.nodes.find((node) => node !== leader && node !== lost) as SimulatedNode;
		for (const row of rows(follower.id)) assert.equal(row[PEER_STATE], PEER_STATE_UNKNOWN);
	});
});
