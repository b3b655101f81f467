/**
 * Clients behind a path with a small MTU (F2): pages of a range are asked for in a size that gets through,
 * and a datagram that cannot be made shorter is named.
 */
import assert from "node:assert/strict";
import { FOLLOWER, rangeFrom } from "../../../core/client/node-calls";
import { PROFILE_M } from "../../../core/limits";
import { DONE, OUTCOME_UNKNOWN, TOO_LONG_FOR_PATH, UNREACHABLE } from "../../../core/reasons";
import { PAGE_PAIR, PageReader } from "../../../core/wire/page";
import { CALM } from "../../../sim/links";
import { BASE_ADDRESS, World } from "../../../sim/world";
import { ask, askNode, followerOf, started } from "../replica/asked-world";
import { type SimulatedAnswer, SimulatedClient } from "./simulated-client";

const KEYS = 30;
const NUMBER = 1;
const EMPTY = new Uint8Array(0);

/** A cluster with some pairs in it, and a client. */
class Ranged {
	readonly w: World;
	readonly client: SimulatedClient;

	constructor(valueBytes: number) {
		this.w = started(new World({ seed: 3, nodes: 3, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM }));
		this.client = new SimulatedClient(this.w, NUMBER, 1);
		for (let i = 0; i < KEYS; i++) this.put(`key${String(i).padStart(2, "0")}`, "v".repeat(valueBytes));
	}

	put(key: string, value: string): SimulatedAnswer {
		return ask(this.w, (answered) => this.client.put(key, value, answered));
	}

	/** Datagrams of more bytes are lost between the client and all nodes. */
	narrow(bytes: number, isToNodes = true): void {
		const own = BASE_ADDRESS + 0x100 + NUMBER;
		for (const { address } of this.w.nodes) {
			this.w.links.narrowTo(address, own, bytes);
			if (isToNodes) this.w.links.narrowTo(own, address, bytes);
		}
	}

	widen(): void {
		this.narrow(2000);
	}

	/** @param member to ask itself, 0 for the leader */
	page(from: Uint8Array, member = 0): SimulatedAnswer {
		return askNode(this.w, this.client, (client, call) =>
			member === 0
				? client.range(call, 0, from, 0, from.length, EMPTY, 0, 0)
				: rangeFrom(client, call, member, FOLLOWER, 0, 0, from, 0, from.length, EMPTY, 0, 0),
		);
	}

	/** Reads all pairs page by page. @returns the pages' bytes, and how long the whole took */
	all(member = 0): { pages: number[]; keys: number; ms: number } {
		const startMs = this.w.nowMs;
		const pages: number[] = [];
		const reader = new PageReader();
		let keys = 0;
		let from = EMPTY;
		for (;;) {
			const answer = this.page(from, member);
			assert.equal(answer.reason, DONE);
			pages.push(answer.bytes.length);
			reader.begin(0, answer.bytes.length);
			while (reader.next(answer.bytes) === PAGE_PAIR) {
				keys++;
				from = new Uint8Array(reader.keyLength + 1);
				from.set(answer.bytes.subarray(reader.keyOffset, reader.keyOffset + reader.keyLength));
			}
			if (!answer.more) return { pages, keys, ms: this.w.nowMs - startMs };
		}
	}
}

describe("clients on paths with a small MTU", () => {
	for (const bytes of [1252, 600, 400])
		it(`F2: read a range page by page, ${bytes} bytes at most`, () => {
			const ranged = new Ranged(100);
			assert.equal(ranged.all().pages.length, 3);
			ranged.narrow(bytes);
			const { keys, ms, pages } = ranged.all();
			assert.equal(keys, KEYS);
			assert.ok(Math.max(...pages) <= bytes, `${Math.max(...pages)} bytes`);
			// The size is found once, not for each page.
			assert.ok(ms < 3000, `${ms} ms`);
			assert.equal(ranged.all(followerOf(ranged.w).id).keys, KEYS);
		});

	it("F2: get the page that they asked for last from a read that waits", () => {
		const ranged = new Ranged(100);
		const { client, w } = ranged;
		ranged.narrow(600);
		let bytes = 0;
		const next = w.leader()?.replica?.member?.store.revision ?? 0;
		client.call(
			(asked, call) => rangeFrom(asked, call, followerOf(w).id, FOLLOWER, next + 1, 0, EMPTY, 0, 0, EMPTY, 0, 0),
			(answer) => (bytes = answer.bytes.length),
		);
		// The member waits for the revision, and the client takes its silence for a page that was lost.
		w.run(w.nowMs + 900);
		ranged.put("key00", "new");
		w.run(w.nowMs + 200);
		assert.ok(bytes > 0 && bytes <= 340, `${bytes} bytes`);
		assert.equal(w.links.tooLong, 0);
	});

	it("F2: get a pair at a time where a page holds no more", () => {
		const ranged = new Ranged(300);
		ranged.narrow(450);
		const { keys, pages } = ranged.all();
		assert.equal(keys, KEYS);
		assert.equal(pages.length, KEYS);
	});

	it("F2: ask for whole pages again when the path is whole, and less and less often while it is not", () => {
		const ranged = new Ranged(100);
		ranged.narrow(600);
		ranged.all();
		const startMs = ranged.w.nowMs;
		for (let i = 0; i < 20; i++) ranged.all();
		const spentMs = ranged.w.nowMs - startMs;
		assert.ok(spentMs < 8000, `${spentMs} ms for 20 ranges`);
		ranged.widen();
		for (let i = 0; i < 40; i++) ranged.all();
		assert.equal(ranged.all().pages.length, 3);
	});

	it("F2: name a value that does not come through, since the member answers short datagrams", () => {
		const ranged = new Ranged(400);
		ranged.narrow(300, false);
		const found = ask(ranged.w, (answered) => ranged.client.get("key01", answered));
		assert.equal(found.reason, TOO_LONG_FOR_PATH);
		assert.equal(ask(ranged.w, (answered) => ranged.client.get("other", answered)).member > 0, true);
		assert.equal(ranged.page(EMPTY).reason, TOO_LONG_FOR_PATH);
	});

	it("F2: say of a write that it did not come through, and that nobody knows", () => {
		const ranged = new Ranged(10);
		ranged.narrow(300);
		const answer = ranged.put("key01", "w".repeat(400));
		assert.equal(answer.reason, OUTCOME_UNKNOWN);
		assert.ok(answer.isTooLong);
		const short = ranged.put("key01", "short");
		assert.equal(short.reason, DONE);
		assert.ok(!short.isTooLong);
	});

	it("F2: take a cluster that is away for what it is", () => {
		const ranged = new Ranged(10);
		ranged.narrow(0);
		const found = ask(ranged.w, (answered) => ranged.client.get("key01", answered));
		assert.equal(found.reason, UNREACHABLE);
		assert.ok(!found.isTooLong);
	});
});
