/** The table that turns a place in the bytecode into a line of TypeScript, as C. */
import type { Bundle } from "./bundle";

/** Upper bounds of the table's fields (platform/qemu/engine/image.h). */
const OFFSET_END = 1 << 24;
const LINE_END = 1 << 16;

/**
 * @param rows lines "MODULE OFFSET LINE" of the bytecode compiler
 * @param modules names in the order of the image
 * @param files source of each module that is not bundled, by name
 */
export function linesTable(
	rows: string,
	modules: readonly string[],
	bundle: Bundle,
	files: Map<string, string>,
): string {
	const sources: string[] = [];
	const table: string[] = [];
	let last = "";
	for (const row of rows.split("\n")) {
		if (row === "") continue;
		const [name, offset, line] = row.split(" ");
		const plain = files.get(name);
		const origin = plain === undefined ? bundle.origin(Number(line)) : { file: plain, line: Number(line) };
		if (origin === undefined) continue;
		if (Number(offset) >= OFFSET_END || origin.line >= LINE_END)
			throw new Error(`${name} is too large for the line table`);
		let file = sources.indexOf(origin.file);
		if (file < 0) file = sources.push(origin.file) - 1;
		const place = modules.indexOf(name) * OFFSET_END + Number(offset);
		const position = `${modules.indexOf(name)} ${file} ${origin.line}`;
		if (position === last) continue;
		last = position;
		table.push(`\t{ ${place}u, ${file}, ${origin.line} },`);
	}
	return [
		'#include "image.h"',
		"const ImageLine imageLines[] = {",
		...table,
		"\t{ 0, 0, 0 }\n};",
		`const unsigned imageLineCount = ${table.length};`,
		"const char* const imageFiles[] = {",
		...sources.map((source) => `\t${JSON.stringify(source)},`),
		"\t0\n};",
		`const unsigned imageFileCount = ${sources.length};`,
		"",
	].join("\n");
}
