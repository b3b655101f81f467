/**
 * Whole replicas on paths that lose what is longer than their MTU (F2): members behind them catch up from
 * RAM, from flash and by snapshots, the next leader commits, and whoever asks is told who takes nothing.
 */
import assert from "node:assert/strict";
import { Configuration, ROLE_LEARNER } from "../../../core/configuration";
import { PROFILE_M } from "../../../core/limits";
import { ENTRIES_BYTES_MAX } from "../../../core/raft/path";
import { SNAPSHOT } from "../../../core/raft/progress";
import { DONE } from "../../../core/reasons";
import { PeerRows } from "../../../core/replica/peer-rows";
import { PEER_BYTES, PEER_COLUMNS, PEER_ID, PEER_SILENT_MS, PEER_UNANSWERED } from "../../../core/status";
import { CALM } from "../../../sim/links";
import { PORT, type SimulatedNode, World } from "../../../sim/world";
import { SimulatedClient } from "../client/simulated-client";

/** A log on flash of less than a thousand entries. */
const SMALL_FLASH_BYTES = 192 * 1024;

/** Three members and a client, whose paths are whole. */
class NarrowWorld extends World {
	readonly client: SimulatedClient;
	private puts = 0;

	constructor(nodes = 3, witnesses = 0, flashBytes = 512 * 1024) {
		super({ seed: 11, nodes, witnesses, spares: 1, limits: PROFILE_M, flashBytes, network: CALM });
		this.client = new SimulatedClient(this, 1, 1);
		for (const node of this.nodes) if (!node.joins) this.boot(node);
		this.serving();
	}

	/** @returns the leader, which has committed in its term */
	serving(): SimulatedNode {
		const isServing = (): boolean => {
			const raft = this.leader()?.replica?.member?.raft;
			return raft !== undefined && raft.commitIndex >= raft.termStartIndex;
		};
		assert.ok(this.runUntil(isServing, this.nowMs + 10_000), "nobody leads and has committed in its term");
		return this.leader() as SimulatedNode;
	}

	/** A member that does not lead, the last one. */
	follower(): SimulatedNode {
		const leader = this.serving();
		return this.nodes.filter((node) => node !== leader && !node.joins).at(-1) as SimulatedNode;
	}

	/** Datagrams between members of more than so many bytes of UDP payload are lost. */
	narrow(bytes: number): void {
		for (const from of this.nodes)
			for (const to of this.nodes) if (from !== to) this.links.narrowTo(from.address, to.address, bytes);
	}

	put(count: number, length: number): void {
		for (let i = 0; i < count; i++) {
			let reason = -1;
			const value = "v".repeat(length);
			const key = `key${this.puts++ % 40}`;
			assert.ok(this.client.put(key, value, (answer) => (reason = answer.reason)));
			this.runUntil(() => reason >= 0, this.nowMs + 20_000);
			assert.equal(reason, DONE);
		}
	}

	raftOf(node: SimulatedNode) {
		const raft = node.replica?.member?.raft;
		assert.ok(raft);
		return raft;
	}

	/** The node applies all that the leader has committed, within so much time. */
	assertCaughtUp(node: SimulatedNode, withinMs: number): void {
		const leader = this.raftOf(this.serving());
		const isThere = (): boolean => this.raftOf(node).appliedIndex >= leader.log.lastIndex;
		assert.ok(
			this.runUntil(isThere, this.nowMs + withinMs),
			`node ${node.id} stays at ${this.raftOf(node).appliedIndex}`,
		);
	}

	bytesTo(node: SimulatedNode): number {
		const raft = this.raftOf(this.serving());
		return raft.progress.paths.bytes[raft.places.find(node.id, node.incarnation)];
	}

	/** What the leader says of a member. */
	rowOf(node: SimulatedNode): Float64Array {
		const rows = new PeerRows();
		rows.fill(this.raftOf(this.serving()));
		for (let at = 0; at < rows.count; at += PEER_COLUMNS)
			if (rows.fields[at + PEER_ID] === node.id) return rows.fields.slice(at, at + PEER_COLUMNS);
		return assert.fail("no such member");
	}
}

interface Returned {
	readonly w: NarrowWorld;
	readonly node: SimulatedNode;
}

/** A member is away while the others take so many puts, and comes back to narrow paths. */
function returned(puts: number, length: number, bytes: number, witnesses = 0, flashBytes = 512 * 1024): Returned {
	const w = new NarrowWorld(3, witnesses, flashBytes);
	const node = w.follower();
	w.crash(node);
	w.put(puts, length);
	w.narrow(bytes);
	w.boot(node);
	return { w, node };
}

/** The leader loses its power: the others elect one that commits, and serve. */
function assertNextLeads(w: NarrowWorld): void {
	const leader = w.serving();
	w.crash(leader);
	assert.ok(
		w.runUntil(() => w.leader() !== undefined, w.nowMs + 10_000),
		"nobody leads",
	);
	w.serving();
	w.put(1, 100);
}

describe("whole replicas on paths with a small MTU", () => {
	it("F2: lets a member that was stopped catch up, and the next leader commit", () => {
		const { node, w } = returned(30, 100, 1252);
		w.assertCaughtUp(node, 3000);
		assert.ok(w.bytesTo(node) < ENTRIES_BYTES_MAX);
		assertNextLeads(w);
	});

	it("F2: lets the next leader commit although the one before died in between", () => {
		const { node, w } = returned(30, 100, 1252);
		w.run(w.nowMs + 100);
		assert.ok(w.raftOf(node).appliedIndex < 30);
		assertNextLeads(w);
		w.assertCaughtUp(node, 3000);
	});

	for (const bytes of [1252, 548, 300])
		it(`F2: lets entries through that are read from flash, ${bytes} bytes at most`, () => {
			const { node, w } = returned(600, 100, bytes);
			const leader = w.raftOf(w.serving());
			assert.ok(leader.log.baseIndex === 0 && leader.log.firstCached > 100, "the entries are not on flash alone");
			w.assertCaughtUp(node, 10_000);
			assert.equal(w.raftOf(node).snapshot.index, 0);
			assertNextLeads(w);
		});

	it("F2: lets the first entries through that a leader without anything in RAM sends", () => {
		const w = new NarrowWorld();
		const leader = w.serving();
		const node = w.follower();
		w.crash(node);
		w.put(20, 300);
		for (const one of w.nodes) if (one.replica !== null) w.crash(one);
		w.narrow(548);
		for (const one of w.nodes) if (!one.joins) w.boot(one);
		assert.ok(w.raftOf(leader).log.firstCached > w.raftOf(leader).log.lastIndex);
		w.serving();
		w.assertCaughtUp(node, 10_000);
	});

	for (const bytes of [1000, 600, 400])
		it(`F2: lets a snapshot through to a member that is far behind, ${bytes} bytes at most`, () => {
			const { node, w } = returned(1200, 100, bytes, 0, SMALL_FLASH_BYTES);
			const leader = w.serving();
			assert.ok(w.raftOf(leader).log.baseIndex > 100, "the log still has what the member lacks");
			w.assertCaughtUp(node, 20_000);
			assert.ok(w.raftOf(node).snapshot.index > 0);
			assertNextLeads(w);
		});

	for (const bytes of [1000, 600])
		it(`F2: lets a newcomer in, ${bytes} bytes at most`, () => {
			const w = new NarrowWorld();
			w.put(1100, 100);
			w.narrow(bytes);
			const node = w.nodes.at(-1) as SimulatedNode;
			w.boot(node);
			const leader = w.serving().replica;
			assert.ok(leader !== null && leader.member !== null);
			const next = new Configuration(PROFILE_M.members);
			next.copyFrom(leader.member.raft.configuration);
			next.add(node.id, node.incarnation, ROLE_LEARNER, node.address, PORT);
			assert.ok(leader.changeConfiguration(next, leader.member.raft.configuration.index) >= 0);
			w.assertCaughtUp(node, 20_000);
		});

	it("F2: lets a witness catch up, from RAM and from flash", () => {
		for (const puts of [60, 600]) {
			const { node, w } = returned(puts, 100, 200, 1);
			assert.ok(w.raftOf(node).isWitness);
			// The other member keeps the state, and its entries are longer than the path carries.
			for (const from of w.nodes)
				for (const to of w.nodes) if (from !== node && to !== node) w.links.widen(from.address, to.address);
			w.assertCaughtUp(node, 10_000);
		}
	});

	it("F2: is one peer's affair: another one is sent datagrams of full length meanwhile", () => {
		const w = new NarrowWorld(5);
		const leader = w.serving();
		const [one, other] = w.nodes.filter((node) => node !== leader && !node.joins);
		for (const node of [one, other]) w.crash(node);
		w.put(600, 100);
		w.links.narrowTo(leader.address, one.address, 548);
		for (const node of [one, other]) w.boot(node);
		w.assertCaughtUp(one, 10_000);
		w.assertCaughtUp(other, 1000);
		assert.ok(w.bytesTo(one) < 548);
		assert.equal(w.bytesTo(other), ENTRIES_BYTES_MAX);
	});

	it("F2: makes bodies for each size, where two peers are sent the same entries from flash in one turn", () => {
		const w = new NarrowWorld(5);
		const leader = w.serving();
		const [one, other] = w.nodes.filter((node) => node !== leader && !node.joins);
		for (const node of [one, other]) w.crash(node);
		w.put(600, 100);
		const raft = w.raftOf(leader);
		const { progress } = raft;
		const placeOf = ({ id, incarnation }: SimulatedNode): number => raft.places.find(id, incarnation);
		for (const node of [one, other]) progress.enterProbe(placeOf(node), 3);
		progress.paths.bytes[placeOf(one)] = 300;
		progress.hasPaths = true;
		raft.appendsDue = true;
		const longest = new Map<number, number>();
		w.watcher = {
			booted: () => {},
			lostPower: () => {},
			turned: () => {},
			traced: () => {},
			struck: () => {},
			sent: (_node, bytes, length) => longest.set(bytes[7], Math.max(longest.get(bytes[7]) ?? 0, length)),
		};
		w.wake(leader, 0);
		w.run(w.nowMs + 10);
		w.watcher = null;
		assert.ok((longest.get(one.id) ?? 0) < 400, `${longest.get(one.id)} bytes`);
		assert.ok((longest.get(other.id) ?? 0) > 1000, `${longest.get(other.id)} bytes`);
	});

	it("F2: is named at a peer that answers heartbeats and takes no entries", () => {
		const { node, w } = returned(30, 400, 300);
		w.run(w.nowMs + 6000);
		const row = w.rowOf(node);
		assert.ok(row[PEER_UNANSWERED] > 20, `${row[PEER_UNANSWERED]} heartbeats`);
		assert.ok(row[PEER_BYTES] < 512, `${row[PEER_BYTES]} bytes`);
		assert.ok(row[PEER_SILENT_MS] < 300);
		for (const other of w.nodes) if (other !== node && !other.joins) assert.equal(w.rowOf(other)[PEER_UNANSWERED], 0);
		for (const from of w.nodes) for (const to of w.nodes) w.links.widen(from.address, to.address);
		w.assertCaughtUp(node, 3000);
		w.run(w.nowMs + 500);
		assert.equal(w.rowOf(node)[PEER_UNANSWERED], 0);
	});

	it("F2: is no path at all that loses one datagram in five: its size is the full one soon after", () => {
		const w = new NarrowWorld();
		const node = w.follower();
		w.crash(node);
		w.put(60, 400);
		w.boot(node);
		w.links.faults.lossPermille = 200;
		w.run(w.nowMs + 5000);
		w.links.faults.lossPermille = 0;
		w.assertCaughtUp(node, 5000);
		const isFull = (): boolean => w.bytesTo(node) === ENTRIES_BYTES_MAX;
		for (let second = 0; second < 60 && !isFull(); second++) {
			w.put(10, 500);
			w.run(w.nowMs + 900);
		}
		assert.ok(isFull(), `${w.bytesTo(node)} bytes`);
	});

	it("F2: takes a snapshot's receiver nothing of what it hears: it does not stand for election meanwhile", () => {
		const { node, w } = returned(1200, 100, 200, 0, SMALL_FLASH_BYTES);
		const leader = w.serving();
		w.run(w.nowMs + 10_000);
		// No chunk of 256 bytes gets through.
		const raft = w.raftOf(leader);
		const place = raft.places.find(node.id, node.incarnation);
		assert.equal(raft.progress.state[place], SNAPSHOT);
		assert.equal(w.raftOf(node).leader, w.raftOf(node).places.find(leader.id, leader.incarnation));
		assert.ok(w.rowOf(node)[PEER_UNANSWERED] > 20);
		assert.equal(w.leader(), leader);
	});
});
