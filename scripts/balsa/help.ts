/** @returns what stands below a command's help: lines that can be typed */
export function example(...lines: string[]): string {
	return ["", "Example:", ...lines.map((line) => `  balsa ${line}`)].join("\n");
}
