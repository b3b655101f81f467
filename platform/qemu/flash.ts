/** Balsa's partition on the emulated board: a file of the host, with the rules and the times of NOR. */
import type { Flash } from "../../core/ports";
import { flashErase, flashProgram, flashRead, flashSize } from "./board";

/** The same in board/board.h. */
const SECTOR_BYTES = 4096;
/** The longest erase that board/flash.c can be set to. */
const STALL_MS_MAX = 400;

export class BoardFlash implements Flash {
	readonly size = flashSize();
	readonly sectorSize = SECTOR_BYTES;
	readonly stallMsMax = STALL_MS_MAX;

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		flashRead(offset, target, targetOffset, length);
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		flashProgram(offset, source, sourceOffset, length);
	}

	erase(offset: number): void {
		flashErase(offset);
	}
}
