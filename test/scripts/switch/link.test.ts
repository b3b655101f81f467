import assert from "node:assert/strict";
import fc from "fast-check";
import { type Faults, Link, REORDER_MS, type Time, WAITING_MAX } from "../../../scripts/switch/link";

/** Time that stands until the test moves it. */
class TestTime implements Time {
	#now = 0;
	readonly #timers: { dueMs: number; callback: () => void }[] = [];

	now(): number {
		return this.#now;
	}

	after(milliseconds: number, callback: () => void): void {
		this.#timers.push({ dueMs: this.#now + milliseconds, callback });
	}

	advance(milliseconds: number): void {
		const endMs = this.#now + milliseconds;
		for (;;) {
			const next = this.#timers.sort((a, b) => a.dueMs - b.dueMs)[0];
			if (next === undefined || next.dueMs > endMs) break;
			this.#timers.shift();
			this.#now = Math.max(this.#now, next.dueMs);
			next.callback();
		}
		this.#now = endMs;
	}
}

describe("switch: one direction of one cable", () => {
	function start(faults: Partial<Faults>, seed = 1) {
		const time = new TestTime();
		const link = new Link(seed, time);
		Object.assign(link.faults, faults);
		const arrived: number[] = [];
		return { time, link, arrived, send: (number: number) => link.send(() => arrived.push(number)) };
	}

	function sendAll(send: (number: number) => void, count: number): number[] {
		const all = Array.from({ length: count }, (_, index) => index);
		for (const number of all) send(number);
		return all;
	}

	it("delivers at once and in order where nothing is wrong", () => {
		const { send, arrived } = start({});
		assert.deepEqual(sendAll(send, 100), arrived);
	});

	it("loses about the share that was asked for, and counts it", () => {
		const { link, send, arrived } = start({ lossPercent: 25 });
		sendAll(send, 4000);
		assert.ok(arrived.length > 2800 && arrived.length < 3200, `${arrived.length} of 4000 arrived`);
		assert.equal(link.counters.lost, 4000 - arrived.length);
	});

	it("loses all at 100 % and none at 0 %", () => {
		const { send, arrived, link } = start({ lossPercent: 100 });
		sendAll(send, 1000);
		assert.equal(arrived.length, 0);
		link.faults.lossPercent = 0;
		sendAll(send, 1000);
		assert.equal(arrived.length, 1000);
	});

	it("carries nothing while it is cut", () => {
		const { send, arrived, link } = start({ cut: true });
		send(1);
		link.faults.cut = false;
		send(2);
		assert.deepEqual(arrived, [2]);
		assert.equal(link.counters.cut, 1);
	});

	it("loses packets that are longer than the path takes, and counts them", () => {
		const { link, arrived } = start({ mtuBytes: 600 });
		for (const bytes of [0, 28, 600, 601, 1500]) link.send(() => arrived.push(bytes), bytes);
		assert.deepEqual(arrived, [0, 28, 600]);
		assert.equal(link.counters.long, 2);
	});

	it("delays, and keeps the order under jitter", () => {
		const { time, send, arrived } = start({ delayMs: 10, jitterMs: 20 });
		const all = sendAll(send, 200);
		time.advance(9.9);
		assert.deepEqual(arrived, []);
		time.advance(5);
		assert.ok(arrived.length < 200, "some wait longer than others");
		time.advance(20);
		assert.deepEqual(arrived, all);
	});

	it("keeps the order when the delay is taken away while frames wait", () => {
		const { time, link, send, arrived } = start({ delayMs: 10 });
		send(1);
		link.faults.delayMs = 0;
		send(2);
		assert.deepEqual(arrived, []);
		time.advance(10);
		assert.deepEqual(arrived, [1, 2]);
	});

	it("doubles every frame at 100 %", () => {
		const { send, arrived, link } = start({ duplicatePercent: 100 });
		sendAll(send, 3);
		assert.deepEqual(arrived, [0, 0, 1, 1, 2, 2]);
		assert.equal(link.counters.duplicated, 3);
	});

	it("lets a frame pass the one before it", () => {
		const { send, arrived } = start({ reorderPercent: 100 });
		sendAll(send, 4);
		assert.deepEqual(arrived, [1, 0, 3, 2]);
	});

	it("delivers a late frame in the end, where none comes after it", () => {
		const { time, send, arrived } = start({ reorderPercent: 100 });
		send(1);
		assert.deepEqual(arrived, []);
		time.advance(REORDER_MS);
		assert.deepEqual(arrived, [1]);
	});

	it("holds a bounded number of frames and counts what it drops", () => {
		const { time, link, send, arrived } = start({ delayMs: 1000 });
		sendAll(send, WAITING_MAX + 5);
		assert.equal(link.counters.overflow, 5);
		time.advance(1000);
		assert.equal(arrived.length, WAITING_MAX);
	});

	it("does the same for the same seed, and something else for another", () => {
		const run = (seed: number) => {
			const { time, send, arrived } = start(
				{ lossPercent: 30, duplicatePercent: 20, reorderPercent: 20, jitterMs: 5 },
				seed,
			);
			sendAll(send, 200);
			time.advance(1000);
			return arrived.join();
		};
		assert.equal(run(7), run(7));
		assert.notEqual(run(7), run(8));
	});

	it("delivers each frame that it did not count as gone, whatever the faults", () => {
		const percent = fc.integer({ min: 0, max: 100 });
		fc.assert(
			fc.property(
				percent,
				percent,
				percent,
				fc.nat(50),
				fc.nat(50),
				fc.nat(),
				(loss, twice, late, delay, jitter, seed) => {
					const faults = {
						lossPercent: loss,
						duplicatePercent: twice,
						reorderPercent: late,
						delayMs: delay,
						jitterMs: jitter,
					};
					const { time, link, send, arrived } = start(faults, seed);
					sendAll(send, 60);
					time.advance(1000);
					const { sent, lost, duplicated } = link.counters;
					assert.equal(arrived.length, sent - lost + duplicated);
					assert.equal(new Set(arrived).size, sent - lost);
				},
			),
		);
	});
});
