/** Where a command writes, so that tests can read it. */
export interface Output {
	/** Bytes or text as they are, without a line end. */
	out(data: string | Uint8Array): void;
	/** One line for people. */
	error(line: string): void;
}

export const PROCESS_OUTPUT: Output = Object.freeze({
	out(data: string | Uint8Array) {
		process.stdout.write(data);
	},
	error(line: string) {
		process.stderr.write(`${line}\n`);
	},
});
