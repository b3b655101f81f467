/**
 * Lets an assertion that holds cost no call, which takes an interpreter some 800 instructions:
 *
 *   assert(a < b, "reason");   becomes   (a < b) || assert(false, "reason");
 *
 * Assertions stay on, are evaluated once and in the same order, and fail on the same line.
 */

/** core/assert.ts as esbuild prints it; the name may carry a number. */
const DECLARATION = /^function (assert\d*)\(condition, reason\) \{$/m;

/** @param code a bundle of esbuild's; its lines stay where they are */
export function openAssertions(code: string): string {
	const name = DECLARATION.exec(code)?.[1];
	if (name === undefined) return code;
	// A statement on a line of its own. It stays an expression: an `else` may follow, and belongs to an `if` before.
	const call = new RegExp(`^(\\s*)${name}\\((.*), ("(?:[^"\\\\]|\\\\.)*")\\);$`, "gm");
	return code.replace(call, `$1($2) || ${name}(false, $3);`);
}
