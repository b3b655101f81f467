/**
 * Bytes that are nearly right. Without a test framework and without anything of Node.js: the frames
 * of test/core/wire are made with it inside XS too.
 */
import { copy } from "../../../core/bytes";

const FIRST_STATE = 0x9e3779b9;

/** xorshift32 (Marsaglia 2003): the same inputs for the same seed on every machine. */
export class Random {
	private state: number;

	/** @param seed u32; 0 is the run of the tests */
	constructor(seed: number) {
		this.state = (seed ^ FIRST_STATE) | 0;
		if (this.state === 0) this.state = 1;
	}

	below(limit: number): number {
		this.state ^= this.state << 13;
		this.state ^= this.state >>> 17;
		this.state ^= this.state << 5;
		return (this.state >>> 0) % limit;
	}
}

/** Heads of CBOR that are at an edge: short, long, reserved and indefinite forms. */
const HEADS = [0x00, 0x17, 0x18, 0x1b, 0x1f, 0x40, 0x5f, 0x80, 0x9f, 0xff];
/** Bytes that one mutation inserts at most. */
export const INSERTED_MAX = 9;
/** Mutations of one input at most. */
export const MUTATIONS_MAX = 3;

/**
 * Flips a bit, replaces a byte by a random one or by a head, cuts the end, or inserts some bytes.
 * @param at where, below `length`
 * @param least bytes that a cut leaves
 * @returns the length afterwards
 */
export function mutate(random: Random, bytes: Uint8Array, at: number, length: number, least: number): number {
	const mutation = random.below(5);
	if (mutation === 0) bytes[at] ^= 1 << random.below(8);
	else if (mutation === 1) bytes[at] = random.below(256);
	else if (mutation === 2) bytes[at] = HEADS[random.below(HEADS.length)];
	else if (mutation === 3 && length > least + 1) return length - 1 - random.below(length - least);
	else {
		const more = 1 + random.below(INSERTED_MAX);
		copy(bytes, at + more, bytes, at, length - at);
		for (let i = 0; i < more; i++) bytes[at + i] = random.below(256);
		return length + more;
	}
	return length;
}
