/** What `show` says of whom a board hears. */
import assert from "node:assert/strict";
import { PROFILE_M } from "../../../core/limits";
import { heardLine } from "../../../firmware/esp32/heard";
import { CALM } from "../../../sim/links";
import { World } from "../../../sim/world";

describe("whom a board hears", () => {
	const world = new World({ seed: 2, nodes: 3, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM });
	const lineOf = (id: number) => {
		const { replica } = world.nodes[id - 1];
		assert.ok(replica);
		return heardLine(replica);
	};

	it("is said of a leader, of followers, and of a board that hears nobody", () => {
		for (const node of world.nodes) world.boot(node);
		world.run(10_000);
		const leader = world.leader();
		assert.ok(leader);
		assert.match(lineOf(leader.id), /^2 of 2 members answer this leader; datagrams for others 0, addresses moved 0$/);
		const other = world.nodes.find((node) => node !== leader);
		assert.ok(other);
		assert.match(lineOf(other.id), new RegExp(`^node ${leader.id} leads, heard \\d+ ms ago; datagrams for others 0`));
		for (const node of world.nodes) if (node !== other) world.crash(node);
		world.run(20_000);
		assert.match(lineOf(other.id), /^no leader, 0 of 2 members answered; /);
	});

	it("counts the datagrams for others where addresses were dealt again", () => {
		for (const node of world.nodes) if (node.replica === null) world.boot(node);
		world.router.rotate(world.nodes);
		world.run(world.nowMs + 24_000);
		const [line] = world.nodes.map((node) => lineOf(node.id));
		assert.match(line, /datagrams for others [1-9]\d*, addresses moved [1-9]/);
	});

	it("is nobody for a board that was never formatted", () => {
		const [node] = world.nodes;
		world.crash(node);
		node.flash.wipe();
		world.boot(node);
		assert.equal(lineOf(1), "nobody: the node does not run");
	});
});
