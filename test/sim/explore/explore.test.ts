/** The exploration in small bounds: it ends, it counts the same each time, and it can fail. */
import assert from "node:assert/strict";
import { Log } from "../../../core/raft/log";
import { Persistence } from "../../../core/raft/persistence";
import type { Raft } from "../../../core/raft/raft";
import { Reads } from "../../../core/raft/reads";
import { LEADER } from "../../../core/raft/role";
import { type Bounds, DEFAULT_BOUNDS } from "../../../sim/explore/bounds";
import { Exploration, explore } from "../../../sim/explore/explore";
import { HUNT_BOUNDS, Hunt } from "../../../sim/explore/hunt";
import { Model } from "../../../sim/explore/model";
import { inverse, ordersOf } from "../../../sim/explore/renaming";
import { Symmetry } from "../../../sim/explore/symmetry";

const SMALL: Bounds = { ...DEFAULT_BOUNDS, terms: 1, timeouts: 2, entries: 0, crashes: 1 };

/** All rows that follow a row, as text. */
function followers(model: Model, row: Uint32Array, of: (next: Uint32Array) => Uint32Array): string[] {
	const found: string[] = [];
	model.expand(row, (next) => found.push(of(next).join()));
	return found;
}

/** Rows of a model in the order of a search without any reduction by names. */
function allRows(model: Model, rowsMax: number): { rows: Uint32Array[]; isComplete: boolean } {
	const rows = [model.initial()];
	const seen = new Set([rows[0].join()]);
	for (let at = 0; at < rows.length; at++) {
		if (rows.length > rowsMax) return { rows, isComplete: false };
		model.expand(rows[at], (next) => {
			const key = next.join();
			if (seen.has(key)) return;
			seen.add(key);
			rows.push(next.slice());
		});
	}
	return { rows, isComplete: true };
}

describe("exhaustive exploration", () => {
	it("searches small bounds to their end, and counts the same each time", () => {
		const first = explore(SMALL);
		assert.equal(first.violation, null);
		assert.ok(first.isComplete && first.states > 10_000 && first.depth > 15, JSON.stringify(first));
		assert.deepEqual(explore(SMALL), first);
	});

	it("comes to everything that it is there for", () => {
		const bounds = { ...DEFAULT_BOUNDS, terms: 1, timeouts: 1, entries: 1, reads: 1, crashes: 0 };
		const exploration = new Exploration(bounds);
		const result = exploration.run();
		assert.ok(result.violation === null && result.isComplete);
		const { datagrams, histories, node } = exploration.model;
		const kinds = new Set<number>();
		for (let number = 1; number <= datagrams.table.size; number++) kinds.add(datagrams.table.at(number).kind);
		assert.deepEqual([...kinds].sort(), [1, 2, 3, 4, 5, 6]);
		let committed = 0;
		for (let number = 1; number <= histories.table.size; number++)
			committed = Math.max(committed, histories.table.at(number).committed.length);
		assert.equal(committed, 2, "the no-op and the command");
		let applied = 0;
		for (let number = 1; number <= node.states.size; number++)
			applied = Math.max(applied, node.states.at(number).appliedIndex);
		assert.equal(applied, 2);
	});

	it("comes to leaders that were asked to lead, and to orders that were given up", () => {
		const bounds = { ...DEFAULT_BOUNDS, timeouts: 1, entries: 0, crashes: 0, transfers: 1 };
		for (const [more, gaveUp] of [
			[{}, false],
			[{ heartbeats: 1, messages: 1 }, true],
		] as const) {
			const exploration = new Exploration({ ...bounds, ...more });
			const result = exploration.run();
			assert.ok(result.violation === null && result.isComplete, JSON.stringify(result));
			const { node } = exploration.model;
			let ledByOrder = 0;
			let servesOn = 0;
			for (let number = 1; number <= node.states.size; number++) {
				const state = node.states.at(number);
				if (state.role === LEADER && state.term === 2) ledByOrder++;
				// An order that was given up leaves a gap in the rounds.
				if (state.role === LEADER && state.term === 1 && !state.isTransferring && state.round > 2) servesOn++;
			}
			assert.ok(ledByOrder > 0);
			assert.equal(servesOn > 0, gaveUp);
		}
	});

	it("stops when it is told to", () => {
		assert.equal(explore({ ...SMALL, states: 1000 }).isComplete, false);
		assert.equal(explore(SMALL, () => false).isComplete, false);
	});
});

/** Explores with a method of the core exchanged for another. */
function exploreWith(owner: object, name: string, wrong: unknown, bounds: Partial<Bounds>) {
	const methods = owner as { [name: string]: unknown };
	const right = methods[name];
	assert.equal(typeof right, "function", name);
	methods[name] = wrong;
	try {
		return explore({ ...DEFAULT_BOUNDS, entries: 0, crashes: 0, ...bounds });
	} finally {
		methods[name] = right;
	}
}

describe("exploration of a core with a known mistake", () => {
	it("finds promises that are sent before they are durable (pitfall 1)", () => {
		const { violation, path } = exploreWith(Persistence.prototype, "afterTerm", () => 0, {});
		assert.match(violation ?? "", /^durable before sent: node \d speaks of term 1 and has 0 on its disk/);
		assert.ok(path.length < 10 && path[0].includes("its timer fires"), path.join("\n"));
	});

	it("finds votes for those whose log lacks something (pitfall 4)", () => {
		const { violation, path } = exploreWith(Log.prototype, "isUpToDate", () => true, {});
		assert.match(violation ?? "", /^(leader completeness|assertion|state machine safety|commit)/);
		assert.ok(
			path.some((line) => line.includes("→ leads term 2")),
			path.join("\n"),
		);
	});

	it("finds a read that is answered before a quorum has confirmed the leader (pitfall 35)", () => {
		function confirm(this: { confirmed: number; opened: number; release(node: Raft): void }, node: Raft): void {
			this.confirmed = this.opened;
			this.release(node);
		}
		const { violation, path } = exploreWith(Reads.prototype, "confirm", confirm, { reads: 1 });
		assert.match(violation ?? "", /^read index: node \d answers a read at 1, applied 1, and 2 was committed/);
		assert.ok(path.at(-1)?.includes("is asked for a linearizable read"), path.join("\n"));
	});
});

describe("walks at random", () => {
	it("are the same for the same seed", () => {
		const first = new Hunt(HUNT_BOUNDS, 3).run(20);
		assert.deepEqual(new Hunt(HUNT_BOUNDS, 3).run(20), first);
		assert.ok(first.violation === null && first.steps > 400, JSON.stringify(first));
	});

	it("find a mistake, and say how", () => {
		const right = Log.prototype.isUpToDate;
		Log.prototype.isUpToDate = () => true;
		try {
			const { violation, path, walks } = new Hunt(HUNT_BOUNDS, 1).run(1000);
			assert.ok(violation !== null, `${walks} walks`);
			assert.ok(path.length > 10 && path.every((line) => line.startsWith("node ")), path.join("\n"));
		} finally {
			Log.prototype.isUpToDate = right;
		}
	});
});

describe("renaming", () => {
	it("knows all orders, the first changes nothing", () => {
		assert.deepEqual(ordersOf(3).sort(), [
			[0, 1, 2],
			[0, 2, 1],
			[1, 0, 2],
			[1, 2, 0],
			[2, 0, 1],
			[2, 1, 0],
		]);
		assert.deepEqual(ordersOf(4)[0], [0, 1, 2, 3]);
		for (const order of ordersOf(4)) assert.deepEqual(inverse(inverse(order)), order);
	});

	it("leaves as many states as there are without names", () => {
		const bounds = { ...DEFAULT_BOUNDS, terms: 1, timeouts: 1, entries: 0, crashes: 1, messages: 3 };
		const model = new Model(bounds);
		const { rows, isComplete } = allRows(model, 100_000);
		assert.ok(isComplete, `${rows.length} rows`);
		const symmetry = new Symmetry(model);
		const classes = new Set(rows.map((row) => symmetry.canonical(row).join()));
		assert.equal(explore(bounds).states, classes.size);
		assert.ok(classes.size * 4 < rows.length, `${rows.length} rows of ${classes.size} classes`);
	});

	it("a step of the renamed cluster is the renamed step of the cluster", () => {
		const much = { heartbeats: 1, entries: 1, reads: 1, crashes: 1, duplicates: 1, transfers: 1, messages: 3 };
		const bounds = { ...DEFAULT_BOUNDS, ...much };
		const model = new Model(bounds);
		const symmetry = new Symmetry(model);
		const { rows } = allRows(model, 40_000);
		for (let at = 0; at < rows.length; at += 97) {
			const row = rows[at];
			// The same state under other names is explored as the same.
			const canonical = symmetry.canonical(row).slice();
			const before = followers(model, row, (next) => symmetry.canonical(next));
			const after = followers(model, canonical, (next) => symmetry.canonical(next));
			assert.deepEqual(new Set(after), new Set(before));
		}
	});
});
