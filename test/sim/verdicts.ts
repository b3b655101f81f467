/** A number that stands for many verdicts with all their words: equal on every engine. */
import { compare } from "../../sim/history/agreement";

const SEEDS = 60;

/** Of the verdicts below; when the checker is meant to judge or speak otherwise, it is set anew. */
export const DIGEST_OF_VERDICTS = 0x83593b93;

/** @returns an unsigned 32-bit number, the digest; Error if the checker and its twin disagree */
export function digestOfVerdicts(): number {
	let digest = 0;
	for (let seed = 1; seed <= SEEDS; seed++) {
		const { agrees, operations, verdict } = compare(seed);
		if (!agrees) throw new Error(`the checker and its twin disagree on seed ${seed}`);
		const { message } = verdict.violation ?? { message: JSON.stringify(operations) };
		for (let i = 0; i < message.length; i++) digest = (Math.imul(digest, 31) + message.charCodeAt(i)) >>> 0;
		digest = (Math.imul(digest, 31) + verdict.steps) >>> 0;
	}
	return digest;
}
