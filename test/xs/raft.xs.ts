/** Consensus inside XS: the same messages as on V8, and not a slot or chunk taken in steady state. */
import {
	CHUNK_BYTES_ALLOCATED,
	COLLECTIONS,
	counter,
	microseconds,
	print,
	SLOTS_ALLOCATED,
} from "../../platform/qemu/board";
import { Circle, DIGEST_OF_RUN, run } from "../core/raft/circle";
import { describe, equal, it, ok } from "./harness";

const circle = new Circle();
const leader = circle.elect();
run(circle, leader);

describe("five bare nodes", () => {
	it("allocate nothing per message, entry, read or tick", () => {
		const slots = counter(SLOTS_ALLOCATED);
		const chunkBytes = counter(CHUNK_BYTES_ALLOCATED);
		const collections = counter(COLLECTIONS);
		run(circle, leader);
		const slotsTaken = counter(SLOTS_ALLOCATED) - slots;
		const chunkBytesTaken = counter(CHUNK_BYTES_ALLOCATED) - chunkBytes;
		equal(slotsTaken, 0, "slots");
		equal(chunkBytesTaken, 0, "chunk bytes");
		equal(counter(COLLECTIONS) - collections, 0, "collections");
	});

	it("say the same as on V8", () => {
		ok(circle.isLevel());
		equal(circle.digest, DIGEST_OF_RUN);
	});

	it("tell what an entry costs them", () => {
		for (const depth of [1, 16]) {
			const start = microseconds();
			for (let i = 0; i < 256; i += depth) circle.commit(leader, depth);
			print(`depth ${depth}: ${Math.round((microseconds() - start) / 0.256)} ns an entry over five nodes`);
		}
	});
});
