import assert from "node:assert/strict";
import { LeaseStorm } from "./lease-storm";

const SEEDS = 200;

describe("leases under late orders and quick restarts", () => {
	for (const quietAfterMs of [0, 300]) {
		it(`serve nothing from the past, ${quietAfterMs > 0 ? "with rests, " : ""}${SEEDS} seeds`, function () {
			this.timeout(120_000);
			const sum = { leaseReads: 0, reads: 0, writes: 0, orders: 0 };
			for (let seed = 1; seed <= SEEDS; seed++) {
				const storm = new LeaseStorm(seed, quietAfterMs);
				try {
					storm.run();
				} catch (error) {
					throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
				}
				sum.leaseReads += storm.leaseReads;
				sum.reads += storm.reads;
				sum.writes += storm.writes;
				sum.orders += storm.orders;
			}
			console.log(`      ${JSON.stringify(sum)}`);
			assert.ok(sum.leaseReads > 10 * SEEDS && sum.orders > SEEDS && sum.writes > 10 * SEEDS);
		});
	}
});
