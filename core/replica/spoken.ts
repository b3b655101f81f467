/**
 * Whether this build speaks what is written: on its flash before it runs, and in a snapshot before that takes the
 * place of what there is. If not, the node stops by name and everything stays as it is (core/raft/levels.ts).
 */
import { Configuration } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength } from "../entry";
import type { Journal } from "../journal/journal";
import { LEVEL_NOT_SPOKEN, READY } from "../journal/status";
import type { Limits } from "../limits";
import { type Build, speaks } from "../raft/levels";
import { SnapshotHead, snapshotItemBytes } from "../store/snapshot";
import { ConfigurationCodec } from "../wire/configuration";

/** @returns READY if the build speaks all configurations of the journal, else LEVEL_NOT_SPOKEN */
export function judgeJournal(journal: Journal, keepsLog: boolean, limits: Limits, build: Build): number {
	const window = new Uint8Array(snapshotItemBytes(limits));
	const length = journal.readSnapshot(0, window, 0, Math.min(window.length, journal.snapshotSize));
	if (!isSnapshotSpoken(window, 0, length, limits, build)) return LEVEL_NOT_SPOKEN;
	if (!keepsLog) return READY;
	const codec = new ConfigurationCodec();
	const configuration = new Configuration(limits.members);
	let isSpoken = true;
	journal.visitEntries((_index, bytes, at) => {
		if (bytes[at] !== ENTRY_CONFIGURATION) return;
		if (!codec.read(bytes, at + ENTRY_HEADER_BYTES, entryLength(bytes, at), configuration)) return;
		if (!speaks(build, configuration.level)) isSpoken = false;
	});
	return isSpoken ? READY : LEVEL_NOT_SPOKEN;
}

/**
 * @param bytes the stream begins at `bytes[offset, +length)`, with its first item at least
 * @returns false for a stream of an unknown version too: only a later level has one
 */
export function isSnapshotSpoken(
	bytes: Uint8Array,
	offset: number,
	length: number,
	limits: Limits,
	build: Build,
): boolean {
	const head = new SnapshotHead();
	const configuration = new Configuration(limits.members);
	if (!head.read(bytes, offset, offset + length)) return false;
	const codec = new ConfigurationCodec();
	if (!codec.read(bytes, head.configurationOffset, head.configurationLength, configuration)) return false;
	// A node that waits to be added was formatted by itself: its configuration says nothing of the cluster.
	return configuration.isBlank() || speaks(build, configuration.level);
}
