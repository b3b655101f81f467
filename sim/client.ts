/**
 * A client in the simulated world: the client that ships, asked for random things. What it asks and is
 * told goes into the history; but for local reads, which promise less, and are told to who judges them.
 */

import type { Call } from "../core/client/call";
import type { Client } from "../core/client/client";
import { FOLLOWER, getFrom, LOCAL, rangeFrom } from "../core/client/node-calls";
import { bytesOf, ClientEnd } from "./client-end";
import type { History, Question } from "./history/history";
import type { World } from "./world";

export { clientAddress } from "./client-end";

const EMPTY = new Uint8Array(0);
/** Local reads are numbered from here on, so that they are no operation of the history. */
const LOCAL_CALLS = 0x100000000;

/** What is read at one node, whether it leads or not. */
export interface NodeQuestion {
	readonly operation: "get" | "range";
	readonly key: string;
	readonly to?: string;
	readonly limit?: number;
	/** Id of the node. */
	readonly node: number;
	/** Whatever it has applied, instead of what is linearizable. */
	readonly isLocal: boolean;
	/** It must have reached this revision, 0 for any. */
	readonly notBefore: number;
}

/** A local read that was asked and has ended. */
export interface LocalAnswer {
	readonly question: NodeQuestion;
	/** Milliseconds of the run. */
	readonly askedMs: number;
	readonly call: Call;
}

export class SimulatedClient {
	/** In the history. Each life of a client is another one. */
	name: number;
	/** Told of each call of the history that ends. */
	onAnswer: ((operation: number, call: Call) => void) | null = null;
	/** Told of each local read that ends. */
	onLocalAnswer: ((answer: LocalAnswer) => void) | null = null;
	private readonly world: World;
	private readonly history: History;
	private readonly end: ClientEnd;
	private readonly local = new Map<number, { readonly question: NodeQuestion; readonly askedMs: number }>();
	private localCalls = LOCAL_CALLS;

	/** @param number its place in the network, from 0 */
	constructor(world: World, history: History, number: number) {
		this.world = world;
		this.history = history;
		this.name = number;
		this.end = new ClientEnd(world, number, (call) => this.answered(call));
	}

	/** It forgets everything: what was under way stays without an answer for ever. */
	restart(name: number): void {
		this.name = name;
		this.local.clear();
		this.end.restart();
	}

	/** True when no call is under way. */
	get isIdle(): boolean {
		return this.end.underWay === 0;
	}

	get underWay(): number {
		return this.end.underWay;
	}

	/** @param timeoutMs from a call to its answer, for the calls to come */
	set timeoutMs(timeoutMs: number) {
		this.end.client.timeoutMs = timeoutMs;
	}

	/** Asks. @returns the operation of the history, or -1 when the client has no room for another call */
	ask(question: Question): number {
		const operation = this.history.operations.length;
		const begun = () => void this.history.begin(this.name, question, this.world.nowMs);
		return this.end.begin(operation, (client) => verb(client, operation, question), begun) ? operation : -1;
	}

	/**
	 * Reads at one node.
	 * @param isBegun told of the operation of the history before the answer can be there; not of a local read
	 */
	askNode(question: NodeQuestion, isBegun: (operation: number) => void): void {
		const call = question.isLocal ? this.localCalls++ : this.history.operations.length;
		this.end.begin(
			call,
			(client) => nodeVerb(client, call, question),
			() => {
				if (question.isLocal) this.local.set(call, { question, askedMs: this.world.nowMs });
				else isBegun(this.history.begin(this.name, question, this.world.nowMs));
			},
		);
	}

	private answered(call: Call): void {
		const local = this.local.get(call.call);
		if (local !== undefined) {
			this.local.delete(call.call);
			this.onLocalAnswer?.({ ...local, call });
			return;
		}
		this.history.answered(call.call, call, this.world.nowMs);
		this.onAnswer?.(call.call, call);
	}
}

function verb(client: Client, operation: number, question: Question): number {
	const key = bytesOf(question.key);
	const value = question.value === undefined ? EMPTY : bytesOf(question.value);
	switch (question.operation) {
		case "put":
			return client.put(operation, key, 0, key.length, value, 0, value.length);
		case "delete":
			return client.delete(operation, key, 0, key.length);
		case "compareAndPut":
			return client.compareAndPut(operation, question.expected ?? 0, key, 0, key.length, value, 0, value.length);
		case "get":
			return client.get(operation, key, 0, key.length);
		case "range": {
			const to = bytesOf(question.to ?? "");
			return client.range(operation, question.limit ?? 0, key, 0, key.length, to, 0, to.length);
		}
	}
}

function nodeVerb(client: Client, call: number, question: NodeQuestion): number {
	const { isLocal, node, notBefore, operation } = question;
	const how = isLocal ? LOCAL : FOLLOWER;
	const key = bytesOf(question.key);
	if (operation === "get") return getFrom(client, call, node, how, notBefore, key, 0, key.length);
	const to = bytesOf(question.to ?? "");
	const limit = question.limit ?? 0;
	return rangeFrom(client, call, node, how, notBefore, limit, key, 0, key.length, to, 0, to.length);
}
