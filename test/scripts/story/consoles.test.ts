/** What is judged of the boards' consoles. */
import assert from "node:assert/strict";
import { EVENT_LEADER, EVENT_SNAPSHOT_INSTALLED } from "../../../core/events";
import { ConsoleTrace } from "../../../firmware/events";
import { Consoles } from "../../../scripts/story/consoles";
import { Unmet } from "../../../scripts/story/expect";

function heard(...events: [number, number, number][]): Consoles {
	const consoles = new Consoles();
	for (const [id, event, a] of events) new ConsoleTrace((line) => consoles.hear(id, line)).event(event, a, 0, 0);
	return consoles;
}

describe("story: consoles", () => {
	it("counts elections and snapshots", () => {
		const consoles = heard([1, EVENT_LEADER, 1], [2, EVENT_LEADER, 2], [3, EVENT_SNAPSHOT_INSTALLED, 9]);
		assert.equal(consoles.elections, 2);
		assert.equal(consoles.snapshotsInstalled, 1);
		consoles.check();
	});
	it("finds two leaders of a term, and one that leads a term again", () => {
		assert.throws(() => heard([1, EVENT_LEADER, 4], [2, EVENT_LEADER, 4], [2, EVENT_LEADER, 5]).check(), Unmet);
		assert.throws(() => heard([1, EVENT_LEADER, 4], [1, EVENT_LEADER, 4]).check(), Unmet);
	});
});
