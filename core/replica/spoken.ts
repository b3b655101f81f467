/**
 * Whether this build speaks what is written: on its flash before it runs, and in a snapshot before that takes the
 * place of what there is. If not, the node stops by name and everything stays as it is (core/raft/levels.ts).
 */
import { Configuration } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength } from "../entry";
import type { Journal } from "../journal/journal";
import { LEVEL_NOT_SPOKEN, MEMBER_LIMIT, OTHER_LIMITS, READY } from "../journal/status";
import { type Limits, limitsFingerprint } from "../limits";
import { type Build, LEVELS_AHEAD, speaks } from "../raft/levels";
import { SNAPSHOT_VERSION, SnapshotHead, snapshotItemBytes } from "../store/snapshot";
import { ConfigurationCodec } from "../wire/configuration";

/** Members of a configuration of any build at most: enough to tell one that is too large from one of a later level. */
const ANY_MEMBERS = 23;

/** @returns READY if the build can go by all that the journal holds, else LEVEL_NOT_SPOKEN, MEMBER_LIMIT or OTHER_LIMITS */
export function judgeJournal(journal: Journal, keepsLog: boolean, limits: Limits, build: Build): number {
	const window = new Uint8Array(snapshotItemBytes(limits));
	const length = journal.readSnapshot(0, window, 0, Math.min(window.length, journal.snapshotSize));
	const judged = judgeSnapshot(window, 0, length, limits, build);
	if (judged !== READY || !keepsLog) return judged;
	const codec = new ConfigurationCodec();
	const configuration = new Configuration(ANY_MEMBERS);
	let found = READY;
	journal.visitEntries((_index, bytes, at) => {
		if (bytes[at] !== ENTRY_CONFIGURATION) return;
		if (!codec.read(bytes, at + ENTRY_HEADER_BYTES, entryLength(bytes, at), configuration)) return;
		const status = judgeConfiguration(configuration, limits, build);
		if (status !== READY) found = status;
	});
	return found;
}

/**
 * Whether a snapshot that comes in is one that only a later build can read. Bytes that no build has written
 * are none.
 * @param bytes as in `judgeSnapshot`
 */
export function isOfLaterBuild(
	bytes: Uint8Array,
	offset: number,
	length: number,
	limits: Limits,
	build: Build,
): boolean {
	if (judgeSnapshot(bytes, offset, length, limits, build) !== LEVEL_NOT_SPOKEN) return false;
	// The head of an array, and an integer below 24 is its own byte.
	const version = length > 1 && bytes[offset] >= 0x80 && bytes[offset] < 0x98 ? bytes[offset + 1] : 0;
	if (version > SNAPSHOT_VERSION) return version < 24;
	const head = new SnapshotHead();
	const configuration = new Configuration(ANY_MEMBERS);
	if (!head.read(bytes, offset, offset + length)) return false;
	const isRead = new ConfigurationCodec().read(
		bytes,
		head.configurationOffset,
		head.configurationLength,
		configuration,
	);
	return isRead && configuration.level <= build.highest + LEVELS_AHEAD;
}

/**
 * @param bytes the stream begins at `bytes[offset, +length)`, with its first item at least
 * @returns READY, MEMBER_LIMIT, OTHER_LIMITS, or LEVEL_NOT_SPOKEN, for a stream of an unknown version too: only a later level has one
 */
export function judgeSnapshot(bytes: Uint8Array, offset: number, length: number, limits: Limits, build: Build): number {
	const head = new SnapshotHead();
	const configuration = new Configuration(ANY_MEMBERS);
	if (!head.read(bytes, offset, offset + length)) return LEVEL_NOT_SPOKEN;
	const codec = new ConfigurationCodec();
	if (!codec.read(bytes, head.configurationOffset, head.configurationLength, configuration)) return LEVEL_NOT_SPOKEN;
	// A node that waits to be added was formatted by itself: its configuration says nothing of the cluster.
	const judged = configuration.isBlank() ? READY : judgeConfiguration(configuration, limits, build);
	// By other limits the entries behind it would come to another state than with those who took them before.
	return judged === READY && head.limits !== limitsFingerprint(limits) ? OTHER_LIMITS : judged;
}

/** What this build cannot speak is named first: its members may mean something else. */
function judgeConfiguration(configuration: Configuration, limits: Limits, build: Build): number {
	if (!speaks(build, configuration.level)) return LEVEL_NOT_SPOKEN;
	return configuration.count > limits.members ? MEMBER_LIMIT : READY;
}
