/**
 * When a client gives up on an answer, how long it rests, and its own pseudo-random sequence.
 * The jitter keeps many clients that lost the same leader from asking the next one in step.
 */

/** Wait for the answer to the first attempt; doubles with each attempt that fails. */
export const RETRY_MS_MIN = 250;
export const RETRY_MS_MAX = 4000;
/** Rest after NO_LEADER: about a third of the shortest election timeout, so that a new leader is found soon but nobody hammers. */
export const NO_LEADER_REST_MS = 400;
/** Rest after TRANSFERRING: a transfer takes two exchanges of messages, and who refuses knows next who leads. */
export const TRANSFERRING_REST_MS = 50;
/** Leader hints followed one after the other before the client rests: two members may point at each other. */
export const HOPS_MAX = 3;
/** From the verb to the answer, all attempts included, unless the caller says otherwise. */
export const TIMEOUT_MS = 10000;

/** A Weyl sequence with a mixing step (splitmix, Steele et al. 2014, in 32 bits): seeds that are close give sequences that are not. */
export class Jitter {
	private state: number;

	/** @param seed any number; different for two clients, or they retry in step */
	constructor(seed: number) {
		this.state = seed >>> 0;
	}

	/** @returns an integer from 0 to `bound` - 1; `bound` from 1 to 65,536 */
	below(bound: number): number {
		this.state = (this.state + 0x9e3779b9) >>> 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 16), 0x21f0aaad);
		mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
		return Math.floor((((mixed ^ (mixed >>> 15)) >>> 16) * bound) / 0x10000);
	}

	/** @returns whole milliseconds, `ms` plus or minus a quarter; `ms` at most 65,536 */
	around(ms: number): number {
		return ms - Math.trunc(ms / 4) + this.below(Math.trunc(ms / 2) + 1);
	}
}
