/** Frames in a file that Wireshark opens: pcap, version 2.4, little-endian, times in microseconds. */
import { closeSync, openSync, writeSync } from "node:fs";

const LINKTYPE_ETHERNET = 1;
const SNAPSHOT_BYTES = 65535;
export const FILE_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 16;

export class Recording {
	/** Frames that were left out, because the file would grow over its bound. */
	dropped = 0;
	readonly #file: number;
	readonly #bytesMax: number;
	#bytes = FILE_HEADER_BYTES;

	/** @param bytesMax of the file; what comes later is left out and counted */
	constructor(path: string, bytesMax: number) {
		this.#bytesMax = bytesMax;
		this.#file = openSync(path, "w", 0o600);
		const header = Buffer.alloc(FILE_HEADER_BYTES);
		header.writeUInt32LE(0xa1b2c3d4, 0);
		header.writeUInt16LE(2, 4);
		header.writeUInt16LE(4, 6);
		header.writeUInt32LE(SNAPSHOT_BYTES, 16);
		header.writeUInt32LE(LINKTYPE_ETHERNET, 20);
		writeSync(this.#file, header);
	}

	/** @param milliseconds since 1970, with a fraction */
	add(frame: Buffer, milliseconds: number): void {
		if (this.#bytes + RECORD_HEADER_BYTES + frame.length > this.#bytesMax) {
			this.dropped += 1;
			return;
		}
		const record = Buffer.alloc(RECORD_HEADER_BYTES + frame.length);
		record.writeUInt32LE(Math.floor(milliseconds / 1000), 0);
		record.writeUInt32LE(Math.floor((milliseconds % 1000) * 1000), 4);
		record.writeUInt32LE(frame.length, 8);
		record.writeUInt32LE(frame.length, 12);
		frame.copy(record, RECORD_HEADER_BYTES);
		writeSync(this.#file, record);
		this.#bytes += record.length;
	}

	close(): void {
		closeSync(this.#file);
	}
}
