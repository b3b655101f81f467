/**
 * What an answer, or the lack of one, means for the call: the end of it, another attempt at once,
 * or one after a rest. Each attempt carries the same request number, session, sequence number and
 * bytes, so the store applies a write once, however many of its copies arrive (Raft thesis §6.3).
 */
import { CLOSE, REGISTER } from "../command";
import {
	BUSY,
	CHANGE_UNDER_WAY,
	DONE,
	isRefusal,
	LEVEL_NOT_SPOKEN,
	LOG_FULL,
	NO_LEADER,
	NO_STATE,
	NOT_CAUGHT_UP,
	NOT_LEADER,
	NOT_READY,
	OUTCOME_UNKNOWN,
	QUORUM_AT_RISK,
	SESSION_EXPIRED,
	TRANSFER_TIMEOUT,
	TRANSFERRING,
	UNFORMATTED,
} from "../reasons";
import type { ClientMessage } from "../wire/requests";
import {
	isOfOneNode,
	isPaged,
	OPERATION_CHANGE,
	OPERATION_DRAIN,
	OPERATION_REGISTER,
	OPERATION_TRANSFER,
	OPERATION_WRITE,
	RESPONSE_LEADER,
	RESPONSE_REASON,
	RESPONSE_SESSION,
	RESPONSE_TERM,
} from "../wire/requests";
import { type Call, WAITING } from "./call";
import type { Client } from "./client";
import { NOBODY } from "./members";
import { reasonOf } from "./paths";
import { HOPS_MAX, NO_LEADER_REST_MS, RETRY_MS_MAX, TRANSFERRING_REST_MS } from "./timing";

/** In `expected` of a transfer: the asked member was silent, and may have handed over. */
const SILENT = 1;

/** Asked of another leader it would be done again, perhaps back to the first. */
function isTransferToAny(call: Call): boolean {
	return call.operation === OPERATION_TRANSFER && call.limit === 0;
}

/** @returns true when the reason ends the call; the others say something of the asked member alone */
function isFinal(reason: number, operation: number): boolean {
	if (reason < NOT_LEADER) return reason !== UNFORMATTED;
	if (reason >= TRANSFER_TIMEOUT && reason <= NO_STATE) return true;
	// What to do about these, the members page says, which the caller has to look at anyway.
	if (reason === CHANGE_UNDER_WAY || reason === NOT_CAUGHT_UP || reason === LEVEL_NOT_SPOKEN) return true;
	if (reason === QUORUM_AT_RISK) return true;
	return reason === OUTCOME_UNKNOWN && (operation === OPERATION_TRANSFER || operation === OPERATION_CHANGE);
}

/** Takes the response of the member at `place` to a call under way. */
export function onResponse(client: Client, call: Call, response: ClientMessage, place: number): void {
	const reason = response.fields[RESPONSE_REASON];
	if (isFinal(reason, call.operation)) {
		onFinal(client, call, response, place);
		return;
	}
	// A refusal for now ends one attempt, not the call. From a member that is not asked any more,
	// or doubled while the call rests, it must not end the attempt after it.
	if (call.phase !== WAITING || call.target !== place) {
		// Mark: a client hears a refusal that it does not wait for any more
		client.lateAnswers++;
		return;
	}
	if (isOfOneNode(call.operation)) {
		call.reason = reason;
		backOff(client, call, place);
		return;
	}
	switch (reason) {
		case NOT_LEADER:
			onNotLeader(client, call, response, place);
			return;
		case NO_LEADER:
			call.reason = NO_LEADER;
			client.leader.lost(place);
			client.rest(call, client.leader.another(place), NO_LEADER_REST_MS);
			return;
		case TRANSFERRING:
			call.reason = reason;
			client.rest(call, place, TRANSFERRING_REST_MS);
			return;
		case BUSY:
		case LOG_FULL:
		case NOT_READY:
			// Mark: a client is told that a leader is busy or full
			call.reason = reason;
			backOff(client, call, place);
			return;
		default:
			// RECOVERING, UNFORMATTED: this member is of no use now. OUTCOME_UNKNOWN: it lost its lead
			// with the write in its log; the next leader knows, by session and sequence number.
			if (isRefusal(reason)) call.reason = reason;
			client.leader.lost(place);
			backOff(client, call, client.leader.another(place));
	}
}

function onNotLeader(client: Client, call: Call, response: ClientMessage, place: number): void {
	if (isTransferToAny(call) && call.expected === SILENT) {
		client.answer(call, OUTCOME_UNKNOWN);
		return;
	}
	call.reason = NO_LEADER;
	const hinted = client.leader.follow(place, response.fields[RESPONSE_LEADER], response.fields[RESPONSE_TERM]);
	if (hinted !== NOBODY && call.hops < HOPS_MAX) {
		call.hops++;
		client.ask(call, hinted);
	} else {
		// Mark: a client is told of no leader, or led in circles
		backOff(client, call, client.leader.another(place));
	}
}

/** Rests, longer each time, before the member at `place` is asked. */
function backOff(client: Client, call: Call, place: number): void {
	client.rest(call, place, call.retryMs);
	call.retryMs = Math.min(2 * call.retryMs, RETRY_MS_MAX);
}

/** The asked member was silent for as long as the attempt may take: it is down, cut off or slow. */
export function onSilence(client: Client, call: Call): void {
	call.retryMs = Math.min(2 * call.retryMs, RETRY_MS_MAX);
	client.paths.silent(call);
	if (isOfOneNode(call.operation) || isTransferToAny(call)) {
		call.expected = SILENT;
		client.ask(call, call.target);
		return;
	}
	// Mark: a client hears nothing from the member that it asked
	client.leader.lost(call.target);
	call.hops = 0;
	client.ask(call, client.leader.another(call.target));
}

/**
 * The call's time is over. A write of which anything was sent may have happened, or may yet, while
 * a copy of it is still in a network, even if every copy that was answered was refused: only the
 * session's next write fences it off, and a change of members the next one of those. A read, a
 * registration and a write in the queue did nothing.
 */
export function onDeadline(client: Client, call: Call): void {
	const { operation } = call;
	const isWrite = operation === OPERATION_WRITE || operation === OPERATION_CHANGE;
	const isOrder = operation === OPERATION_TRANSFER || operation === OPERATION_DRAIN;
	const mayHaveHappened = (isWrite || isOrder) && call.attempts > 0;
	if (mayHaveHappened && call.command === CLOSE) client.session.gone();
	client.answer(call, mayHaveHappened ? OUTCOME_UNKNOWN : reasonOf(call));
}

/** Takes a member's status. */
export function onStatus(client: Client, call: Call, response: ClientMessage): void {
	call.answerOffset = response.offset;
	call.answerLength = response.length;
	client.answer(call, DONE);
}

function onFinal(client: Client, call: Call, response: ClientMessage, place: number): void {
	const reason = response.fields[RESPONSE_REASON];
	if (reason === DONE && !isOfOneNode(call.operation)) client.leader.seen(place, response.fields[RESPONSE_TERM]);
	if (call.operation === OPERATION_REGISTER && reason === DONE) {
		client.session.opened(response.fields[RESPONSE_SESSION]);
		if (call.command !== REGISTER) {
			client.beginCommand(call, place);
			return;
		}
	}
	call.keep(response);
	if (isPaged(call.operation)) client.paths.pageCame(place);
	client.answer(call, outcome(client, call, reason));
}

/** The session ends here when the answer says so. @returns the reason that the caller gets */
function outcome(client: Client, call: Call, reason: number): number {
	if (call.operation !== OPERATION_WRITE) return reason;
	if (reason === SESSION_EXPIRED || (call.command === CLOSE && reason === DONE)) client.session.gone();
	if (reason !== SESSION_EXPIRED) return reason;
	// A closed session and an expired one are equally gone.
	if (call.command === CLOSE) return DONE;
	// Mark: a client is told that its session is gone
	// The store forgot the session, and with it whether the write was applied: even a single datagram
	// may come twice, be applied, and be refused when it comes again.
	return OUTCOME_UNKNOWN;
}
