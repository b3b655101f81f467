import { DONE } from "../reasons";

/**
 * What a command came to. A session keeps the reply of its last command, so that a retry is
 * answered without being applied again (Raft thesis §6.3).
 */
export class Reply {
	/** A number of `core/reasons.ts`. */
	reason = DONE;
	/** The store's revision after the command; it grew by one if the command changed something. */
	revision = 0;
	/**
	 * PUT, COMPARE_AND_PUT: the key as it is now. CONFLICT: the key as it was found, all 0 when
	 * there is none. DELETE: the key as it was before. Else 0.
	 */
	createRevision = 0;
	modRevision = 0;
	version = 0;
	/** REGISTER: the session's id. Else 0. */
	session = 0;

	set(reason: number, revision: number): void {
		this.reason = reason;
		this.revision = revision;
		this.createRevision = 0;
		this.modRevision = 0;
		this.version = 0;
		this.session = 0;
	}
}
