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

const EXPLANATIONS: { readonly [name: string]: string } = Object.freeze({
	CONFLICT: "the key is at another revision",
	KEY_NOT_FOUND: "there is no such key",
	KEY_TOO_LARGE: `the key is longer than the cluster allows (profile M: ${PROFILE_M.keyBytes} bytes)`,
	VALUE_TOO_LARGE: `the value is longer than the cluster allows (profile M: ${PROFILE_M.valueBytes} bytes)`,
	REQUEST_TOO_LARGE: "key and value together are longer than a request",
	NO_SPACE: "the store is full; deleting is still possible",
	SESSION_LIMIT: "every session is in use; try again when other clients have closed theirs",
	NO_LEADER: "the members that answer have no leader",
	UNREACHABLE: "no member answers",
	BUSY: "the leader has as much to do as it bears",
	LOG_FULL: "the leader's log is full until it has taken a snapshot",
	RECOVERING: "the member is starting or takes in a snapshot",
	NOT_A_VOTER: "there is no such voter",
	NO_TARGET: "no voter follows well enough to lead",
	TRANSFER_TIMEOUT: "the member that was asked for did not catch up; the old leader serves on",
	TRANSFER_LOST: "another member leads than the one that was asked for",
	TRANSFERRING: "the leader is handing over",
	CHANGE_UNDER_WAY: "another change of the members is not ended yet",
	QUORUM_AT_RISK:
		"after this change, too few of the voters would answer for the cluster to go on, so nothing was changed. `balsa status` shows which member does not answer: bring it back, or remove that one first",
	ADDRESS_TAKEN:
		"another member is at this address and port; nothing was changed. `balsa member list` shows which: give another address, or remove that member first",
	NOT_CAUGHT_UP: "who shall vote lags too far behind, or does not answer",
	LEVEL_NOT_SPOKEN: "a member does not speak that level, or was not there to say so",
	LEVEL_LOWERED: "the level never falls",
	NOT_READY: "the leader has committed nothing in its term yet",
	MEMBER_LIMIT: `more members, before and after the change together, than the cluster holds (profile M: ${PROFILE_M.members})`,
	BAD_CONFIGURATION: "no cluster may have these members or numbers",
	REVISION_NOT_REACHED: "the member did not reach that revision in time",
	NO_STATE: "the member is a witness, which keeps no state; ask another",
	UNFORMATTED: "the member was never formatted",
	TOO_LONG_FOR_PATH:
		"a member answers short datagrams and not this request: the path loses what is longer than its MTU (docs/esp32.md)",
	OUTCOME_UNKNOWN: "no answer in time: it may have happened, or may yet; read the key to find out",
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
