/** Five real boards at work allocate nothing: a thousand entries here, ten thousand by scripts/allocation.ts. */
import { buildFirmware } from "../../scripts/build";
import { expectNothingAllocated, measureAllocation } from "../../scripts/story/allocation";

const ENTRIES = 1000;

describe("boards", function () {
	this.timeout(180_000);
	it("allocate nothing for an entry, a read or a message in steady state", async () => {
		const firmware = await buildFirmware(() => {});
		expectNothingAllocated(await measureAllocation({ firmware, entries: ENTRIES, booted: () => {} }));
	});
});
