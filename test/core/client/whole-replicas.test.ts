import { strict as assert } from "node:assert";
import { PROFILE_M } from "../../../core/limits";
import { CONFLICT, DONE, isRefusal, KEY_NOT_FOUND, OUTCOME_UNKNOWN } from "../../../core/reasons";
import { CALM, type NetworkFaults } from "../../../sim/links";
import { World } from "../../../sim/world";
import { type SimulatedAnswer, SimulatedClient } from "./simulated-client";

function world(seed: number, network: NetworkFaults): World {
	const made = new World({ seed, nodes: 5, limits: PROFILE_M, flashBytes: 512 * 1024, network });
	for (const node of made.nodes) made.boot(node);
	return made;
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

/** One counter that several clients raise by compare-and-put: each success must be of another number. */
class Counter {
	readonly made: number[] = [];
	unknown = 0;
	refused = 0;
	isRunning = true;
	busy = 0;

	raise(client: SimulatedClient): void {
		if (!this.isRunning) return;
		this.busy++;
		client.get("counter", (found) => {
			const isThere = found.reason === DONE;
			if (!isThere && found.reason !== KEY_NOT_FOUND) return this.again(client);
			const next = isThere ? Number(found.value) + 1 : 1;
			client.compareAndPut("counter", isThere ? found.modRevision : 0, String(next), (answer) => {
				if (answer.reason === DONE) this.made.push(next);
				else if (answer.reason === OUTCOME_UNKNOWN) this.unknown++;
				else if (answer.reason !== CONFLICT) {
					assert.ok(isRefusal(answer.reason));
					this.refused++;
				}
				this.again(client);
			});
		});
	}

	private again(client: SimulatedClient): void {
		this.busy--;
		this.raise(client);
	}
}

describe("client and whole replicas", () => {
	it("writes, reads and closes over the shipping code of both ends", () => {
		const w = world(1, CALM);
		const client = new SimulatedClient(w, 1, 1);
		const revisions = ["a", "b", "c"].map((value) => ask(w, (answered) => client.put("key", value, answered)).revision);
		assert.deepEqual(revisions, [1, 2, 3]);
		const found = ask(w, (answered) => client.get("key", answered));
		assert.equal(found.value, "c");
		assert.equal(found.modRevision, 3);
		assert.equal(ask(w, (answered) => client.get("other", answered)).reason, KEY_NOT_FOUND);
		assert.equal(ask(w, (answered) => client.compareAndPut("key", 2, "d", answered)).reason, CONFLICT);
		assert.equal(ask(w, (answered) => client.close(answered)).reason, DONE);
		assert.equal(w.leader()?.replica?.member?.store.sessions.count, 0);
	});

	it("finds the next leader, and nothing that was acknowledged is lost", () => {
		const w = world(2, CALM);
		const client = new SimulatedClient(w, 1, 2);
		for (let round = 1; round <= 5; round++) {
			assert.equal(ask(w, (answered) => client.put("round", String(round), answered)).reason, DONE);
			const leader = w.leader();
			assert.ok(leader);
			w.crash(leader);
			assert.equal(ask(w, (answered) => client.get("round", answered)).value, String(round));
			w.boot(leader);
		}
		assert.equal(ask(w, (answered) => client.get("round", answered)).value, "5");
	});

	it("leaves a board's idle session alive, while a thousand clients register, write and close", () => {
		const w = world(7, CALM);
		const board = new SimulatedClient(w, 1, 7);
		assert.equal(ask(w, (answered) => board.put("board", "1", answered)).reason, DONE);
		const session = board.client.session.id;
		for (let i = 0; i < 1000; i++) {
			const command = new SimulatedClient(w, 2, 1000 + i);
			assert.equal(ask(w, (answered) => command.put("command", String(i), answered)).reason, DONE);
			assert.equal(ask(w, (answered) => command.close(answered)).reason, DONE);
		}
		assert.equal(ask(w, (answered) => board.put("board", "2", answered)).reason, DONE);
		assert.equal(board.client.session.id, session);
		assert.equal(w.leader()?.replica?.member?.store.sessions.count, 1);
	});

	for (const seed of [3, 4, 5, 6])
		it(`counts without a number lost or given twice, in bad weather ${seed}`, () => {
			const w = world(seed, { ...CALM, lossPermille: 100, duplicatePermille: 100, delayMsMax: 60 });
			const counter = new Counter();
			for (let number = 1; number <= 3; number++) counter.raise(new SimulatedClient(w, number, seed));
			for (let round = 0; round < 4; round++) {
				w.run(w.nowMs + 8000);
				const leader = w.leader();
				if (leader === undefined) continue;
				w.crash(leader);
				w.after(4000, () => w.boot(leader));
			}
			w.run(w.nowMs + 8000);
			counter.isRunning = false;
			w.links.faults.lossPermille = 0;
			w.run(w.nowMs + 30_000);
			assert.equal(counter.busy, 0);
			const last = Number(ask(w, (answered) => new SimulatedClient(w, 9, seed).get("counter", answered)).value);
			assert.equal(new Set(counter.made).size, counter.made.length, "a number was given twice");
			assert.ok(counter.made.length > 50, `${counter.made.length} raised`);
			// Each number up to the last was made by someone: the acknowledged ones, and some of the unknown.
			assert.ok(counter.made.length <= last && last <= counter.made.length + counter.unknown);
			assert.ok(Math.max(...counter.made) <= last);
		});
});
