/** What the clients of a run ask: random operations on a few keys, so that they meet. */
import type { Call } from "../core/client/call";
import { DONE, KEY_NOT_FOUND, OUTCOME_UNKNOWN, REVISION_NOT_REACHED } from "../core/reasons";
import { clientAddress, type NodeQuestion, SimulatedClient } from "./client";
import type { Clients } from "./faults/nemesis";
import { History, hexOf, type Question } from "./history/history";
import type { LocalReads } from "./local-reads";
import type { Options } from "./options";
import type { Services } from "./services";
import type { World } from "./world";

const SERIAL_BYTES = 4;
/** After so many operations the clients slow down: more of the same would show nothing more. */
const MUCH = 700;
const SLOW_MS = 400;
/** After so many outcomes that nobody knows the clients only read: each more doubles the orders that must be judged. */
const UNKNOWN_MAX = 24;
/** Of 1000 reads at one node, so many are local, and so many want a revision. */
const LOCAL_PERMILLE = 500;
const NOT_BEFORE_PERMILLE = 400;
/** Where the group may rest, nobody asks anything at the end of each such time. */
const LULL_EVERY_MS = 9000;
const LULL_AFTER_MS = 5000;

export class Workload implements Clients {
	readonly history = new History();
	readonly clients: SimulatedClient[] = [];
	readonly addresses: number[] = [];
	private readonly world: World;
	private readonly options: Options;
	/** By key: a modification revision that some client has seen last. */
	private readonly revisions: number[] = [];
	/** Of the values written so far: each is another one, so that a read says which write it saw. */
	private serial = 0;
	/** Calls whose outcome nobody knows. */
	private unknown = 0;
	private names: number;
	private active = true;
	private readonly services: Services;
	/** Reads at one node of the history that are under way, and the revision that each wants. */
	private readonly nodeReads = new Map<number, number>();
	/** The highest revision that a client was told of. */
	private revision = 0;

	constructor(world: World, options: Options, services: Services, localReads: LocalReads) {
		this.world = world;
		this.options = options;
		this.services = services;
		this.names = options.clients;
		for (let key = 0; key < options.keys; key++) this.revisions.push(0);
		for (let number = 0; number < options.clients; number++) {
			const client = new SimulatedClient(world, this.history, number);
			client.onAnswer = (operation, call) => this.learn(operation, call);
			client.onLocalAnswer = (answer) => localReads.answered(answer);
			this.clients.push(client);
			this.addresses.push(clientAddress(number));
			this.goOn(client);
		}
	}

	/** Nothing more is asked. */
	stop(): void {
		this.active = false;
	}

	restart(number: number): void {
		this.unknown += this.clients[number].underWay;
		this.clients[number].restart(this.names++);
	}

	get isIdle(): boolean {
		return this.clients.every((client) => client.isIdle);
	}

	/** A client that asks only what it is told to; it is cut off by no fault that began before. */
	addClient(): SimulatedClient {
		const client = new SimulatedClient(this.world, this.history, this.clients.length);
		client.name = this.names++;
		this.clients.push(client);
		return client;
	}

	private goOn(client: SimulatedClient): void {
		const { random } = this.world;
		const isMuch = this.history.operations.length > MUCH;
		const thinkMsMax = isMuch ? Math.max(this.options.thinkMsMax, SLOW_MS) : this.options.thinkMsMax;
		this.world.after(random.between(1, thinkMsMax) + this.lullMs(), () => {
			if (!this.active) return;
			const question = this.question();
			const nodeQuestion = this.nodeQuestion(question);
			if (nodeQuestion === null) client.ask(question);
			else client.askNode(nodeQuestion, (operation) => this.nodeReads.set(operation, nodeQuestion.notBefore));
			this.goOn(client);
		});
	}

	/** @returns until when nobody asks anything, so that the group comes to rest */
	private lullMs(): number {
		if (this.options.quietAfterMs === 0) return 0;
		const phaseMs = (this.world.nowMs - this.options.start.clockMs) % LULL_EVERY_MS;
		return phaseMs > LULL_AFTER_MS ? LULL_EVERY_MS - phaseMs : 0;
	}

	/** @returns the same read for one node, or null for the leader */
	private nodeQuestion({ key, limit = 0, operation, to = "" }: Question): NodeQuestion | null {
		const { nodes, random } = this.world;
		const { nodeReadPermille } = this.options;
		if (operation !== "get" && operation !== "range") return null;
		if (nodeReadPermille === 0 || !random.chance(nodeReadPermille)) return null;
		const node = random.between(1, nodes.length);
		const isLocal = random.chance(LOCAL_PERMILLE);
		// Mostly what somebody has seen; sometimes what may never come.
		const ahead = random.chance(100) ? random.between(1, 3) : 0;
		const notBefore = random.chance(NOT_BEFORE_PERMILLE) ? this.revision + ahead : 0;
		return { operation, key, to, limit, node, isLocal, notBefore };
	}

	private question(): Question {
		const { random } = this.world;
		const at = random.below(this.options.keys);
		const key = this.key(at);
		if (this.unknown > UNKNOWN_MAX || random.chance(this.options.readPermille))
			return random.chance(850) ? { operation: "get", key } : this.range();
		const kind = random.below(10);
		if (kind === 0) return { operation: "delete", key };
		if (kind > 3) return { operation: "put", key, value: this.value() };
		// Mostly what somebody saw last, so that some succeed and some do not.
		const expected = random.chance(800) ? this.revisions[at] : 0;
		return { operation: "compareAndPut", key, expected, value: this.value() };
	}

	private range(): Question {
		const { random } = this.world;
		const from = random.chance(300) ? "" : this.key(random.below(this.options.keys));
		const to = random.chance(500) ? "" : this.key(this.options.keys);
		return { operation: "range", key: from, to, limit: random.chance(300) ? random.between(1, 4) : 0 };
	}

	/** One of the run's keys; the one after the last is the end of a range. */
	key(number: number): string {
		return hexOf(Uint8Array.of(0x6b, number), 0, 2);
	}

	/** A value that was never written before. */
	value(): string {
		const { random } = this.world;
		const serial = ++this.serial;
		const bytes = new Uint8Array(random.between(SERIAL_BYTES, Math.max(this.options.valueBytesMax, SERIAL_BYTES)));
		bytes[0] = serial >>> 24;
		bytes[1] = serial >>> 16;
		bytes[2] = serial >>> 8;
		bytes[3] = serial;
		return hexOf(bytes, 0, bytes.length);
	}

	private learn(operation: number, call: Call): void {
		const { key } = this.history.operations[operation];
		if (call.reason === OUTCOME_UNKNOWN) this.unknown++;
		else if (call.revision > this.revision) this.revision = call.revision;
		const notBefore = this.nodeReads.get(operation);
		if (notBefore !== undefined) this.learnNodeRead(call, notBefore);
		if (key.length === 4 && call.modRevision > 0) this.revisions[Number.parseInt(key.slice(2), 16)] = call.modRevision;
	}

	private learnNodeRead({ reason, revision }: Call, notBefore: number): void {
		const { services } = this;
		if (reason === DONE || reason === KEY_NOT_FOUND) {
			services.followerReads++;
			if (notBefore > 0) services.revisionsReached++;
			if (revision < notBefore) throw new Error(`follower read: revision ${revision} for one not before ${notBefore}`);
		} else {
			services.followerReadsRefused++;
			if (reason === REVISION_NOT_REACHED) services.revisionsNotReached++;
		}
	}
}
