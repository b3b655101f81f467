/**
 * Puts the values of numeric constants in their places. An interpreter pays for a constant of a module
 * as for any captured variable; V8 does not, so only the images for XS are treated.
 */
import { transform } from "esbuild";

/** A constant of a module as esbuild's bundles print it. */
const DECLARATION = /^var ([A-Za-z_$][\w$]*) = (.+);$/;
/** Numbers, operators and parentheses alone. */
const ARITHMETIC = /^(?:[\d\s+\-*/%()<>|&^~.]|0x[\da-fA-F]+|\de[+-]?\d)+$/;
const NAME = /[A-Za-z_$][\w$]*/g;

/** @returns the value's text if the expression is arithmetic over numbers and known constants */
function evaluate(expression: string, known: Map<string, string>): string | undefined {
	if (/["'`.]\s*[A-Za-z_$]/.test(expression)) return undefined;
	const text = expression.replace(/\b0x[\da-fA-F]+\b|\b\d[\d.]*e[+-]?\d+\b|[A-Za-z_$][\w$]*/g, (word) =>
		/^\d/.test(word) ? String(Number(word)) : (known.get(word) ?? word),
	);
	if (!ARITHMETIC.test(text) || NAME.test(text.replace(/\de[+-]?\d/g, ""))) return undefined;
	const value: unknown = new Function(`return (${text});`)();
	return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

/** Names that are assigned to anywhere keep their variable. */
function isAssigned(code: string, name: string): boolean {
	const escaped = name.replace(/\$/g, "\\$");
	const written = new RegExp(`(?<![\\w$.])${escaped}\\s*(?:[-+*/%&|^]|\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?)?=(?![=>])`, "g");
	const stepped = new RegExp(`(?:\\+\\+|--)\\s*${escaped}(?![\\w$])|(?<![\\w$.])${escaped}\\s*(?:\\+\\+|--)`);
	return (code.match(written) ?? []).length > 1 || stepped.test(code);
}

/**
 * The declarations are taken out, which leaves their names unbound wherever they meant the constant,
 * and esbuild's `define` replaces unbound names only: what shadows a constant stays as it is.
 * @param code a bundle of esbuild's; `map` its source map
 */
export async function inlineConstants(code: string, map: string): Promise<{ code: string; map: string }> {
	const known = new Map<string, string>();
	const exported = new Set(/^export \{([^}]*)\}/m.exec(code)?.[1].match(NAME));
	const lines = code.split("\n").map((line) => {
		const [, name, expression] = DECLARATION.exec(line) ?? [];
		if (name === undefined || exported.has(name) || isAssigned(code, name)) return line;
		const value = evaluate(expression, known);
		if (value === undefined) return line;
		known.set(name, value);
		return "";
	});
	const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`;
	const result = await transform(`${lines.join("\n")}\n${inline}\n`, {
		define: Object.fromEntries(known),
		target: "es2022",
		format: "esm",
		charset: "utf8",
		sourcemap: "external",
		sourcefile: "main.js",
	});
	return { code: result.code, map: result.map };
}
