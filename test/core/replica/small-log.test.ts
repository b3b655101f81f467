import assert from "node:assert/strict";
import { sectorRoomBytes, snapshotBytesMax } from "../../../core/journal/layout";
import { PROFILE_S } from "../../../core/limits";
import { STORAGE_RESERVE_BYTES } from "../../../core/raft/raft";
import { DONE } from "../../../core/reasons";
import { CALM } from "../../../sim/links";
import { World } from "../../../sim/world";
import { SimulatedClient } from "../client/simulated-client";

/** So small that a log refuses proposals long before a third of its sectors is used. */
const SECTOR_BYTES = 1024;
const LIMITS = { ...PROFILE_S, snapshotEvery: 5000 };
/** The least log that a node starts with. */
const LOG_SECTORS = Math.ceil((2 * STORAGE_RESERVE_BYTES) / sectorRoomBytes(LIMITS, SECTOR_BYTES)) + 3;
/** Superblocks, hard state and spares; a snapshot's slot is its stream and a header. */
const OTHER_SECTORS = 8 + 2 * Math.ceil((64 + snapshotBytesMax(LIMITS)) / SECTOR_BYTES);

function world(logSectors: number): World {
	const flashBytes = (OTHER_SECTORS + logSectors) * SECTOR_BYTES;
	const made = new World({ seed: 1, nodes: 1, limits: LIMITS, flashBytes, sectorBytes: SECTOR_BYTES, network: CALM });
	made.boot(made.nodes[0]);
	assert.ok(made.runUntil(() => made.leader() !== undefined, 10_000));
	return made;
}

describe("the smallest log on flash", () => {
	// Seeds 4359, 5169 and 5325 of the simulator, as it was then: the log refused proposals for want of room,
	// and by its sectors was not crowded enough for the snapshot that would have freed them.
	it("takes writes for ever, because a log that refuses proposals is due for a snapshot", () => {
		const made = world(LOG_SECTORS);
		const client = new SimulatedClient(made, 1, 1);
		for (let i = 0; i < 200; i++) {
			let reason = -1;
			assert.ok(client.put(`key${i % 20}`, "x".repeat(200), (answer) => (reason = answer.reason)));
			made.runUntil(() => reason !== -1, made.nowMs + 20_000);
			assert.equal(reason, DONE, `write ${i}`);
		}
		assert.ok((made.nodes[0].replica?.member?.snapshots.taken ?? 0) > 2);
	});

	it("is refused when it is smaller", () => {
		assert.throws(() => world(LOG_SECTORS - 1), /the log on flash is too small for these limits/);
	});
});
