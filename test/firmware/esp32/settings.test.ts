import assert from "node:assert/strict";
import {
	ADMITTED,
	CLONED,
	JOURNAL_LOST,
	NEW_BOARD,
	NOT_BOUND,
	OTHER_IDENTITY,
	Settings,
	type TextStore,
} from "../../../firmware/esp32/settings";

class MemoryStore implements TextStore {
	readonly texts = new Map<string, string>();
	read(key: string): string {
		return this.texts.get(key) ?? "";
	}
	write(key: string, value: string): void {
		assert.ok(key.length <= 15, "a key of NVS has at most 15 characters");
		this.texts.set(key, value);
	}
}

const JOURNAL = { clusterHigh: 1, clusterLow: 2, id: 3, incarnation: 1 };
const MAC = "240ac4000001";

describe("may this board be the node that its flash says", () => {
	function bound(): Settings {
		const settings = new Settings(new MemoryStore());
		settings.bind(JOURNAL, MAC);
		return settings;
	}

	it("yes, on the board that it was bound to", () => assert.equal(bound().admit(JOURNAL, MAC), ADMITTED));
	it("a board with neither journal nor bond is new", () =>
		assert.equal(new Settings(new MemoryStore()).admit(null, MAC), NEW_BOARD));
	it("no, when the flash was copied to another board", () =>
		assert.equal(bound().admit(JOURNAL, "240ac4000009"), CLONED));
	it("no, when the journal is gone and its promises with it", () =>
		assert.equal(bound().admit(null, MAC), JOURNAL_LOST));
	it("no, when only the journal was copied", () =>
		assert.equal(new Settings(new MemoryStore()).admit(JOURNAL, MAC), NOT_BOUND));
	it("no, when power failed between the two halves of the bond", () => {
		const store = new MemoryStore();
		new Settings(store).bind(JOURNAL, MAC);
		store.texts.delete("mac");
		assert.equal(new Settings(store).admit(JOURNAL, MAC), NOT_BOUND);
	});
	for (const other of [{ id: 4 }, { incarnation: 2 }, { clusterLow: 3 }])
		it(`no, when the journal is of another ${Object.keys(other)[0]}`, () =>
			assert.equal(bound().admit({ ...JOURNAL, ...other }, MAC), OTHER_IDENTITY));

	it("comes back in a later life only, when its journal is lost", () => {
		const settings = bound();
		assert.equal(settings.isLaterLife(JOURNAL), false);
		assert.equal(settings.isLaterLife({ ...JOURNAL, incarnation: 2 }), true);
		assert.equal(settings.isLaterLife({ ...JOURNAL, id: 4 }), true);
		assert.equal(settings.isLaterLife({ ...JOURNAL, clusterLow: 3 }), true);
		settings.bind({ ...JOURNAL, incarnation: 12 }, MAC);
		assert.equal(settings.isLaterLife({ ...JOURNAL, incarnation: 9 }), false);
	});

	it("keeps the network and the port, and takes no nonsense for a port", () => {
		const store = new MemoryStore();
		const settings = new Settings(store);
		assert.equal(settings.port, 0);
		settings.setNetwork("barn", "correct horse");
		settings.setPort(7003);
		assert.deepEqual([settings.ssid, settings.password, settings.port], ["barn", "correct horse", 7003]);
		store.texts.set("port", "99999");
		assert.equal(settings.port, 0);
	});
});
