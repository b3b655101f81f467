/**
 * Makes a member of a blank flash: its identity, and as the snapshot at index 0 an empty store with
 * the initial configuration. For the cluster's launcher, `balsa format` and a board's console;
 * a running node never calls it (pitfall 67).
 */
import { assert } from "../assert";
import { crc32c } from "../bytes";
import { Configuration, NOBODY, ROLE_LEARNER, ROLE_WITNESS_LEARNER } from "../configuration";
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
 * @param isWitness the node shall keep no state, and never will in this life
 * @returns the configuration of a node that waits to be added: nobody but itself, and nobody votes
 */
export function joiningConfiguration(identity: Identity, isWitness = false): Configuration {
	const configuration = new Configuration(1);
	const role = isWitness ? ROLE_WITNESS_LEARNER : ROLE_LEARNER;
	configuration.add(identity.id, identity.incarnation, role, 0, 0);
	return configuration;
}

/**
 * A short fingerprint of a cluster's first configuration: members, roles, addresses and numbers. Nodes that were
 * formatted with different ones never hear one another. A node that waits to be added learns it.
 * @param configuration as nodes are formatted with it
 * @returns an unsigned 32-bit number; 0 for a node that waits to be added
 */
export function firstFingerprint(configuration: Configuration): number {
	if (configuration.isBlank()) return 0;
	const bytes = new Uint8Array(CONFIGURATION_BYTES_MAX);
	const length = new ConfigurationCodec().write(bytes, 0, bytes.length, configuration);
	assert(length > 0, "the configuration is too large");
	return crc32c(0, bytes, 0, length) || 1;
}

/** @returns what people see of such a fingerprint */
export function fingerprintText(fingerprint: number): string {
	return fingerprint.toString(16).padStart(8, "0");
}

/**
 * Erases the flash and formats it.
 * @param identity must be a member of `configuration`, with the same incarnation
 * @param configuration of the whole cluster at its beginning; or of this node alone as a learner, which
 * then waits, and learns all else from the leader that adds it. The role in it says whether the node is a witness
 */
export function formatNode(flash: Flash, limits: Limits, identity: Identity, configuration: Configuration): void {
	checkLimits(limits);
	assert(configuration.count <= limits.members, "MEMBER_LIMIT: more members than a node of these limits holds");
	const self = configuration.placeOfLife(identity.id, identity.incarnation);
	assert(self !== NOBODY, "the node is no member of its configuration in this incarnation");
	assert(configuration.index === 0, "a node is formatted with the configuration before the first entry");
	const isAlone = configuration.isBlank() && configuration.count === 1;
	assert(configuration.isSound() || isAlone, "the configuration's numbers do not go together");
	checkLogRoom(planLayout(flash, limits).logSectors, flash.sectorSize, limits);
	const bytes = new Uint8Array(CONFIGURATION_BYTES_MAX);
	const length = new ConfigurationCodec().write(bytes, 0, bytes.length, configuration);
	assert(length > 0, "the configuration is too large");
	const stream = new Uint8Array(snapshotItemBytes(limits));
	const isWitness = configuration.isWitnessAt(self);
	const store = new Store(limits);
	store.first = firstFingerprint(configuration);
	const writer = new SnapshotWriter(store, isWitness);
	writer.begin(0, bytes, 0, length);
	const size = writer.next(stream, 0, stream.length);
	assert(writer.done, "an empty store takes one slice");
	format(flash, limits, identity, stream.slice(0, size), writer.hash, isWitness);
}
