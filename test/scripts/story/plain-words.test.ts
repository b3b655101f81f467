/** What boards print, told to people. */
import assert from "node:assert/strict";
import * as events from "../../../core/events";
import { FOLLOWER, LEADER } from "../../../core/raft/role";
import { ConsoleTrace } from "../../../firmware/events";
import { inPlainWords } from "../../../scripts/story/plain-words";

const MEMBERS = [1, 2, 4];

function told(event: number, a = 0, b = 0, c = 0): string | undefined {
	let line = "";
	new ConsoleTrace((text) => (line = text)).event(event, a, b, c);
	return inPlainWords(line, MEMBERS);
}

describe("story: plain words", () => {
	it("knows every event that a board prints", () => {
		for (const [name, event] of Object.entries(events)) {
			const words = told(event, 1, 2, 3);
			assert.ok(words === undefined || !words.startsWith("says"), `${name}: ${words}`);
		}
	});
	it("names the board at a place of the configuration", () => {
		assert.equal(told(events.EVENT_FOLLOWER, 7, 2, LEADER), "follows board 4 in term 7");
	});
	it("does not tell what follows from the rest", () => {
		assert.equal(told(events.EVENT_FOLLOWER, 7, 2, FOLLOWER), undefined);
		assert.equal(told(events.EVENT_FOLLOWER, 7, -1, LEADER), undefined);
		assert.equal(told(events.EVENT_VOTE, 7, 1, 0), undefined);
	});
	it("tells the first boot from a later one", () => {
		assert.equal(inPlainWords("node 3.1, boot 1, term 0, log to 0", MEMBERS), "boots for the first time");
		assert.equal(
			inPlainWords("node 3.1, boot 12, term 4, log to 981", MEMBERS),
			"boots; its flash knows term 4 and a log up to entry 981",
		);
	});
	it("tells a line that it does not know as it is", () => {
		assert.equal(inPlainWords("watchdog: stuck at pc 00001234", MEMBERS), "says: watchdog: stuck at pc 00001234");
		assert.equal(inPlainWords("constructor: x: 1 2 3", MEMBERS), "says: constructor: x: 1 2 3");
	});
});
