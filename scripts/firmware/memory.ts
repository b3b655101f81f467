/**
 * The engine's memory on a board, in one place. Both pools are fixed: there are no increments.
 * An ESP32 has no larger free block than 96 KiB, and Moddable gives an application there 78,848 bytes
 * of chunks and 4,928 slots of 16 bytes by default; ours may be split otherwise, not be more.
 */

export interface EngineMemory {
	/** Slots of 16 bytes: objects, properties, closures. */
	slots: number;
	/** Bytes of chunks: buffers, arrays, strings. */
	chunkBytes: number;
	/** Slots of the engine's stack; some 10 for each level of calls. */
	stackSlots: number;
	/** Names that may be made while the board runs. */
	names: number;
	/** Rows of the table of found properties (platform/qemu/engine/found.h), a power of two; FOUND_ROWS if left out. */
	foundRows?: number;
	/** Board only: both pools where the flash of data would be, for programs that use none of it. */
	isExternal?: boolean;
}

export const SLOT_BYTES = 16;
export const FOUND_ROW_BYTES = 8;
export const FOUND_ROWS = 1_024;
export const POOL_BYTES_MAX = 98_304;
export const POOLS_BYTES_MAX = 157_696;

/** What a board has. */
export const BOARD_MEMORY: EngineMemory = {
	slots: 3_200,
	chunkBytes: 98_304,
	stackSlots: 512,
	names: 64,
};

/** For tests and benchmarks that hold several nodes at once: an emulated board has room, an ESP32 has not. */
export const WIDE_MEMORY: EngineMemory = {
	slots: 65_536,
	chunkBytes: 2_097_152,
	stackSlots: 2_048,
	names: 1_024,
	foundRows: 4_096,
};

/** @throws Error when an ESP32 could not give as much */
export function checkMemory(memory: EngineMemory): void {
	const slotBytes = memory.slots * SLOT_BYTES;
	if (slotBytes > POOL_BYTES_MAX || memory.chunkBytes > POOL_BYTES_MAX)
		throw new Error(`a pool is over ${POOL_BYTES_MAX} bytes`);
	const bytes = slotBytes + memory.chunkBytes + (memory.foundRows ?? FOUND_ROWS) * FOUND_ROW_BYTES;
	if (bytes > POOLS_BYTES_MAX) throw new Error(`the pools are ${bytes} bytes, over ${POOLS_BYTES_MAX}`);
}
