/**
 * Gives a flash its identity and an empty journal. Only a person or the cluster's launcher asks for
 * it: a board never formats itself (pitfall 67).
 */
import { assert } from "../assert";
import type { Limits } from "../limits";
import type { Flash } from "../ports";
import { HardState } from "./hard-state";
import { type Identity, identitySeed } from "./identity";
import { planLayout, recordBytesMax } from "./layout";
import { Log } from "./log";
import { Medium, REGION_FORMAT } from "./medium";
import { SnapshotSlots } from "./snapshot-slots";
import { Superblock } from "./superblock";

/**
 * Erases everything and writes hard state of term 0, the first snapshot (term 0), an empty log
 * and, last, the superblocks: a format that is cut off leaves no node.
 * @param stream of the first snapshot: it holds the initial configuration
 * @param hash that names the state of that snapshot
 * @param isWitness the node keeps no state
 * @param index of that snapshot: 0, unless it holds what another cluster left (recovery by force)
 */
export function format(
	flash: Flash,
	limits: Limits,
	identity: Identity,
	stream: Uint8Array,
	hash: number,
	isWitness = false,
	index = 0,
): void {
	assert(identity.id >= 1 && identity.id <= 255, "a node's id is 1 to 255");
	assert(identity.incarnation >= 1 && identity.incarnation <= 65535, "an incarnation is 1 to 65535");
	const layout = planLayout(flash, limits);
	const medium = new Medium(flash, recordBytesMax(limits, flash.sectorSize));
	medium.seed = identitySeed(identity);
	for (let place = 0; place < flash.size; place += flash.sectorSize)
		if (!medium.isBlank(place, flash.sectorSize)) medium.erase(place, REGION_FORMAT);

	// What read as blank just now may be a sector whose erase an earlier format was cut off in: so each part
	// below erases what it writes to. The rest is erased by the boots that use it.
	new HardState(medium, layout).create();

	const snapshots = new SnapshotSlots(medium, layout);
	snapshots.begin(index, 0);
	let at = 0;
	while (at < stream.length || at === 0) {
		snapshots.prepare();
		const taken = snapshots.write(stream, at, stream.length - at);
		if (taken === 0) break;
		at += taken;
	}
	assert(snapshots.finish(stream.length, hash), "the first snapshot does not read back");

	new Log(medium, layout, limits).create();

	const superblock = new Superblock();
	superblock.clusterHigh = identity.clusterHigh;
	superblock.clusterLow = identity.clusterLow;
	superblock.id = identity.id;
	superblock.incarnation = identity.incarnation;
	superblock.snapshotSectors = layout.snapshotSectors;
	superblock.size = flash.size;
	superblock.sectorSize = flash.sectorSize;
	superblock.isWitness = isWitness;
	superblock.save(medium);
}
