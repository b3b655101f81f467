/** Names what did not hold, so that failures can be counted, and compared while one is shrunk. */

/** Those whose message goes on with nodes, terms and entries. */
const NAMED = [
	"election safety",
	"leader append-only",
	"leader completeness",
	"log matching",
	"state machine safety",
	"linearizability",
];

/** @returns the message without what differs from run to run */
export function propertyOf(message: string): string {
	const first = message.split("\n")[0];
	const named = NAMED.find((name) => first.startsWith(`${name}:`));
	if (named !== undefined) return named;
	// What stands in parentheses, or after "liveness: what failed:", is who was where.
	const words = first.replace(/ \(.*$/, "").split(": ");
	const kept = words[0] === "liveness" ? words.slice(0, 2).join(": ") : words.join(": ");
	return kept.replace(/\d+/g, "N");
}
