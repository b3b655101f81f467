import assert from "node:assert/strict";
import { Random } from "../../../core/raft/random";

function draw(id: number, seed: number, count: number): number[] {
	const random = new Random(id, seed);
	return Array.from({ length: count }, () => random.below(1200));
}

describe("random", () => {
	it("is the same for the same node and seed, on every engine", () => {
		assert.deepEqual(draw(1, 7, 8), draw(1, 7, 8));
		const random = new Random(3, 0xdeadbeef);
		assert.deepEqual([random.next(), random.next(), random.next()], [2166354885, 3390514455, 2663691132]);
	});

	it("never gives two nodes one sequence, whatever their seeds", () => {
		for (const [seedA, seedB] of [
			[0, 0],
			[1, 1],
			[5, 77],
			[0xffffffff, 0xffffffff],
		]) {
			for (let a = 1; a <= 15; a++) {
				for (let b = 1; b < a; b++) assert.notDeepEqual(draw(a, seedA, 6), draw(b, seedB, 6));
			}
		}
	});

	it("covers its range about evenly", () => {
		const counts = new Array<number>(12).fill(0);
		for (const value of draw(2, 99, 12_000)) counts[Math.floor(value / 100)]++;
		for (const count of counts) assert.ok(count > 850 && count < 1150, `${counts}`);
	});
});
