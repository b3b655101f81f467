/** The journal inside XS: the same bytes on flash as on V8, and no memory taken in steady state. */
import { CHUNK_BYTES_ALLOCATED, counter, SLOTS_ALLOCATED } from "../../platform/qemu/board";
import { DIGEST_OF_LIFE, JournalLife } from "../core/journal/life";
import { describe, equal, it } from "./harness";

/** Twice so many fit the log, of which a boot takes no sector that was opened before. */
const ROUNDS = 16;

describe("journal", () => {
	it("writes and reads the same bytes as on V8", () => {
		equal(new JournalLife().run(), DIGEST_OF_LIFE);
	});

	it("takes no memory for appends, hard states and reads", () => {
		const life = new JournalLife();
		const { journal } = life;
		const target = new Uint8Array(1024);
		const work = (): void => {
			for (let i = 0; i < ROUNDS; i++) {
				journal.prepare();
				life.append(0, 2, 1);
				journal.writeHardState(1, i, 1);
				journal.read(journal.lastIndex - 1, target, 0, 1024);
			}
		};
		work();
		const slots = counter(SLOTS_ALLOCATED);
		const chunks = counter(CHUNK_BYTES_ALLOCATED);
		work();
		equal(counter(CHUNK_BYTES_ALLOCATED) - chunks, 0);
		equal(counter(SLOTS_ALLOCATED) - slots, 0);
	});
});
