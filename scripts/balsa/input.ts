/** Where a command reads values from, so that tests can give some. */
export interface Input {
	/** True where a person types: nobody is made to wait for what was not announced. */
	readonly isTerminal: boolean;
	readonly chunks: AsyncIterable<Uint8Array>;
}

export const PROCESS_INPUT: Input = Object.freeze({
	get isTerminal() {
		return process.stdin.isTTY === true;
	},
	get chunks() {
		return process.stdin;
	},
});

/**
 * Reads to the end.
 * @param bytesMax more is not read
 * @returns the bytes as they are; undefined for more than `bytesMax`
 */
export async function readAll({ chunks }: Input, bytesMax: number): Promise<Uint8Array | undefined> {
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of chunks) {
		length += part.length;
		if (length > bytesMax) return undefined;
		parts.push(part);
	}
	return Buffer.concat(parts);
}
