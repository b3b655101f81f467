/** Bytes of a serial line into lines of text, with what a person at a terminal expects. */

/** Longest line; a member list of 15 fits. */
export const LINE_BYTES_MAX = 512;

const BACKSPACE = 8;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const DELETE = 127;

export class LineReader {
	private text = "";
	private overflowed = false;
	private lastByte = 0;
	private readonly onLine: (line: string) => void;
	private readonly echo: (text: string) => void;

	constructor(onLine: (line: string) => void, echo: (text: string) => void) {
		this.onLine = onLine;
		this.echo = echo;
	}

	/** A line ends with CR, LF or both; one that is too long is dropped whole, never cut. */
	push(byte: number): void {
		const last = this.lastByte;
		this.lastByte = byte;
		if (byte === LINE_FEED && last === CARRIAGE_RETURN) return;
		if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
			this.end();
			return;
		}
		if (byte === BACKSPACE || byte === DELETE) {
			if (this.text === "") return;
			this.text = this.text.slice(0, -1);
			this.echo("\b \b");
			return;
		}
		if (byte < 32 || byte > 126) return;
		if (this.text.length === LINE_BYTES_MAX) {
			this.overflowed = true;
			return;
		}
		const character = String.fromCharCode(byte);
		this.text += character;
		this.echo(character);
	}

	private end(): void {
		const line = this.text;
		const overflowed = this.overflowed;
		this.text = "";
		this.overflowed = false;
		this.echo("\r\n");
		if (overflowed) this.echo("line too long, nothing done\r\n");
		else if (line.trim() !== "") this.onLine(line);
	}
}

/** @returns the words of a line; "double quotes" keep spaces together, as in the name of a network */
export function words(line: string): string[] {
	const found: string[] = [];
	let word = "";
	let inWord = false;
	let quoted = false;
	for (const character of line) {
		if (character === '"') {
			quoted = !quoted;
			inWord = true;
		} else if (!quoted && (character === " " || character === "\t")) {
			if (inWord) found.push(word);
			word = "";
			inWord = false;
		} else {
			word += character;
			inWord = true;
		}
	}
	if (inWord) found.push(word);
	return found;
}
