/**
 * What a local read promises, who sees all nodes at once can check: that its state was the state of the
 * cluster after the index that it names, at the revision that it names, and that its age is honest:
 *
 *   of a node that follows   a leader was heard no longer ago than the age
 *   of a node that leads     nobody led a later term so long ago, and what was committed then is in it
 *
 * A follower's age says nothing of how far it had come with what it was told; how often its state was
 * older than that is counted.
 */
import { EVENT_LEADER } from "../core/events";
import { DATAGRAM_BYTES } from "../core/limits";
import { APPEND_REQUEST, Message, QUIET_REQUEST, SNAPSHOT_REQUEST, TIMEOUT_NOW } from "../core/raft/messages";
import { DONE, KEY_NOT_FOUND, REVISION_NOT_REACHED } from "../core/reasons";
import { Codec } from "../core/wire/codec";
import { TAG_BYTES } from "../core/wire/frame";
import { AGE_UNKNOWN } from "../core/wire/requests";
import type { LocalAnswer, NodeQuestion } from "./client";
import { type Answer, answerOf, type Operation } from "./history/history";
import type { Ledger } from "./ledger";
import type { SimulatedNode } from "./node";
import type { Services } from "./services";
import type { World } from "./world";

/** Kinds that only a leader sends. */
const OF_LEADERS: readonly number[] = Object.freeze([APPEND_REQUEST, SNAPSHOT_REQUEST, TIMEOUT_NOW, QUIET_REQUEST]);
/** What whole milliseconds of clocks hide. */
const ROUNDING_MS = 2;

/** A local read with what the store said. */
interface Told {
	readonly question: NodeQuestion;
	readonly index: number;
	readonly answer: Answer;
}

/** A key became this at that revision; null for deleted. */
interface Change {
	readonly revision: number;
	readonly value: string | null;
}

export class LocalReads {
	private readonly world: World;
	private readonly services: Services;
	private readonly ledger: Ledger;
	/** A node's clock runs at no less than so many thousandths of the world's. */
	private readonly slowest: number;
	private readonly told: Told[] = [];
	/** By id - 1: when a leader was heard last. */
	private readonly heardMs: number[] = [];
	/** What was committed when, and which term was led since when. */
	private readonly commits: { readonly ms: number; readonly index: number }[] = [];
	private readonly terms: { readonly ms: number; readonly term: number }[] = [];
	private readonly codec = new Codec();
	private readonly message = new Message(new Uint8Array(DATAGRAM_BYTES));

	/** @param spreadPermille of the nodes' clocks */
	constructor(world: World, services: Services, ledger: Ledger, spreadPermille: number) {
		this.world = world;
		this.services = services;
		this.ledger = ledger;
		this.slowest = 1000 - spreadPermille;
		for (const node of world.nodes) this.listen(node);
	}

	/** Notes when leaders are heard, whatever the node makes of it. */
	private listen(node: SimulatedNode): void {
		const { network } = node;
		const receive = network.receive.bind(network);
		this.heardMs[node.id - 1] = -Infinity;
		network.receive = (buffer) => {
			const length = receive(buffer);
			if (length > TAG_BYTES && this.isOfLeader(buffer, length)) this.heardMs[node.id - 1] = this.world.nowMs;
			return length;
		};
	}

	private isOfLeader(bytes: Uint8Array, length: number): boolean {
		this.message.bytes.set(bytes.subarray(0, length));
		return OF_LEADERS.includes(this.codec.decodeMember(this.message, length - TAG_BYTES));
	}

	/** To be told of every event of a node. */
	traced(event: number, term: number): void {
		if (event === EVENT_LEADER) this.terms.push({ ms: this.world.nowMs, term });
	}

	/** To be told after each turn. */
	turned(): void {
		const { committed } = this.ledger;
		if (committed > (this.commits[this.commits.length - 1]?.index ?? this.ledger.origin))
			this.commits.push({ ms: this.world.nowMs, index: committed });
	}

	private committedAt(ms: number): number {
		let at = this.commits.length - 1;
		while (at >= 0 && this.commits[at].ms > ms) at--;
		return at < 0 ? this.ledger.origin : this.commits[at].index;
	}

	/** A local read has ended. @throws Error if it cannot be true */
	answered({ askedMs, call, question }: LocalAnswer): void {
		const { services } = this;
		const { index, reason, revision } = call;
		if (reason !== DONE && reason !== KEY_NOT_FOUND) {
			services.localReadsRefused++;
			if (reason === REVISION_NOT_REACHED) services.revisionsNotReached++;
			return;
		}
		services.localReads++;
		if (question.notBefore > 0) services.revisionsReached++;
		if (revision < question.notBefore)
			throw new Error(`local read: revision ${revision} for one not before ${question.notBefore}`);
		if (index > this.ledger.committed) throw new Error(`local read: entry ${index} is not committed`);
		this.told.push({ question, index, answer: answerOf(question.operation, call) });
		if (call.ageMs !== AGE_UNKNOWN) this.checkAge(askedMs, call.ageMs, index, call.member, call.leader, call.term);
	}

	/** @param askedMs before the answer was made */
	private checkAge(askedMs: number, ageMs: number, index: number, node: number, leader: number, term: number): void {
		const sinceMs = askedMs - ((ageMs + ROUNDING_MS) * 1000) / this.slowest - ROUNDING_MS;
		const isBehind = index < this.committedAt(sinceMs);
		const words = `node ${node} says that its entry ${index} is ${ageMs} ms old`;
		if (leader !== node) {
			if (this.heardMs[node - 1] < sinceMs) throw new Error(`local read: ${words}, and it heard no leader since`);
			if (isBehind) this.services.localReadsBehind++;
			return;
		}
		for (const later of this.terms)
			if (later.term > term && later.ms < sinceMs)
				throw new Error(`local read: ${words}, and term ${later.term} was led before`);
		if (isBehind) throw new Error(`local read: leader ${words}, and ${this.committedAt(sinceMs)} was committed then`);
	}

	/**
	 * Judges the states that were told, by what the history says of writes.
	 * @throws Error if one was never the cluster's
	 */
	judge(operations: readonly Operation[]): void {
		const told = [...this.told].sort((a, b) => a.index - b.index || a.answer.revision - b.answer.revision);
		for (let i = 1; i < told.length; i++) {
			const [before, after] = [told[i - 1], told[i]];
			const isInOrder =
				before.index === after.index
					? before.answer.revision === after.answer.revision
					: before.answer.revision <= after.answer.revision;
			if (!isInOrder)
				throw new Error(
					`local read: revision ${before.answer.revision} after entry ${before.index}, ${after.answer.revision} after ${after.index}`,
				);
		}
		const keys = keysOf(operations);
		for (const { answer, question } of told) {
			if (question.operation === "get") {
				const { found, modRevision, value } = answer;
				check(keys.get(question.key), question.key, answer.revision, found ? value : null, modRevision);
			} else checkRange(keys, question, answer);
		}
	}
}

function checkRange(keys: ReadonlyMap<string, Key>, question: NodeQuestion, answer: Answer): void {
	const { more, pairs, revision } = answer;
	for (const { key, modRevision, value } of pairs) check(keys.get(key), key, revision, value, modRevision);
	if (more) return;
	const to = question.to ?? "";
	for (const [key, known] of keys) {
		const isAsked = key >= question.key && (to === "" || key < to);
		if (isAsked && !pairs.some((pair) => pair.key === key)) check(known, key, revision, null, 0);
	}
}

/** What is known of a key: its changes, and whether it may have been deleted besides. */
class Key {
	readonly changes: Change[] = [];
	/** That somebody asked to be written. */
	readonly values = new Set<string>();
	mayBeDeleted = false;
}

function keysOf(operations: readonly Operation[]): Map<string, Key> {
	const keys = new Map<string, Key>();
	for (const { answer, key, operation, outcome, reason, value } of operations) {
		if (operation === "get" || operation === "range") continue;
		let known = keys.get(key);
		if (known === undefined) {
			known = new Key();
			keys.set(key, known);
		}
		if (value !== null) known.values.add(value);
		if (answer !== null && reason === "DONE") known.changes.push({ revision: answer.revision, value });
		if (outcome === "unknown" && operation === "delete") known.mayBeDeleted = true;
	}
	return keys;
}

/** @param value what was read at `revision`, and was written at `modRevision`; null if there was nothing */
function check(known: Key | undefined, key: string, revision: number, value: string | null, modRevision: number): void {
	const words = `local read: key ${key} at revision ${revision}`;
	if (modRevision > revision) throw new Error(`${words} was changed at ${modRevision}`);
	if (value !== null && known?.values.has(value) !== true) throw new Error(`${words} was never written so`);
	if (known === undefined) return;
	let last: Change | null = null;
	for (const change of known.changes) {
		if (change.revision > revision) continue;
		if (last === null || change.revision > last.revision) last = change;
	}
	if (last === null) return;
	if (value === null) {
		if (last.value !== null && !known.mayBeDeleted) throw new Error(`${words} misses the write at ${last.revision}`);
		return;
	}
	if (last.revision > modRevision) throw new Error(`${words} misses what happened at ${last.revision}`);
	if (last.revision === modRevision && last.value !== value) throw new Error(`${words} has another value`);
}
