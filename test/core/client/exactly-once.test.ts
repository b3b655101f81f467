import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { TIMEOUT_MS } from "../../../core/client/timing";
import { DONE, isRefusal, KEY_NOT_FOUND, OUTCOME_UNKNOWN } from "../../../core/reasons";
import { bytes, World } from "./world";

/** The longest that a copy of a datagram lies in the network. */
const DELAY_MS_MAX = 3000;
const KEYS = ["a", "b"];

interface Weather {
	seed: number;
	/** In percent: datagrams lost, and those of which a second copy comes later. */
	loss: number;
	copies: number;
	delayMs: number;
	/** Mean time between two changes of the leader, and between two expiries of idle sessions. */
	leaderMs: number;
	expiryMs: number;
}

const weather: fc.Arbitrary<Weather> = fc.record({
	seed: fc.integer({ min: 0, max: 0xffffffff }),
	loss: fc.integer({ min: 0, max: 60 }),
	copies: fc.integer({ min: 0, max: 60 }),
	delayMs: fc.integer({ min: 1, max: DELAY_MS_MAX }),
	leaderMs: fc.integer({ min: 200, max: 8000 }),
	expiryMs: fc.integer({ min: 1000, max: 20000 }),
});

type Step = { kind: "put" | "delete" | "cas" | "get"; key: string; waitMs: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
	fc.record({
		kind: fc.constantFrom("put", "put", "delete", "cas", "get", "get"),
		key: fc.constantFrom(...KEYS),
		waitMs: fc.integer({ min: 0, max: 4000 }),
	}),
	{ minLength: 1, maxLength: 30 },
);

interface Made extends Step {
	call: number;
	value: string;
	at: number;
}

/** A multiplicative generator is enough for weather. */
function dice(seed: number): (bound: number) => number {
	let state = seed >>> 0 || 1;
	return (bound) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 0x100000000) * bound);
	};
}

function storm(world: World, sky: Weather): void {
	const roll = dice(sky.seed);
	const delay = () => 1 + roll(roll(3) === 0 ? sky.delayMs : Math.min(20, sky.delayMs));
	const deliver = () => {
		if (roll(100) < sky.loss) return [];
		return roll(100) < sky.copies ? [delay(), delay()] : [delay()];
	};
	world.onRequest = deliver;
	world.onReply = deliver;
	const changeLeader = () => {
		world.cluster.term++;
		world.cluster.leader = roll(4) === 0 ? 0 : 1 + roll(5);
		world.cluster.hint = roll(3) === 0 ? roll(7) : undefined;
		world.after(1 + roll(2 * sky.leaderMs), changeLeader);
	};
	// A store protects the sessions that were used lately; what is forgotten here is older than any
	// copy in the network. Otherwise a first attempt's second copy could report an expired session
	// although the first copy was applied.
	const expire = () => {
		for (const [id, session] of world.cluster.sessions)
			if (world.now - session.usedAt > DELAY_MS_MAX) world.cluster.expire(id);
		world.after(1 + roll(2 * sky.expiryMs), expire);
	};
	changeLeader();
	world.after(sky.expiryMs, expire);
}

function make(world: World, step: Step, value: string): Made | undefined {
	const made = { ...step, value, at: world.now };
	const [k, v] = [bytes(step.key), bytes(value)];
	let isRefused = false;
	const call = world.call((client, number) => {
		const reason =
			step.kind === "put"
				? client.put(number, k, 0, k.length, v, 0, v.length)
				: step.kind === "delete"
					? client.delete(number, k, 0, k.length)
					: step.kind === "cas"
						? client.compareAndPut(number, 0, k, 0, k.length, v, 0, v.length)
						: client.get(number, k, 0, k.length);
		isRefused = reason !== DONE;
		return DONE;
	});
	return isRefused ? undefined : { ...made, call };
}

/** @returns every value that the key had from `from` to `to`, undefined for none */
function valuesBetween(world: World, key: string, from: number, to: number): Set<string | undefined> {
	const changes = world.cluster.changes.filter((change) => change.key === key);
	const before = changes.filter((change) => change.at < from).at(-1)?.value;
	const during = changes.filter((change) => change.at >= from && change.at <= to).map((change) => change.value);
	return new Set([before, ...during]);
}

function checkWrite(world: World, made: Made): void {
	const { reason } = world.answerOf(made.call);
	if (made.kind === "delete") return;
	const times = world.cluster.applied.filter((value) => value === made.value).length;
	if (reason === DONE) assert.equal(times, 1, `${made.value} was acknowledged and applied ${times} times`);
	else if (reason === OUTCOME_UNKNOWN) assert.ok(times <= 1, `${made.value} was applied ${times} times`);
	else assert.equal(times, 0, `${made.value} was refused (${reason}) and applied`);
}

function checkRead(world: World, made: Made): void {
	const answer = world.answerOf(made.call);
	if (answer.reason !== DONE && answer.reason !== KEY_NOT_FOUND) return;
	const value = answer.reason === DONE ? answer.value : undefined;
	assert.ok(valuesBetween(world, made.key, made.at, answer.at).has(value), `${made.key} never was ${value} then`);
}

describe("client: any weather", () => {
	it("answers each call once and truly, whatever is lost, doubled, late or led by another", () => {
		const outcomes = { done: 0, refused: 0, unknown: 0 };
		fc.assert(
			fc.property(weather, steps, (sky, list) => {
				const world = new World(5, sky.seed % 16);
				storm(world, sky);
				const calls: Made[] = [];
				list.forEach((step, i) => {
					const made = make(world, step, `${step.kind} ${i}`);
					if (made !== undefined) calls.push(made);
					world.run(step.waitMs);
				});
				world.run(TIMEOUT_MS);
				// Nothing is under way any more; every copy that is still in the network arrives.
				assert.equal(world.client.nextDeadlineMs(), Number.POSITIVE_INFINITY);
				world.run(2 * DELAY_MS_MAX);
				assert.equal(world.answers.length, calls.length);
				for (const made of calls) {
					if (made.kind === "get") checkRead(world, made);
					else checkWrite(world, made);
					const { reason } = world.answerOf(made.call);
					if (reason === DONE) outcomes.done++;
					else if (isRefusal(reason)) outcomes.refused++;
					else outcomes.unknown++;
				}
			}),
			{ numRuns: 1000 },
		);
		// The weather was bad enough to matter, and good enough to get through.
		for (const [name, count] of Object.entries(outcomes)) assert.ok(count > 0, `${name}: ${count}`);
	});

	it("answers every call DONE in fair weather, with leaders that change", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 0xffffffff }), steps, (seed, list) => {
				const world = new World(5, seed % 16);
				const roll = dice(seed);
				const change = () => {
					world.cluster.term++;
					world.cluster.leader = 1 + roll(5);
					world.after(1000 + roll(4000), change);
				};
				change();
				const calls = list.map((step, i) => {
					const made = make(world, { ...step, kind: step.kind === "cas" ? "put" : step.kind }, `${step.kind} ${i}`);
					world.run(50 + step.waitMs);
					return made;
				});
				world.run(TIMEOUT_MS);
				for (const made of calls)
					if (made !== undefined) assert.ok([DONE, KEY_NOT_FOUND].includes(world.answerOf(made.call).reason));
			}),
			{ numRuns: 300 },
		);
	});
});
