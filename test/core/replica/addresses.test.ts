/**
 * Whole replicas whose addresses a router deals among them (F3), and to which recorded datagrams are sent again from
 * elsewhere (attacks 1 and 2): they find each other within ten election timeouts.
 */
import assert from "node:assert/strict";
import { DATAGRAM_BYTES, limitsFingerprint, PROFILE_M } from "../../../core/limits";
import { QUIET_RESPONSE } from "../../../core/raft/messages";
import { firstFingerprint } from "../../../core/replica/format";
import { Codec } from "../../../core/wire/codec";
import { Frame } from "../../../core/wire/frame";
import { CALM } from "../../../sim/links";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT, type SimulatedNode, World } from "../../../sim/world";

const TEN_ELECTION_TIMEOUTS_MS = 24_000;
/** An address that no board has had. */
const ELSEWHERE = BASE_ADDRESS + 200;

class RouterWorld extends World {
	constructor(nodes: number, seed: number, lossPermille = 0) {
		super({ seed, nodes, limits: PROFILE_M, flashBytes: 512 * 1024, network: { ...CALM, lossPermille } });
		for (const node of this.nodes) this.boot(node);
		this.assertAllFollow("after the first boot");
	}

	raftOf(node: SimulatedNode) {
		const raft = node.replica?.member?.raft;
		assert.ok(raft);
		return raft;
	}

	/** One node leads, all others follow it, and all have applied the same entries. */
	private allFollow(): boolean {
		const leader = this.leader();
		if (leader === undefined) return false;
		const { appliedIndex, commitIndex, term, termStartIndex } = this.raftOf(leader);
		if (commitIndex < termStartIndex) return false;
		return this.nodes.every((node) => {
			const raft = this.raftOf(node);
			const isHeard = node === leader || node.clock.milliseconds() - raft.leaderHeardMs < 600;
			return raft.term === term && raft.leader >= 0 && isHeard && raft.appliedIndex === appliedIndex;
		});
	}

	assertAllFollow(when: string): void {
		const agree = this.runUntil(() => this.allFollow(), this.nowMs + TEN_ELECTION_TIMEOUTS_MS);
		assert.ok(agree, `the nodes do not follow one leader ${when}`);
	}

	/** The router deals these addresses, by the nodes' order. */
	deal(addresses: readonly number[]): void {
		for (const [i, node] of this.nodes.entries()) this.router.move(node, BASE_ADDRESS + addresses[i]);
	}

	/** All power fails, and the router deals other addresses before it is back. */
	powerCut(addresses: readonly number[]): void {
		for (const node of this.nodes) this.crash(node);
		this.deal(addresses);
		for (const node of this.nodes) this.boot(node);
	}
}

const DEALT: readonly (readonly [string, readonly number[]])[] = [
	["two boards, swapped", [2, 1]],
	["three boards, each at the next one's address", [2, 3, 1]],
	["boards 1 and 2 of three, swapped", [2, 1, 3]],
	["four boards in rotation", [2, 3, 4, 1]],
	["five boards, each at the next one's address", [2, 3, 4, 5, 1]],
	["five boards, two pairs swapped", [2, 1, 4, 3, 5]],
	["four of five boards at new addresses, the fifth at another's", [11, 12, 13, 14, 1]],
	["five boards of which two have others' addresses and three have new ones", [11, 1, 12, 13, 2]],
	["seven boards of which two kept their addresses", [1, 2, 13, 14, 15, 16, 17]],
	["seven boards, two old addresses in use by others", [13, 1, 14, 15, 2, 16, 17]],
];

describe("F3: the router gives boards each other's addresses", () => {
	for (const [title, addresses] of DEALT) {
		it(`after a power cut: ${title}`, () => {
			for (const lossPermille of [0, 200]) {
				const world = new RouterWorld(addresses.length, 3, lossPermille);
				world.powerCut(addresses);
				world.assertAllFollow(`with ${lossPermille} of 1000 datagrams lost`);
			}
		});

		it(`while they run: ${title}`, () => {
			for (const lossPermille of [0, 200]) {
				const world = new RouterWorld(addresses.length, 4, lossPermille);
				world.deal(addresses);
				world.runUntil(() => false, world.nowMs + 3000);
				world.assertAllFollow(`with ${lossPermille} of 1000 datagrams lost`);
			}
		});
	}

	it("gives a learned address up when it falls silent, for the configured one", () => {
		const world = new RouterWorld(3, 5);
		world.deal([1, 12, 3]);
		world.runUntil(() => false, world.nowMs + 3000);
		world.assertAllFollow("with board 2 elsewhere");
		world.crash(world.nodes[1]);
		world.runUntil(() => false, world.nowMs + 10_000);
		world.deal([1, 2, 3]);
		world.boot(world.nodes[1]);
		world.assertAllFollow("with board 2 at home");
	});
});

/** Keeps what members send each other, to send it again from another address. */
class Recording {
	readonly datagrams: { readonly to: number; readonly bytes: Uint8Array }[] = [];
	private readonly send: (address: number, port: number, buffer: Uint8Array, length: number) => void;

	constructor(world: World) {
		for (const { network } of world.nodes) {
			const { send } = network;
			network.send = (address, port, buffer, length) => {
				this.datagrams.push({ to: address, bytes: buffer.slice(0, length) });
				send.call(network, address, port, buffer, length);
			};
		}
		const attacker = world.addStranger(ELSEWHERE, PORT, () => {});
		this.send = attacker.send.bind(attacker);
	}

	replay(to: number, index: number): void {
		const { bytes } = this.datagrams[index];
		this.send(to, PORT, bytes, bytes.length);
	}
}

describe("attack 1: recorded datagrams, sent again from another address", () => {
	it("move no address and cut nobody off, 100,000 of them", () => {
		const world = new RouterWorld(5, 6);
		const recording = new Recording(world);
		const [first] = world.nodes;
		world.runUntil(() => false, world.nowMs + 5000);
		world.crash(world.leader() ?? first);
		world.runUntil(() => false, world.nowMs + 5000);
		for (const node of world.nodes) if (node.replica === null) world.boot(node);
		world.assertAllFollow("before the attack");
		const recorded = recording.datagrams.length;
		for (let sent = 0; sent < 100_000; sent += 50) {
			for (let i = 0; i < 50; i++) {
				const index = (sent + i * 7919) % recorded;
				recording.replay(BASE_ADDRESS + 1 + ((sent + i) % 5), index);
			}
			world.runUntil(() => false, world.nowMs + 20);
		}
		world.assertAllFollow("after the attack");
		for (const node of world.nodes)
			for (let place = 0; place < 5; place++)
				assert.notEqual(node.replica?.member?.addresses.addresses[place], ELSEWHERE);
	});
});

describe("attack 2: a quiet-response from a wrong address, for each ordered pair", () => {
	it("cuts no pair off", () => {
		const world = new RouterWorld(5, 7);
		const attacker = world.addStranger(ELSEWHERE, PORT, () => {});
		const codec = new Codec();
		const row = new DataView(new ArrayBuffer(24));
		row.setFloat64(0, QUIET_RESPONSE, true);
		const buffer = new Uint8Array(DATAGRAM_BYTES);
		const end = codec.encode(buffer, QUIET_RESPONSE, row, 0, 0);
		for (let from = 1; from <= 5; from++) {
			const frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, from, 1, PROFILE_M.members);
			frame.setShared(limitsFingerprint(PROFILE_M), firstFingerprint(world.configuration()));
			for (let to = 1; to <= 5; to++) {
				if (to === from) continue;
				frame.beginTo(buffer, to, 1);
				attacker.send(BASE_ADDRESS + to, PORT, buffer, frame.seal(buffer, end, frame.memberSeed));
			}
		}
		world.runUntil(() => false, world.nowMs + 3000);
		world.assertAllFollow("after the attack");
		world.crash(world.leader() ?? world.nodes[0]);
		const { nowMs } = world;
		assert.ok(world.runUntil(() => world.leader() !== undefined, nowMs + TEN_ELECTION_TIMEOUTS_MS));
	});
});
