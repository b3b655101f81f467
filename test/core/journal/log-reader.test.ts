import assert from "node:assert/strict";
import { append, entry, formatted, joined, opened, readLog, same, stream, writeSnapshot } from "./model";

describe("reading the log on flash", () => {
	// Seed 162 of the simulator: the sector in which the reader stood was freed and used again, and where
	// the next one begins was taken from the new sector in its place.
	it("does not go on in a sector that was freed since and holds other records now", () => {
		const journal = opened(formatted());
		append(journal, 1, [entry(1, 1, 0, 40)]);
		assert(same(readLog(journal, 1), entry(1, 1, 0, 40)));
		const { ring } = journal.log;
		const round = ring.headSequence + 1 + ring.sectors;
		let index = 1;
		while (ring.headSequence < round) {
			journal.prepare();
			index++;
			append(journal, index, [entry(1, index, 0, 40)]);
			// At the last index: its term is known, so the reader stays where it was.
			const isDue = journal.snapshotDue && ring.headSequence < round;
			if (isDue) for (let i = 0; i < 2; i++) writeSnapshot(journal, index, 1, stream(index, 10));
		}
		const last = entry(1, index - 1, 0, 40);
		assert.equal(journal.termAt(index - 1), 1);
		assert(same(readLog(journal, index - 1), joined([last, entry(1, index, 0, 40)])));
	});
});
