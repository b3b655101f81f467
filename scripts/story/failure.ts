/** What a story that failed has to say. */
import { Refusal } from "../cluster/refusal";
import { Unmet } from "./expect";

export function failureOf(error: unknown): { readonly expected: string; readonly seen: string } {
	if (error instanceof Unmet) return { expected: error.expected, seen: error.seen };
	if (error instanceof Refusal) return { expected: "no refusal", seen: `${error.code}: ${error.message}` };
	return { expected: "no error", seen: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
