/** Frames on a byte stream: each behind its length as u32, most significant byte first, as QEMU's `-netdev stream` has it. */

const LENGTH_BYTES = 4;

/** Room for tags that a driver may add; what is longer is no frame, and the stream is out of step. */
export const STREAM_FRAME_BYTES_MAX = 2048;

export class FrameReader {
	readonly #buffer = Buffer.alloc(LENGTH_BYTES + STREAM_FRAME_BYTES_MAX);
	#filled = 0;
	readonly #take: (frame: Buffer) => void;

	/** @param take gets each frame as a copy of its own */
	constructor(take: (frame: Buffer) => void) {
		this.#take = take;
	}

	/** @returns false where a length is no frame's: nothing after it can be understood */
	push(chunk: Buffer): boolean {
		let at = 0;
		while (at < chunk.length) {
			const wanted = this.#wanted();
			const count = Math.min(wanted - this.#filled, chunk.length - at);
			chunk.copy(this.#buffer, this.#filled, at, at + count);
			this.#filled += count;
			at += count;
			if (this.#filled < LENGTH_BYTES) continue;
			const length = this.#buffer.readUInt32BE(0);
			if (length === 0 || length > STREAM_FRAME_BYTES_MAX) return false;
			if (this.#filled === LENGTH_BYTES + length) {
				this.#take(Buffer.from(this.#buffer.subarray(LENGTH_BYTES, this.#filled)));
				this.#filled = 0;
			}
		}
		return true;
	}

	#wanted(): number {
		return this.#filled < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + this.#buffer.readUInt32BE(0);
	}
}

/** @returns the frame behind its length */
export function withLength(frame: Buffer): Buffer {
	const bytes = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
	bytes.writeUInt32BE(frame.length, 0);
	frame.copy(bytes, LENGTH_BYTES);
	return bytes;
}
