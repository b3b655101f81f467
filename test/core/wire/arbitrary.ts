/** Arbitrary messages for properties. */
import fc from "fast-check";
import { LAYOUTS } from "../../../core/wire/schema";
import type { Sample } from "./samples";

/** @returns a message of a kind that exists, each integer anywhere in its field and often at an edge */
export function arbitraryMessage(): fc.Arbitrary<Sample> {
	const known = Object.keys(LAYOUTS).map(Number);
	return fc.constantFrom(...known).chain((kind) => {
		const { bits, strings } = LAYOUTS[kind];
		const columns = bits.slice(1).map((width) => fc.oneof(fc.maxSafeNat(), fc.nat(300)).map((n) => n % 2 ** width));
		const bytes = fc.uint8Array({ maxLength: 600 });
		return fc
			.tuple(fc.tuple(...columns), fc.array(bytes, { minLength: strings, maxLength: strings }))
			.map(([rest, parts]) => ({ name: `kind ${kind}`, integers: [kind, ...rest], strings: parts }));
	});
}
