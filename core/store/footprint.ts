import type { Limits } from "../limits";
import { bucketsFor } from "./keys";
import { CONFIGURATION_BYTES_MAX } from "./snapshot";

/** Bytes of an object's head and of each of its fields on XS: one slot (16 bytes on a 32-bit board). */
const SLOT_BYTES = 16;
/** Fields of a Session and of its Reply, and their two heads. */
const SESSION_SLOTS = 7 + 6 + 2;
/** Lines of the sessions' cache and a row each of store, sessions, snapshot writer and reader. */
const FIXED_BYTES = 2048;

/** @returns bytes of typed arrays that one key takes, its own bytes aside: the arrays by slot in `Keys` */
export function keyBytesFixed(limits: Limits): number {
	const offset = limits.liveBytes <= 0x10000 ? 2 : 4;
	return 8 + 8 + 4 + 1 + 2 + offset + 4 + 2 + 2 + 2 + 2;
}

/**
 * @returns bytes of memory that a store with its snapshot writer and reader takes on a board, all of
 * it in their constructors: the arrays exactly, objects as XS lays them out, within a kilobyte or two
 */
export function storeFootprint(limits: Limits): number {
	const keys = limits.liveBytes + limits.keys * keyBytesFixed(limits) + 2 * bucketsFor(limits.keys);
	const sessions = limits.sessions * (SESSION_SLOTS + 1) * SLOT_BYTES;
	return keys + sessions + 2 * CONFIGURATION_BYTES_MAX + limits.keyBytes + FIXED_BYTES;
}
