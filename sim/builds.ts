/**
 * A build that speaks a second level, which nobody ships: it has a type of entry that the first level does not
 * know, and that changes nothing. So a node of the first level that meets one stops, as it has to.
 */
import { ENTRY_NO_OP } from "../core/entry";
import { BUILD, type Build } from "../core/raft/levels";
import type { Replica } from "../core/replica/replica";

export const SECOND_LEVEL = 2;
/** The type of an entry of the second level. */
export const SECOND_ENTRY = 4;

export const SECOND_BUILD: Build = Object.freeze({
	lowest: 1,
	highest: SECOND_LEVEL,
	entryLevels: Object.freeze([...BUILD.entryLevels, SECOND_LEVEL]),
});

/** The node's store applies entries of the second level. */
export function teachSecondLevel(replica: Replica): void {
	const store = replica.member?.store;
	if (store === undefined) return;
	const apply = store.apply.bind(store);
	store.apply = (index, type, bytes, offset, length) =>
		type === SECOND_ENTRY ? apply(index, ENTRY_NO_OP, bytes, offset, 0) : apply(index, type, bytes, offset, length);
}
