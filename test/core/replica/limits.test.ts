import assert from "node:assert/strict";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { Journal } from "../../../core/journal/journal";
import { MEMBER_LIMIT, READY, statusName } from "../../../core/journal/status";
import { type Limits, PROFILE_M } from "../../../core/limits";
import { BUILD } from "../../../core/raft/levels";
import { formatNode } from "../../../core/replica/format";
import { judgeJournal } from "../../../core/replica/spoken";
import { MemoryFlash } from "../../../sim/memory-flash";

const IDENTITY = { clusterHigh: 1, clusterLow: 2, id: 1, incarnation: 1 };

function members(count: number): Configuration {
	const configuration = new Configuration(count);
	for (let id = 1; id <= count; id++) configuration.add(id, 1, ROLE_VOTER, 0x0a000000 + id, 7000);
	return configuration;
}

describe("F6: a cluster of more members than a build holds", () => {
	const larger: Limits = { ...PROFILE_M, members: 8 };

	it("stops the node by the name MEMBER_LIMIT, not by that of a level", () => {
		const flash = new MemoryFlash(1024 * 1024, 4096);
		formatNode(flash, larger, IDENTITY, members(8));
		const open = (limits: Limits) => {
			const journal = new Journal(flash, limits);
			return statusName(journal.open(null, (opened, keepsLog) => judgeJournal(opened, keepsLog, limits, BUILD)));
		};
		assert.equal(open(PROFILE_M), statusName(MEMBER_LIMIT));
		assert.equal(open(larger), statusName(READY));
	});

	it("is never formatted, and the flash stays blank", () => {
		const flash = new MemoryFlash(1024 * 1024, 4096);
		assert.throws(() => formatNode(flash, PROFILE_M, IDENTITY, members(8)), /MEMBER_LIMIT/);
		assert.ok(flash.bytes.every((byte) => byte === 0xff));
	});
});
