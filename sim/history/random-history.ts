/**
 * Histories to try a checker on: clients that really run at once, on a store that does one thing
 * after the other, at a random moment between call and return. So the history is linearizable; one
 * that was corrupted afterwards mostly is not.
 */
import { BUSY, OUTCOME_UNKNOWN } from "../../core/reasons";
import type { Random } from "../random";
import { type Answer, History, NOTHING, type Operation, type Question } from "./history";
import { ModelStore, type Told } from "./model-store";

export interface HistoryShape {
	readonly operations: number;
	readonly clients: number;
	readonly keys: number;
	/** Of the calls, those whose client gives up; half of them happen, before that or later. */
	readonly unknownPermille: number;
	readonly refusedPermille: number;
	readonly initialRevision: number;
	/** Values that are written again and again, so that a read does not name its write; 0: each value once. */
	readonly values: number;
}

const MILLISECONDS_MAX = 3;
/** Ways in which an operation may end. */
const ANSWERED = 0;
const GIVEN_UP = 1;
const REFUSED = 2;

/** A call that is under way, or was given up. */
interface Running {
	readonly id: number;
	readonly client: number;
	readonly question: Question;
	readonly end: number;
	told: Told | null;
	returned: boolean;
}

class Run {
	readonly history = new History();
	private readonly shape: HistoryShape;
	private readonly random: Random;
	private readonly store: ModelStore;
	private readonly running: Running[] = [];
	private readonly revisions: number[] = [0];
	private nowMs = 0;

	constructor(random: Random, shape: HistoryShape) {
		this.random = random;
		this.shape = shape;
		this.store = new ModelStore(shape.initialRevision);
	}

	run(): void {
		const { operations } = this.history;
		while (operations.length < this.shape.operations || this.running.some((running) => !running.returned)) {
			this.nowMs += this.random.below(MILLISECONDS_MAX);
			const client = this.random.below(this.shape.clients);
			const own = this.running.find((running) => running.client === client && !running.returned);
			if (own !== undefined) this.proceed(own);
			else if (operations.length < this.shape.operations) this.begin(client);
			if (this.random.chance(100)) this.happenLate();
		}
	}

	private begin(client: number): void {
		const question = this.question();
		const draw = this.random.below(1000);
		const { refusedPermille, unknownPermille } = this.shape;
		let end = ANSWERED;
		if (draw < unknownPermille) end = GIVEN_UP;
		else if (draw < unknownPermille + refusedPermille) end = REFUSED;
		const id = this.history.begin(client, question, this.nowMs);
		this.running.push({ id, client, question, end, told: null, returned: false });
	}

	private question(): Question {
		const { random } = this;
		const key = keyOf(random.below(this.shape.keys));
		const { values } = this.shape;
		const value = hexOf16(values === 0 ? this.history.operations.length + 1 : 1 + random.below(values));
		const kind = random.below(10);
		if (kind < 3) return { operation: "put", key, value };
		if (kind < 5) return { operation: "get", key };
		if (kind < 6) return { operation: "delete", key };
		if (kind < 8) {
			// One of the last revisions, so that it is often the right one.
			const latest = this.revisions.length - 1;
			const expected = this.revisions[Math.max(0, latest - random.below(3))];
			return { operation: "compareAndPut", key, value, expected: random.chance(250) ? 0 : expected };
		}
		const from = random.below(this.shape.keys);
		const to = from + 1 + random.below(this.shape.keys);
		return {
			operation: "range",
			key: from === 0 ? "" : keyOf(from),
			to: to >= this.shape.keys ? "" : keyOf(to),
			limit: random.chance(300) ? 1 + random.below(this.shape.keys) : 0,
		};
	}

	/** The operation happens, or returns. */
	private proceed(running: Running): void {
		if (running.end === REFUSED) this.end(running, BUSY, null);
		else if (running.end === GIVEN_UP) {
			if (this.random.chance(250)) this.happen(running);
			this.end(running, OUTCOME_UNKNOWN, null);
		} else if (running.told === null) this.happen(running);
		else this.end(running, running.told.reason, running.told.answer);
	}

	private happen(running: Running): void {
		const { key, to = "", limit = 0, value = null, expected = 0, operation } = running.question;
		running.told = this.store.apply({ operation, key, to, limit, value, expected });
		if (this.store.revision !== this.revisions[this.revisions.length - 1]) this.revisions.push(this.store.revision);
	}

	private end(running: Running, reason: number, answer: Answer | null): void {
		running.returned = true;
		this.history.end(running.id, reason, this.nowMs, answer);
		if (running.end !== GIVEN_UP || running.told !== null) this.running.splice(this.running.indexOf(running), 1);
	}

	/** What was given up happens long after. */
	private happenLate(): void {
		const late = this.running.findIndex((running) => running.returned);
		if (late < 0) return;
		if (this.random.chance(500)) this.happen(this.running[late]);
		this.running.splice(late, 1);
	}
}

/** @returns a linearizable history */
export function randomHistory(random: Random, shape: HistoryShape): Operation[] {
	const run = new Run(random, shape);
	run.run();
	return run.history.operations;
}

/** Makes one answer false, or moves it in time; now and then it is still possible. */
export function corrupt(random: Random, operations: Operation[]): void {
	const answered = operations.filter((operation) => operation.outcome === "done");
	if (answered.length === 0) return;
	const victim = answered[random.below(answered.length)];
	const other = answered[random.below(answered.length)];
	const answer = victim.answer as Answer;
	const kind = random.below(12);
	if (kind === 0) victim.answer = { ...answer, revision: Math.max(0, answer.revision + step(random)) };
	else if (kind === 1) victim.answer = { ...answer, version: Math.max(0, answer.version + step(random)) };
	else if (kind === 2) victim.answer = { ...answer, modRevision: Math.max(0, answer.modRevision + step(random)) };
	else if (kind === 3) victim.answer = { ...answer, createRevision: Math.max(0, answer.createRevision + step(random)) };
	else if (kind === 4) exchangeAnswers(victim, other);
	else if (kind === 5)
		victim.answer = { ...answer, value: answer.value === null ? null : hexOf16(1 + random.below(9)) };
	else if (kind === 6) spoilPage(random, victim, answer);
	else if (kind === 7) Object.assign(victim, { outcome: random.chance(500) ? "refused" : "unknown", answer: null });
	else if (kind === 8) moveAnswer(victim, answer, step(random));
	else if (kind === 9) forgetKey(random, victim, answer);
	else exchangeTimes(victim, other);
}

function step(random: Random): number {
	return random.chance(500) ? 1 : -1;
}

/** Two operations of one kind are told what the other should be. */
function exchangeAnswers(victim: Operation, other: Operation): void {
	if (victim.operation !== other.operation) return;
	const { answer, reason } = victim;
	Object.assign(victim, { answer: other.answer, reason: other.reason });
	Object.assign(other, { answer, reason });
}

/** The whole answer is of another revision, and says so everywhere: two writes may share one. */
function moveAnswer(victim: Operation, answer: Answer, by: number): void {
	const createRevision = Math.max(0, answer.version === 1 ? answer.createRevision + by : answer.createRevision);
	const modRevision = Math.max(0, answer.modRevision + by);
	victim.answer = { ...answer, revision: Math.max(0, answer.revision + by), createRevision, modRevision };
}

/** The key is told to be missing, or half of it is. */
function forgetKey(random: Random, victim: Operation, answer: Answer): void {
	if (victim.operation === "range") return;
	if (random.chance(300)) victim.answer = { ...answer, found: !answer.found };
	else {
		victim.answer = { ...NOTHING, revision: answer.revision };
		if (victim.operation === "get") victim.reason = "KEY_NOT_FOUND";
	}
}

function spoilPage(random: Random, victim: Operation, answer: Answer): void {
	const pairs = answer.pairs.slice();
	if (pairs.length > 0) {
		const at = random.below(pairs.length);
		if (random.chance(500)) pairs.splice(at, 1);
		else pairs[at] = { ...pairs[at], version: pairs[at].version + 1 };
	}
	victim.answer = { ...answer, pairs, more: random.chance(300) ? !answer.more : answer.more };
}

/** Two operations change their places in time: a stale read, or a write that is read too early. */
function exchangeTimes(victim: Operation, other: Operation): void {
	const { call, called, returned } = victim;
	const end = victim.return;
	Object.assign(victim, { call: other.call, called: other.called, return: other.return, returned: other.returned });
	Object.assign(other, { call, called, return: end, returned });
}

function keyOf(number: number): string {
	return `6b${hexOf16(number)}`;
}

function hexOf16(number: number): string {
	return (0x10000 + number).toString(16).slice(1);
}
