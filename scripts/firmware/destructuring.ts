/**
 * Lets an object be taken apart without what the language allows besides: for each pattern the
 * engine's code keeps the object in a temporary and checks it, some 260 instructions.
 *
 *   const { raft, sender: to } = this;   becomes   const raft = this.raft, to = this.sender;
 *
 * The same properties are read in the same order, and nothing is evaluated twice: a source that is
 * more than a name is left alone unless one property alone is taken.
 */

/** A declaration on a line of its own, as esbuild prints it; no defaults, no rest, no nesting. */
const DECLARATION =
	/^(\s*)(const|let) \{ ([A-Za-z_$][\w$]*(?:: [A-Za-z_$][\w$]*)?(?:, [A-Za-z_$][\w$]*(?:: [A-Za-z_$][\w$]*)?)*) \} = ([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*);$/gm;

/** @param code a bundle of esbuild's; its lines stay where they are */
export function openPatterns(code: string): string {
	return code.replace(DECLARATION, (whole, indent: string, kind: string, pattern: string, source: string) => {
		const properties = pattern.split(", ").map((property) => property.split(": "));
		const names = properties.map(([property, name = property]) => name);
		// The object may be one of the names only in error, which then stays the same.
		if (names.includes(source) || (properties.length > 1 && source.includes("."))) return whole;
		return `${indent}${kind} ${properties.map(([property], i) => `${names[i]} = ${source}.${property}`).join(", ")};`;
	});
}
