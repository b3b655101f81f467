/**
 * The store as one would explain it: a table of keys and a counter. Slow, copied whole, and with
 * nothing in common with `core/store` but the meaning; a test holds the two to the same answers.
 */
import { CONFLICT, DONE, KEY_NOT_FOUND } from "../../core/reasons";
import { type Answer, NOTHING, type Operation, type Pair } from "./history";

/** What the store says to an operation. */
export interface Told {
	/** A number of `core/reasons`. */
	readonly reason: number;
	readonly answer: Answer;
}

/** What of an operation the store looks at. */
export type Asked = Pick<Operation, "operation" | "key" | "to" | "limit" | "value" | "expected">;

export class ModelStore {
	revision: number;
	private readonly pairs = new Map<string, Pair>();

	/** @param revision of the empty store */
	constructor(revision = 0) {
		this.revision = revision;
	}

	copy(): ModelStore {
		const copy = new ModelStore(this.revision);
		this.pairs.forEach((pair, key) => {
			copy.pairs.set(key, pair);
		});
		return copy;
	}

	/** Does what is asked, and says what a client is told of it. */
	apply(asked: Asked): Told {
		const there = this.pairs.get(asked.key);
		switch (asked.operation) {
			case "put":
				return this.put(asked, there);
			case "compareAndPut":
				if ((there?.modRevision ?? 0) === asked.expected) return this.put(asked, there);
				return { reason: CONFLICT, answer: this.describe(there, null) };
			case "delete":
				if (there === undefined) return { reason: KEY_NOT_FOUND, answer: this.describe(there, null) };
				this.revision += 1;
				this.pairs.delete(asked.key);
				return { reason: DONE, answer: this.describe(there, null) };
			case "get":
				if (there === undefined) return { reason: KEY_NOT_FOUND, answer: this.describe(there, null) };
				return { reason: DONE, answer: this.describe(there, there.value) };
			case "range":
				return this.range(asked);
		}
	}

	private put(asked: Asked, there: Pair | undefined): Told {
		this.revision += 1;
		const pair = {
			key: asked.key,
			value: asked.value ?? "",
			createRevision: there?.createRevision ?? this.revision,
			modRevision: this.revision,
			version: (there?.version ?? 0) + 1,
		};
		this.pairs.set(asked.key, pair);
		return { reason: DONE, answer: this.describe(pair, null) };
	}

	private describe(pair: Pair | undefined, value: string | null): Answer {
		if (pair === undefined) return { ...NOTHING, revision: this.revision };
		const { createRevision, modRevision, version } = pair;
		return { ...NOTHING, revision: this.revision, found: true, value, createRevision, modRevision, version };
	}

	private range(asked: Asked): Told {
		const keys: string[] = [];
		this.pairs.forEach((_, key) => {
			if (key >= asked.key && (asked.to === "" || key < asked.to)) keys.push(key);
		});
		keys.sort();
		const most = asked.limit === 0 ? keys.length : Math.min(asked.limit, keys.length);
		const pairs: Pair[] = [];
		for (let i = 0; i < most; i++) pairs.push(this.pairs.get(keys[i]) as Pair);
		return { reason: DONE, answer: { ...NOTHING, revision: this.revision, pairs, more: most < keys.length } };
	}
}
