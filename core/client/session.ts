/**
 * The client's side of exactly-once (Raft thesis §6.3): every write carries the session and a
 * sequence number, and each retry of it carries the same ones, so the store applies it once.
 */

const SEQUENCE_MAX = 0xffffffff;

export class Session {
	/** Log index of the registration, 0 when there is no session. */
	id = 0;
	/** Of the last write. */
	private sequence = 0;
	/**
	 * Low half of the nonce under which the session is registered. A registration whose answer was
	 * lost is repeated under the same nonce and finds its session; the next session needs another.
	 */
	nonceLow: number;

	constructor(nonceLow: number) {
		this.nonceLow = nonceLow;
	}

	opened(id: number): void {
		this.id = id;
		this.sequence = 0;
	}

	/** Closed, expired or given up: the next write registers a new one. */
	gone(): void {
		this.id = 0;
		this.nonceLow = (this.nonceLow + 1) % 0x100000000;
	}

	/** @returns true when there is a session that can number one more write */
	isOpen(): boolean {
		return this.id !== 0;
	}

	/** @returns the sequence number of a new write: also after a write whose outcome is unknown, which it fences off */
	nextSequence(): number {
		this.sequence++;
		return this.sequence;
	}

	/** @returns true when no sequence number is left */
	isSpent(): boolean {
		return this.sequence === SEQUENCE_MAX;
	}
}
