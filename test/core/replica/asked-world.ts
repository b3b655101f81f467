/** A world of whole replicas, and a client that asks them. */
import assert from "node:assert/strict";
import type { Client } from "../../../core/client/client";
import { getFrom } from "../../../core/client/node-calls";
import { PROFILE_M } from "../../../core/limits";
import { CALM } from "../../../sim/links";
import type { SimulatedNode, World } from "../../../sim/world";
import type { SimulatedAnswer, SimulatedClient } from "../client/simulated-client";

export const OPTIONS = { seed: 1, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM };

export function started(world: World): World {
	for (const node of world.nodes) world.boot(node);
	assert.ok(world.runUntil(() => world.leader() !== undefined, 10_000));
	world.run(world.nowMs + 1000);
	return world;
}

/** Runs the world until a call is answered. */
export function ask(w: World, verb: (answered: (answer: SimulatedAnswer) => void) => boolean): SimulatedAnswer {
	let found: SimulatedAnswer | undefined;
	assert.ok(verb((answer) => (found = answer)));
	assert.ok(
		w.runUntil(() => found !== undefined, w.nowMs + 20_000),
		"a call was not answered",
	);
	return found as unknown as SimulatedAnswer;
}

export function askNode(
	w: World,
	client: SimulatedClient,
	verb: (client: Client, call: number) => number,
): SimulatedAnswer {
	return ask(w, (answered) => client.call(verb, answered));
}

export const key = Uint8Array.from(Buffer.from("key"));

export function get(id: number, how: number, notBefore = 0): (client: Client, call: number) => number {
	return (client, call) => getFrom(client, call, id, how, notBefore, key, 0, key.length);
}

export function leaderOf(w: World): SimulatedNode {
	const leader = w.leader();
	assert.ok(leader);
	return leader;
}

export function followerOf(w: World): SimulatedNode {
	const follower = w.nodes.find((node) => node !== w.leader());
	assert.ok(follower);
	return follower;
}

export function statusOf(node: SimulatedNode): Float64Array {
	assert.ok(node.replica);
	node.replica.status.fill();
	return node.replica.status.fields;
}

/** Cuts a node off from the other nodes, not from clients; or ends that. */
export function cut(w: World, node: SimulatedNode, isCut: boolean): void {
	for (const other of w.nodes) {
		if (other === node) continue;
		for (const [from, to] of [
			[node.address, other.address],
			[other.address, node.address],
		]) {
			if (isCut) w.links.cut(from, to);
			else w.links.mend(from, to);
		}
	}
}
