/** Changes of the members: what is explored of them, and that it can fail. */
import assert from "node:assert/strict";
import { Configuration, ROLE_LEARNER, ROLE_NONE, ROLE_VOTER } from "../../../core/configuration";
import { ENTRY_CONFIGURATION } from "../../../core/entry";
import { append } from "../../../core/raft/membership";
import { Voters } from "../../../core/raft/quorum";
import { Random } from "../../../core/raft/random";
import { LEADER } from "../../../core/raft/role";
import { type Bounds, DEFAULT_BOUNDS, SCOPES, spentOf } from "../../../sim/explore/bounds";
import { CHOICES } from "../../../sim/explore/choices";
import { fill, membersIn } from "../../../sim/explore/datagrams";
import { Exploration, explore } from "../../../sim/explore/explore";
import { HUNT_BOUNDS, Hunt } from "../../../sim/explore/hunt";
import { fillConfiguration, isQuorumOf, membersOf, membersOfText, textOfMembers } from "../../../sim/explore/members";
import { Model } from "../../../sim/explore/model";
import type { Node } from "../../../sim/explore/node";
import { Symmetry } from "../../../sim/explore/symmetry";

const ADD = { members: "vvl", changes: ["vvv"], leader: 0 };
const REPLACE = { members: "vvl", changes: ["-vv"], leader: 0 };
const REMOVE = { members: "vvv", changes: ["vv-"], leader: 0 };
/** Small enough to be searched in a second or two. */
const SMALL: Bounds = { ...DEFAULT_BOUNDS, timeouts: 1, entries: 0, crashes: 0, changes: 1 };

/** All configurations that stand in a log of any node. */
function configurationsOf(exploration: Exploration): Set<string> {
	const { states } = exploration.model.node;
	const found = new Set<string>();
	for (let number = 1; number <= states.size; number++) {
		for (const entry of states.at(number).log) if (membersIn(entry) > 0) found.add(textOfMembers(membersIn(entry)));
	}
	return found;
}

describe("members as numbers", () => {
	it("say who is what, in one half or both", () => {
		const configuration = new Configuration(4);
		configuration.add(1, 1, ROLE_VOTER, 0, 0);
		configuration.add(3, 1, ROLE_LEARNER, 0, 0);
		assert.equal(textOfMembers(membersOf(configuration)), "v-l");
		assert.equal(membersOf(configuration), membersOfText("v-l"));
		configuration.clear();
		configuration.add(1, 1, ROLE_VOTER, 0, 0, ROLE_VOTER);
		configuration.add(2, 1, ROLE_NONE, 0, 0, ROLE_VOTER);
		configuration.add(3, 1, ROLE_VOTER, 0, 0, ROLE_LEARNER);
		const joint = membersOf(configuration);
		assert.equal(textOfMembers(joint), "v-v from vvl");
		const again = new Configuration(4);
		fillConfiguration(again, joint);
		assert.equal(membersOf(again), joint);
		assert.deepEqual([...again.ids], [1, 2, 3, 0]);
		assert.throws(() => membersOfText("vx"), /no list of roles/);
	});

	it("know a quorum of both halves", () => {
		const configuration = new Configuration(3);
		configuration.add(1, 1, ROLE_VOTER, 0, 0, ROLE_VOTER);
		configuration.add(2, 1, ROLE_NONE, 0, 0, ROLE_VOTER);
		configuration.add(3, 1, ROLE_VOTER, 0, 0, ROLE_LEARNER);
		const holds = (...places: number[]) => isQuorumOf(membersOf(configuration), 3, (place) => places.includes(place));
		assert.ok(holds(0, 1, 2) && !holds(0, 1) && !holds(0, 2) && !holds(1, 2));
		const single = membersOfText("vvl");
		assert.ok(isQuorumOf(single, 3, (place) => place < 2) && !isQuorumOf(single, 3, (place) => place > 0));
	});
});

describe("exploration of changes", () => {
	it("begins with a leader whom all have heard, and nothing in flight", () => {
		const model = new Model({ ...SMALL, setting: REPLACE });
		const row = model.initial();
		const states = model.statesOf(row);
		assert.deepEqual(
			states.map(({ role }) => role === LEADER),
			[true, false, false],
		);
		assert.ok(
			states.every(({ commitIndex, diskTerm, isWriting }) => commitIndex === 1 && diskTerm === 1 && !isWriting),
		);
		assert.deepEqual([...row.subarray(3)].slice(1), [0, 0, 0]);
		assert.throws(() => new Model({ ...SMALL, setting: { ...ADD, members: "vv" } }), RangeError);
	});

	it("comes to the end of a change in one step and of one in two, with an election between", () => {
		const cases: readonly [Bounds, string[]][] = [
			[{ ...SMALL, setting: ADD }, ["vvv"]],
			[{ ...SMALL, setting: REPLACE }, ["-vv", "-vv from vvl"]],
		];
		for (const [bounds, expected] of cases) {
			const exploration = new Exploration(bounds);
			const result = exploration.run();
			assert.ok(result.violation === null && result.isComplete, JSON.stringify(result));
			assert.deepEqual([...configurationsOf(exploration)].sort(), expected);
			const { histories, node } = exploration.model;
			let changed = 0;
			for (let number = 1; number <= histories.table.size; number++) {
				const { committed, pending } = histories.table.at(number);
				if (committed.some((entry) => textOfMembers(membersIn(entry)) === expected[0]) && pending.length === 0)
					changed++;
			}
			assert.ok(changed > 0, "no change was committed and answered");
			let others = 0;
			for (let number = 1; number <= node.states.size; number++) {
				const { log, role, term } = node.states.at(number);
				if (role === LEADER && term === 2 && log.some((entry) => membersIn(entry) > 0)) others++;
			}
			assert.ok(others > 0, "no later leader has the change in its log");
		}
	});

	it("exchanges no nodes but those of equal roles", () => {
		const orders = (setting: Bounds["setting"]) => new Model({ ...SMALL, setting }).orders.length;
		assert.deepEqual([orders(undefined), orders(ADD), orders(REMOVE), orders(REPLACE)], [6, 2, 2, 1]);
	});

	it("a step of the renamed cluster is the renamed step of the cluster", () => {
		const model = new Model({ ...SMALL, crashes: 1, heartbeats: 1, setting: REMOVE });
		const symmetry = new Symmetry(model);
		const rows = [model.initial()];
		const seen = new Set<string>();
		const outcomes = (row: Uint32Array) => {
			const found = new Set<string>();
			model.expand(row, (next) => found.add(symmetry.canonical(next).join()));
			return found;
		};
		let renamed = 0;
		for (let at = 0; at < rows.length && rows.length < 20_000; at++) {
			model.expand(rows[at], (next) => {
				const key = next.join();
				if (!seen.has(key)) rows.push(next.slice());
				seen.add(key);
			});
			if (at % 41 !== 0) continue;
			const canonical = symmetry.canonical(rows[at]).slice();
			if (canonical.join() !== rows[at].join()) renamed++;
			assert.deepEqual(outcomes(canonical), outcomes(rows[at]));
		}
		assert.ok(renamed > 20, `${renamed} rows had other names`);
	});

	it("finds that a joint configuration decides by a majority of all (pitfall 53)", () => {
		const right = Voters.prototype.take;
		Voters.prototype.take = function take(configuration) {
			right.call(this, configuration);
			let voters = 0;
			for (let place = 0; place < this.count; place++) if (this.either[place] === 1) voters++;
			this.incoming.set(this.either);
			this.quorum = Math.floor(voters / 2) + 1;
			this.outgoingQuorum = 0;
		};
		try {
			const { path, violation } = explore({ ...SMALL, setting: REPLACE });
			assert.match(violation ?? "", /^commit: node 1 commits up to 2, which 2 disks hold, of members -vv from vvl/);
			assert.ok(
				path.some((line) => line.includes("is asked to change the configuration to the first one")),
				path.join("\n"),
			);
		} finally {
			Voters.prototype.take = right;
		}
	});

	it("walks at random through changes too", () => {
		const bounds = { ...HUNT_BOUNDS, changes: 2, setting: { ...REMOVE, changes: ["vvl", "vll"] } };
		const result = new Hunt(bounds, 5).run(25);
		assert.ok(result.violation === null && result.steps > 400, JSON.stringify(result));
	});

	it("asks in each state whether those that are alive can have a leader again (F1)", () => {
		const dead = { ...REMOVE, changes: ["v-v", "-vv", "vv-"], dead: 2 };
		const result = explore({ ...SMALL, setting: dead });
		assert.ok(result.violation === null && result.isComplete && result.states > 50, JSON.stringify(result));
		const model = new Model({ ...SMALL, setting: dead });
		const row = model.initial();
		// As a leader without the rule would do it: the change is in its log, and the dead node is needed for it.
		row[0] = model.node.step(row[0], ({ raft }) => {
			const { change } = raft;
			fillConfiguration(change.draft, membersOfText("v-v"));
			change.draft.index = raft.log.lastIndex + 1;
			const length = change.encoding.write(change.bytes, 0, change.bytes.length, change.draft);
			assert.ok(raft.log.proposeReserved(ENTRY_CONFIGURATION, raft.term, change.bytes, 0, length, 0));
			append(raft, change.draft);
			raft.appendsDue = true;
		}).to;
		assert.throws(() => model.check(row), /never have a leader again/);
	});

	it("has scopes of its own", () =>
		assert.equal(SCOPES.filter(({ bounds }) => bounds.setting !== undefined).length, 10));
});

/** What leads on from the row that was expanded last, as an input of its node. */
function inputOf(model: Model, row: Uint32Array): (node: Node) => void {
	const { choice, isLate, message } = model.act;
	if (choice >= 0) {
		const { act, spends } = CHOICES[choice];
		const spent = spends === undefined ? 0 : spentOf(row[model.bounds.nodes + 1], spends);
		return (node) => act(node, spent);
	}
	const datagram = model.datagrams.table.at(message);
	return (node) => {
		const { raft } = node;
		if (isLate) raft.setTime(raft.leaderHeardMs + raft.configuration.electionMsMin);
		fill(node.message, datagram, node.codec);
		raft.receive(node.message);
	};
}

describe("states as numbers", () => {
	it("lose nothing: nodes that never were one do the same", () => {
		const random = new Random(1, 99);
		let steps = 0;
		for (const setting of [undefined, REPLACE, REMOVE, { ...REMOVE, changes: ["vvl", "vll"] }]) {
			const bounds = { ...HUNT_BOUNDS, setting, changes: setting === undefined ? 0 : 2 };
			const model = new Model(bounds);
			for (let walk = 0; walk < 15; walk++) {
				const row = model.initial();
				const lives = Array.from({ length: bounds.nodes }, (_, place) => {
					const node = model.newNode();
					node.startFrom(model.node.states.at(row[place]));
					return node;
				});
				for (;;) {
					const next = row.slice();
					let seen = 0;
					let place = 0;
					let act = (_node: Node) => {};
					model.expand(row, (found) => {
						// Messages and writes more often than what spends a bound, so that walks come far.
						const isFree = model.act.choice < 0 || CHOICES[model.act.choice].spends === undefined;
						const weight = isFree ? 20 : 1;
						seen += weight;
						if (random.below(seen) >= weight) return;
						next.set(found);
						place = model.act.place;
						act = inputOf(model, row);
					});
					if (seen === 0) break;
					const expected = model.node.step(row[place], act);
					const sends = [...lives[place].goOn(act)];
					const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
					assert.deepEqual(sorted(sends), sorted(expected.sends));
					assert.deepEqual(lives[place].happenings, expected.happenings);
					row.set(next);
					steps++;
				}
			}
		}
		assert.ok(steps > 1500, `${steps} steps`);
	});
});
