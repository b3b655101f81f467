/** Whose journal a flash holds, found without opening it: opening writes the next boot epoch. */
import { Medium } from "../../core/journal/medium";
import { READY, statusName, UNFORMATTED } from "../../core/journal/status";
import { SUPERBLOCK_BYTES, Superblock } from "../../core/journal/superblock";
import type { Flash } from "../../core/ports";
import type { JournalIdentity } from "./settings";

/** @returns null when the flash is blank; throws the name of what is wrong with it */
export function journalOwner(flash: Flash): JournalIdentity | null {
	const superblock = new Superblock();
	const status = superblock.load(new Medium(flash, SUPERBLOCK_BYTES));
	if (status === UNFORMATTED) return null;
	if (status !== READY) throw new Error(statusName(status));
	return superblock;
}
