/** The client inside XS: the same bytes as on V8, and no memory taken in steady state. */
import { CHUNK_BYTES_ALLOCATED, counter, SLOTS_ALLOCATED } from "../../platform/qemu/board";
import { STEPS, STORM_ANSWERS, STORM_DIGEST, Storm } from "../core/client/storm";
import { describe, equal, it } from "./harness";

const STEADY_STEPS = 1000;

describe("client inside XS", () => {
	it("sends and answers in a storm what it does on V8", () => {
		const storm = new Storm();
		storm.run(STEPS);
		equal(storm.answers, STORM_ANSWERS);
		equal(storm.digest, STORM_DIGEST);
	});

	it("takes no memory for calls, retries and answers", () => {
		const storm = new Storm();
		storm.run(STEPS);
		const slots = counter(SLOTS_ALLOCATED);
		const chunkBytes = counter(CHUNK_BYTES_ALLOCATED);
		storm.run(STEADY_STEPS);
		const slotsTaken = counter(SLOTS_ALLOCATED) - slots;
		const chunkBytesTaken = counter(CHUNK_BYTES_ALLOCATED) - chunkBytes;
		equal(slotsTaken, 0, "slots");
		equal(chunkBytesTaken, 0, "chunk bytes");
	});
});
