/**
 * Assertions that stay on in production: they state what must be true of us and of the cluster.
 * A failed one stops the node with its reason; a peer's or a disk's nonsense never reaches one.
 */

/** Thrown by `assert`; the platform prints it with its stack and restarts the board. */
export class AssertionFailed extends Error {
	// A field, since an assignment in the constructor throws where the built-ins are frozen.
	override readonly name = "AssertionFailed";
}

/**
 * @param condition cheap to evaluate, and true unless the node must stop
 * @param reason a constant string: building one would allocate on every call
 */
export function assert(condition: boolean, reason: string): asserts condition {
	if (!condition) throw new AssertionFailed(reason);
}
