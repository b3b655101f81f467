/** A log file that never takes more than its share of the disk: the older half goes to FILE.old, and then away. */
import { appendFileSync, renameSync, statSync } from "node:fs";

export class BoundedLog {
	readonly path: string;
	readonly #halfBytes: number;
	#bytes: number;

	/** @param bytesMax of both files together; what is there already stays and counts */
	constructor(path: string, bytesMax: number) {
		this.path = path;
		this.#halfBytes = Math.floor(bytesMax / 2);
		this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
	}

	/** What the disk does not take is lost: boards go on without their log. */
	write(data: Buffer): void {
		try {
			this.#append(data);
		} catch {
			// The log is for people, and they see the same lines on the screen.
		}
	}

	#append(data: Buffer): void {
		const bytes = data.length > this.#halfBytes ? data.subarray(data.length - this.#halfBytes) : data;
		if (this.#bytes > 0 && this.#bytes + bytes.length > this.#halfBytes) {
			renameSync(this.path, `${this.path}.old`);
			this.#bytes = 0;
		}
		appendFileSync(this.path, bytes);
		this.#bytes += bytes.length;
	}
}
