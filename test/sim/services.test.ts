/** What a run has beside writes and reads at the leader: that it happens, that it holds, and that its checks can fail. */
import assert from "node:assert/strict";
import type { Call } from "../../core/client/call";
import { EVENT_LEADER } from "../../core/events";
import { DONE } from "../../core/reasons";
import type { NodeQuestion } from "../../sim/client";
import type { Operation } from "../../sim/history/history";
import { Leases } from "../../sim/leases";
import { Ledger } from "../../sim/ledger";
import { CALM } from "../../sim/links";
import { LocalReads } from "../../sim/local-reads";
import { drawOptions, type Overrides } from "../../sim/options";
import { simulate } from "../../sim/run";
import { NO_SERVICES, type Services } from "../../sim/services";
import { World } from "../../sim/world";

function sumOf(seeds: number, overrides: Overrides): Services {
	const sum: Services = { ...NO_SERVICES };
	for (let seed = 1; seed <= seeds; seed++) {
		const { services } = simulate(drawOptions(seed, overrides));
		for (const name of Object.keys(sum) as (keyof Services)[]) sum[name] += services[name];
	}
	return sum;
}

describe("services in the simulator", () => {
	it("all happen in 120 seeds, and no lease outlives its leader", function () {
		this.timeout(120_000);
		const sum = sumOf(120, {});
		const {
			copiesSpared: _spared,
			drainsLate: _late,
			drainsRefused: _refused,
			drainsUnknown: _unknown,
			handOversByPriority: _byPriority,
			leaseReadsLate,
			leasesOutlived,
			pathsGrown: _grown,
			staleHistories,
			...happen
		} = sum;
		for (const [name, count] of Object.entries(happen)) assert.ok(count > 0, `${name} never happened`);
		assert.equal(leaseReadsLate + leasesOutlived + staleHistories, 0);
		assert.ok(sum.followerReads > 500 && sum.localReads > 500 && sum.leaseReads > 500, JSON.stringify(sum));
		assert.ok(sum.transfersDone > 50 && sum.drainsDone > 50);
	});

	it("show reads of the past from leases when clocks err by more than they may", function () {
		this.timeout(120_000);
		const { leaseReadsLate, staleHistories } = sumOf(150, { wildClocks: true });
		assert.ok(leaseReadsLate > 0 && staleHistories > 0, `${leaseReadsLate} late, ${staleHistories} histories`);
	});

	it("have no clocks that jump where leases hold, unless the clocks are wild or it is asked for", () => {
		const isJump = (name: string) => name === "clock jump" || name === "impatience";
		const drawn = Array.from({ length: 300 }, (_, seed) => drawOptions(seed));
		const leased = drawn.filter(({ leaseMs }) => leaseMs > 0);
		assert.ok(leased.length > 50 && leased.length < 150);
		assert.ok(leased.every(({ faults }) => !faults.some(isJump)));
		assert.ok(leased.every(({ clockSpreadPermille, driftPerMille }) => clockSpreadPermille <= driftPerMille));
		const wild = leased.map(({ seed }) => drawOptions(seed, { wildClocks: true }));
		assert.ok(wild.some(({ faults }) => faults.some(isJump)));
		const asked = leased.map(({ seed }) => drawOptions(seed, { only: ["clock jump"] }));
		assert.ok(asked.every(({ faults, leaseMs }) => faults.includes("clock jump") && leaseMs === 0));
	});

	it("know a lease that is used while a later term is led", () => {
		const { limits, flashBytes } = drawOptions(1);
		const leaseMs = 1174;
		const world = new World({ seed: 1, nodes: 1, limits, flashBytes, network: CALM, leaseMs });
		const services: Services = { ...NO_SERVICES };
		const leases = new Leases(world, services, false);
		const [node] = world.nodes;
		world.watcher = {
			booted: (each) => leases.booted(each),
			traced: (_node, event, term) => leases.traced(event, term),
			lostPower: () => {},
			turned: () => {},
			sent: () => {},
			struck: () => {},
		};
		world.boot(node);
		world.run(5000);
		const raft = node.replica?.member?.raft;
		assert.ok(raft !== undefined);
		assert.ok(raft.lease.holds(raft));
		assert.equal(services.leaseReads, 1);
		assert.throws(() => leases.traced(EVENT_LEADER, raft.term + 1), /lease: node 1 holds one of term/);
		assert.throws(() => raft.lease.holds(raft), /lease: node 1 holds one of term \d+ while \d+ is led/);
	});
});

describe("local reads in the simulator", () => {
	const QUESTION: NodeQuestion = { operation: "get", key: "6b00", node: 1, isLocal: true, notBefore: 0 };
	const answer = { reason: DONE, index: 0, revision: 5, modRevision: 5, createRevision: 1, version: 2, more: false };
	const call = { ...answer, ageMs: 10, member: 1, leader: 2, term: 1, answer: Uint8Array.of(7), answerOffset: 0 };
	const write = { operation: "put", outcome: "done", reason: "DONE", key: "6b00" };
	const put = (revision: number, value: string) => ({ ...write, value, answer: { revision } }) as Operation;

	function reads(): { local: LocalReads; tell: (changes: Partial<Call>, notBefore?: number) => void } {
		const { limits, flashBytes } = drawOptions(1);
		const world = new World({ seed: 1, nodes: 2, limits, flashBytes, network: CALM });
		world.nowMs = 1000;
		const local = new LocalReads(world, { ...NO_SERVICES }, new Ledger(0), 0);
		local.traced(EVENT_LEADER, 1);
		return {
			local,
			tell: (changes, notBefore = 0) => {
				const told = { ...call, answerLength: 1, ageMs: 2 ** 48 - 1, ...changes } as Call;
				local.answered({ question: { ...QUESTION, notBefore }, askedMs: 1000, call: told });
			},
		};
	}

	it("that are true are believed", () => {
		const { local, tell } = reads();
		tell({});
		local.judge([put(4, "06"), put(5, "07"), put(6, "08")]);
	});

	it("of what is not committed, or before the wanted revision, are found", () => {
		assert.throws(() => reads().tell({ index: 1 }), /entry 1 is not committed/);
		assert.throws(() => reads().tell({}, 6), /revision 5 for one not before 6/);
	});

	it("with an age that is too young are found", () => {
		assert.throws(() => reads().tell({ ageMs: 10 }), /heard no leader since/);
		const { local, tell } = reads();
		assert.doesNotThrow(() => tell({ ageMs: 10, leader: 1 }));
		local.traced(EVENT_LEADER, 2);
		assert.doesNotThrow(() => tell({ ageMs: 10, leader: 1 }));
	});

	it("of values that nobody wrote, or that were overwritten by then, are found", () => {
		const wrong: readonly [Partial<Call>, Operation[], RegExp][] = [
			[{}, [put(3, "07"), put(5, "08")], /another value/],
			[{ modRevision: 4 }, [put(4, "07"), put(5, "08")], /misses what happened at 5/],
			[{ modRevision: 6 }, [], /was changed at 6/],
			[{}, [put(3, "06")], /was never written so/],
			[{ modRevision: 0 }, [put(5, "08")], /misses the write at 5/],
		];
		for (const [changes, operations, message] of wrong) {
			const { local, tell } = reads();
			tell(changes);
			assert.throws(() => local.judge(operations), message);
		}
	});

	it("of two states after one entry are found", () => {
		const { local, tell } = reads();
		tell({});
		tell({ revision: 6 });
		assert.throws(() => local.judge([put(5, "07")]), /revision 5 after entry 0, 6 after 0/);
	});
});
