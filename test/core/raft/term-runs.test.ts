import assert from "node:assert/strict";
import fc from "fast-check";
import { TermRuns } from "../../../core/raft/term-runs";

/** The twin: the term of each entry in an array, the base's first. */
class NaiveTerms {
	base = 0;
	terms = [0];
	get last(): number {
		return this.base + this.terms.length - 1;
	}
	lastAtMost(index: number, term: number): number {
		for (let i = index; i >= this.base; i--) if (this.terms[i - this.base] <= term) return i;
		return this.base - 1;
	}
}

const step = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ verb: fc.constant("add"), by: fc.nat(3) }) },
	{ weight: 2, arbitrary: fc.record({ verb: fc.constant("truncate"), by: fc.nat(6) }) },
	{ weight: 1, arbitrary: fc.record({ verb: fc.constant("compact"), by: fc.nat(6) }) },
	{ weight: 1, arbitrary: fc.record({ verb: fc.constant("reset"), by: fc.nat(6) }) },
);

describe("term runs", () => {
	it("tell the term of every entry, and the last of at most a term, as an array does", () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				const runs = new TermRuns(64);
				const naive = new NaiveTerms();
				runs.reset(0, 0);
				for (const { verb, by } of steps) {
					const lastTerm = naive.terms[naive.terms.length - 1];
					if (verb === "add") {
						const term = lastTerm + (by > 1 ? 0 : by);
						assert.ok(runs.add(naive.last + 1, term));
						naive.terms.push(term);
					} else if (verb === "truncate" && naive.last - by > naive.base) {
						runs.truncate(naive.last - by);
						naive.terms.length -= by + 1;
					} else if (verb === "compact" && naive.base + by <= naive.last) {
						runs.compact(naive.base + by);
						naive.terms.splice(0, by);
						naive.base += by;
					} else if (verb === "reset") {
						naive.base = naive.last + by;
						naive.terms = [lastTerm];
						runs.reset(naive.base, lastTerm);
					}
					assert.equal(runs.lastTerm(), naive.terms[naive.terms.length - 1]);
					for (let index = naive.base; index <= naive.last; index++) {
						assert.equal(runs.termAt(index), naive.terms[index - naive.base]);
						for (let term = 0; term <= lastTerm + 1; term++) {
							assert.equal(runs.lastAtMost(index, term), naive.lastAtMost(index, term));
						}
					}
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("refuse a run more than they hold, and have room again after compaction", () => {
		const runs = new TermRuns(3);
		runs.reset(10, 1);
		assert.ok(runs.add(11, 2));
		assert.ok(runs.add(12, 3));
		assert.equal(runs.count, runs.capacity);
		assert.ok(!runs.add(13, 4));
		assert.ok(runs.add(13, 3));
		assert.equal(runs.secondStart(), 11);
		runs.compact(11);
		assert.ok(runs.add(14, 4));
		assert.deepEqual([runs.termAt(11), runs.termAt(13), runs.termAt(14)], [2, 3, 4]);
	});

	it("hold terms up to the largest u32 and indices up to u48", () => {
		const runs = new TermRuns(4);
		runs.reset(2 ** 48 - 3, 0xfffffffe);
		assert.ok(runs.add(2 ** 48 - 2, 0xffffffff));
		assert.equal(runs.termAt(2 ** 48 - 2), 0xffffffff);
		assert.equal(runs.lastAtMost(2 ** 48 - 2, 0xfffffffe), 2 ** 48 - 3);
	});
});
