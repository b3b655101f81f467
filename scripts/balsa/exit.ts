/** How the command ends, and the error that ends it. */
import { PROFILE_M } from "../../core/limits";
import { OUTCOME_UNKNOWN, reasonName } from "../../core/reasons";

export const EXIT_DONE = 0;
/** Refused: it did not happen. The error's name stands on stderr. */
export const EXIT_REFUSED = 1;
/** The command line is wrong; nothing was tried. */
export const EXIT_USAGE = 2;
/** It may have happened. */
export const EXIT_UNKNOWN = 3;

/** Ends the command with one line on stderr and an exit code. */
export class CommandFailure extends Error {
	readonly exitCode: number;

	constructor(exitCode: number, message: string) {
		super(message);
		this.name = "CommandFailure";
		this.exitCode = exitCode;
	}
}

export function usage(message: string): CommandFailure {
	return new CommandFailure(EXIT_USAGE, message);
}

export function refused(message: string): CommandFailure {
	return new CommandFailure(EXIT_REFUSED, message);
}

/** Of each reason: what happened, and what to do next. */
const EXPLANATIONS: { readonly [name: string]: string } = Object.freeze({
	BAD_REQUEST: "the member does not take this request: run the same version of the command and of the members",
	KEY_TOO_LARGE: `the key is longer than the cluster allows (profile M: ${PROFILE_M.keyBytes} bytes); use a shorter one`,
	VALUE_TOO_LARGE: `the value is longer than the cluster allows (profile M: ${PROFILE_M.valueBytes} bytes); divide it among keys`,
	NO_SPACE: "the store is full; delete keys, which is still possible, then try again",
	CONFLICT: "the key is at another revision; read it again, then compare with that",
	KEY_NOT_FOUND: "there is no such key; `balsa range` lists those that there are",
	SESSION_EXPIRED: "the session was closed to make room for others; type the command again, it opens a new one",
	SEQUENCE_STALE: "the session has gone on since; type the command again, it opens a new one",
	SESSION_LIMIT: "every session is in use; try again when other clients have closed theirs",
	UNSUPPORTED: "the member's version does not know this request: update the member, or use an older command",
	REQUEST_TOO_LARGE: "key and value together are longer than a request; use a shorter key or value",
	UNFORMATTED:
		"the member was never formatted; `balsa format` makes it one, on an ESP32 the console's `format` or `join`",
	BAD_CONFIGURATION:
		"no cluster may have these members or numbers: at least one voter must keep the state, and a lease must be shorter than an election timeout (docs/members.md)",
	MEMBER_LIMIT: `more members, before and after the change together, than the cluster holds (profile M: ${PROFILE_M.members}); remove one first`,
	LEVEL_LOWERED: "the level never falls; give one that is not below that of `balsa member list --json`",
	ADDRESS_TAKEN:
		"another member is at this address and port; nothing was changed. `balsa member list` shows which: give another address, or remove that member first",
	NOT_A_VOTER: "there is no such voter that could lead; `balsa member list` shows the voters",
	INDEX_LIMIT:
		"the log has reached its last index, so nothing is written ever again; read what is there (`balsa range`), and format a new cluster",
	NOT_LEADER: "the member does not lead, and names no leader; `balsa status` shows which one does",
	NO_LEADER:
		"the members that answer have no leader; an election takes some seconds. `balsa status` shows who answers: a majority of the voters must. If it is gone for good: docs/recovery.md",
	BUSY: "the leader has as much under way as it can hold; try again",
	LOG_FULL: "the leader's log is full until it has taken a snapshot; try again in some seconds",
	RECOVERING: "the member is starting or takes in a snapshot; try again in some seconds, or ask another",
	UNREACHABLE: "no member answers; check the addresses, the cluster id and that the members run",
	CHANGE_UNDER_WAY:
		"another change of the members is not ended yet; `balsa member list` shows it. Try again when it is",
	NOT_CAUGHT_UP:
		"the member that is to vote lags too far behind, or does not answer; `balsa member list` shows how far it is. `balsa member promote` goes on from there",
	NOT_READY:
		"the leader has committed nothing in its term yet; try again. If it stays so, a majority does not answer it",
	LEVEL_NOT_SPOKEN:
		"a member does not speak that level, or was not there to say so; update it, or bring it back (docs/decisions/0013-levels.md)",
	QUORUM_AT_RISK:
		"after this change, too few of the voters would answer for the cluster to go on, so nothing was changed. `balsa status` shows which member does not answer: bring it back, or remove that one first",
	TRANSFERRING: "the leader is handing over; try again",
	TRANSFER_TIMEOUT:
		"the member that was asked for did not catch up; the old leader serves on. Try again, or name another",
	TRANSFER_LOST: "another member leads than the one that was asked for; `balsa status` shows which. Try again",
	NO_TARGET: "no voter follows well enough to lead; `balsa member list` shows how far each is",
	REVISION_NOT_REACHED: "the member did not reach that revision in time; ask another, or wait longer (--timeout)",
	NO_STATE: "the member is a witness, which keeps no state; ask another",
	LEADER_SILENT: "the member hears a leader that does not bring it up to date; ask another member",
	OTHER_LIMITS:
		"the member's build has other limits than the others, so it serves nobody; ask another, and give it the build of the others",
	OTHER_MEMBERS:
		"the member was formatted with other members than the others, so it serves nobody; ask another, and format it again",
	TOO_LONG_FOR_PATH:
		"a member answers short datagrams and not this request: the path loses what is longer than its MTU (docs/esp32.md)",
	OUTCOME_UNKNOWN:
		"no answer in time: it may have happened, or may yet; read the key to find out, once `balsa status` shows a leader",
});

/** @returns what a reason means, in words; undefined where its name says it all */
export function explanationOf(reason: number): string | undefined {
	return EXPLANATIONS[reasonName(reason)];
}

/** @returns the failure that a call's reason means; `detail` replaces the usual explanation */
export function failureOf(reason: number, detail?: string): CommandFailure {
	const name = reasonName(reason);
	const explanation = detail ?? explanationOf(reason);
	return new CommandFailure(
		reason === OUTCOME_UNKNOWN ? EXIT_UNKNOWN : EXIT_REFUSED,
		explanation === undefined ? name : `${name}: ${explanation}`,
	);
}
