/** Makes the image of a formatted flash, for the launcher of the emulated cluster and `balsa format`. */
import type { Configuration } from "../core/configuration";
import type { Identity } from "../core/journal/identity";
import { type Limits, PROFILE_M } from "../core/limits";
import { formatNode } from "../core/replica/format";
import { MemoryFlash } from "../sim/memory-flash";

/** Bytes of Balsa's partition on every board, and of a sector of its flash. */
export const PARTITION_BYTES = 1024 * 1024;
export const SECTOR_BYTES = 4096;

/** @returns the bytes of a partition that holds a new member, with nothing applied yet */
export function formattedPartition(
	identity: Identity,
	configuration: Configuration,
	limits: Limits = PROFILE_M,
): Uint8Array {
	const flash = new MemoryFlash(PARTITION_BYTES, SECTOR_BYTES);
	formatNode(flash, limits, identity, configuration);
	return flash.bytes;
}
