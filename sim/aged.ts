/** Makes a flash that was just formatted look as if its cluster had worked for years. */

import type { Configuration } from "../core/configuration";
import { Journal } from "../core/journal/journal";
import { READY } from "../core/journal/status";
import type { Limits } from "../core/limits";
import type { Flash } from "../core/ports";
import { firstFingerprint } from "../core/replica/format";
import { CONFIGURATION_BYTES_MAX, SnapshotWriter, snapshotItemBytes } from "../core/store/snapshot";
import { Store } from "../core/store/store";
import { ConfigurationCodec } from "../core/wire/configuration";
import type { Start } from "./options";

/** Sectors that may have to be erased first, generously. */
const TURNS_MAX = 100;

/** Writes a snapshot of an empty store at the start's index, term and revision, and the hard state of that term. */
export function age(flash: Flash, limits: Limits, configuration: Configuration, start: Start): void {
	const journal = new Journal(flash, limits);
	if (journal.open() !== READY) throw new Error("a flash that was just formatted does not open");
	const store = new Store(limits);
	store.appliedIndex = start.index;
	store.first = firstFingerprint(configuration);
	store.revision = journal.isWitness ? 0 : start.revision;
	const bytes = new Uint8Array(CONFIGURATION_BYTES_MAX);
	const length = new ConfigurationCodec().write(bytes, 0, bytes.length, configuration);
	const writer = new SnapshotWriter(store, journal.isWitness);
	const stream = new Uint8Array(snapshotItemBytes(limits));
	writer.begin(start.term, bytes, 0, length);
	const size = writer.next(stream, 0, stream.length);
	journal.beginSnapshot(start.index, start.term);
	let at = 0;
	for (let turn = 0; at < size; turn++) {
		if (turn > TURNS_MAX) throw new Error("the first snapshot finds no room");
		journal.prepare();
		at += journal.writeSnapshot(stream, at, size - at);
	}
	if (!journal.finishSnapshot(size, writer.hash)) throw new Error("the first snapshot does not read back");
	journal.writeHardState(start.term, 0, 0);
}

/** Writes the hard state as it is so many times: the sectors of its copies are used in turn. */
export function wear(flash: Flash, limits: Limits, writes: number): void {
	const journal = new Journal(flash, limits);
	if (journal.open() !== READY) throw new Error("a flash that was just formatted does not open");
	for (let i = 0; i < writes; i++) journal.writeHardState(journal.term, journal.votedFor, journal.votedIncarnation);
}
