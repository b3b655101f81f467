import assert from "node:assert/strict";
import { transfer } from "../../../core/client/node-calls";
import { PROFILE_M } from "../../../core/limits";
import { reasonName } from "../../../core/reasons";
import { CALM } from "../../../sim/links";
import { BASE_ADDRESS, World } from "../../../sim/world";
import { type SimulatedAnswer, SimulatedClient } from "../client/simulated-client";

describe("a transfer to any", () => {
	it("happens once, though its answer is lost", () => {
		const w = new World({ seed: 1, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM, nodes: 5 });
		for (const node of w.nodes) w.boot(node);
		assert.ok(w.runUntil(() => w.leader() !== undefined, 10_000));
		w.run(w.nowMs + 1000);
		const client = new SimulatedClient(w, 1, 1);
		let got = 0;
		client.put("a", "b", () => got++);
		w.runUntil(() => got === 1, w.nowMs + 5000);
		const old = w.leader()!;
		const before = old.replica!.member!.raft.term;
		w.links.cut(old.address, BASE_ADDRESS + 0x100 + 1);
		let found: SimulatedAnswer | undefined;
		client.call(
			(c, call) => transfer(c, call, 0),
			(answer) => (found = answer),
		);
		assert.ok(w.runUntil(() => found !== undefined, w.nowMs + 20_000));
		w.run(w.nowMs + 3000);
		console.log(
			reasonName(found!.reason),
			"old",
			old.id,
			"now",
			w.leader()!.id,
			"terms",
			before,
			w.leader()!.replica!.member!.raft.term,
		);
		assert.equal(w.leader()!.replica!.member!.raft.term, before + 1);
	});
});
