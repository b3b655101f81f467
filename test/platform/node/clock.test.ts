import assert from "node:assert/strict";
import { NodeClock, type TimeSources } from "../../../platform/node/clock";
import { NodeEntropy } from "../../../platform/node/entropy";

/** Three clocks that a test moves. */
class Times implements TimeSources {
	at = { monotonic: 5000.5, wall: 1e12, uptime: 70000 };
	monotonic(): number {
		return this.at.monotonic;
	}
	wall(): number {
		return this.at.wall;
	}
	uptime(): number {
		return this.at.uptime;
	}
	pass(milliseconds: number): void {
		this.at.monotonic += milliseconds;
		this.at.wall += milliseconds;
		this.at.uptime += milliseconds;
	}
}

describe("clock on Node.js", () => {
	it("begins at 0 and goes with the monotone clock", () => {
		const times = new Times();
		const clock = new NodeClock(times);
		assert.equal(clock.milliseconds(), 0);
		times.pass(1234);
		assert.equal(clock.milliseconds(), 1234);
	});

	it("counts a suspend, once, and another", () => {
		const times = new Times();
		const clock = new NodeClock(times);
		times.pass(100);
		for (let sleep = 1; sleep <= 2; sleep++) {
			times.at.wall += 60000;
			times.at.uptime += 60000;
			assert.equal(clock.milliseconds(), 100 + sleep * 60000);
			assert.equal(clock.milliseconds(), 100 + sleep * 60000);
		}
		times.pass(50);
		assert.equal(clock.milliseconds(), 120150);
	});

	it("does not follow a wall clock that somebody sets, and never goes back", () => {
		const times = new Times();
		const clock = new NodeClock(times);
		times.at.wall += 3600000;
		assert.equal(clock.milliseconds(), 0);
		times.at.wall -= 7200000;
		assert.equal(clock.milliseconds(), 0);
		times.at.wall += 7200000 + 1000;
		times.at.uptime += 1000;
		assert.equal(clock.milliseconds(), 1000);
	});

	it("says that it may have stood still when only the wall clock went on", () => {
		const times = new Times();
		const clock = new NodeClock(times);
		assert.equal(clock.stood(), false);
		times.at.wall += 5000;
		assert.deepEqual([clock.stood(), clock.stood(), clock.milliseconds()], [true, false, 0]);
		times.at.wall -= 5000;
		assert.equal(clock.stood(), false);
		times.at.wall += 5000;
		times.at.uptime += 5000;
		assert.deepEqual([clock.stood(), clock.milliseconds()], [false, 5000]);
	});

	it("goes on with the system's own clocks", () => {
		const clock = new NodeClock();
		let last = 0;
		for (let i = 0; i < 1000; i++) {
			const now = clock.milliseconds();
			assert(now >= last);
			last = now;
		}
	});
});

describe("entropy on Node.js", () => {
	it("gives unsigned 32-bit numbers that differ", () => {
		const entropy = new NodeEntropy();
		const seen = new Set<number>();
		for (let i = 0; i < 64; i++) {
			const number = entropy.random32();
			assert(Number.isInteger(number) && number >= 0 && number <= 0xffffffff);
			seen.add(number);
		}
		assert(seen.size > 60);
	});
});
