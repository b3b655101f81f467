import assert from "node:assert/strict";
import { Command, PUT, REGISTER } from "../../core/command";
import { PROFILE_M } from "../../core/limits";
import { CALM } from "../../sim/links";
import { World } from "../../sim/world";

function world(seed: number): World {
	const made = new World({
		seed,
		nodes: 5,
		limits: PROFILE_M,
		flashBytes: 512 * 1024,
		network: { ...CALM, delayMsMax: 3 },
	});
	for (const node of made.nodes) made.boot(node);
	return made;
}

describe("five whole replicas in the simulated world", () => {
	it("elect a leader and apply the same commands", () => {
		const w = world(1);
		assert.ok(
			w.runUntil(() => w.leader() !== undefined, 10_000),
			"no leader",
		);
		const leader = w.leader();
		assert.ok(leader?.replica);
		const command = new Command();
		const bytes = new Uint8Array(64);
		command.operation = REGISTER;
		command.nonceHigh = 1;
		command.nonceLow = 2;
		let length = command.write(bytes, 0, 64, bytes, bytes);
		assert.ok(leader.replica.propose(bytes, 0, length) >= 0);
		w.run(w.nowMs + 1000);
		const session = leader.replica.member?.store.sessions.table[0].id ?? 0;
		command.operation = PUT;
		command.session = session;
		command.keyLength = 1;
		command.valueLength = 4;
		for (let sequence = 1; sequence <= 300; sequence++) {
			command.sequence = sequence;
			length = command.write(bytes, 0, 64, Uint8Array.of(107), Uint8Array.of(1, 2, 3, sequence % 256));
			assert.ok(leader.replica.propose(bytes, 0, length) >= 0);
			w.run(w.nowMs + 10);
		}
		w.run(w.nowMs + 1000);
		const hashes = w.nodes.map((node) => node.replica?.member?.store.stateHash());
		assert.equal(new Set(hashes).size, 1);
		assert.equal(leader.replica.member?.store.revision, 300);
	});
});
