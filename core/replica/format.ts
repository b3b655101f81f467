/**
 * Makes a member of a blank flash: its identity, and as the snapshot at index 0 an empty store with
 * the initial configuration. For the cluster's launcher, `balsa format` and a board's console;
 * a running node never calls it (pitfall 67).
 */
import { assert } from "../assert";
import type { Configuration } from "../configuration";
import { format } from "../journal/format";
import type { Identity } from "../journal/identity";
import { planLayout, sectorRoomBytes } from "../journal/layout";
import { checkLimits, type Limits } from "../limits";
import type { Flash } from "../ports";
import { STORAGE_RESERVE_BYTES } from "../raft/raft";
import { CONFIGURATION_BYTES_MAX, SnapshotWriter, snapshotItemBytes } from "../store/snapshot";
import { Store } from "../store/store";
import { ConfigurationCodec } from "../wire/configuration";

/** Sectors of the log that a snapshot may leave in use: with its last entry, with what follows, and the head. */
const SECTORS_IN_USE = 3;

/** Asserts that a log of so many sectors on flash has room for proposals once a snapshot has freed it. */
export function checkLogRoom(sectors: number, sectorSize: number, limits: Limits): void {
	const room = (sectors - SECTORS_IN_USE) * sectorRoomBytes(limits, sectorSize);
	assert(room >= 2 * STORAGE_RESERVE_BYTES, "the log on flash is too small for these limits");
}

/**
 * Erases the flash and formats it.
 * @param identity must be a member of `configuration`, with the same incarnation
 */
export function formatNode(flash: Flash, limits: Limits, identity: Identity, configuration: Configuration): void {
	checkLimits(limits);
	const self = configuration.placeOf(identity.id);
	assert(self >= 0, "the node is no member of its configuration");
	assert(configuration.incarnations[self] === identity.incarnation, "the configuration names another incarnation");
	assert(configuration.isSound(), "the configuration's numbers do not go together");
	checkLogRoom(planLayout(flash, limits).logSectors, flash.sectorSize, limits);
	const bytes = new Uint8Array(CONFIGURATION_BYTES_MAX);
	const length = new ConfigurationCodec().write(bytes, 0, bytes.length, configuration);
	assert(length > 0, "the configuration is too large");
	const stream = new Uint8Array(snapshotItemBytes(limits));
	const writer = new SnapshotWriter(new Store(limits));
	writer.begin(0, bytes, 0, length);
	const size = writer.next(stream, 0, stream.length);
	assert(writer.done, "an empty store takes one slice");
	format(flash, limits, identity, stream.slice(0, size), writer.hash);
}
