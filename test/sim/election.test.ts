import assert from "node:assert/strict";
import { PROFILE_M } from "../../core/limits";
import { CALM } from "../../sim/links";
import { World } from "../../sim/world";

const LONGEST_TIMEOUT_MS = 2400;

function world(seed: number): World {
	return new World({
		seed,
		nodes: 5,
		limits: PROFILE_M,
		flashBytes: 512 * 1024,
		network: { ...CALM, delayMsMax: 5 },
	});
}

describe("an election in the simulated world", () => {
	it("ends within three times the longest timeout of boot and of a leader's death, 100 times of 100", function () {
		this.timeout(120_000);
		const limits: number[] = [];
		for (let seed = 1; seed <= 100; seed++) {
			const w = world(seed);
			for (const node of w.nodes) w.boot(node);
			assert.ok(
				w.runUntil(() => w.leader() !== undefined, 3 * LONGEST_TIMEOUT_MS),
				`seed ${seed}: no leader after boot`,
			);
			limits.push(w.nowMs);
			w.run(w.nowMs + 1000);
			const dead = w.leader();
			assert.ok(dead);
			w.crash(dead);
			const diedMs = w.nowMs;
			assert.ok(
				w.runUntil(() => w.leader() !== undefined, diedMs + 3 * LONGEST_TIMEOUT_MS),
				`seed ${seed}: no leader after a death`,
			);
			limits.push(w.nowMs - diedMs);
		}
		assert.equal(limits.length, 200);
	});

	it("draws another sequence of timeouts on every node, though all got the same entropy", () => {
		const w = world(1);
		for (const node of w.nodes) {
			Object.assign(w.random, { next: () => 12345 });
			w.boot(node);
		}
		const first = w.nodes.map((node) => node.replica?.member?.raft.electionTimeoutMs);
		assert.equal(new Set(first).size, 5, String(first));
	});
});
