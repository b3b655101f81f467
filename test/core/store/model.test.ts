import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOSE, COMPARE_AND_PUT, DELETE, PUT, REGISTER } from "../../../core/command";
import { ENTRY_NO_OP } from "../../../core/entry";
import * as reasons from "../../../core/reasons";
import { encode, Machine, type Outcome, SMALL } from "./machine";

/** Every way in which a command can end; the test is worth little unless each is reached. */
const REASONS = {
	DONE: reasons.DONE,
	BAD_REQUEST: reasons.BAD_REQUEST,
	KEY_TOO_LARGE: reasons.KEY_TOO_LARGE,
	VALUE_TOO_LARGE: reasons.VALUE_TOO_LARGE,
	NO_SPACE: reasons.NO_SPACE,
	CONFLICT: reasons.CONFLICT,
	KEY_NOT_FOUND: reasons.KEY_NOT_FOUND,
	SESSION_EXPIRED: reasons.SESSION_EXPIRED,
	SEQUENCE_STALE: reasons.SEQUENCE_STALE,
	SESSION_LIMIT: reasons.SESSION_LIMIT,
};

/** One entry of the log, before its session and sequence are known. */
interface Step {
	kind: number;
	client: number;
	/** Which sequence number: 0 the next one, 1 the same again, 2 an older one, 3 one is skipped. */
	sequence: number;
	key: number;
	length: number;
	expected: number;
}

interface Pair {
	value: string;
	createRevision: number;
	modRevision: number;
	version: number;
}

interface ModelSession {
	nonce: number;
	sequence: number;
	request: string;
	reply: Outcome;
	lastIndex: number;
}

const NO_OP = 0;
const KEYS = [
	"a",
	"ab",
	"b",
	"key 4",
	"k".repeat(24),
	"k".repeat(40),
	"k".repeat(41),
	"",
	"\0",
	"zz",
	"y",
	"x",
	"w",
	"v",
];

function stringBytes(length: number): number {
	return length + (length < 24 ? 1 : length < 256 ? 2 : 3);
}

/** The store as one would write it with a Map and no thought of memory: the naive twin. */
class Model {
	index = 0;
	revision = 0;
	readonly pairs = new Map<string, Pair>();
	readonly sessions = new Map<number, ModelSession>();
	readonly capacity = SMALL.liveBytes - stringBytes(SMALL.keyBytes) - stringBytes(SMALL.valueBytes);

	used(): number {
		let used = 0;
		for (const [key, { value }] of this.pairs) used += stringBytes(key.length) + stringBytes(value.length);
		return used;
	}

	outcome(reason: number, pair?: Pair, session = 0): Outcome {
		const { createRevision, modRevision, version } = pair ?? { createRevision: 0, modRevision: 0, version: 0 };
		return { reason, revision: this.revision, createRevision, modRevision, version, session };
	}

	register(nonce: number): Outcome {
		for (const [id, session] of this.sessions) if (session.nonce === nonce) return this.outcome(0, undefined, id);
		if (this.sessions.size === SMALL.sessions) {
			const standing = (session: ModelSession) => Math.min(session.sequence, 2);
			const passersBy = [...this.sessions.values()].some((session) => standing(session) < 2);
			const victims = [...this.sessions]
				.filter(([, session]) => this.index - session.lastIndex > SMALL.sessionProtection)
				.filter(([, session]) => !passersBy || standing(session) < 2)
				.sort(([, x], [, y]) => standing(x) - standing(y) || x.lastIndex - y.lastIndex);
			if (victims.length === 0) return this.outcome(reasons.SESSION_LIMIT);
			this.sessions.delete(victims[0][0]);
		}
		const reply = this.outcome(0);
		this.sessions.set(this.index, { nonce, sequence: 0, request: "", reply, lastIndex: this.index });
		return this.outcome(0, undefined, this.index);
	}

	execute(kind: number, key: string, value: string, expected: number): Outcome {
		const old = this.pairs.get(key);
		if (key === "") return this.outcome(reasons.BAD_REQUEST);
		if (key.length > SMALL.keyBytes) return this.outcome(reasons.KEY_TOO_LARGE);
		if (kind === DELETE) {
			if (old === undefined) return this.outcome(reasons.KEY_NOT_FOUND);
			this.pairs.delete(key);
			this.revision += 1;
			return this.outcome(0, old);
		}
		if (value.length > SMALL.valueBytes) return this.outcome(reasons.VALUE_TOO_LARGE);
		if (kind === COMPARE_AND_PUT && (old?.modRevision ?? 0) !== expected) return this.outcome(reasons.CONFLICT, old);
		const freed = old === undefined ? 0 : stringBytes(key.length) + stringBytes(old.value.length);
		const used = this.used() - freed + stringBytes(key.length) + stringBytes(value.length);
		if (used > this.capacity || (old === undefined && this.pairs.size === SMALL.keys))
			return this.outcome(reasons.NO_SPACE);
		this.revision += 1;
		const pair = {
			value,
			createRevision: old?.createRevision ?? this.revision,
			modRevision: this.revision,
			version: (old?.version ?? 0) + 1,
		};
		this.pairs.set(key, pair);
		return this.outcome(0, pair);
	}

	command(id: number, sequence: number, kind: number, key: string, value: string, expected: number): Outcome {
		const session = this.sessions.get(id);
		if (session === undefined) return this.outcome(kind === CLOSE ? 0 : reasons.SESSION_EXPIRED);
		const request = JSON.stringify([kind, key, value, expected]);
		if (sequence < session.sequence) return this.outcome(reasons.SEQUENCE_STALE);
		if (sequence === session.sequence)
			return sequence > 0 && request === session.request ? session.reply : this.outcome(reasons.BAD_REQUEST);
		if (kind === CLOSE) {
			this.sessions.delete(id);
			return this.outcome(0);
		}
		session.sequence = sequence;
		session.request = request;
		session.lastIndex = this.index;
		session.reply = this.execute(kind, key, value, expected);
		return session.reply;
	}
}

/** What clients remember: their session's id and their last command. */
class Clients {
	readonly ids: number[] = [];
	readonly last: { sequence: number; step: Step | undefined }[] = [];

	constructor() {
		for (let client = 0; client < 7; client++) {
			this.ids.push(0);
			this.last.push({ sequence: 0, step: undefined });
		}
	}
}

const STEP: fc.Arbitrary<Step> = fc.record({
	kind: fc.oneof(
		{ weight: 12, arbitrary: fc.constant(PUT) },
		{ weight: 4, arbitrary: fc.constant(COMPARE_AND_PUT) },
		{ weight: 3, arbitrary: fc.constant(DELETE) },
		{ weight: 3, arbitrary: fc.constant(REGISTER) },
		{ weight: 1, arbitrary: fc.constantFrom(NO_OP, CLOSE) },
	),
	client: fc.oneof(fc.nat(1), fc.nat(1), fc.nat(6)),
	sequence: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 2, 3),
	key: fc.nat(KEYS.length - 1),
	length: fc.oneof(fc.nat(130), fc.constantFrom(10, 23, 24, 100, 120)),
	expected: fc.nat(3),
});

function run(steps: readonly Step[], restoreAt: number, reached: Map<number, number>): void {
	const model = new Model();
	const clients = new Clients();
	const machines = [new Machine()];
	steps.forEach((step, at) => {
		// From here on a second replica goes on from a snapshot of the first.
		if (at === restoreAt || at === restoreAt + 40) machines.push(machines[0].copy());
		model.index += 1;
		const { payload, expected } = next(model, clients, step);
		reached.set(expected.reason, (reached.get(expected.reason) ?? 0) + 1);
		for (const machine of machines) {
			const outcome = machine.apply(payload, payload.length === 0 ? ENTRY_NO_OP : undefined);
			assert.deepEqual(outcome, expected);
			assert.equal(machine.store.stateHash(), machines[0].store.stateHash());
		}
		if (at % 16 === 0) compareAll(machines, model);
	});
	compareAll(machines, model);
}

function next(model: Model, clients: Clients, now: Step): { payload: Uint8Array; expected: Outcome } {
	const { client } = now;
	if (now.kind === NO_OP) return { payload: new Uint8Array(0), expected: model.outcome(0) };
	if (now.kind === REGISTER) {
		const nonce = client * 1000 + (now.length < 12 ? now.length : 0);
		const expected = model.register(nonce);
		if (expected.session > 0 && expected.session !== clients.ids[client]) {
			clients.ids[client] = expected.session;
			clients.last[client] = { sequence: 0, step: undefined };
		}
		return { payload: encode({ operation: REGISTER, nonceHigh: 1, nonceLow: nonce }), expected };
	}
	const last = clients.last[client];
	const step = now.sequence === 1 && last.step !== undefined && now.length % 4 > 0 ? last.step : now;
	const sequence = Math.max(0, last.sequence + [1, 0, -1, 2][now.sequence]);
	if (sequence > last.sequence) clients.last[client] = { sequence, step };
	const key = KEYS[step.key];
	const value =
		step.kind === PUT || step.kind === COMPARE_AND_PUT
			? String.fromCharCode(97 + (step.length % 26)).repeat(step.length)
			: "";
	// Half of the compares are right, as far as the model of a moment ago knows.
	const revision = step.expected < 2 ? (model.pairs.get(key)?.modRevision ?? 0) : step.expected;
	const expected = step.kind === COMPARE_AND_PUT ? revision : 0;
	const fields = { operation: step.kind, session: clients.ids[client], sequence, expected };
	const named = step.kind === CLOSE ? "" : key;
	return {
		payload: encode(fields, named, value),
		expected: model.command(clients.ids[client], sequence, step.kind, named, value, expected),
	};
}

function compareAll(machines: readonly Machine[], model: Model): void {
	for (const machine of machines) {
		const { keys } = machine.store;
		assert.equal(machine.store.revision, model.revision);
		assert.equal(keys.count, model.pairs.size);
		assert.equal(keys.used, model.used());
		assert.equal(keys.capacity, model.capacity);
		for (const key of KEYS) {
			const pair = model.pairs.get(key);
			assert.equal(machine.get(key), pair?.value);
			if (pair === undefined) continue;
			const { createRevision, modRevision, version } = machine.store.found;
			assert.deepEqual({ value: pair.value, createRevision, modRevision, version }, pair);
		}
		const ids = machine.store.sessions.table.slice(0, machine.store.sessions.count).map(({ id }) => id);
		assert.deepEqual(
			ids,
			[...model.sessions.keys()].sort((x, y) => x - y),
		);
		assert.deepEqual(machine.snapshot(), machines[0].snapshot());
	}
}

describe("core/store against a model", () => {
	it("does what a Map does, and the same after a snapshot", () => {
		const reached = new Map<number, number>();
		fc.assert(
			fc.property(fc.array(STEP, { minLength: 60, maxLength: 400, size: "max" }), fc.nat(300), (steps, restoreAt) => {
				run(steps, restoreAt, reached);
			}),
			{ numRuns: 150 },
		);
		for (const [name, reason] of Object.entries(REASONS))
			assert.ok((reached.get(reason) ?? 0) >= 20, `${name} was reached ${reached.get(reason)} times`);
	});

	it("keeps every pair whole through thousands of moves in a full arena", () => {
		fc.assert(
			fc.property(fc.nat(), (seed) => {
				const machine = new Machine();
				const { session } = machine.register(1, 1);
				const expected = new Map<string, string>();
				let sequence = 0;
				let refused = 0;
				let state = seed;
				while (sequence < 1500) {
					state = (Math.imul(state, 1103515245) + 12345) >>> 0;
					const random = state >>> 12;
					const key = `key ${random % 12}`;
					const value = String.fromCharCode(97 + (random % 26)).repeat((random >> 4) % 121);
					if (random % 11 === 0) {
						machine.delete(session, ++sequence, key);
						expected.delete(key);
					} else if (machine.put(session, ++sequence, key, value).reason === reasons.DONE) expected.set(key, value);
					else refused++;
					for (const [each, text] of expected) assert.equal(machine.get(each), text);
				}
				assert.ok(refused > 20, "the arena was hardly ever full");
				const other = machine.copy();
				assert.equal(other.store.stateHash(), machine.store.stateHash());
			}),
			{ numRuns: 8 },
		);
	});
});
