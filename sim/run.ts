/**
 * One run of the simulator, in four parts:
 *
 *   faults    clients ask, and everything that the seed has drawn goes wrong
 *   quorum    a random majority is made whole, the rest is dead for ever: it must make progress
 *   heal      all come back, answer everybody, and agree
 *   judgement what the clients were told must be linearizable
 *
 * with every invariant checked after every event. The same options give the same trace hash on
 * every engine.
 */
import type { Configuration } from "../core/configuration";
import { Administrator, Changes } from "./administrator";
import { age, wear } from "./aged";
import { changeAmongTheDead } from "./among-the-dead";
import { Attendance } from "./attendance";
import type { SimulatedClient } from "./client";
import { describeNodes } from "./describe";
import { hasMember, hasVoter, isAgreed } from "./electorate";
import { Nemesis } from "./faults/nemesis";
import type { History } from "./history/history";
import { Invariants } from "./invariants";
import type { MessageFault } from "./links";
import type { SimulatedNode } from "./node";
import type { Options } from "./options";
import type { Report } from "./report";
import { survivors } from "./survivors";
import { RunTrace } from "./trace";
import { Workload } from "./workload";
import { type Watcher, World } from "./world";

/** Election timeouts (the longest) after the faults have stopped within which there must be a leader, and all answered. */
const LEADER_TIMEOUTS = 10;
const ANSWER_TIMEOUTS = 20;
/** Copies of datagrams come no later than this. */
const LATEST_MS = 8000;

/** A store that is full of keys or sessions refuses a write for good: it has answered all the same. */
const FULL: readonly string[] = Object.freeze(["NO_SPACE", "SESSION_LIMIT"]);
/** Of the search for an order. One history in 10,000 takes more than 200,000. */
const STEPS_MAX = 5_000_000;

/** What did not hold, where, and what led to it. */
export class Violation extends Error {
	override readonly name = "Violation";
	readonly seed: number;
	readonly atMs: number;
	/** Of everything up to it. */
	readonly traceHash: number;
	/** The last steps in words. */
	readonly lines: readonly string[];
	readonly history: History;

	constructor(run: Run, cause: unknown) {
		super(cause instanceof Error ? cause.message : String(cause), { cause });
		this.seed = run.options.seed;
		this.atMs = run.world.nowMs;
		this.traceHash = run.trace.hash;
		this.lines = run.trace.lines();
		this.history = run.workload.history;
	}
}

/** Told, after each turn of a node, how many events there were and the trace hash of all of them. */
export type Follow = (events: number, traceHash: number) => void;

/**
 * Runs it.
 * @param print told of each step in words; null keeps only the last few
 * @throws Violation
 */
export function simulate(
	options: Options,
	print: ((line: string) => void) | null = null,
	follow: Follow | null = null,
): Report {
	const run = new Run(options, print, follow);
	try {
		run.live();
	} catch (error) {
		throw new Violation(run, error);
	}
	return run.report();
}

class Run implements Watcher {
	readonly options: Options;
	readonly world: World;
	readonly trace: RunTrace;
	readonly invariants: Invariants;
	readonly attendance: Attendance;
	readonly workload: Workload;
	readonly nemesis: Nemesis;
	/** Where members come and go. */
	readonly administrator: Administrator | null;
	private readonly follow: Follow | null;
	private snapshotsTaken = 0;
	private snapshotsInstalled = 0;

	constructor(options: Options, print: ((line: string) => void) | null, follow: Follow | null) {
		this.options = options;
		this.follow = follow;
		this.trace = new RunTrace(print);
		this.world = new World(options);
		const { limits, start } = options;
		this.world.nowMs = start.clockMs;
		this.world.clockStartMs = start.clockMs;
		for (const node of this.world.nodes) {
			if (node.joins) continue;
			if (start.index > 0) age(node.flash, limits, this.world.configuration(), start);
			if (start.hardStateWrites > 0) wear(node.flash, limits, start.hardStateWrites + node.id);
		}
		this.invariants = new Invariants(this.world, start.index);
		this.world.watcher = this;
		this.attendance = new Attendance(this.world, options, this.invariants.ledger);
		this.workload = new Workload(this.world, options, this.attendance.services, this.attendance.localReads);
		this.nemesis = new Nemesis(this.world, options, this.workload, (node, fault) => this.say(node, fault));
		this.administrator = options.changesMembers ? new Administrator(this.world, (node) => this.renewed(node)) : null;
		this.nemesis.asksForMembers = () => this.administrator?.askAmongTheDead();
	}

	private renewed(node: SimulatedNode): void {
		this.say(node, "begins its next life");
		this.invariants.renewed(node);
	}

	live(): void {
		const { nodes, random } = this.world;
		for (const node of nodes) this.world.after(random.below(500), () => this.bootIfDark(node));
		this.world.run(this.options.start.clockMs + this.options.durationMs);
		this.nemesis.stop();
		this.workload.stop();
		this.attendance.stop();
		if (this.administrator !== null) this.settleMembers(this.administrator);
		this.quorum();
		this.heal();
		this.judgement();
	}

	private bootIfDark(node: SimulatedNode): void {
		if (node.replica === null) this.world.boot(node);
	}

	private say(node: SimulatedNode, text: string): void {
		this.trace.say(this.world.nowMs, node.id, text);
	}

	private get timeoutMs(): number {
		return this.world.configuration().electionMsMax;
	}

	/** Where members came and went, one of many may be left: a client that asks at random finds it late. */
	private get patienceMs(): number {
		return ANSWER_TIMEOUTS * this.timeoutMs * (this.administrator === null ? 1 : this.world.nodes.length);
	}

	/** A random majority alone, all else dead for ever. */
	private quorum(): void {
		const { nodes } = this.world;
		this.world.calm();
		const configuration = this.administrator === null ? undefined : this.configuration();
		const isVoter = (node: SimulatedNode) => configuration === undefined || hasVoter(configuration, node);
		const order = this.world.random.shuffle(nodes.filter((node) => !node.isWiped && isVoter(node)));
		const quorum = survivors(this.world, order, configuration?.voters() ?? nodes.length, this.attendance.services);
		for (const node of nodes) {
			this.world.mend(node);
			if (!quorum.includes(node) && node.replica !== null) this.world.crash(node);
		}
		for (const node of quorum) this.bootIfDark(node);
		this.nemesis.addresses.dealLast(quorum, configuration);
		const startMs = this.world.nowMs;
		this.trace.say(startMs, 0, `nodes ${quorum.map((node) => node.id).join(", ")} are left alone`);
		const allDrain = this.options.faults.includes("all drained") && this.world.random.chance(300);
		if (allDrain) this.nemesis.drains.drainAll(quorum);
		this.awaitLeader("a majority elects no leader");
		this.nemesis.drains.lift();
		this.probe(startMs + this.patienceMs);
	}

	/**
	 * The change that is under way comes to its end, and all who are members learn it: who is a majority
	 * is then one thing for all of them.
	 */
	private settleMembers(administrator: Administrator): void {
		const { world } = this;
		administrator.stop();
		world.calm();
		this.settle();
		const configuration = this.configuration();
		if (configuration === undefined || !this.options.faults.includes("change among the dead")) return;
		if (!changeAmongTheDead(world, configuration, administrator, this.nemesis)) return;
		this.awaitLeader("the majority that is alive leads no more after a change of the members");
		this.settle();
	}

	/** A leader that serves, in time; a group at rest misses nobody until somebody wants something. */
	private awaitLeader(otherwise: string): void {
		if (this.options.quietAfterMs > 0) this.readAll(this.workload.addClient());
		const hasLeader = () => this.world.leader() !== undefined && this.isServing();
		if (!this.world.runUntil(hasLeader, this.world.nowMs + LEADER_TIMEOUTS * this.timeoutMs))
			throw new Error(`liveness: ${otherwise}: ${this.describe()}`);
	}

	private settle(): void {
		const { world } = this;
		for (const node of world.nodes) {
			world.mend(node);
			this.bootIfDark(node);
		}
		// A member that went by an old configuration may know none of the addresses that are in use.
		world.router.sendHome(world.nodes);
		// A group at rest misses nobody, not even its leader.
		if (this.options.quietAfterMs > 0) this.readAll(this.workload.addClient());
		const isSettled = () => isAgreed(world.nodes, this.configuration());
		if (!world.runUntil(isSettled, world.nowMs + ANSWER_TIMEOUTS * this.timeoutMs))
			throw new Error(`liveness: members do not settle: ${this.describe()}`);
	}

	/** The leader's. */
	private configuration(): Configuration | undefined {
		return this.isServing() ? this.world.leader()?.replica?.member?.raft.configuration : undefined;
	}

	/** True for a board that has to be where the others are. */
	private isMember(node: SimulatedNode): boolean {
		if (node.isWiped) return false;
		const configuration = this.configuration();
		return this.administrator === null || (configuration !== undefined && hasMember(configuration, node));
	}

	/** The leader has committed in its term: it may serve. */
	private isServing(): boolean {
		const raft = this.world.leader()?.replica?.member?.raft;
		return raft !== undefined && raft.commitIndex >= raft.termStartIndex;
	}

	/** A client that has asked nothing yet writes and reads; both must be answered, and done. */
	private probe(limitMs: number): void {
		const { history } = this.workload;
		const client = this.workload.addClient();
		client.timeoutMs = Infinity;
		let write = this.probeWrite(client);
		const isAnswered = () => {
			if (!client.isIdle) return false;
			// Its session may be pushed out before the write: then nothing is known of that, and it asks again.
			const { outcome, reason } = history.operations[write];
			if (outcome === "done" || FULL.includes(reason)) return true;
			write = this.probeWrite(client);
			return false;
		};
		if (!this.world.runUntil(isAnswered, limitMs))
			throw new Error(
				`liveness: a majority does not write (${history.operations[write].reason || "no answer"}): ${this.describe()}`,
			);
		this.readAll(client);
		const isIdle = () => client.isIdle;
		if (!this.world.runUntil(isIdle, this.world.nowMs + this.patienceMs))
			throw new Error(`liveness: a majority does not read: ${this.describe()}`);
	}

	private probeWrite(client: SimulatedClient): number {
		return client.ask({ operation: "put", key: this.workload.key(0), value: this.workload.value() });
	}

	/** Reads each key, so that the history says where all writes have led. */
	private readAll(client: { ask(question: { operation: "get"; key: string }): number }): void {
		for (let key = 0; key < Math.min(this.options.keys, 4); key++)
			client.ask({ operation: "get", key: this.workload.key(key) });
	}

	private heal(): void {
		const { nodes } = this.world;
		for (const node of nodes) this.bootIfDark(node);
		this.trace.say(this.world.nowMs, 0, "all nodes are back");
		const limitMs = this.world.nowMs + ANSWER_TIMEOUTS * this.timeoutMs;
		const isQuiet = () => this.workload.isIdle && this.attendance.isIdle && this.agree();
		if (!this.world.runUntil(isQuiet, limitMs)) throw new Error(`liveness: not healed in time: ${this.describe()}`);
		const client = this.workload.addClient();
		for (let key = 0; key < this.options.keys; key++) {
			const operation = client.ask({ operation: "get", key: this.workload.key(key) });
			if (!this.world.runUntil(() => client.isIdle, this.world.nowMs + ANSWER_TIMEOUTS * this.timeoutMs))
				throw new Error(`liveness: a healed cluster does not read: ${this.describe()}`);
			const { outcome, reason } = this.workload.history.operations[operation];
			if (outcome !== "done") throw new Error(`liveness: a healed cluster refuses to read: ${reason}`);
		}
		for (const node of nodes) this.checkEnd(node);
	}

	private checkEnd(node: SimulatedNode): void {
		this.count(node);
		const member = node.replica?.member;
		if (member === null || member === undefined) {
			if (!node.isWiped) throw new Error(`node ${node.id} does not run: ${node.failure}`);
			return;
		}
		this.invariants.checkFootprint(node, member);
		// A request that comes again long after its answer opens a call anew, which ends like any other; one
		// for a revision that never comes when its time is over.
		const isFree = () => member.requests.calls.count === 0;
		if (!this.world.runUntil(isFree, this.world.nowMs + LATEST_MS + 2 * this.timeoutMs))
			throw new Error(`node ${node.id} still holds a call that nobody waits for`);
	}

	private agree(): boolean {
		if (this.administrator !== null && this.configuration() === undefined) return false;
		let applied = -1;
		for (const node of this.world.nodes) {
			if (!this.isMember(node)) continue;
			const raft = node.replica?.member?.raft;
			if (raft === undefined || raft.commitIndex !== raft.log.lastIndex) return false;
			if (raft.appliedIndex !== raft.commitIndex) return false;
			if (applied >= 0 && raft.appliedIndex !== applied) return false;
			applied = raft.appliedIndex;
		}
		return true;
	}

	private judgement(): void {
		this.attendance.judge(this.workload.history.operations, this.options.start.revision, STEPS_MAX);
	}

	private describe(): string {
		return describeNodes(this.world.nodes);
	}

	// Watcher.
	booted(node: SimulatedNode): void {
		this.say(node, `boots for the ${node.boots}. time`);
		this.attendance.booted(node);
		this.invariants.booted(node);
		this.nemesis.booted(node);
	}

	lostPower(node: SimulatedNode): void {
		const { torn } = node.flash;
		this.say(node, torn === "" ? "loses its power" : `loses its power: ${torn}`);
		this.count(node);
		this.invariants.lostPower(node);
		this.nemesis.lostPower(node);
	}

	turned(node: SimulatedNode): void {
		this.invariants.turned(node);
		this.attendance.turned(node);
		this.nemesis.turned(node);
		this.follow?.(this.world.eventsDone, this.trace.hash);
	}

	sent(node: SimulatedNode, bytes: Uint8Array, length: number): void {
		// A frame ends with a checksum of all before it.
		for (let i = length - 4; i < length; i += 2) this.trace.mix(bytes[i] * 256 + bytes[i + 1]);
		this.invariants.sent(node, bytes, length);
	}

	traced(node: SimulatedNode, event: number, a: number, b: number, c: number): void {
		const ids = node.replica?.member?.raft.places.ids;
		this.trace.event(this.world.nowMs, node.id, event, a, b, c, ids);
		this.invariants.traced(node, event, a);
		this.attendance.traced(node, event, a, b, c);
		this.administrator?.traced(event);
	}

	struck(fault: MessageFault, node: SimulatedNode | undefined): void {
		this.nemesis.struckMessage(fault, node);
	}

	private count(node: SimulatedNode): void {
		const member = node.replica?.member;
		this.attendance.services.withheldEntries += member?.sender.withheld.entries ?? 0;
		this.snapshotsTaken += member?.snapshots.taken ?? 0;
		this.snapshotsInstalled += member?.snapshots.installed ?? 0;
	}

	report(): Report {
		const { history } = this.workload;
		const operations = { done: 0, refused: 0, unknown: 0 };
		for (const operation of history.operations) operations[operation.outcome]++;
		return {
			traceHash: this.trace.hash,
			events: this.world.eventsDone,
			messages: this.world.messages,
			simulatedMs: this.world.nowMs - this.options.start.clockMs,
			terms: this.invariants.leaders.size,
			committed: this.invariants.ledger.committed - this.options.start.index,
			crashes: this.nemesis.crashes,
			snapshotsTaken: this.snapshotsTaken,
			snapshotsInstalled: this.snapshotsInstalled,
			operations,
			services: this.attendance.services,
			changes: this.administrator?.changes ?? new Changes(),
			matrix: this.nemesis.matrix,
			history,
		};
	}
}
