/**
 * Nearly right bytes at a decoder that stands alone. Of each input: it throws nothing, it changes
 * nothing of what it reads, no byte before or behind the input makes a difference, and what is
 * accepted is the one encoding of what was read.
 */
import { compare, copy, crc32c, fill } from "../../../core/bytes";
import { INSERTED_MAX, MUTATIONS_MAX, mutate, type Random } from "./mutation";

/** Bytes before and behind each input. */
const MARGIN = 64;

export interface Shape {
	/** Right encodings, which are mutated; the longest says how much room there is. */
	readonly good: readonly Uint8Array[];
	/**
	 * Decodes `bytes[offset, +length)`.
	 * @returns false when it is refused
	 */
	read(bytes: Uint8Array, offset: number, length: number): boolean;
	/**
	 * Encodes what was read last, from the bytes that it was read from.
	 * @returns bytes written from 0 on
	 */
	writeAgain(bytes: Uint8Array, target: Uint8Array): number;
}

export interface ShapeOutcome {
	accepted: number;
	refused: number;
	/** CRC-32C of every answer, in order. */
	digest: number;
}

/** Puts the next input at MARGIN: random, or a good one with up to three mutations. @returns its length */
function nextInput(random: Random, good: readonly Uint8Array[], bytes: Uint8Array): number {
	if (random.below(8) === 0) {
		const length = random.below(random.below(2) === 0 ? 24 : bytes.length - 2 * MARGIN);
		for (let i = 0; i < length; i++) bytes[MARGIN + i] = random.below(256);
		return length;
	}
	const seed = good[random.below(good.length)];
	const input = bytes.subarray(MARGIN);
	copy(input, 0, seed, 0, seed.length);
	let length = seed.length;
	for (let mutations = random.below(MUTATIONS_MAX + 1); mutations > 0 && length > 0; mutations--)
		length = mutate(random, input, random.below(length), length, 0);
	return length;
}

/** Throws, with the input, when something does not hold. */
export function decodeShapes(shape: Shape, inputs: number, random: Random): ShapeOutcome {
	const longest = Math.max(...shape.good.map(({ length }) => length)) + MUTATIONS_MAX * INSERTED_MAX;
	const bytes = new Uint8Array(longest + 2 * MARGIN);
	const before = new Uint8Array(bytes.length);
	const again = new Uint8Array(bytes.length);
	const outcome: ShapeOutcome = { accepted: 0, refused: 0, digest: 0 };
	const answer = new Uint8Array(1);
	for (let i = 0; i < inputs; i++) {
		const length = nextInput(random, shape.good, bytes);
		const behind = MARGIN + length;
		try {
			surround(bytes, behind, 0);
			copy(before, 0, bytes, 0, bytes.length);
			const accepted = shape.read(bytes, MARGIN, length);
			if (compare(before, 0, bytes.length, bytes, 0, bytes.length) !== 0) throw new Error("the input was changed");
			let end = accepted ? shape.writeAgain(bytes, again) : 0;
			if (accepted && compare(again, 0, end, before, MARGIN, length) !== 0)
				throw new Error("accepted, but not the one encoding");
			surround(bytes, behind, 0xff);
			const isSame = shape.read(bytes, MARGIN, length) === accepted;
			end = accepted && isSame ? shape.writeAgain(bytes, again) : 0;
			if (!isSame || (accepted && compare(again, 0, end, before, MARGIN, length) !== 0))
				throw new Error("bytes around the input were read");
			if (accepted) outcome.accepted++;
			else outcome.refused++;
			answer[0] = accepted ? 1 : 0;
			outcome.digest = crc32c(outcome.digest, answer, 0, 1);
		} catch (error) {
			throw new Error(`input ${i}: ${before.slice(MARGIN, behind).join()}`, { cause: error });
		}
	}
	return outcome;
}

function surround(bytes: Uint8Array, behind: number, value: number): void {
	fill(bytes, 0, MARGIN, value);
	fill(bytes, behind, bytes.length - behind, value);
}
