/** The model that histories are made and judged with says what the store of the core says. */
import assert from "node:assert/strict";
import { Call } from "../../../core/client/call";
import { COMPARE_AND_PUT, DELETE, PUT } from "../../../core/command";
import { PROFILE_S } from "../../../core/limits";
import { DONE, KEY_NOT_FOUND, reasonName } from "../../../core/reasons";
import { type Answer, History, type Question } from "../../../sim/history/history";
import { ModelStore } from "../../../sim/history/model-store";
import { Random } from "../../../sim/random";
import { encode, Machine } from "../../core/store/machine";

const KEYS = ["61", "6162", "62", "ff"];
const CODES = { put: PUT, delete: DELETE, compareAndPut: COMPARE_AND_PUT };

function bytesOfHex(text: string): Uint8Array {
	return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** Asks the real store, as a replica does for a client, and says it as the client's call would. */
class RealStore {
	private readonly machine = new Machine(PROFILE_S);
	private sequence = 0;
	private readonly page = new Uint8Array(1400);

	constructor() {
		this.machine.register(1, 2);
	}

	ask(question: Question): Call {
		const call = new Call(0);
		const { store } = this.machine;
		const key = bytesOfHex(question.key);
		if (question.operation === "get") {
			const isThere = store.get(key, 0, key.length);
			call.reason = isThere ? DONE : KEY_NOT_FOUND;
			if (isThere) {
				Object.assign(call, store.found);
				call.answer = store.bytes.slice();
				call.answerOffset = store.found.valueOffset;
				call.answerLength = store.found.valueLength;
			}
		} else if (question.operation === "range") {
			const to = bytesOfHex(question.to ?? "");
			const limit = question.limit ?? 0;
			call.answerLength = store.range(key, 0, key.length, to, 0, to.length, limit, this.page, 0, this.page.length);
			call.answer = this.page;
			call.reason = DONE;
			call.more = store.rangeMore;
		} else {
			const fields = { operation: CODES[question.operation], session: 1, sequence: ++this.sequence };
			const command = encode(
				{ ...fields, expected: question.expected ?? 0 },
				key,
				question.operation === "delete" ? "" : bytesOfHex(question.value ?? ""),
			);
			Object.assign(call, this.machine.apply(command));
		}
		call.revision = store.revision;
		return call;
	}
}

function randomQuestion(random: Random, revision: number): Question {
	const key = KEYS[random.below(KEYS.length)];
	const value = random.chance(100) ? "" : (0x100 + random.below(0x100)).toString(16).slice(1);
	switch (random.below(6)) {
		case 0:
		case 1:
			return { operation: "put", key, value };
		case 2:
			return { operation: "delete", key };
		case 3:
			return { operation: "compareAndPut", key, value, expected: Math.max(0, revision - random.below(4)) };
		case 4:
			return { operation: "get", key };
		default:
			return {
				operation: "range",
				key: random.chance(300) ? "" : key,
				to: random.chance(300) ? "" : KEYS[random.below(KEYS.length)],
				limit: random.below(4),
			};
	}
}

describe("sim/model-store", () => {
	it("answers as the store of the core does, through a call of the client", () => {
		const reasons = new Map<string, number>();
		for (let seed = 1; seed <= 40; seed++) {
			const random = new Random(seed);
			const real = new RealStore();
			const model = new ModelStore();
			const history = new History();
			for (let i = 0; i < 100; i++) {
				const question = randomQuestion(random, model.revision);
				const id = history.begin(1, question, i);
				history.answered(id, real.ask(question), i);
				const operation = history.operations[id];
				const told = model.apply(operation);
				const expected: { reason: string; answer: Answer } = { reason: reasonName(told.reason), answer: told.answer };
				assert.deepEqual({ reason: operation.reason, answer: operation.answer }, expected, `seed ${seed}, step ${i}`);
				const kind = `${operation.operation} ${operation.reason}`;
				reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
			}
		}
		// Every answer that there is was compared often.
		assert.equal(reasons.size, 8, [...reasons.keys()].join(", "));
		for (const [kind, count] of reasons) assert.ok(count > 50, `${kind}: ${count}`);
	});
});
