/**
 * Opens a journal: reads and judges everything, and only when all of it was understood writes what
 * heals. Two boots of one image find the same.
 */
import type { Limits } from "../limits";
import { HardState } from "./hard-state";
import { type Identity, identitySeed } from "./identity";
import type { Journal } from "./journal";
import { Layout, snapshotSectors } from "./layout";
import { Log } from "./log";
import { LogReader } from "./log-reader";
import { NO_TERM } from "./record";
import { Recovery } from "./recovery";
import { SnapshotSlots } from "./snapshot-slots";
import { FOREIGN_IDENTITY, GEOMETRY_DIFFERS, LOG_GAP, READY, SNAPSHOT_DAMAGED, SUPERBLOCK_DAMAGED } from "./status";

/**
 * Says whether the node may run on what its journal holds.
 * @param keepsLog false when the log is not what follows the snapshot, and will begin anew
 * @returns READY, or another number of `status.ts`
 */
export type Judge = (journal: Journal, keepsLog: boolean) => number;

/** As `Journal.open`: gives the journal its parts. @returns a number of `status.ts` */
export function open(journal: Journal, limits: Limits, expected: Identity | null, judge: Judge | null): number {
	const { medium, superblock } = journal;
	const found = superblock.load(medium);
	if (found !== READY) return found;
	if (expected !== null && !isSame(superblock, expected)) return FOREIGN_IDENTITY;
	const { flash } = medium;
	if (superblock.size !== flash.size || superblock.sectorSize !== flash.sectorSize) return GEOMETRY_DIFFERS;
	if (superblock.snapshotSectors < snapshotSectors(flash, limits)) return GEOMETRY_DIFFERS;
	const layout = new Layout(flash, superblock.snapshotSectors);
	if (!layout.isSound()) return GEOMETRY_DIFFERS;
	medium.seed = identitySeed(superblock);

	const hardState = new HardState(medium, layout);
	const hardStateStatus = hardState.recover();
	if (hardStateStatus !== READY) return hardStateStatus;
	// A format whose last programs were cut off may look whole: no node that looked so has begun to live.
	if (!superblock.isSettled && hardState.bootEpoch === 0) return SUPERBLOCK_DAMAGED;

	const snapshots = new SnapshotSlots(medium, layout);
	const snapshotStatus = snapshots.recover(hardState.snapshotSequence, hardState.nextSnapshot);
	if (snapshotStatus !== READY) return snapshotStatus;

	const log = new Log(medium, layout, limits);
	const recovery = new Recovery(medium, log, hardState, [snapshots.indexOf(0), snapshots.indexOf(1)]);
	const logStatus = recovery.replay();
	if (logStatus !== READY) return logStatus;
	snapshots.preferSettled(recovery.terms, log.lastIndex);

	// A log that begins behind the snapshot cannot continue it, and knows no term at its index. The
	// snapshot is then the elder one: the newest was installed by a leader, and has rotted since.
	const term = recovery.terms[snapshots.newestSlot];
	const inLog = snapshots.index <= log.lastIndex;
	if (inLog && term === NO_TERM) return snapshots.lostNewest() ? SNAPSHOT_DAMAGED : LOG_GAP;

	journal.hardState = hardState;
	journal.snapshots = snapshots;
	journal.log = log;
	journal.reader = new LogReader(medium, log);
	const keepsLog = inLog && term === snapshots.term;
	const judged = judge === null ? READY : judge(journal, keepsLog);
	if (judged !== READY) return judged;
	log.seal(!recovery.isKnownEnd());
	// Before the node says anything of its log: from now on that much counts, and no more of this sector.
	const { headSequence } = log.ring;
	hardState.countBoot(headSequence, log.headOffset, log.chain, snapshots.sequence, snapshots.nextSequence);
	// An install that was cut before the log restarted: the snapshot's last entry is not in the log.
	if (!keepsLog) {
		// Mark: an installed snapshot is not in the log, which begins anew after it
		log.restart(snapshots.index, snapshots.term);
	}
	log.free(snapshots.olderIndex(log.baseIndex), snapshots.index);
	return READY;
}

function isSame(a: Identity, b: Identity): boolean {
	return (
		a.clusterHigh === b.clusterHigh && a.clusterLow === b.clusterLow && a.id === b.id && a.incarnation === b.incarnation
	);
}
