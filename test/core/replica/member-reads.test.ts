/** Who serves reads, asked by a client of whole replicas. */
import assert from "node:assert/strict";
import { FOLLOWER, LOCAL, rangeFrom } from "../../../core/client/node-calls";
import type { Configuration } from "../../../core/configuration";
import { CANDIDATE, LEADER } from "../../../core/raft/role";
import { DONE, KEY_NOT_FOUND, REVISION_NOT_REACHED, UNREACHABLE } from "../../../core/reasons";
import { STATUS_LEADER_AGE_MS } from "../../../core/status";
import { AGE_UNKNOWN } from "../../../core/wire/requests";
import { World } from "../../../sim/world";
import { type SimulatedAnswer, SimulatedClient } from "../client/simulated-client";
import { ask, askNode, cut, followerOf, get, key, leaderOf, OPTIONS, started, statusOf } from "./asked-world";

const LEASE_MS = 1000;

class LeasingWorld extends World {
	override configuration(): Configuration {
		const configuration = super.configuration();
		configuration.leaseMs = LEASE_MS;
		assert.ok(configuration.isSound());
		return configuration;
	}
}

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
