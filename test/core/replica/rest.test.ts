/** Replicas at rest, and what a leader tells of its peers. */
import assert from "node:assert/strict";
import { readIntegers } from "../../../core/bytes";
import { FOLLOWER, LOCAL, peers } from "../../../core/client/node-calls";
import { type Configuration, ROLE_VOTER } from "../../../core/configuration";
import { REPLICATE } from "../../../core/raft/progress";
import { DONE } from "../../../core/reasons";
import {
	PEER_COLUMNS,
	PEER_ID,
	PEER_MATCH,
	PEER_NAMES,
	PEER_ROLE,
	PEER_SILENT_MS,
	PEER_STATE,
	PEER_STATE_UNKNOWN,
	STATUS_QUIET,
	STATUS_TERM,
} from "../../../core/status";
import { type SimulatedNode, World } from "../../../sim/world";
import { SimulatedClient } from "../client/simulated-client";
import { ask, askNode, followerOf, get, leaderOf, OPTIONS, started, statusOf } from "./asked-world";

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
			// Whoever looks on is answered, and nobody wakes: a monitor must not keep a battery busy.
			assert.equal(ask(w, (answered) => client.call((c, call) => c.status(call, node.id), answered)).reason, DONE);
			assert.equal(askNode(w, client, (asked, call) => peers(asked, call, node.id)).reason, DONE);
			w.run(w.nowMs + 500);
			for (const other of w.nodes) assert.equal(statusOf(other)[STATUS_QUIET], 1);
			assert.equal(w.messages, before + 4, "more than two questions and two answers travelled");
			// Any other datagram of a client wakes the node that is asked, and that wakes all.
			assert.equal(askNode(w, client, get(node.id, LOCAL)).value, String(node.id));
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
