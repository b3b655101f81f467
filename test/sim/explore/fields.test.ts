import assert from "node:assert/strict";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { PROFILE_S } from "../../../core/limits";
import { Raft } from "../../../core/raft/raft";
import { ConfigurationCodec } from "../../../core/wire/configuration";
import { Fields } from "../../../sim/explore/fields";

class Inner {
	count = 3;
	isOpen = true;
	readonly bytes = new Uint8Array([1, 2, 0, 0]);
	readonly view = new DataView(this.bytes.buffer);
}

class Outer {
	number = -Infinity;
	readonly inner = new Inner();
	/** The same again: it is saved once. */
	readonly alias = this.inner;
	readonly fixed = Object.freeze({ limit: 7 });
	readonly callback = () => undefined;
	readonly values = new Float64Array([0, 2.5, 2 ** 48 - 1]);
}

function node(): Raft {
	const configuration = new Configuration(PROFILE_S.members);
	for (let id = 1; id <= 3; id++) configuration.add(id, 1, ROLE_VOTER, 0, 0);
	const raft = new Raft(PROFILE_S, configuration, 2, 1, 99, new ConfigurationCodec(), { event: () => undefined });
	raft.start(5);
	return raft;
}

describe("fields of an object", () => {
	it("are saved once each, with numbers, truth values and arrays", () => {
		const outer = new Outer();
		const fields = new Fields(outer);
		const values: number[] = [];
		fields.save(values);
		assert.deepEqual(values, [-Infinity, 3, 1, 2, 1, 2, 3, 0, 2.5, 2 ** 48 - 1]);
		outer.number = 1;
		outer.inner.count = 0;
		outer.inner.isOpen = false;
		outer.inner.bytes.fill(9);
		outer.values.fill(1);
		assert.equal(fields.restore([0, 0, ...values], 2), values.length + 2);
		const again: number[] = [];
		fields.save(again);
		assert.deepEqual(again, values);
		assert.deepEqual([...outer.inner.bytes], [1, 2, 0, 0]);
		assert.equal(outer.inner.isOpen, true);
	});

	it("a Raft that is restored goes on as the one that was saved", () => {
		const raft = node();
		const fields = new Fields(raft);
		const before: number[] = [];
		fields.save(before);
		raft.tick(1e6);
		const after: number[] = [];
		fields.save(after);
		assert.notDeepEqual(after, before);
		const other = node();
		const others = new Fields(other);
		others.restore(before, 0);
		other.tick(1e6);
		const same: number[] = [];
		others.save(same);
		assert.deepEqual(same, after);
		assert.ok(other.outbox.count === 2 && other.role === raft.role);
	});
});
