/**
 * Why a call ended as it did: numbers that never change their meaning, on the wire and in code.
 * The class is in the number: 0 done; 1xx refused for good, nothing was applied; 2xx refused now,
 * safe to try again; 3xx the outcome is unknown: it may have happened, or may yet.
 */
export const DONE = 0;

export const BAD_REQUEST = 100;
export const KEY_TOO_LARGE = 101;
export const VALUE_TOO_LARGE = 102;
export const NO_SPACE = 103;
/** A compare-and-put whose key is at another revision; the answer carries the one found. */
export const CONFLICT = 104;
export const KEY_NOT_FOUND = 105;
export const SESSION_EXPIRED = 106;
/** A sequence number below one that the session has already used. */
export const SEQUENCE_STALE = 107;
/** Every session is in use and protected; close one, or wait until others have been idle. */
export const SESSION_LIMIT = 108;
export const UNSUPPORTED = 109;
export const REQUEST_TOO_LARGE = 110;
/** The node has no identity: it was never formatted. */
export const UNFORMATTED = 111;
/** A configuration that no cluster may have, or that this one may not go to. */
export const BAD_CONFIGURATION = 112;
/** More members, before and after a change together, than the limit. */
export const MEMBER_LIMIT = 113;
/** The cluster's level is never lowered. */
export const LEVEL_LOWERED = 117;
/** Another member is at that address and port. */
export const ADDRESS_TAKEN = 118;
/** The member cannot lead: it is no voter, or keeps no state. */
export const NOT_A_VOTER = 120;

/** The log has reached its last index: nothing is ever proposed again. The cluster must be formatted. */
export const INDEX_LIMIT = 130;

export const NOT_LEADER = 200;
export const NO_LEADER = 201;
/** As many proposals, reads or bytes are under way as the node bears. */
export const BUSY = 202;
/** The log has no room until a snapshot frees some. */
export const LOG_FULL = 203;
/** The node is starting, or takes in a snapshot. */
export const RECOVERING = 204;
/** The client found no node that answers. */
export const UNREACHABLE = 205;
/** A change of the configuration is not ended yet. */
export const CHANGE_UNDER_WAY = 210;
/** Who shall vote lags too far behind, or is no learner yet. */
export const NOT_CAUGHT_UP = 211;
/** The leader has committed nothing in its term yet, or its own flash is behind with what others have committed. */
export const NOT_READY = 212;
/** A member's build does not speak the level, or has not said yet that it does: it is being asked. */
export const LEVEL_NOT_SPOKEN = 213;
/** After the change, a majority of the voters would not answer: it would end the service of the others. */
export const QUORUM_AT_RISK = 214;
/** Leadership is being handed over: the next leader will serve, or this one again. */
export const TRANSFERRING = 220;
/** The target did not catch up in time; it was not asked to lead. */
export const TRANSFER_TIMEOUT = 221;
/** Leadership went to another member than the one that was asked for. */
export const TRANSFER_LOST = 222;
/** No voter follows well enough to lead. */
export const NO_TARGET = 223;
/** The store had not reached the wanted revision when the time was over. */
export const REVISION_NOT_REACHED = 224;
/** The node keeps no state: it is a witness. Any other may serve. */
export const NO_STATE = 225;
/** This node hears a leader that did not answer it, or did not bring it up to date, for an election timeout. */
export const LEADER_SILENT = 226;
/** A member answers short datagrams and not this request: the path to it or back loses what is longer. */
export const TOO_LONG_FOR_PATH = 227;

/**
 * The node stands back and serves nobody: it differs from the others in its limits, or in the members that it was
 * formatted with. Any other may serve.
 */
export const OTHER_LIMITS = 240;
export const OTHER_MEMBERS = 241;

export const OUTCOME_UNKNOWN = 300;

const NAMES: { readonly [reason: number]: string } = Object.freeze({
	[DONE]: "DONE",
	[BAD_REQUEST]: "BAD_REQUEST",
	[KEY_TOO_LARGE]: "KEY_TOO_LARGE",
	[VALUE_TOO_LARGE]: "VALUE_TOO_LARGE",
	[NO_SPACE]: "NO_SPACE",
	[CONFLICT]: "CONFLICT",
	[KEY_NOT_FOUND]: "KEY_NOT_FOUND",
	[SESSION_EXPIRED]: "SESSION_EXPIRED",
	[SEQUENCE_STALE]: "SEQUENCE_STALE",
	[SESSION_LIMIT]: "SESSION_LIMIT",
	[UNSUPPORTED]: "UNSUPPORTED",
	[REQUEST_TOO_LARGE]: "REQUEST_TOO_LARGE",
	[UNFORMATTED]: "UNFORMATTED",
	[BAD_CONFIGURATION]: "BAD_CONFIGURATION",
	[MEMBER_LIMIT]: "MEMBER_LIMIT",
	[LEVEL_LOWERED]: "LEVEL_LOWERED",
	[ADDRESS_TAKEN]: "ADDRESS_TAKEN",
	[NOT_A_VOTER]: "NOT_A_VOTER",
	[INDEX_LIMIT]: "INDEX_LIMIT",
	[NOT_LEADER]: "NOT_LEADER",
	[NO_LEADER]: "NO_LEADER",
	[BUSY]: "BUSY",
	[LOG_FULL]: "LOG_FULL",
	[RECOVERING]: "RECOVERING",
	[UNREACHABLE]: "UNREACHABLE",
	[CHANGE_UNDER_WAY]: "CHANGE_UNDER_WAY",
	[NOT_CAUGHT_UP]: "NOT_CAUGHT_UP",
	[NOT_READY]: "NOT_READY",
	[LEVEL_NOT_SPOKEN]: "LEVEL_NOT_SPOKEN",
	[QUORUM_AT_RISK]: "QUORUM_AT_RISK",
	[TRANSFERRING]: "TRANSFERRING",
	[TRANSFER_TIMEOUT]: "TRANSFER_TIMEOUT",
	[TRANSFER_LOST]: "TRANSFER_LOST",
	[NO_TARGET]: "NO_TARGET",
	[REVISION_NOT_REACHED]: "REVISION_NOT_REACHED",
	[NO_STATE]: "NO_STATE",
	[LEADER_SILENT]: "LEADER_SILENT",
	[TOO_LONG_FOR_PATH]: "TOO_LONG_FOR_PATH",
	[OTHER_LIMITS]: "OTHER_LIMITS",
	[OTHER_MEMBERS]: "OTHER_MEMBERS",
	[OUTCOME_UNKNOWN]: "OUTCOME_UNKNOWN",
});

/** @returns the name that people see, for example `CONFLICT` */
export function reasonName(reason: number): string {
	return NAMES[reason] ?? "UNKNOWN_REASON";
}

/** @returns true if the call was not applied and never will be */
export function isRefusal(reason: number): boolean {
	return reason >= 100 && reason < 300;
}
