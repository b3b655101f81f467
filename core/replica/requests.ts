/**
 * Calls of clients and of the application on this node: each is answered exactly once, with what
 * the store said, a refusal, or "unknown". A repeated datagram joins the call that it repeats.
 */
import { type Configuration, NOBODY } from "../configuration";
import { ENTRY_COMMAND } from "../entry";
import type { Limits } from "../limits";
import type { Network } from "../ports";
import { changeConfiguration } from "../raft/change";
import { followDrainOrder } from "../raft/drain";
import type { Raft } from "../raft/raft";
import { LEADER } from "../raft/role";
import { transferLeadership } from "../raft/transfer";
import { BAD_REQUEST, BUSY, DONE, KEY_NOT_FOUND, KEY_TOO_LARGE, NO_LEADER, NOT_A_VOTER, NOT_LEADER } from "../reasons";
import type { Reply } from "../store/reply";
import type { Store } from "../store/store";
import {
	type ClientMessage,
	isNodeRead,
	MEMBERS_OF_ANY,
	NONCE_HIGH,
	NONCE_LOW,
	OPERATION_CHANGE,
	OPERATION_DRAIN,
	OPERATION_GET,
	OPERATION_MEMBERS,
	OPERATION_RANGE,
	OPERATION_REGISTER,
	OPERATION_TRANSFER,
	OPERATION_WRITE,
	READ_REQUEST,
	READ_REQUEST_REVISION,
	READ_RESPONSE,
	READ_RESPONSE_AGE_MS,
	READ_RESPONSE_INDEX,
	REQUEST_BYTES,
	REQUEST_LIMIT,
	REQUEST_NUMBER,
	REQUEST_OPERATION,
	RESPONSE,
	RESPONSE_COLUMNS,
	RESPONSE_CREATE_REVISION,
	RESPONSE_LEADER,
	RESPONSE_MOD_REVISION,
	RESPONSE_MORE,
	RESPONSE_REASON,
	RESPONSE_REVISION,
	RESPONSE_SESSION,
	RESPONSE_TERM,
	RESPONSE_VERSION,
} from "../wire/requests";
import { Calls, NO_CALL, ORIGIN_LOCAL } from "./calls";
import { Members } from "./members";
import type { Application } from "./node-ports";
import { isNodeGet, leaderAgeMs, NodeReads } from "./node-reads";
import { PAGE_BYTES, type Responder } from "./responder";

export class Requests {
	readonly calls: Calls;
	/** Told of the ends of `propose` calls. */
	application: Application | null = null;
	/** Those that this node serves whether it leads or not. */
	readonly nodeReads: NodeReads;
	private readonly raft: Raft;
	private readonly store: Store;
	private readonly network: Network;
	private readonly responder: Responder;
	private readonly request: ClientMessage;
	private readonly keyBytes: number;
	private readonly members: Members;

	constructor(raft: Raft, store: Store, network: Network, responder: Responder, limits: Limits) {
		this.calls = new Calls(limits.proposals, limits.reads, limits.keyBytes);
		this.raft = raft;
		this.store = store;
		this.network = network;
		this.responder = responder;
		this.request = responder.request;
		this.keyBytes = limits.keyBytes;
		this.members = new Members(raft, limits);
		this.nodeReads = new NodeReads(raft, store, this, limits.reads);
	}

	/** Takes in the request that the responder has decoded, and that asks for more than the status. */
	receive(bytes: Uint8Array): void {
		const fields = this.request.fields;
		const operation = fields[REQUEST_OPERATION];
		if (fields[0] === READ_REQUEST) {
			if (isNodeRead(operation)) this.readHere(bytes, operation);
			else this.refuse(BAD_REQUEST);
		} else if (operation === OPERATION_WRITE || operation === OPERATION_REGISTER) this.write(bytes);
		else if (operation === OPERATION_GET || operation === OPERATION_RANGE) this.read(bytes);
		else if (operation === OPERATION_MEMBERS || operation === OPERATION_CHANGE) this.administer(bytes, operation);
		else if (operation === OPERATION_TRANSFER) this.transfer();
		else if (operation === OPERATION_DRAIN) this.drain();
		else this.refuse(BAD_REQUEST);
	}

	private administer(bytes: Uint8Array, operation: number): void {
		const { request, responder } = this;
		const isOfAny = operation === OPERATION_MEMBERS && request.fields[REQUEST_LIMIT] === MEMBERS_OF_ANY;
		if (this.raft.role !== LEADER && !isOfAny) return this.refuse(this.whyNotLeader());
		if (operation === OPERATION_MEMBERS) {
			responder.echo(request);
			this.head(DONE, this.store.revision, RESPONSE);
			const length = this.members.write(responder.page, PAGE_BYTES);
			return responder.reply(this.network.sourceAddress, this.network.sourcePort, responder.page, 0, length);
		}
		if (this.joins()) return;
		const call = this.open(false);
		if (call === NO_CALL) return this.refuse(BUSY);
		const reason = this.members.change(bytes, request.offset, request.length, call + 1);
		if (reason === DONE) return;
		this.calls.close(call);
		this.refuse(reason);
	}

	/**
	 * Changes the configuration from this node, as `changeConfiguration` of core/raft/change.ts.
	 * @returns the call, whose end `application.answered` tells; or the negative of the reason why it was refused
	 */
	changeConfiguration(next: Configuration, expectedIndex: number): number {
		const call = this.calls.openLocal(OPERATION_CHANGE);
		if (call === NO_CALL) return -BUSY;
		const reason = changeConfiguration(this.raft, next, expectedIndex, call + 1);
		if (reason === DONE) return call;
		this.calls.close(call);
		return -reason;
	}

	/**
	 * Proposes a command of the application on this node.
	 * @returns the call, whose end `application.answered` tells; or the negative of the reason why it was refused
	 */
	propose(bytes: Uint8Array, offset: number, length: number): number {
		const checked = this.store.check(bytes, offset, length);
		if (checked !== DONE) return -checked;
		const call = this.calls.openLocal(OPERATION_WRITE);
		if (call === NO_CALL) return -BUSY;
		const reason = this.raft.propose(ENTRY_COMMAND, bytes, offset, length, call + 1);
		if (reason === DONE) return call;
		this.calls.close(call);
		return -reason;
	}

	private write(bytes: Uint8Array): void {
		const request = this.request;
		if (this.raft.role !== LEADER) return this.refuse(this.whyNotLeader());
		if (this.joins()) return;
		const checked = this.store.check(bytes, request.offset, request.length);
		if (checked !== DONE) return this.refuse(checked);
		const call = this.open(false);
		if (call === NO_CALL) {
			// Mark: there is no room for a write
			return this.refuse(BUSY);
		}
		const reason = this.raft.propose(ENTRY_COMMAND, bytes, request.offset, request.length, call + 1);
		if (reason === DONE) return;
		this.calls.close(call);
		this.refuse(reason);
	}

	private read(bytes: Uint8Array): void {
		const request = this.request;
		if (request.length > this.keyBytes + 1 || request.secondLength > this.keyBytes + 1)
			return this.refuse(KEY_TOO_LARGE);
		if (this.raft.role !== LEADER) return this.refuse(this.whyNotLeader());
		if (this.joins()) return;
		const call = this.openRead(bytes);
		if (call === NO_CALL) return;
		const reason = this.raft.read(call + 1);
		if (reason === DONE) return;
		this.calls.close(call);
		this.refuse(reason);
	}

	private readHere(bytes: Uint8Array, operation: number): void {
		const { fields, length, secondLength } = this.request;
		if (length > this.keyBytes + 1 || secondLength > this.keyBytes + 1) return this.refuse(KEY_TOO_LARGE);
		if (this.joins()) return;
		const revision = fields[READ_REQUEST_REVISION];
		const call = this.openRead(bytes);
		if (call === NO_CALL) return;
		const reason = this.nodeReads.begin(call, operation, revision);
		if (reason === DONE) return;
		this.calls.close(call);
		this.refuse(reason);
	}

	/** @returns a call that keeps the keys of the read that was asked for; or NO_CALL, and it was refused */
	private openRead(bytes: Uint8Array): number {
		const { calls, request } = this;
		const call = this.open(true);
		if (call === NO_CALL) {
			// Mark: there is no room for a read
			this.refuse(BUSY);
			return NO_CALL;
		}
		calls.limits[call] = request.fields[REQUEST_LIMIT];
		calls.pageBytes[call] = request.fields[REQUEST_BYTES];
		calls.keep(call, bytes, request.offset, request.length, request.secondOffset, request.secondLength);
		return call;
	}

	private transfer(): void {
		const id = this.request.fields[REQUEST_LIMIT];
		if (this.raft.role !== LEADER) return this.refuse(this.whyNotLeader());
		if (this.joins()) return;
		// A place that is free has the id 0 too.
		const target = id === 0 ? NOBODY : this.raft.configuration.placeOf(id);
		if (id !== 0 && target === NOBODY) return this.refuse(NOT_A_VOTER);
		const call = this.open(false);
		if (call === NO_CALL) return this.refuse(BUSY);
		const reason = transferLeadership(this.raft, target, call + 1);
		if (reason === DONE) return;
		this.calls.close(call);
		this.refuse(reason);
	}

	/** Done or refused at once; the status says when the node leads no more. */
	private drain(): void {
		this.refuse(followDrainOrder(this.raft, this.request.fields[REQUEST_LIMIT]));
	}

	/** @returns true if the request repeats one that is under way: the answer goes to where it came from last */
	private joins(): boolean {
		const fields = this.request.fields;
		const call = this.calls.find(fields[NONCE_HIGH], fields[NONCE_LOW], fields[REQUEST_NUMBER]);
		if (call === NO_CALL) return false;
		// Mark: a request repeats one that is under way
		this.calls.addresses[call] = this.network.sourceAddress;
		this.calls.ports[call] = this.network.sourcePort;
		// A client that got no page asks for a smaller one.
		this.calls.pageBytes[call] = fields[REQUEST_BYTES];
		return true;
	}

	private open(isRead: boolean): number {
		const fields = this.request.fields;
		const { sourceAddress, sourcePort } = this.network;
		return this.calls.open(
			isRead,
			fields[REQUEST_OPERATION],
			fields[NONCE_HIGH],
			fields[NONCE_LOW],
			fields[REQUEST_NUMBER],
			sourceAddress,
			sourcePort,
		);
	}

	private whyNotLeader(): number {
		const { reason } = this.raft.places.refusal;
		if (reason !== 0) return reason;
		return this.raft.leader === NOBODY ? NO_LEADER : NOT_LEADER;
	}

	// Answers.

	/** The entry of a write was applied. */
	answerWrite(call: number, reply: Reply): void {
		if (this.calls.origins[call] === ORIGIN_LOCAL) {
			this.calls.close(call);
			this.application?.answered(call, reply.reason, reply.revision);
			return;
		}
		const fields = this.responder.response.fields;
		this.begin(call, reply.reason, reply.revision, RESPONSE);
		fields[RESPONSE_SESSION] = reply.session;
		fields[RESPONSE_CREATE_REVISION] = reply.createRevision;
		fields[RESPONSE_MOD_REVISION] = reply.modRevision;
		fields[RESPONSE_VERSION] = reply.version;
		this.end(call, this.responder.page, 0, 0);
	}

	/** Consensus has answered a call: a read may be served, or a call has come to nothing. */
	answer(call: number, reason: number): void {
		const operation = this.calls.operations[call];
		const isChange = operation === OPERATION_CHANGE;
		if (reason === DONE && operation !== OPERATION_TRANSFER && !isChange) {
			if (operation === OPERATION_GET) this.serveGet(call, RESPONSE);
			else if (operation === OPERATION_RANGE) this.serveRange(call, RESPONSE);
			else this.nodeReads.serve(call);
			return;
		}
		if (this.calls.origins[call] === ORIGIN_LOCAL) {
			this.calls.close(call);
			this.application?.answered(call, reason, isChange ? this.store.revision : 0);
			return;
		}
		const kind = isNodeRead(operation) ? READ_RESPONSE : RESPONSE;
		this.begin(call, reason === NOT_LEADER ? this.whyNotLeader() : reason, this.store.revision, kind);
		const length = reason === DONE && isChange ? this.members.write(this.responder.page, PAGE_BYTES) : 0;
		this.end(call, this.responder.page, 0, length);
	}

	/** A read that this node serves whether it leads or not is as new as it must be. */
	serve(call: number): void {
		if (isNodeGet(this.calls.operations[call])) this.serveGet(call, READ_RESPONSE);
		else this.serveRange(call, READ_RESPONSE);
	}

	private serveGet(call: number, kind: number): void {
		const { calls, store } = this;
		const fields = this.responder.response.fields;
		const there = store.get(calls.bytes, calls.bytesAt(call), calls.firstLengths[call]);
		this.begin(call, there ? DONE : KEY_NOT_FOUND, store.revision, kind);
		if (!there) return this.end(call, this.responder.page, 0, 0);
		const found = store.found;
		fields[RESPONSE_CREATE_REVISION] = found.createRevision;
		fields[RESPONSE_MOD_REVISION] = found.modRevision;
		fields[RESPONSE_VERSION] = found.version;
		this.end(call, store.bytes, found.valueOffset, found.valueLength);
	}

	private serveRange(call: number, kind: number): void {
		const { calls, store } = this;
		const wanted = calls.pageBytes[call];
		const limit = wanted === 0 ? PAGE_BYTES : Math.min(wanted, PAGE_BYTES);
		let end = this.writeRange(call, calls.limits[call], limit);
		if (end === 0 && store.rangeMore) {
			// Mark: a pair is longer than the page that is asked for
			end = this.writeRange(call, 1, PAGE_BYTES);
		}
		this.begin(call, DONE, store.revision, kind);
		this.responder.response.fields[RESPONSE_MORE] = store.rangeMore ? 1 : 0;
		this.end(call, this.responder.page, 0, end);
	}

	/** @returns bytes of a page of at most so many pairs, and so many bytes */
	private writeRange(call: number, pairs: number, limit: number): number {
		const { calls } = this;
		const from = calls.bytesAt(call);
		const to = from + calls.firstLengths[call];
		const { page } = this.responder;
		return this.store.range(
			calls.bytes,
			from,
			calls.firstLengths[call],
			calls.bytes,
			to,
			calls.secondLengths[call],
			pairs,
			page,
			0,
			limit,
		);
	}

	/** Ends the request that just came at once. */
	private refuse(reason: number): void {
		const { responder } = this;
		responder.echo(this.request);
		this.head(reason, this.store.revision, this.request.fields[0] === READ_REQUEST ? READ_RESPONSE : RESPONSE);
		responder.reply(this.network.sourceAddress, this.network.sourcePort, responder.page, 0, 0);
	}

	private begin(call: number, reason: number, revision: number, kind: number): void {
		const fields = this.responder.response.fields;
		fields[NONCE_HIGH] = this.calls.nonceHigh[call];
		fields[NONCE_LOW] = this.calls.nonceLow[call];
		fields[REQUEST_NUMBER] = this.calls.requests[call];
		this.head(reason, revision, kind);
	}

	private head(reason: number, revision: number, kind: number): void {
		const fields = this.responder.response.fields;
		const { leader, places, term } = this.raft;
		fields[0] = kind;
		fields[RESPONSE_REASON] = reason;
		fields[RESPONSE_LEADER] = leader === NOBODY ? 0 : places.ids[leader];
		fields[RESPONSE_TERM] = term;
		fields[RESPONSE_REVISION] = revision;
		for (let column = RESPONSE_SESSION; column < RESPONSE_COLUMNS; column++) fields[column] = 0;
		if (kind === RESPONSE) return;
		fields[READ_RESPONSE_AGE_MS] = leaderAgeMs(this.raft);
		fields[READ_RESPONSE_INDEX] = this.raft.appliedIndex;
	}

	/** Sends the answer of a call, which ends it. */
	private end(call: number, bytes: Uint8Array, offset: number, length: number): void {
		const { calls } = this;
		this.responder.reply(calls.addresses[call], calls.ports[call], bytes, offset, length);
		calls.close(call);
	}
}
