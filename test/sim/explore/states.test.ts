import assert from "node:assert/strict";
import { Numbers, States } from "../../../sim/explore/states";

describe("states that were seen", () => {
	it("are told apart word for word, and come back as they went in", () => {
		const states = new States(3);
		const numbers = new Map<string, number>();
		const row = new Uint32Array(3);
		let mixed = 1;
		for (let i = 0; i < 200_000; i++) {
			mixed = (Math.imul(mixed, 1103515245) + 12345) >>> 0;
			// Few values, so that many come again; some that differ in a high bit only.
			row[0] = mixed % 50;
			row[1] = (mixed >>> 8) % 40;
			row[2] = (mixed >>> 16) % 100 > 50 ? 0x80000000 + ((mixed >>> 20) % 30) : (mixed >>> 20) % 30;
			const key = row.join();
			const known = numbers.get(key);
			const number = states.add(row);
			assert.equal(states.wasAdded, known === undefined);
			assert.equal(number, known ?? numbers.size);
			numbers.set(key, number);
		}
		assert.equal(states.count, numbers.size);
		assert.ok(states.count > 70_000, `${states.count} states: the table grew`);
		for (const [key, number] of numbers) {
			states.read(number, row);
			assert.equal(row.join(), key);
		}
	});

	it("go on in a new block when one is full", () => {
		const width = 1 << 20;
		const states = new States(width);
		const row = new Uint32Array(width);
		for (let i = 0; i < 9; i++) {
			row[width - 1] = i;
			assert.equal(states.add(row), i);
		}
		states.read(2, row);
		assert.equal(row[width - 1], 2);
		assert.equal(states.add(row), 2);
	});

	it("numbers grow without bound", () => {
		const numbers = new Numbers();
		for (let i = 0; i < 200_000; i++) numbers.push(i * 3);
		assert.equal(numbers.count, 200_000);
		assert.equal(numbers.at(0), 0);
		assert.equal(numbers.at(199_999), 599_997);
	});
});
